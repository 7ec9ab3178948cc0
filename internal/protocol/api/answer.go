package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// humaContext is huma.Context under a name that leaves the method Context free.
type humaContext = huma.Context

// answer collects what an operation answers, so that its entity tag can be
// computed and conditions be met before a byte is sent. JSON answers are
// bounded by the largest page; bytes of files bypass it.
type answer struct {
	humaContext
	ctx    context.Context
	status int
	forced int // overrides status; 0 = does not
	body   bytes.Buffer
}

// Context returns the request's context with the caller in it.
func (a *answer) Context() context.Context { return a.ctx }

// Unwrap lets humago find the request.
func (a *answer) Unwrap() huma.Context { return a.humaContext }

// SetStatus records the status.
func (a *answer) SetStatus(status int) {
	if a.forced != 0 {
		status = a.forced
	}
	a.status = status
}

// Status returns what has been recorded.
func (a *answer) Status() int { return a.status }

// BodyWriter collects the body.
func (a *answer) BodyWriter() io.Writer { return &a.body }

// answer is the middleware around every operation: it finds the caller, lets
// the operation answer and sends the answer.
func (s *server) answer(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	p, err := s.caller(r, ctx.Operation())
	if err != nil {
		writeProblem(w, r, s.problem(r.Context(), err))
		return
	}
	a := &answer{humaContext: ctx, ctx: context.WithValue(r.Context(), callerKey{}, p)}
	next(a)
	switch {
	case a.status == 0: // the operation wrote by itself
	case a.status == http.StatusOK:
		sum := sha256.Sum256(a.body.Bytes())
		w.Header().Set("Cache-Control", "private, no-cache")
		serve(w, r, `"`+hex.EncodeToString(sum[:16])+`"`, time.Time{}, bytes.NewReader(a.body.Bytes()))
	default:
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body.Bytes())
	}
}

// reshape turns huma's own failures into problem documents of this package.
func reshape(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := invalid(ctx.Context(), m)
	if a, ok := ctx.(*answer); ok {
		a.forced = p.Status
	}
	return p, nil
}
