package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// Limits of property sets.
const (
	mostProperties   = 2000    // in one set
	maxPropertyBytes = 1 << 20 // of one value
)

// PropertySet is a set of properties of a user, a company, or both.
type PropertySet struct {
	Number ingest.Number
	Type   ingest.Number
	ingest.PropertySet
}

// CreatePropertySet makes a set of a type for its owners. Where the type allows
// one set only, a new one replaces what its owners have.
func (e *Engine) CreatePropertySet(ctx context.Context, p ingest.Principal, kind ingest.Number, content ingest.PropertySet) (number ingest.Number, err error) {
	properties, err := mergeProperties(nil, content.Properties)
	if err != nil {
		return 0, err
	}
	content.Properties = properties
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		t, err := typeOf(tx, p, kind)
		if err != nil {
			return err
		}
		if err := e.checkOwners(tx, p, t, content); err != nil {
			return err
		}
		if content.Permissions, err = checkEntries(tx, p, content.Company, content.Permissions); err != nil {
			return err
		}
		if !t.Multiple {
			old, err := setsOf(tx, t, content.User, content.Company)
			if err != nil {
				return err
			}
			for _, s := range old {
				if err := tx.DeleteDocument(s.Number); err != nil {
					return err
				}
			}
		}
		data, err := json.Marshal(content)
		if err != nil {
			return err
		}
		d := e.newDocument(p, t.Company, ingest.DocPropertySet, "", "", data)
		d.Owner, d.Other = t.Number, ownerOf(t, content)
		if err := tx.CreateDocument(d); err != nil {
			return err
		}
		number = d.Number
		return nil
	})
	return number, err
}

// ownerOf is the first owner of a set: the user, or the company where no user
// belongs to it.
func ownerOf(t PropertyType, s ingest.PropertySet) ingest.Number {
	if t.Owner == ingest.PropertiesOfCompany {
		return s.Company
	}
	return s.User
}

// checkOwners asks that the owners fit the type and are the caller's to manage.
func (e *Engine) checkOwners(tx ingest.Tx, p ingest.Principal, t PropertyType, s ingest.PropertySet) error {
	const op = "engine.CreatePropertySet"
	wantsUser, wantsCompany := t.Owner != ingest.PropertiesOfCompany, t.Owner != ingest.PropertiesOfUser
	switch {
	case wantsUser && s.User == 0, wantsCompany && s.Company == 0:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: missingIf(wantsUser && wantsCompany), Msg: fmt.Sprintf("a set of the type %s needs the owners of a %s", quote(t.Name), t.Owner)}
	case !wantsUser && s.User != 0, !wantsCompany && s.Company != 0:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("a set of the type %s has the owners of a %s and no others", quote(t.Name), t.Owner)}
	}
	if s.Company != 0 {
		if _, err := e.authorize(tx, p, s.Company, rightManage); err != nil {
			return err
		}
	}
	if s.User == 0 || s.User == p.User {
		return nil
	}
	return managedUser(tx, p, s.User)
}

func missingIf(missing bool) ingest.Code {
	if missing {
		return ingest.CodeMissing
	}
	return ""
}

// managedUser asks that a user belongs to a company that the caller manages.
func managedUser(tx ingest.Tx, p ingest.Principal, user ingest.Number) error {
	const op = "engine.managedUser"
	if _, err := tx.User(user); err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			return &ingest.Error{Kind: ingest.NotFound, Op: op, Code: ingest.CodeUnknownUser, Msg: fmt.Sprintf("no user has the number %d", user)}
		}
		return err
	}
	if p.Admin {
		return nil
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return err
	}
	for _, m := range memberships {
		if may(p, m.Company, rightManage) {
			return nil
		}
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeTargetUser, Msg: fmt.Sprintf("user %d belongs to no company of the caller", user)}
}

// setsOf lists the sets of a type that belong to owners; 0 = any.
func setsOf(tx ingest.Tx, t PropertyType, user, company ingest.Number) ([]PropertySet, error) {
	f := ingest.DocumentFilter{Company: t.Company, Kind: ingest.DocPropertySet, Owners: []ingest.Number{t.Number}, Other: user}
	if t.Owner == ingest.PropertiesOfCompany {
		f.Other = company
	}
	docs, err := tx.Documents(f, ingest.Page{Limit: mostStored})
	if err != nil {
		return nil, err
	}
	var list []PropertySet
	for _, d := range docs {
		s, err := propertySet(d)
		if err != nil {
			return nil, err
		}
		if (user == 0 || s.User == user) && (company == 0 || s.Company == company) {
			list = append(list, s)
		}
	}
	return list, nil
}

func propertySet(d *ingest.Document) (PropertySet, error) {
	s := PropertySet{Number: d.Number, Type: d.Owner}
	if err := json.Unmarshal(d.Data, &s.PropertySet); err != nil {
		return s, &ingest.Error{Kind: ingest.Internal, Op: "engine.propertySet", Err: err}
	}
	return s, nil
}

// PropertySets lists the sets of a type that belong to an owner and, if it is
// given, a second one, as far as the caller may read them.
func (e *Engine) PropertySets(ctx context.Context, p ingest.Principal, kind, user, company ingest.Number) (list []PropertySet, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		t, err := typeOf(tx, p, kind)
		if err != nil {
			return err
		}
		all, err := setsOf(tx, t, user, company)
		if err != nil {
			return err
		}
		list = list[:0]
		for _, s := range all {
			ok, err := readsProperties(tx, p, s)
			if err != nil {
				return err
			}
			if ok {
				list = append(list, s)
			}
		}
		return nil
	})
	return list, err
}

// readsProperties reports whether the caller may read a set: administrators, the
// user whose it is, and members of the company whose it is, unless its
// permissions say otherwise.
func readsProperties(tx ingest.Tx, p ingest.Principal, s PropertySet) (bool, error) {
	managed, err := managesProperties(tx, p, s)
	if err != nil || managed || s.User != 0 && s.User == p.User {
		return err == nil, err
	}
	if s.Company == 0 || s.User != 0 || !may(p, s.Company, rightRead) {
		return false, nil
	}
	if len(s.Permissions) == 0 {
		return true, nil
	}
	return allowsProperties(tx, p, s, ingest.PermitRead)
}

func managesProperties(tx ingest.Tx, p ingest.Principal, s PropertySet) (bool, error) {
	if p.Admin {
		return true, nil
	}
	if s.Company != 0 {
		return may(p, s.Company, rightManage), nil
	}
	err := managedUser(tx, p, s.User)
	if err != nil && (ingest.KindOf(err) == ingest.Forbidden || ingest.KindOf(err) == ingest.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func allowsProperties(tx ingest.Tx, p ingest.Principal, s PropertySet, permission ingest.Permission) (bool, error) {
	groups, err := groupsOf(tx, p)
	if err != nil {
		return false, err
	}
	return (&sight{groups: groups}).allows(s.Permissions, permission), nil
}

// setOf returns a set that the caller may read; others are unknown.
func setOf(tx ingest.Tx, p ingest.Principal, number ingest.Number) (PropertySet, *ingest.Document, error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.setOf", Msg: fmt.Sprintf("no property set has the number %d", number)}
	d, err := tx.Document(number)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return PropertySet{}, nil, err
	}
	if err != nil || d.Kind != ingest.DocPropertySet {
		return PropertySet{}, nil, unknown
	}
	s, err := propertySet(d)
	if err != nil {
		return s, nil, err
	}
	ok, err := readsProperties(tx, p, s)
	if err == nil && !ok {
		err = unknown
	}
	return s, d, err
}

// changeSet stores what change makes of a set.
func (e *Engine) changeSet(ctx context.Context, p ingest.Principal, number ingest.Number, manage bool, change func(ingest.Tx, *PropertySet) error) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, d, err := setOf(tx, p, number)
		if err != nil {
			return err
		}
		if err := mayChangeSet(tx, p, s, manage); err != nil {
			return err
		}
		if err := change(tx, &s); err != nil {
			return err
		}
		return e.storeSet(tx, p, d, s)
	})
}

func (e *Engine) storeSet(tx ingest.Tx, p ingest.Principal, d *ingest.Document, s PropertySet) (err error) {
	if d.Data, err = json.Marshal(s.PropertySet); err != nil {
		return err
	}
	d.Modified, d.By = e.now(), p.User
	return tx.UpdateDocument(d)
}

// mayChangeSet asks for an administrator of the set's owners, or, where that is
// not needed, for the user whose it is or a Write permission.
func mayChangeSet(tx ingest.Tx, p ingest.Principal, s PropertySet, manage bool) error {
	ok, err := managesProperties(tx, p, s)
	if err != nil {
		return err
	}
	if !ok && !manage {
		ok = s.User == p.User
		if !ok {
			if ok, err = allowsProperties(tx, p, s, ingest.PermitWrite); err != nil {
				return err
			}
		}
	}
	if !ok {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.mayChangeSet", Code: ingest.CodePermission, Msg: fmt.Sprintf("the user may not change the property set %d", s.Number)}
	}
	return nil
}

// UpdatePropertySet replaces the properties of a set, or changes and adds those
// that are given.
func (e *Engine) UpdatePropertySet(ctx context.Context, p ingest.Principal, number ingest.Number, properties []ingest.Property, replace bool) error {
	return e.changeSet(ctx, p, number, false, func(_ ingest.Tx, s *PropertySet) (err error) {
		if replace {
			s.Properties = nil
		}
		s.Properties, err = mergeProperties(s.Properties, properties)
		return err
	})
}

// mergeProperties changes and adds properties; of several with one name the last
// counts.
func mergeProperties(have, given []ingest.Property) ([]ingest.Property, error) {
	const op = "engine.mergeProperties"
	merged := slices.Clone(have)
	at := map[string]int{}
	for i, property := range merged {
		at[property.Name] = i
	}
	for _, property := range given {
		if len(property.Value) > maxPropertyBytes {
			return nil, tooLong(op, "value of the property "+quote(property.Name), len(property.Value), maxPropertyBytes)
		}
		if len(property.Name) > MaxNameBytes {
			return nil, tooLong(op, "name of a property", len(property.Name), MaxNameBytes)
		}
		if i, ok := at[property.Name]; ok {
			merged[i] = property
			continue
		}
		at[property.Name] = len(merged)
		merged = append(merged, property)
	}
	if len(merged) > mostProperties {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the set would have %d properties, the limit is %d", len(merged), mostProperties)}
	}
	return merged, nil
}

// DeletePropertySet deletes a set with its properties.
func (e *Engine) DeletePropertySet(ctx context.Context, p ingest.Principal, number ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, _, err := setOf(tx, p, number)
		if err != nil {
			return err
		}
		if err := mayChangeSet(tx, p, s, true); err != nil {
			return err
		}
		return tx.DeleteDocument(number)
	})
}

// SetPropertySetPermissions replaces the entries of a set, or adds to them and
// replaces those of the same group and permission. Those that the set has already may
// be of groups that are gone.
func (e *Engine) SetPropertySetPermissions(ctx context.Context, p ingest.Principal, number ingest.Number, entries []ingest.PermissionEntry, merge bool) error {
	return e.changeSet(ctx, p, number, true, func(tx ingest.Tx, s *PropertySet) error {
		var fresh, base []ingest.PermissionEntry
		for _, entry := range entries {
			if !slices.Contains(s.Permissions, entry) {
				fresh = append(fresh, entry)
			}
		}
		if _, err := checkEntries(tx, p, s.Company, fresh); err != nil {
			return err
		}
		if merge {
			base = s.Permissions
		}
		s.Permissions = mergeEntries(base, entries)
		return nil
	})
}

// checkEntries asks that entries name groups of the company (for 0, of one that
// the caller manages) and known permissions. Of several for one group and permission the last counts.
func checkEntries(tx ingest.Tx, p ingest.Principal, company ingest.Number, entries []ingest.PermissionEntry) ([]ingest.PermissionEntry, error) {
	const op = "engine.checkEntries"
	var kept []ingest.PermissionEntry
	for _, entry := range entries {
		switch entry.Type {
		case ingest.PermitRead, ingest.PermitWrite, ingest.PermitDelete:
		default:
			return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the permission type %s is not one of Read, Write, Delete", quote(string(entry.Type)))}
		}
		d, err := tx.Document(entry.Group)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
		if err != nil || d.Kind != ingest.DocGroup || company != 0 && d.Company != company || !may(p, d.Company, rightManage) {
			return nil, &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: fmt.Sprintf("no group of this company has the number %d", entry.Group)}
		}
		same := slices.IndexFunc(kept, func(k ingest.PermissionEntry) bool { return k.Group == entry.Group && k.Type == entry.Type })
		if same >= 0 {
			kept[same] = entry
			continue
		}
		kept = append(kept, entry)
	}
	return kept, nil
}
