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

// authorizeGroups is authorize for what has to do with groups and permissions: trial
// administrators have no say in them (tier 3 contract, class D).
func (e *Engine) authorizeGroups(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*ingest.Company, error) {
	c, err := e.authorize(tx, p, company, rightManage)
	if err == nil && p.Trial(company) {
		err = &ingest.Error{Kind: ingest.Forbidden, Op: "engine.authorizeGroups", Code: ingest.CodeRole, Msg: "the role " + ingest.TitleTrialAdmin + " may not manage groups and permissions"}
	}
	return c, err
}

// managesGroups is authorizeGroups without the failure.
func managesGroups(p ingest.Principal, company ingest.Number) bool {
	return administers(p, company) && !p.Trial(company)
}

// Groups lists the groups of a company by name.
func (e *Engine) Groups(ctx context.Context, p ingest.Principal, company ingest.Number) (groups []Group, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
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
// under its name is the same. Only the system's administrator says which groups the
// system defines; for others a group stays what it is.
func (e *Engine) SaveGroup(ctx context.Context, p ingest.Principal, company, group ingest.Number, name string, system bool) (number ingest.Number, err error) {
	const op = "engine.SaveGroup"
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
			return err
		}
		if system && !p.Admin {
			return &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRoleValue, Msg: "only the system's administrator defines system groups"}
		}
		if err := ingest.CheckName(op, "the group's name", name, MaxNameBytes); err != nil {
			return badValue(op, err)
		}
		d, err := groupToSave(tx, op, company, group, name)
		if err != nil {
			return err
		}
		if d == nil {
			number, err = e.newGroup(tx, p, company, name, system)
			return err
		}
		g, err := groupOf(d)
		if err != nil {
			return err
		}
		if p.Admin {
			g.System = system
		}
		if d.Data, err = json.Marshal(groupContent{System: g.System}); err != nil {
			return err
		}
		d.Key, d.Name, d.Modified, d.By = name, name, e.now(), p.User
		number = d.Number
		return tx.UpdateDocument(d)
	})
	return number, err
}

// groupToSave returns the group of a number, which may be given the name, or for 0
// the one that has the name; nil when there is none.
func groupToSave(tx ingest.Tx, op string, company, group ingest.Number, name string) (*ingest.Document, error) {
	if group != 0 {
		d, err := documentOf(tx, company, ingest.DocGroup, group)
		if err != nil {
			return nil, err
		}
		return d, freeKey(tx, op, company, ingest.DocGroup, 0, name, name, group)
	}
	d, err := tx.DocumentByKey(company, ingest.DocGroup, 0, name)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, nil
	}
	return d, err
}

func (e *Engine) newGroup(tx ingest.Tx, p ingest.Principal, company ingest.Number, name string, system bool) (ingest.Number, error) {
	have, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocGroup}, ingest.Page{Limit: mostStored})
	if err != nil {
		return 0, err
	}
	if len(have) >= mostStored {
		return 0, &ingest.Error{Kind: ingest.Conflict, Op: "engine.newGroup", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the company has %d groups, the limit is %d", len(have), mostStored)}
	}
	data, err := json.Marshal(groupContent{System: system})
	if err != nil {
		return 0, err
	}
	d := e.newDocument(p, company, ingest.DocGroup, name, name, data)
	err = tx.CreateDocument(d)
	return d.Number, err
}

// DeleteGroup removes a group, its memberships and its entries in permission sets and
// property sets, but not the last entries of a property set, which would be open to
// everybody without them.
func (e *Engine) DeleteGroup(ctx context.Context, p ingest.Principal, company, group ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
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
		for _, of := range []ingest.Number{company, 0} { // of its own types, and of those of the system
			if err := e.dropPropertyEntries(tx, p, of, group); err != nil {
				return err
			}
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
		kept := without(set.Entries, group)
		if len(kept) == len(set.Entries) {
			continue
		}
		if err := e.storeEntries(tx, p, d, kept); err != nil {
			return err
		}
	}
	return nil
}

// dropPropertyEntries removes a group's entries from the property sets of the types of
// a company, 0 = of those of the system, that have others.
func (e *Engine) dropPropertyEntries(tx ingest.Tx, p ingest.Principal, company, group ingest.Number) error {
	for page := (ingest.Page{Limit: MostPerPage}); ; page.After += MostPerPage {
		docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocPropertySet}, page)
		if err != nil {
			return err
		}
		for _, d := range docs {
			s, err := propertySet(d)
			if err != nil {
				return err
			}
			kept := without(s.Permissions, group)
			if len(kept) == len(s.Permissions) || len(kept) == 0 {
				continue
			}
			s.Permissions = kept
			if err := e.storeSet(tx, p, d, s); err != nil {
				return err
			}
		}
		if len(docs) < MostPerPage {
			return nil
		}
	}
}

// without is a list of entries without those of a group.
func without(entries []ingest.PermissionEntry, group ingest.Number) []ingest.PermissionEntry {
	return slices.DeleteFunc(slices.Clone(entries), func(entry ingest.PermissionEntry) bool { return entry.Group == group })
}
