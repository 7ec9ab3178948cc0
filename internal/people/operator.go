package people

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// Operator returns a company by its name, slug or handle, and who works on it in the
// operator's stead: the user with the login, or, for "", the first administrator of
// the company, or else of the system, who may log in.
func (s *Service) Operator(ctx context.Context, company, login string) (c *ingest.Company, p ingest.Principal, err error) {
	err = s.store.View(ctx, func(tx ingest.Tx) error {
		if c, err = companyCalled(tx, company); err != nil {
			return err
		}
		var u *ingest.User
		if login != "" {
			u, err = userCalled(tx, login)
		} else {
			u, err = s.administrator(tx, c)
		}
		if err != nil {
			return err
		}
		memberships, err := tx.Memberships(u.Number)
		p = u.Principal(memberships)
		return err
	})
	return c, p, err
}

// administrator returns the first administrator of a company, or else of the system.
func (s *Service) administrator(tx ingest.Tx, c *ingest.Company) (*ingest.User, error) {
	users, err := list(func(page ingest.Page) ([]*ingest.User, error) { return tx.Users(0, page) }, func(u *ingest.User) ingest.Number { return u.Number })
	if err != nil {
		return nil, err
	}
	var system *ingest.User
	for _, u := range users {
		if !u.Valid(s.now()) {
			continue
		}
		memberships, err := tx.Memberships(u.Number)
		if err != nil {
			return nil, err
		}
		switch u.Principal(memberships).RoleIn(c.Number) {
		case ingest.RoleCompanyAdmin:
			return u, nil
		case ingest.RoleAdmin:
			if system == nil {
				system = u
			}
		}
	}
	if system == nil {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "people.Operator", Msg: fmt.Sprintf("nobody administrates %s; name a user with --user", c.Name)}
	}
	return system, nil
}
