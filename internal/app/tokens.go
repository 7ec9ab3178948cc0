package app

import (
	"context"
	"time"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

// tokens gives doors bearer tokens.
type tokens struct{ logins *auth.Service }

// Issue returns a token that stands for a user in one company.
func (t tokens) Issue(ctx context.Context, user, company ingest.Number) (token string, expires time.Time, err error) {
	return t.logins.Issue(ctx, auth.TokenSpec{User: user, Company: company, Kind: auth.AccessToken})
}

// Open returns who a token stands for, and in which company.
func (t tokens) Open(ctx context.Context, token string) (ingest.Principal, ingest.Number, error) {
	p, info, err := t.logins.OpenToken(ctx, auth.AccessToken, token)
	return p, info.Company, err
}
