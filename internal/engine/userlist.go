package engine

import (
	"cmp"
	"context"
	"slices"

	"sluice/internal/ingest"
)

// UserQuery selects users; empty lists do not restrict.
type UserQuery struct {
	Invalid   bool // those who are switched off too
	Inactive  bool // inactive memberships count too
	Companies []ingest.Number
	Groups    []ingest.Number
	Roles     []string // words
}

// Users lists users of companies that the caller administers, by number. An
// administrator of the system sees everybody.
func (e *Engine) Users(ctx context.Context, p ingest.Principal, q UserQuery) (list []Person, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		if err := anyAdministrator("engine.Users", p); err != nil {
			return err
		}
		companies, all := administered(p)
		for _, c := range q.Companies {
			if _, err := e.administer(tx, p, c); err != nil {
				return err
			}
		}
		if len(q.Companies) > 0 {
			companies, all = q.Companies, false
		}
		members, err := groupMembers(tx, p, q.Groups)
		if err != nil {
			return err
		}
		found, err := peopleOf(tx, companies, all)
		if err != nil {
			return err
		}
		for _, person := range found {
			if q.selects(person, members) {
				list = append(list, person)
			}
		}
		return nil
	})
	return list, err
}

// peopleOf lists the members of companies with their memberships there, or
// everybody with all memberships, by number.
func peopleOf(tx ingest.Tx, companies []ingest.Number, all bool) ([]Person, error) {
	scopes := companies
	if all {
		scopes = []ingest.Number{0}
	}
	seen := map[ingest.Number]bool{}
	var list []Person
	for _, company := range scopes {
		users, err := usersOf(tx, company)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if seen[u.Number] {
				continue
			}
			seen[u.Number] = true
			memberships, err := tx.Memberships(u.Number)
			if err != nil {
				return nil, err
			}
			if !all {
				memberships = slices.DeleteFunc(memberships, func(m ingest.Membership) bool { return !slices.Contains(companies, m.Company) })
			}
			list = append(list, Person{u, memberships})
		}
	}
	slices.SortFunc(list, func(a, b Person) int { return cmp.Compare(a.Number, b.Number) })
	return list, nil
}

// usersOf lists the users of a company, 0 = everybody.
func usersOf(tx ingest.Tx, company ingest.Number) ([]*ingest.User, error) {
	var all []*ingest.User
	for after := ingest.Number(0); ; {
		page, err := tx.Users(company, ingest.Page{After: after, Limit: MostPerPage})
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

// selects reports whether the query wants a person, of whom it knows the memberships
// that count. members are those of the groups asked for, nil = no group was.
func (q UserQuery) selects(person Person, members map[ingest.Number]bool) bool {
	if person.Disabled && !q.Invalid || members != nil && !members[person.Number] {
		return false
	}
	for _, m := range person.Memberships {
		if (m.Active || q.Inactive) && q.wantsRole(RoleWord(person.User, m)) {
			return true
		}
	}
	switch {
	case len(q.Companies) > 0:
		return false
	case person.Admin: // belongs to all companies
		return q.wantsRole("IpsAdmin")
	}
	return len(person.Memberships) == 0 && len(q.Roles) == 0
}

func (q UserQuery) wantsRole(word string) bool {
	return len(q.Roles) == 0 || slices.Contains(q.Roles, word)
}
