package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// MembershipUpdate says what a user is to be in a company.
type MembershipUpdate struct {
	Company ingest.Number
	Role    string // word; "" = the user's default role
	Active  bool
}

// putMemberships adds memberships of companies that the caller administers, or
// changes them.
func (e *Engine) putMemberships(tx ingest.Tx, p ingest.Principal, u *ingest.User, updates []MembershipUpdate) error {
	for _, m := range updates {
		if _, err := e.administer(tx, p, m.Company); err != nil {
			return err
		}
		membership := ingest.Membership{User: u.Number, Company: m.Company, Active: m.Active}
		role, title := u.DefaultRole, u.DefaultTitle
		if m.Role != "" {
			var err error
			if role, title, err = readRole(m.Role); err != nil {
				return err
			}
			membership.Role, membership.Title = role, title
		}
		if !mayGive(p, m.Company, role, title) {
			return mayNotGive(ingest.RoleWord(role, title))
		}
		if membership.Role == ingest.RoleAdmin {
			membership.Role = ingest.RoleCompanyAdmin // what reaches beyond the company is kept on the user
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

// keepAdministrators makes a change of a user, and refuses it when a company would
// have no administrator any more because of it (tier 3 contract, section 2). The
// system's administrator may do that.
func (e *Engine) keepAdministrators(tx ingest.Tx, p ingest.Principal, user ingest.Number, change func() error) error {
	if p.Admin {
		return change()
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return err
	}
	var companies []ingest.Number
	for _, m := range memberships {
		if err := tx.LockCompany(m.Company); err != nil { // two who demote each other wait for one another
			return err
		}
		has, err := e.hasAdministrator(tx, m.Company)
		if err != nil {
			return err
		}
		if has {
			companies = append(companies, m.Company)
		}
	}
	if err := change(); err != nil {
		return err
	}
	for _, company := range companies {
		has, err := e.hasAdministrator(tx, company)
		if err != nil {
			return err
		}
		if !has {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.keepAdministrators", Msg: fmt.Sprintf("company %d would have no administrator any more", company)}
		}
	}
	return nil
}

// hasAdministrator reports whether somebody who can log in administers a company.
func (e *Engine) hasAdministrator(tx ingest.Tx, company ingest.Number) (bool, error) {
	users, err := usersOf(tx, company)
	if err != nil {
		return false, err
	}
	for _, u := range users {
		if !u.Valid(e.now()) {
			continue
		}
		memberships, err := tx.Memberships(u.Number)
		if err != nil {
			return false, err
		}
		if u.Principal(memberships).RoleIn(company) == ingest.RoleCompanyAdmin {
			return true, nil
		}
	}
	return false, nil
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
		if err := endMembership(tx, u, m.Company); err != nil {
			return err
		}
	}
	return nil
}

// endMembership removes a user from a company and from its groups.
func endMembership(tx ingest.Tx, u *ingest.User, company ingest.Number) error {
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
		return e.keepAdministrators(tx, p, u.Number, func() error { return e.putMemberships(tx, p, u, updates) })
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
		return e.keepAdministrators(tx, p, u.Number, func() error { return e.replaceMemberships(tx, p, u, updates) })
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
		}
		return e.keepAdministrators(tx, p, u.Number, func() error {
			for _, c := range companies {
				if err := endMembership(tx, u, c); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// MemberOf is a company that a user belongs to.
type MemberOf struct {
	Company *ingest.Company
	ingest.Membership
}

// MembershipsOf lists the companies of a user (0 = the caller); an administrator
// of the system belongs to all, unless the caller is that only within some.
func (e *Engine) MembershipsOf(ctx context.Context, p ingest.Principal, user ingest.Number) (list []MemberOf, u *ingest.User, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		var memberships []ingest.Membership
		if u, memberships, err = target(tx, p, user, 0); err != nil {
			return err
		}
		list = nil
		if confined(p, u) {
			within := *u
			within.Admin = false
			u, memberships = &within, p.Memberships
		}
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
// there. invalid and inactive say whether users who are switched off, and
// memberships that are not active, are told too.
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
				if m.Company == company && (m.Active || inactive) && (invalid || !person.Disabled) {
					list = append(list, Person{person.User, []ingest.Membership{m}})
				}
			}
		}
		return nil
	})
	return list, err
}
