package people_test

import (
	"strings"
	"testing"

	"sluice/internal/auth"
	"sluice/internal/ingest"
	"sluice/internal/people"
)

// What an operator does counts for the tokens of a server beside it.
func TestTokensFollowTheOperator(t *testing.T) {
	f, ctx := open(t), t.Context()
	made, err := f.Bootstrap(ctx, people.First{Login: "admin@localhost", Password: "one", Company: "Demo"})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := f.login(t, "admin@localhost", "one")
	if err != nil {
		t.Fatal(err)
	}
	issue := func(company ingest.Number) string {
		text, _, err := f.logins.Issue(ctx, auth.TokenSpec{User: admin.User, Company: company, Kind: auth.AccessToken})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	open := func(text string) (ingest.Principal, error) {
		p, _, err := f.logins.OpenToken(ctx, auth.AccessToken, text)
		return p, err
	}

	first := issue(made.Company.Number)
	if p, err := open(first); err != nil || p.Admin || p.RoleIn(made.Company.Number) != ingest.RoleCompanyAdmin {
		t.Errorf("the token of a company gives %+v, %v", p, err)
	}
	id, err := f.RotateSigning(ctx)
	if err != nil || strings.HasPrefix(first, id+".") {
		t.Fatalf("rotated to %q, %v", id, err)
	}
	if _, err := open(first); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if err := f.SetPassword(ctx, "admin@localhost", "two"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(first); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("after a new password: %v", err)
	}
	if p, err := open(issue(0)); err != nil || !p.Admin {
		t.Errorf("a new token gives %+v, %v", p, err)
	}
}
