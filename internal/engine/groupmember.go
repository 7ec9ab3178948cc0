package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// GroupMembers lists the users of a group by number.
func (e *Engine) GroupMembers(ctx context.Context, p ingest.Principal, company, group ingest.Number) (users []*ingest.User, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
			return err
		}
		if _, err := documentOf(tx, company, ingest.DocGroup, group); err != nil {
			return err
		}
		links, err := tx.Links(ingest.LinkGroupUser, group, ingest.Page{Limit: mostPermissionSets})
		if err != nil {
			return err
		}
		users = nil
		for _, l := range links {
			u, err := tx.User(l.To)
			if err != nil && ingest.KindOf(err) == ingest.NotFound {
				continue // removed from the command line
			}
			if err != nil {
				return err
			}
			users = append(users, u)
		}
		slices.SortFunc(users, func(a, b *ingest.User) int { return cmp.Compare(a.Number, b.Number) })
		return nil
	})
	return users, err
}

// GroupChange says what becomes of the users of a group, or the groups of a user.
type GroupChange int

// Changes of groups.
const (
	AddToGroup GroupChange = iota
	RemoveFromGroup
	SetGroup // the list becomes all
)

// ChangeGroup changes the users of one group; they must be members of its company,
// or nothing changes.
func (e *Engine) ChangeGroup(ctx context.Context, p ingest.Principal, company, group ingest.Number, change GroupChange, users []ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
			return err
		}
		if _, err := documentOf(tx, company, ingest.DocGroup, group); err != nil {
			return err
		}
		if change == SetGroup {
			if err := tx.DeleteLinks(ingest.LinkGroupUser, group, 0); err != nil {
				return err
			}
		}
		for _, user := range users {
			if err := inGroup(tx, company, group, user, change); err != nil {
				return err
			}
		}
		return nil
	})
}

// inGroup puts one user into a group or takes it out.
func inGroup(tx ingest.Tx, company, group, user ingest.Number, change GroupChange) error {
	if change == RemoveFromGroup {
		return tx.DeleteLinks(ingest.LinkGroupUser, group, user)
	}
	if _, err := tx.User(user); err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = unknownUser(fmt.Sprintf("no user has the number %d", user))
		}
		return err
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(memberships, func(m ingest.Membership) bool { return m.Company == company }) {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.inGroup", Code: ingest.CodeTargetUser, Msg: fmt.Sprintf("user %d is no member of the group's company", user)}
	}
	has, err := tx.HasLink(ingest.LinkGroupUser, group, user)
	if err != nil || has {
		return err
	}
	return tx.AddLink(ingest.Link{Kind: ingest.LinkGroupUser, From: group, To: user})
}

// ChangeGroupsOf changes the groups of one user (0 = the caller), which may be of
// several companies that the caller administers. Setting them concerns the groups
// of one company, or of all that the caller administers for 0.
func (e *Engine) ChangeGroupsOf(ctx context.Context, p ingest.Principal, user, company ingest.Number, change GroupChange, groups []ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		docs := make([]*ingest.Document, len(groups))
		for i, group := range groups {
			var err error
			if docs[i], err = e.managedGroup(tx, p, company, group); err != nil {
				return err
			}
		}
		u, err := someone(tx, p, user)
		if err != nil {
			return err
		}
		if change == SetGroup {
			if err := leaveGroups(tx, p, u, company); err != nil {
				return err
			}
		}
		for _, d := range docs {
			if err := inGroup(tx, d.Company, d.Number, u.Number, change); err != nil {
				return err
			}
		}
		return nil
	})
}

// managedGroup returns a group of a company (0 = any) in whose groups the caller has
// a say. Others are unknown.
func (e *Engine) managedGroup(tx ingest.Tx, p ingest.Principal, company, group ingest.Number) (*ingest.Document, error) {
	d, err := tx.Document(group)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || d.Kind != ingest.DocGroup || company != 0 && d.Company != company || !managesGroups(p, d.Company) {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.managedGroup", Msg: fmt.Sprintf("no group of the caller's companies has the number %d", group)}
	}
	return d, e.inTime(tx, p, d.Company)
}

// leaveGroups takes a user out of the groups of a company (0 = all) in which the
// caller has a say.
func leaveGroups(tx ingest.Tx, p ingest.Principal, u *ingest.User, company ingest.Number) error {
	have, err := userGroups(tx, u.Number, company)
	if err != nil {
		return err
	}
	for _, g := range have {
		if !managesGroups(p, g.Company) {
			continue
		}
		if err := tx.DeleteLinks(ingest.LinkGroupUser, g.Number, u.Number); err != nil {
			return err
		}
	}
	return nil
}

// userGroups lists the groups of a user in a company, 0 = in all.
func userGroups(tx ingest.Tx, user, company ingest.Number) ([]Group, error) {
	links, err := tx.LinksTo(ingest.LinkGroupUser, []ingest.Number{user})
	if err != nil {
		return nil, err
	}
	var docs []*ingest.Document
	for _, l := range links {
		d, err := tx.Document(l.From)
		if err != nil {
			return nil, err
		}
		if company == 0 || d.Company == company {
			docs = append(docs, d)
		}
	}
	return sortedGroups(docs)
}

// GroupsOf lists the groups of a user (0 = the caller), of one company or, for 0,
// of all. The groups of others are shown to administrators of their companies.
func (e *Engine) GroupsOf(ctx context.Context, p ingest.Principal, user, company ingest.Number) (groups []Group, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		u, memberships, err := target(tx, p, user, company)
		if err != nil {
			return err
		}
		seen := func(m ingest.Membership) bool {
			return managesGroups(p, m.Company) && (company == 0 || m.Company == company)
		}
		if u.Number != p.User && !p.Admin && !slices.ContainsFunc(memberships, seen) {
			return notTheirs("engine.GroupsOf", u.Number)
		}
		all, err := userGroups(tx, u.Number, company)
		if err != nil {
			return err
		}
		groups = slices.DeleteFunc(all, func(g Group) bool { return u.Number != p.User && !managesGroups(p, g.Company) })
		return nil
	})
	return groups, err
}

// groupMembers is the set of the users of any of the groups; nil for no groups.
func groupMembers(tx ingest.Tx, p ingest.Principal, groups []ingest.Number) (map[ingest.Number]bool, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	for _, group := range groups {
		d, err := tx.Document(group)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
		if err != nil || d.Kind != ingest.DocGroup || !administers(p, d.Company) {
			return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.groupMembers", Msg: fmt.Sprintf("no group of the caller's companies has the number %d", group)}
		}
	}
	links, err := tx.LinksFrom(ingest.LinkGroupUser, groups)
	members := map[ingest.Number]bool{}
	for _, l := range links {
		members[l.To] = true
	}
	return members, err
}
