package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// Group is a group of users of a company, for permissions.
type Group struct {
	Number  ingest.Number
	Company ingest.Number
	Name    string
	System  bool // made by the system's administrator; cannot be deleted
}

// groupContent is the content of a DocGroup document.
type groupContent struct {
	System bool `json:"system,omitempty"`
}

func groupOf(d *ingest.Document) (Group, error) {
	var content groupContent
	if len(d.Data) > 0 {
		if err := readContent(d, &content); err != nil {
			return Group{}, err
		}
	}
	return Group{Number: d.Number, Company: d.Company, Name: d.Name, System: content.System}, nil
}

// Groups lists the groups of a company by name.
func (e *Engine) Groups(ctx context.Context, p ingest.Principal, company ingest.Number) (groups []Group, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocGroup}, ingest.Page{Limit: mostStored})
		if err != nil {
			return err
		}
		groups, err = sortedGroups(docs)
		return err
	})
	return groups, err
}

func sortedGroups(docs []*ingest.Document) ([]Group, error) {
	groups := make([]Group, len(docs))
	for i, d := range docs {
		var err error
		if groups[i], err = groupOf(d); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return groups, nil
}

// SaveGroup makes a group, or renames the one of a number. One that is made again
// under its name is the same.
func (e *Engine) SaveGroup(ctx context.Context, p ingest.Principal, company, group ingest.Number, name string, system bool) (number ingest.Number, err error) {
	const op = "engine.SaveGroup"
	if err := ingest.CheckName(op, "the group's name", name, MaxNameBytes); err != nil {
		return 0, err
	}
	if system && !p.Admin {
		return 0, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRoleValue, Msg: "only the system's administrator defines system groups"}
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		data, err := json.Marshal(groupContent{System: system})
		if err != nil {
			return err
		}
		var d *ingest.Document
		if group != 0 {
			if d, err = documentOf(tx, company, ingest.DocGroup, group); err != nil {
				return err
			}
			if err := freeKey(tx, op, company, ingest.DocGroup, 0, name, name, group); err != nil {
				return err
			}
		} else if d, err = tx.DocumentByKey(company, ingest.DocGroup, 0, name); err != nil {
			if ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			d = e.newDocument(p, company, ingest.DocGroup, name, name, data)
			err := tx.CreateDocument(d)
			number = d.Number
			return err
		}
		d.Key, d.Name, d.Data, d.Modified, d.By = name, name, data, e.now(), p.User
		number = d.Number
		return tx.UpdateDocument(d)
	})
	return number, err
}

// DeleteGroup removes a group, its memberships and its entries in permission sets.
func (e *Engine) DeleteGroup(ctx context.Context, p ingest.Principal, company, group ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		d, err := documentOf(tx, company, ingest.DocGroup, group)
		if err != nil {
			return err
		}
		g, err := groupOf(d)
		if err != nil {
			return err
		}
		if g.System {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.DeleteGroup", Msg: fmt.Sprintf("the group %s is defined by the system", quote(g.Name))}
		}
		if err := tx.DeleteLinks(ingest.LinkGroupUser, group, 0); err != nil {
			return err
		}
		if err := e.dropEntries(tx, p, company, group); err != nil {
			return err
		}
		return tx.DeleteDocument(group)
	})
}

// dropEntries removes a group's entries from all permission sets of the company.
func (e *Engine) dropEntries(tx ingest.Tx, p ingest.Principal, company, group ingest.Number) error {
	sets, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocPermissions}, ingest.Page{Limit: mostPermissionSets})
	if err != nil {
		return err
	}
	for _, d := range sets {
		var set ingest.PermissionSet
		if err := readContent(d, &set); err != nil {
			return err
		}
		kept := slices.DeleteFunc(slices.Clone(set.Entries), func(entry ingest.PermissionEntry) bool { return entry.Group == group })
		if len(kept) == len(set.Entries) {
			continue
		}
		if err := e.storeEntries(tx, p, d, kept); err != nil {
			return err
		}
	}
	return nil
}

// GroupMembers lists the users of a group by number.
func (e *Engine) GroupMembers(ctx context.Context, p ingest.Principal, company, group ingest.Number) (users []*ingest.User, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
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
		slices.SortFunc(users, func(a, b *ingest.User) int { return int(a.Number - b.Number) })
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

// ChangeGroup changes the users of one group; they must be members of its company.
func (e *Engine) ChangeGroup(ctx context.Context, p ingest.Principal, company, group ingest.Number, change GroupChange, users []ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
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
		u, err := someone(tx, p, user)
		if err != nil {
			return err
		}
		if change == SetGroup {
			have, err := userGroups(tx, u.Number, company)
			if err != nil {
				return err
			}
			for _, g := range have {
				if !administers(p, g.Company) {
					continue
				}
				if err := tx.DeleteLinks(ingest.LinkGroupUser, g.Number, u.Number); err != nil {
					return err
				}
			}
		}
		for _, group := range groups {
			d, err := tx.Document(group)
			if err != nil && ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			if err != nil || d.Kind != ingest.DocGroup || !administers(p, d.Company) || company != 0 && d.Company != company {
				return &ingest.Error{Kind: ingest.NotFound, Op: "engine.ChangeGroupsOf", Msg: fmt.Sprintf("no group of the caller's companies has the number %d", group)}
			}
			if err := inGroup(tx, d.Company, group, u.Number, change); err != nil {
				return err
			}
		}
		return nil
	})
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
		u, _, err := target(tx, p, user, company)
		if err != nil {
			return err
		}
		all, err := userGroups(tx, u.Number, company)
		if err != nil {
			return err
		}
		groups = slices.DeleteFunc(all, func(g Group) bool { return u.Number != p.User && !administers(p, g.Company) })
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
