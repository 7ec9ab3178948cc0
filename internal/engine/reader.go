package engine

import (
	"context"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// MemberCompany returns a company that the caller is a member of. Failures, in
// this order: NotFound with CodeUnknownCompany, Forbidden with CodeNotMember,
// Forbidden with CodeCompanyExpired, from which administrators are exempt.
func (e *Engine) MemberCompany(ctx context.Context, p ingest.Principal, number ingest.Number) (c *ingest.Company, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err = e.authorize(tx, p, number, rightRead)
		return err
	})
	return c, err
}

// authorize is what every verb that names a company asks first: the caller's right
// in it, and that its time is not over.
func (e *Engine) authorize(tx ingest.Tx, p ingest.Principal, company ingest.Number, r right) (*ingest.Company, error) {
	c, err := authorize(tx, p, company, r)
	if err != nil {
		return nil, err
	}
	return c, e.expired(p, c)
}

// expired is the failure of everything that names a company whose time is over.
func (e *Engine) expired(p ingest.Principal, c *ingest.Company) error {
	if p.Admin || c.Expires.IsZero() || e.now().Before(c.Expires) {
		return nil
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.expired", Code: ingest.CodeCompanyExpired, Msg: "Company has expired"}
}

// ReaderFor returns the principal whose reading rights hold when a caller asks to
// see a company as another user or as a group; 0 = not asked. A user may be named
// by administrators of the company who name a member of it, a group by its members
// and by administrators.
func (e *Engine) ReaderFor(ctx context.Context, p ingest.Principal, company, user, group ingest.Number) (reader ingest.Principal, err error) {
	reader = p
	if user == 0 && group == 0 {
		return reader, nil
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		if user != 0 && user != p.User {
			if reader, err = impersonated(tx, p, company, user); err != nil {
				return err
			}
		}
		if group == 0 {
			return nil
		}
		return asGroup(tx, p, company, group, &reader)
	})
	return reader, err
}

func impersonated(tx ingest.Tx, p ingest.Principal, company, user ingest.Number) (ingest.Principal, error) {
	refused := &ingest.Error{Kind: ingest.Forbidden, Op: "engine.ReaderFor", Code: ingest.CodeImpersonation,
		Msg: fmt.Sprintf("the user may not act as user %d in company %d", user, company)}
	if !may(p, company, rightManage) {
		return p, refused
	}
	u, err := tx.User(user)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = refused
		}
		return p, err
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return p, err
	}
	other := u.Principal(memberships)
	if other.RoleIn(company) == "" || other.Admin && !p.Admin {
		return p, refused
	}
	return other, nil
}

func asGroup(tx ingest.Tx, p ingest.Principal, company, group ingest.Number, reader *ingest.Principal) error {
	refused := &ingest.Error{Kind: ingest.Forbidden, Op: "engine.ReaderFor", Code: ingest.CodeAccessGroup,
		Msg: fmt.Sprintf("the user may not act as group %d", group)}
	d, err := tx.Document(group)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	if err != nil || d.Kind != ingest.DocGroup || d.Company != company {
		return refused
	}
	if !may(p, company, rightManage) {
		own, err := groupsOf(tx, ingest.Principal{User: p.User})
		if err != nil {
			return err
		}
		if !slices.Contains(own, group) {
			return refused
		}
	}
	reader.OnlyGroup = group
	return nil
}
