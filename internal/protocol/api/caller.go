package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// callerKey carries the principal of a request.
type callerKey struct{}

func callerOf(ctx context.Context) ingest.Principal {
	p, _ := ctx.Value(callerKey{}).(ingest.Principal)
	return p
}

// loginOptional in an operation's metadata lets callers without credentials in;
// wrong credentials are refused all the same.
const loginOptional = "loginOptional"

// caller finds out who sent a request.
func (s *server) caller(r *http.Request, op *huma.Operation) (ingest.Principal, error) {
	_, optional := op.Metadata[loginOptional]
	if _, ok := guard.Credentials(r); !ok && optional {
		return ingest.Principal{}, nil
	}
	return guard.Principal(r, s.Auth)
}
