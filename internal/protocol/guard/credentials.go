package guard

import (
	"context"
	"net/http"
	"strings"

	"sluice/internal/ingest"
)

// Presented are the credentials of a request, as they stand in its header.
// Either Login or Token is set.
type Presented struct {
	Login    string
	Password string
	Token    string // bearer token or API key
}

// Credentials reads Authorization (Basic, Bearer) or X-Api-Key, in this order,
// and reports whether there was any. Authorization of an unknown scheme counts
// as none.
func Credentials(r *http.Request) (Presented, bool) {
	if login, password, ok := r.BasicAuth(); ok {
		return Presented{Login: login, Password: password}, true
	}
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if value = strings.TrimSpace(value); strings.EqualFold(scheme, "Bearer") && value != "" {
		return Presented{Token: value}, true
	}
	if key := strings.TrimSpace(r.Header.Get("X-Api-Key")); key != "" {
		return Presented{Token: key}, true
	}
	return Presented{}, false
}

// Logins checks credentials; auth.Service does.
type Logins interface {
	Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error)
	Token(ctx context.Context, bearer, address string) (ingest.Principal, error)
}

// Principal returns who sent the request by its header's credentials, with the
// failures of auth; without any, Unauthenticated with CodeNoCredentials.
func Principal(r *http.Request, logins Logins) (ingest.Principal, error) {
	c, ok := Credentials(r)
	if !ok {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Op: "guard.Principal", Code: ingest.CodeNoCredentials,
			Msg: "no credentials were sent"}
	}
	from := ClientAddress(r.Context())
	if c.Token != "" {
		return logins.Token(r.Context(), c.Token, from)
	}
	return logins.Login(r.Context(), ingest.Credentials{Login: c.Login, Password: c.Password, Address: from})
}
