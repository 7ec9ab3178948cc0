package engine_test

import (
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func (w *world) addMembership(p ingest.Principal, user ingest.Number, updates ...engine.MembershipUpdate) error {
	return w.engine.AddMemberships(w.ctx, p, user, updates)
}

func TestAddMemberships(t *testing.T) {
	w := newWorld(t)
	n := w.member("m@example.com", w.demo, "IpsUser").User
	in := func(c *ingest.Company, role string, active bool) engine.MembershipUpdate {
		return engine.MembershipUpdate{Company: c.Number, Role: role, Active: active}
	}
	w.ok(w.addMembership(w.boss, n, in(w.demo, "ImagePortalContrib", false)))
	same(t, "overwritten", w.roles(n), []string{"Demo ImagePortalContrib -"})
	w.ok(w.addMembership(w.admin, n, in(w.other, "IpsAdmin", true)))
	same(t, "others stay", w.roles(n), []string{"Demo ImagePortalContrib -", "Other IpsCompanyAdmin"})
	w.ok(w.addMembership(w.boss, n, in(w.demo, "", true)))
	w.ok(w.setUser(w.admin, n, func(u *engine.UserUpdate) { u.Role = "ImagePortalUser" }))
	same(t, "the default role", w.roles(n), []string{"Demo ImagePortalUser", "Other IpsCompanyAdmin"})

	trial := w.member("trial@example.com", w.demo, "TrialSiteAdmin")
	for name, tt := range map[string]struct {
		who  ingest.Principal
		user ingest.Number
		m    engine.MembershipUpdate
		kind ingest.Kind
		code ingest.Code
	}{
		"unknown company":           {w.boss, n, engine.MembershipUpdate{Company: 99}, ingest.NotFound, ingest.CodeUnknownCompany},
		"another's company":         {w.boss, n, in(w.other, "IpsUser", true), ingest.Forbidden, ingest.CodeNotMember},
		"a member who is no admin":  {w.editor, 0, in(w.demo, "IpsCompanyAdmin", true), ingest.Forbidden, ingest.CodeNotMember},
		"unknown role":              {w.boss, n, in(w.demo, "King", true), ingest.Invalid, ""},
		"administrator":             {w.boss, n, in(w.demo, "IpsAdmin", true), ingest.Forbidden, ingest.CodeRoleValue},
		"unknown user":              {w.boss, 4711, in(w.demo, "IpsUser", true), ingest.NotFound, ingest.CodeUnknownUser},
		"a stranger":                {w.boss, w.outsider.User, in(w.demo, "IpsUser", true), ingest.Forbidden, ingest.CodeTargetUser},
		"a trial admin on itself":   {trial, 0, in(w.demo, "IpsCompanyAdmin", true), ingest.Forbidden, ingest.CodeRoleValue},
		"the last one demotes self": {w.outsider, 0, in(w.other, "IpsUser", true), ingest.Conflict, ""},
	} {
		if name == "the last one demotes self" {
			w.ok(w.engine.EndMemberships(w.ctx, w.admin, n, []ingest.Number{w.other.Number}))
		}
		if err := w.addMembership(tt.who, tt.user, tt.m); err == nil || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := w.addMembership(w.boss, n, in(w.demo, "IpsUser", false), in(w.other, "IpsUser", true))
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	same(t, "all or nothing", w.roles(n)[0], "Demo ImagePortalUser")
}

func TestSetMemberships(t *testing.T) {
	w := newWorld(t)
	third := w.company("Third")
	n := w.member("m@example.com", w.demo, "IpsUser").User
	w.join(n, w.other, "IpsUser", true)
	w.join(n, third, "IpsUser", true)
	set := func(p ingest.Principal, updates ...engine.MembershipUpdate) error {
		return w.engine.SetMemberships(w.ctx, p, n, updates)
	}
	w.ok(set(w.boss))
	same(t, "what the caller does not administer stays", w.roles(n), []string{"Other IpsUser", "Third IpsUser"})
	w.ok(set(w.admin, engine.MembershipUpdate{Company: w.demo.Number, Role: "ImagePortalUser", Active: true}))
	same(t, "all of them", w.roles(n), []string{"Demo ImagePortalUser"})
	w.refused(set(w.outsider), ingest.Forbidden, ingest.CodeTargetUser)
}

func TestEndMemberships(t *testing.T) {
	w := newWorld(t)
	second := w.member("second@example.com", w.demo, "ImagePortalAdmin")
	group, err := w.engine.SaveGroup(w.ctx, w.boss, w.demo.Number, 0, "g", false)
	w.ok(err)
	foreign, err := w.engine.SaveGroup(w.ctx, w.outsider, w.other.Number, 0, "g", false)
	w.ok(err)
	w.join(w.editor.User, w.other, "IpsUser", true)
	w.ok(w.engine.ChangeGroup(w.ctx, w.boss, w.demo.Number, group, engine.AddToGroup, []ingest.Number{w.editor.User}))
	w.ok(w.engine.ChangeGroup(w.ctx, w.outsider, w.other.Number, foreign, engine.AddToGroup, []ingest.Number{w.editor.User}))
	end := func(p ingest.Principal, user ingest.Number, companies ...ingest.Number) error {
		return w.engine.EndMemberships(w.ctx, p, user, companies)
	}
	demo, other := w.demo.Number, w.other.Number
	w.refused(end(w.boss, w.editor.User, demo, other), ingest.Forbidden, ingest.CodeNotMember)
	same(t, "nothing happened", w.roles(w.editor.User), []string{"Demo IpsUser", "Other IpsUser"})
	w.ok(end(w.boss, w.editor.User, demo))
	same(t, "roles", w.roles(w.editor.User), []string{"Other IpsUser"})
	groups, err := w.engine.GroupsOf(w.ctx, w.admin, w.editor.User, 0)
	w.ok(err)
	same(t, "groups", groups, []engine.Group{{Number: foreign, Company: other, Name: "g"}})
	w.ok(end(w.admin, w.editor.User, demo)) // no member any more: nothing to do

	w.ok(end(w.boss, second.User, demo))
	w.refused(end(w.boss, w.boss.User, demo), ingest.Conflict, "")
	w.ok(end(w.admin, w.boss.User, demo))
	same(t, "roles", w.roles(w.boss.User), []string(nil))
}

// An administrator who cannot log in does not count as one.
func TestLastAdministratorWhoCanLogIn(t *testing.T) {
	w := newWorld(t)
	second := w.member("second@example.com", w.demo, "IpsCompanyAdmin")
	w.ok(w.setUser(w.boss, second.User, func(u *engine.UserUpdate) { u.Valid = false }))
	w.refused(w.engine.EndMemberships(w.ctx, w.boss, 0, []ingest.Number{w.demo.Number}), ingest.Conflict, "")
	w.join(second.User, w.demo, "", true)
	w.ok(w.setUser(w.admin, second.User, func(u *engine.UserUpdate) { u.Valid, u.Role = true, "IpsCompanyAdmin" }))
	w.ok(w.engine.EndMemberships(w.ctx, w.boss, 0, []ingest.Number{w.demo.Number}))
	second = w.again(second)
	w.refused(w.setUser(second, second.User, func(u *engine.UserUpdate) { u.Role = "IpsUser" }), ingest.Conflict, "")
}

func TestMembershipsOf(t *testing.T) {
	w := newWorld(t)
	w.join(w.editor.User, w.other, "ImagePortalUser", false)
	of := func(p ingest.Principal, user ingest.Number) (list []string) {
		memberships, u, err := w.engine.MembershipsOf(w.ctx, p, user)
		w.ok(err)
		for _, m := range memberships {
			line := m.Company.Name + " " + engine.RoleWord(u, m.Membership)
			if !m.Active {
				line += " -"
			}
			list = append(list, line)
		}
		return list
	}
	same(t, "own", of(w.editor, 0), []string{"Demo IpsUser", "Other ImagePortalUser -"})
	same(t, "to a boss", of(w.boss, w.editor.User), []string{"Demo IpsUser"})
	same(t, "to the administrator", of(w.admin, w.editor.User), []string{"Demo IpsUser", "Other ImagePortalUser -"})
	same(t, "the administrator's", of(w.admin, 0), []string{"Demo IpsAdmin", "Other IpsAdmin"})
	_, _, err := w.engine.MembershipsOf(w.ctx, w.editor, w.boss.User)
	w.refused(err, ingest.Forbidden, ingest.CodeTargetUser)
}

// An administrator of the system who came by a token of one company administers that
// company, and cannot get at the rest by the account.
func TestAnAdministratorWithinOneCompany(t *testing.T) {
	w := newWorld(t)
	p := ingest.Principal{User: w.admin.User, UUID: w.admin.UUID, Login: w.admin.Login,
		Memberships: []ingest.Membership{{User: w.admin.User, Company: w.demo.Number, Role: ingest.RoleCompanyAdmin, Active: true}}}
	w.put(w.outsider, into(w.other, w.job("theirs")), file{"", "theirs.xml", "x"})
	list, u, err := w.engine.MembershipsOf(w.ctx, p, 0)
	w.ok(err)
	same(t, "companies", []any{len(list), list[0].Company.Name, engine.RoleWord(u, list[0].Membership), u.Admin}, []any{1, "Demo", "IpsCompanyAdmin", false})
	users, err := w.engine.Users(w.ctx, p, engine.UserQuery{})
	w.ok(err)
	for _, person := range users {
		if person.Number == w.outsider.User || person.Number == w.stranger.User {
			t.Errorf("%s is shown", person.Login)
		}
	}
	assets, err := w.engine.Assets(w.ctx, p, engine.AssetQuery{}, ingest.Page{})
	w.ok(err)
	same(t, "assets", len(assets), 0)

	err = func(_ any, err error) error { return err }(w.engine.AddUser(w.ctx, p, engine.NewUser{Login: "x@example.com", Valid: true, Admin: true,
		Memberships: []engine.MembershipUpdate{{Company: w.demo.Number, Role: "IpsUser", Active: true}}}))
	_, company := w.engine.CompanyNamed(w.ctx, p, "Other")
	for name, tt := range map[string]struct {
		err  error
		code ingest.Code
	}{
		"its own password":      {w.engine.SetPassword(w.ctx, p, 0, "hash", time.Time{}), ingest.CodeTargetUser},
		"its own by number":     {w.engine.MaySetPassword(w.ctx, p, p.User), ingest.CodeTargetUser},
		"its own login":         {w.setUser(p, p.User, func(u *engine.UserUpdate) { u.Login = "mine@example.com" }), ingest.CodeTargetUser},
		"an administrator":      {w.setUser(p, w.editor.User, func(u *engine.UserUpdate) { u.Role = "IpsAdmin" }), ingest.CodeRoleValue},
		"a new administrator":   {err, ingest.CodeRoleValue},
		"a member elsewhere":    {w.addMembership(p, p.User, engine.MembershipUpdate{Company: w.other.Number, Role: "IpsUser", Active: true}), ingest.CodeNotMember},
		"another's password":    {w.engine.SetPassword(w.ctx, p, w.editor.User, "hash", time.Time{}), ingest.CodeTargetUser},
		"somebody elsewhere":    {w.setUser(p, w.outsider.User, func(u *engine.UserUpdate) { u.Valid = false }), ingest.CodeTargetUser},
		"another company":       {company, ingest.CodeUnknownCompany},
		"a type of the system":  {func(_ any, err error) error { return err }(w.engine.CreatePropertyType(w.ctx, p, 0, "t", ingest.PropertySetType{Owner: ingest.PropertiesOfUser})), ingest.CodeRole},
		"a group of the system": {func(_ any, err error) error { return err }(w.engine.SaveGroup(w.ctx, p, w.demo.Number, 0, "g", true)), ingest.CodeRoleValue},
	} {
		if tt.err == nil || ingest.CodeOf(tt.err) != tt.code {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	same(t, "the password", w.storedUser(p.User).PasswordHash, "")
	w.ok(w.engine.SetPassword(w.ctx, w.admin, 0, "hash", time.Time{}))
}

func TestCompanyMembers(t *testing.T) {
	w := newWorld(t)
	off := w.member("off", w.demo, "IpsUser")
	w.ok(w.setUser(w.admin, off.User, func(u *engine.UserUpdate) { u.Valid = false }))
	asleep := w.user("asleep", false, nil, "")
	w.join(asleep.User, w.demo, "ImagePortalUser", false)
	w.join(w.editor.User, w.other, "IpsUser", true)
	logins := func(invalid, inactive bool) (list []string) {
		members, err := w.engine.CompanyMembers(w.ctx, w.boss, w.demo.Number, invalid, inactive)
		w.ok(err)
		for _, m := range members {
			if len(m.Memberships) != 1 || m.Memberships[0].Company != w.demo.Number {
				t.Errorf("%s has %+v", m.Login, m.Memberships)
			}
			list = append(list, m.Login)
		}
		return list
	}
	usual := []string{"boss", "editor", "colleague", "publisher", "viewer"}
	same(t, "usual", logins(false, false), usual)
	same(t, "invalid ones", logins(true, false), append(usual, "off"))
	same(t, "inactive ones", logins(false, true), append(usual, "asleep"))
	_, err := w.engine.CompanyMembers(w.ctx, w.editor, w.demo.Number, true, true)
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.CompanyMembers(w.ctx, w.outsider, w.demo.Number, true, true)
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
}
