package engine_test

import (
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func (w *world) group(c *ingest.Company, name string, users ...ingest.Number) ingest.Number {
	w.t.Helper()
	n, err := w.engine.SaveGroup(w.ctx, w.admin, c.Number, 0, name, false)
	w.ok(err)
	w.ok(w.engine.ChangeGroup(w.ctx, w.admin, c.Number, n, engine.AddToGroup, users))
	return n
}

// groups renders the groups of a company: name, and a star for those of the system.
func (w *world) groups(c *ingest.Company) (list []string) {
	w.t.Helper()
	groups, err := w.engine.Groups(w.ctx, w.admin, c.Number)
	w.ok(err)
	for _, g := range groups {
		name := g.Name
		if g.System {
			name += "*"
		}
		list = append(list, name)
	}
	return list
}

func TestSaveGroup(t *testing.T) {
	w := newWorld(t)
	save := func(p ingest.Principal, c *ingest.Company, group ingest.Number, name string, system bool) (ingest.Number, error) {
		return w.engine.SaveGroup(w.ctx, p, c.Number, group, name, system)
	}
	readers, err := save(w.boss, w.demo, 0, "Readers", false)
	w.ok(err)
	again, err := save(w.boss, w.demo, 0, "Readers", false)
	w.ok(err)
	same(t, "made again", again, readers)
	_, err = save(w.boss, w.other, 0, "Readers", false)
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	_, err = save(w.outsider, w.other, 0, "Readers", false)
	w.ok(err)
	authors, err := save(w.boss, w.demo, 0, "Authors", false)
	w.ok(err)
	same(t, "by name", w.groups(w.demo), []string{"Authors", "Readers"})
	_, err = save(w.boss, w.demo, authors, "Readers", false)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	renamed, err := save(w.boss, w.demo, authors, "Writers", false)
	w.ok(err)
	same(t, "renamed", []any{renamed, w.groups(w.demo)}, []any{authors, []string{"Readers", "Writers"}})

	_, err = save(w.boss, w.demo, 0, "System", true)
	w.refused(err, ingest.Forbidden, ingest.CodeRoleValue)
	system, err := save(w.admin, w.demo, 0, "System", true)
	w.ok(err)
	_, err = save(w.boss, w.demo, 0, "System", false) // does not take away what it may not give
	w.ok(err)
	same(t, "with a star", w.groups(w.demo), []string{"Readers", "System*", "Writers"})
	w.refused(w.engine.DeleteGroup(w.ctx, w.boss, w.demo.Number, system), ingest.Conflict, "")
	_, err = save(w.admin, w.demo, system, "System", false)
	w.ok(err)
	w.ok(w.engine.DeleteGroup(w.ctx, w.boss, w.demo.Number, system))
	w.refused(w.engine.DeleteGroup(w.ctx, w.boss, w.demo.Number, system), ingest.NotFound, "")

	for name, bad := range map[string]string{"empty": "", "long": strings.Repeat("x", 300), "control": "a\x01", "blank": " a"} {
		if _, err := save(w.boss, w.demo, 0, bad, false); ingest.KindOf(err) != ingest.Invalid || ingest.CodeOf(err) != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = save(w.outsider, w.other, readers, "Mine", false)
	w.refused(err, ingest.NotFound, "")
}

// Trial administrators administer users and settings, not groups and permissions.
func TestGroupsAreNotForTrialAdministrators(t *testing.T) {
	w := newWorld(t)
	trial := w.member("trial@example.com", w.demo, "TrialSiteAdmin")
	group := w.group(w.demo, "g", w.editor.User)
	asset := w.put(w.editor, w.job("a"), file{"", "a.xml", "x"})
	e, ctx, demo := w.engine, w.ctx, w.demo.Number
	_, saved := e.SaveGroup(ctx, trial, demo, 0, "mine", false)
	_, listed := e.Groups(ctx, trial, demo)
	_, members := e.GroupMembers(ctx, trial, demo, group)
	for verb, err := range map[string]error{
		"SaveGroup": saved, "Groups": listed, "GroupMembers": members, "DeleteGroup": e.DeleteGroup(ctx, trial, demo, group),
		"ChangeGroup":             e.ChangeGroup(ctx, trial, demo, group, engine.AddToGroup, []ingest.Number{trial.User}),
		"ChangeAssetPermissions":  e.ChangeAssetPermissions(ctx, trial, demo, asset.Number, engine.SetPermissions, nil),
		"ChangeFolderPermissions": e.ChangeFolderPermissions(ctx, trial, demo, "", engine.SetPermissions, nil, true),
	} {
		if ingest.CodeOf(err) != ingest.CodeRole {
			t.Errorf("%s: %v", verb, err)
		}
	}
	w.refused(e.ChangeGroupsOf(ctx, trial, 0, 0, engine.AddToGroup, []ingest.Number{group}), ingest.NotFound, "")
	_, err := e.GroupsOf(ctx, trial, w.editor.User, 0)
	w.refused(err, ingest.Forbidden, ingest.CodeTargetUser)
	if _, err := e.Users(ctx, trial, engine.UserQuery{}); err != nil {
		t.Errorf("Users: %v", err)
	}
}

func TestGroupMembers(t *testing.T) {
	w := newWorld(t)
	group, foreign := w.group(w.demo, "g"), w.group(w.other, "g")
	ctx, e, demo := w.ctx, w.engine, w.demo.Number
	change := func(change engine.GroupChange, users ...ingest.Number) error {
		return e.ChangeGroup(ctx, w.boss, demo, group, change, users)
	}
	logins := func() (list []string) {
		users, err := e.GroupMembers(ctx, w.boss, demo, group)
		w.ok(err)
		for _, u := range users {
			list = append(list, u.Login)
		}
		return list
	}
	w.ok(change(engine.AddToGroup, w.viewer.User, w.editor.User))
	w.ok(change(engine.AddToGroup, w.viewer.User, w.viewer.User))
	same(t, "by number", logins(), []string{"editor", "viewer"})
	w.ok(change(engine.RemoveFromGroup, w.viewer.User, w.boss.User))
	same(t, "removed", logins(), []string{"editor"})
	w.refused(change(engine.SetGroup, w.colleague.User, w.outsider.User), ingest.Forbidden, ingest.CodeTargetUser)
	w.refused(change(engine.AddToGroup, w.colleague.User, 4711), ingest.NotFound, ingest.CodeUnknownUser)
	same(t, "nothing was changed", logins(), []string{"editor"})
	w.ok(change(engine.SetGroup, w.colleague.User, w.boss.User))
	same(t, "set", logins(), []string{"boss", "colleague"})
	w.ok(change(engine.SetGroup))
	same(t, "emptied", logins(), []string(nil))

	w.refused(e.ChangeGroup(ctx, w.boss, demo, foreign, engine.AddToGroup, nil), ingest.NotFound, "")
	w.refused(e.ChangeGroup(ctx, w.editor, demo, group, engine.AddToGroup, nil), ingest.Forbidden, ingest.CodeRole)
	w.refused(e.ChangeGroup(ctx, w.outsider, demo, group, engine.AddToGroup, nil), ingest.Forbidden, ingest.CodeNotMember)
	_, err := e.GroupMembers(ctx, w.boss, demo, foreign)
	w.refused(err, ingest.NotFound, "")
	w.refused(e.DeleteGroup(ctx, w.boss, demo, foreign), ingest.NotFound, "")
}

func TestGroupsOfUser(t *testing.T) {
	w := newWorld(t)
	w.join(w.editor.User, w.other, "IpsUser", true)
	a, b, foreign := w.group(w.demo, "a"), w.group(w.demo, "b"), w.group(w.other, "c", w.editor.User)
	ctx, e := w.ctx, w.engine
	names := func(p ingest.Principal, user, company ingest.Number) (list []string) {
		groups, err := e.GroupsOf(ctx, p, user, company)
		w.ok(err)
		for _, g := range groups {
			list = append(list, g.Name)
		}
		return list
	}
	w.ok(e.ChangeGroupsOf(ctx, w.boss, w.editor.User, 0, engine.AddToGroup, []ingest.Number{b, a, a}))
	same(t, "own", names(w.editor, 0, 0), []string{"a", "b", "c"})
	same(t, "own in a company", names(w.editor, 0, w.other.Number), []string{"c"})
	same(t, "to a boss", names(w.boss, w.editor.User, 0), []string{"a", "b"})
	w.ok(e.ChangeGroupsOf(ctx, w.boss, w.editor.User, 0, engine.RemoveFromGroup, []ingest.Number{a}))
	w.ok(e.ChangeGroupsOf(ctx, w.boss, w.editor.User, 0, engine.SetGroup, []ingest.Number{a}))
	same(t, "set; another company's stay", names(w.editor, 0, 0), []string{"a", "c"})
	w.ok(e.ChangeGroupsOf(ctx, w.admin, w.editor.User, w.other.Number, engine.SetGroup, nil))
	same(t, "set in one company", names(w.editor, 0, 0), []string{"a"})

	for name, err := range map[string]error{
		"another company's": e.ChangeGroupsOf(ctx, w.boss, w.editor.User, 0, engine.AddToGroup, []ingest.Number{b, foreign}),
		"not of the named":  e.ChangeGroupsOf(ctx, w.admin, w.editor.User, w.demo.Number, engine.SetGroup, []ingest.Number{foreign}),
		"no administrator":  e.ChangeGroupsOf(ctx, w.editor, 0, 0, engine.AddToGroup, []ingest.Number{b}),
		"unknown":           e.ChangeGroupsOf(ctx, w.boss, w.editor.User, 0, engine.AddToGroup, []ingest.Number{4711}),
	} {
		if ingest.KindOf(err) != ingest.NotFound || ingest.CodeOf(err) != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "nothing was changed", names(w.editor, 0, 0), []string{"a"})
	w.refused(e.ChangeGroupsOf(ctx, w.boss, w.outsider.User, 0, engine.AddToGroup, []ingest.Number{b}), ingest.Forbidden, ingest.CodeTargetUser)
	w.refused(e.ChangeGroupsOf(ctx, w.admin, w.outsider.User, 0, engine.AddToGroup, []ingest.Number{b}), ingest.Forbidden, ingest.CodeTargetUser)
	_, err := e.GroupsOf(ctx, w.viewer, w.editor.User, 0)
	w.refused(err, ingest.Forbidden, ingest.CodeTargetUser)
	w.expire(w.demo, w.clock.now())
	w.refused(e.ChangeGroupsOf(ctx, w.boss, w.editor.User, 0, engine.AddToGroup, []ingest.Number{b}), ingest.Forbidden, ingest.CodeCompanyExpired)
}

// A group that is gone takes its entries in property sets with it, but for the last,
// which keeps a set from being open to all. That one is no obstacle to new entries,
// nor to a client that writes back what it has read.
func TestPropertySetOutlivesItsGroup(t *testing.T) {
	w := newWorld(t)
	gone, kept := w.group(w.demo, "gone", w.editor.User), w.group(w.demo, "kept", w.colleague.User)
	entry := func(groups ...ingest.Number) (list []ingest.PermissionEntry) {
		for _, g := range groups {
			list = append(list, ingest.PermissionEntry{Group: g, Type: ingest.PermitRead, Allowed: true})
		}
		return list
	}
	kinds, sets := map[string]ingest.Number{}, map[string]ingest.Number{}
	for name, company := range map[string]ingest.Number{"alone": w.demo.Number, "among others": w.demo.Number, "of a type of the system": 0} {
		kind, err := w.engine.CreatePropertyType(w.ctx, w.admin, company, name, ingest.PropertySetType{Owner: ingest.PropertiesOfCompany})
		w.ok(err)
		groups := entry(gone, kept)
		if name == "alone" {
			groups = entry(gone)
		}
		sets[name], err = w.engine.CreatePropertySet(w.ctx, w.boss, kind, ingest.PropertySet{Company: w.demo.Number, Permissions: groups})
		w.ok(err)
		kinds[name] = kind
	}
	has := func(name string) []ingest.PermissionEntry {
		list, err := w.engine.PropertySets(w.ctx, w.boss, kinds[name], 0, w.demo.Number)
		w.ok(err)
		return list[0].Permissions
	}
	seen := func(p ingest.Principal) int {
		list, err := w.engine.PropertySets(w.ctx, p, kinds["alone"], 0, w.demo.Number)
		w.ok(err)
		return len(list)
	}
	w.ok(w.engine.DeleteGroup(w.ctx, w.boss, w.demo.Number, gone))
	for _, name := range []string{"among others", "of a type of the system"} {
		same(t, name, has(name), entry(kept))
	}
	same(t, "alone", has("alone"), entry(gone))
	same(t, "who sees the set", []int{seen(w.editor), seen(w.colleague), seen(w.boss)}, []int{0, 0, 1})

	set := func(merge bool, entries []ingest.PermissionEntry) error {
		return w.engine.SetPropertySetPermissions(w.ctx, w.boss, sets["alone"], entries, merge)
	}
	w.refused(set(true, []ingest.PermissionEntry{{Group: gone, Type: ingest.PermitWrite, Allowed: true}}), ingest.NotFound, "")
	w.ok(set(true, entry(kept)))
	same(t, "merged", has("alone"), entry(gone, kept))
	same(t, "who sees the set", []int{seen(w.editor), seen(w.colleague), seen(w.boss)}, []int{0, 1, 1})
	w.ok(set(false, has("alone")))
	same(t, "written back", has("alone"), entry(gone, kept))
	w.ok(set(false, entry(kept)))
	same(t, "replaced", has("alone"), entry(kept))
	w.refused(set(false, entry(gone)), ingest.NotFound, "")
}
