package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// putMemberships adds memberships of companies that the caller administers, or
// changes them.
func (e *Engine) putMemberships(tx ingest.Tx, p ingest.Principal, u *ingest.User, updates []MembershipUpdate) error {
	for _, m := range updates {
		if _, err := e.administer(tx, p, m.Company); err != nil {
			return err
		}
		membership := ingest.Membership{User: u.Number, Company: m.Company, Active: m.Active}
		if m.Role != "" {
			kind, title, err := roleFor(p, m.Role)
			if err != nil {
				return err
			}
			if kind == ingest.RoleAdmin {
				kind = ingest.RoleCompanyAdmin // what reaches beyond the company is kept on the user
			}
			membership.Role, membership.Title = kind, title
		}
		if err := e.keepAdministrator(tx, p, u, membership); err != nil {
			return err
		}
		if err := tx.PutMembership(membership); err != nil {
			return err
		}
	}
	return nil
}

// administer asks that the caller is an administrator of a company: an unknown
// company is that, any other is not the caller's.
func (e *Engine) administer(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*ingest.Company, error) {
	c, err := e.authorize(tx, p, company, rightManage)
	if err != nil && ingest.CodeOf(err) == ingest.CodeRole {
		err = &ingest.Error{Kind: ingest.Forbidden, Op: "engine.administer", Code: ingest.CodeNotMember, Msg: fmt.Sprintf("the user is no administrator of company %d", company)}
	}
	return c, err
}

// keepAdministrator refuses to take the last administrator from a company, unless
// the system's administrator does it. after is what the user would be then.
func (e *Engine) keepAdministrator(tx ingest.Tx, p ingest.Principal, u *ingest.User, after ingest.Membership) error {
	role := after.Role
	if role == "" {
		role = u.DefaultRole
	}
	if p.Admin || after.Active && role == ingest.RoleCompanyAdmin {
		return nil
	}
	people, err := peopleOf(tx, []ingest.Number{after.Company}, false)
	if err != nil {
		return err
	}
	was := false
	for _, person := range people {
		for _, m := range person.Memberships {
			if m.Role == "" {
				m.Role = person.DefaultRole
			}
			if m.Company != after.Company || !m.Active || m.Role != ingest.RoleCompanyAdmin || !person.Valid(e.now()) {
				continue
			}
			if person.Number != u.Number {
				return nil
			}
			was = true
		}
	}
	if !was {
		return nil
	}
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.keepAdministrator", Msg: "the company would have no administrator any more"}
}

// replaceMemberships makes a list all memberships of a user, as far as the caller
// administers the companies; others stay.
func (e *Engine) replaceMemberships(tx ingest.Tx, p ingest.Principal, u *ingest.User, updates []MembershipUpdate) error {
	if err := e.putMemberships(tx, p, u, updates); err != nil {
		return err
	}
	kept := map[ingest.Number]bool{}
	for _, m := range updates {
		kept[m.Company] = true
	}
	have, err := tx.Memberships(u.Number)
	if err != nil {
		return err
	}
	for _, m := range have {
		if kept[m.Company] || !administers(p, m.Company) {
			continue
		}
		if err := e.endMembership(tx, p, u, m.Company); err != nil {
			return err
		}
	}
	return nil
}

// endMembership removes a user from a company and from its groups.
func (e *Engine) endMembership(tx ingest.Tx, p ingest.Principal, u *ingest.User, company ingest.Number) error {
	if err := e.keepAdministrator(tx, p, u, ingest.Membership{Company: company}); err != nil {
		return err
	}
	groups, err := userGroups(tx, u.Number, company)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := tx.DeleteLinks(ingest.LinkGroupUser, g.Number, u.Number); err != nil {
			return err
		}
	}
	err = tx.DeleteMembership(u.Number, company)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil
	}
	return err
}

// someone finds the user of an operation on memberships: the caller for 0, or one
// who shares a company that the caller administers.
func someone(tx ingest.Tx, p ingest.Principal, user ingest.Number) (*ingest.User, error) {
	u, _, err := target(tx, p, user, 0)
	return u, err
}

// AddMemberships makes a user (0 = the caller) a member of companies.
func (e *Engine) AddMemberships(ctx context.Context, p ingest.Principal, user ingest.Number, updates []MembershipUpdate) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		u, err := someone(tx, p, user)
		if err != nil {
			return err
		}
		return e.putMemberships(tx, p, u, updates)
	})
}

// SetMemberships makes a list all memberships of a user (0 = the caller) in the
// companies that the caller administers.
func (e *Engine) SetMemberships(ctx context.Context, p ingest.Principal, user ingest.Number, updates []MembershipUpdate) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		u, err := someone(tx, p, user)
		if err != nil {
			return err
		}
		return e.replaceMemberships(tx, p, u, updates)
	})
}

// EndMemberships removes a user from companies. Who is no member stays none.
func (e *Engine) EndMemberships(ctx context.Context, p ingest.Principal, user ingest.Number, companies []ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		u, err := someone(tx, p, user)
		if err != nil {
			return err
		}
		for _, c := range companies {
			if _, err := e.administer(tx, p, c); err != nil {
				return err
			}
			if err := e.endMembership(tx, p, u, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// MemberOf is a company that a user belongs to.
type MemberOf struct {
	Company *ingest.Company
	ingest.Membership
}

// MembershipsOf lists the companies of a user (0 = the caller); an administrator
// of the system belongs to all.
func (e *Engine) MembershipsOf(ctx context.Context, p ingest.Principal, user ingest.Number) (list []MemberOf, u *ingest.User, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		var memberships []ingest.Membership
		if u, memberships, err = target(tx, p, user, 0); err != nil {
			return err
		}
		list = nil
		if u.Admin {
			companies, err := allCompanies(tx)
			for _, c := range companies {
				list = append(list, MemberOf{c, ingest.Membership{User: u.Number, Company: c.Number, Role: ingest.RoleAdmin, Title: "IpsAdmin", Active: true}})
			}
			return err
		}
		for _, m := range memberships {
			if u.Number != p.User && !p.Admin && !administers(p, m.Company) {
				continue // companies of others are nobody's business
			}
			c, err := tx.Company(m.Company)
			if err != nil {
				return err
			}
			list = append(list, MemberOf{c, m})
		}
		return nil
	})
	return list, u, err
}

func allCompanies(tx ingest.Tx) ([]*ingest.Company, error) {
	var all []*ingest.Company
	for after := ingest.Number(0); ; {
		page, err := tx.Companies(ingest.Page{After: after, Limit: MostPerPage})
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < MostPerPage {
			return all, nil
		}
		after = page[len(page)-1].Number
	}
}

// CompanyMembers lists the users of a company by number, each with the membership
// there.
func (e *Engine) CompanyMembers(ctx context.Context, p ingest.Principal, company ingest.Number, invalid, inactive bool) (list []Person, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		people, err := peopleOf(tx, []ingest.Number{company}, false)
		if err != nil {
			return err
		}
		list = nil
		for _, person := range people {
			for _, m := range person.Memberships {
				if m.Company == company && (m.Active || inactive) && (invalid || person.Valid(e.now())) {
					list = append(list, Person{person.User, []ingest.Membership{m}})
				}
			}
		}
		return nil
	})
	return list, err
}
