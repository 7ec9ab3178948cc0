package engine

import (
	"context"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// MemberCompany returns a company that the caller is a member of. Failures are
// those of authorize.
func (e *Engine) MemberCompany(ctx context.Context, p ingest.Principal, number ingest.Number) (c *ingest.Company, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err = e.authorize(tx, p, number, rightRead)
		return err
	})
	return c, err
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
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
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
