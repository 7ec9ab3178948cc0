package engine_test

import (
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func (w *world) addUser(p ingest.Principal, login string, change func(*engine.NewUser)) (ingest.Number, error) {
	n := engine.NewUser{First: "A", Last: "B", Login: login, PasswordHash: "hash", Valid: true,
		Memberships: []engine.MembershipUpdate{{Company: w.demo.Number, Role: "IpsUser", Active: true}}}
	if change != nil {
		change(&n)
	}
	return w.engine.AddUser(w.ctx, p, n)
}

func (w *world) storedUser(n ingest.Number) (u *ingest.User) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) (err error) { u, err = tx.User(n); return err })
	return u
}

func TestAddUser(t *testing.T) {
	w := newWorld(t)
	expires := w.clock.now().Add(time.Hour)
	n, err := w.addUser(w.boss, "New@example.com", func(n *engine.NewUser) { n.Role, n.Expires, n.Valid = "ImagePortalUser", expires, false })
	w.ok(err)
	u := w.storedUser(n)
	same(t, "user", []any{u.Login, u.FirstName, u.LastName, u.PasswordHash, u.DefaultRole, u.DefaultTitle, u.Disabled, u.Admin},
		[]any{"New@example.com", "A", "B", "hash", ingest.RoleViewer, "ImagePortalUser", true, false})
	if !u.Expires.Equal(expires) {
		t.Errorf("the password expires at %v", u.Expires)
	}
	same(t, "roles", w.roles(n), []string{"Demo IpsUser"})

	membership := func(m engine.MembershipUpdate) func(*engine.NewUser) {
		return func(n *engine.NewUser) { n.Memberships = []engine.MembershipUpdate{m} }
	}
	trial := w.member("trial@example.com", w.demo, "TrialSiteAdmin")
	tests := map[string]struct {
		who    ingest.Principal
		login  string
		change func(*engine.NewUser)
		want   outcome
	}{
		"login taken in other letters": {w.boss, "nEW@example.com", nil, outcome{ingest.Conflict, ingest.CodeExists}},
		"no e-mail address":            {w.boss, "somebody", nil, outcome{Kind: ingest.Invalid}},
		"empty":                        {w.boss, "", nil, outcome{Kind: ingest.Invalid}},
		"two at signs":                 {w.boss, "a@b@c", nil, outcome{Kind: ingest.Invalid}},
		"a bar in the login":           {w.boss, "a|b@example.com", nil, outcome{Kind: ingest.Invalid}},
		"a long name":                  {w.boss, "l@example.com", func(n *engine.NewUser) { n.First = strings.Repeat("x", 300) }, outcome{ingest.Invalid, ingest.CodeLimit}},
		"a control character":          {w.boss, "l@example.com", func(n *engine.NewUser) { n.Last = "a\x02" }, outcome{Kind: ingest.Invalid}},
		"unknown role":                 {w.boss, "l@example.com", func(n *engine.NewUser) { n.Role = "King" }, outcome{Kind: ingest.Invalid}},
		"unknown role of a membership": {w.boss, "l@example.com", membership(engine.MembershipUpdate{Company: w.demo.Number, Role: "King"}), outcome{Kind: ingest.Invalid}},
		"administrator of the system":  {w.boss, "l@example.com", func(n *engine.NewUser) { n.Admin = true }, outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"the same by role":             {w.boss, "l@example.com", func(n *engine.NewUser) { n.Role = "IpsAdmin" }, outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"the same by membership":       {w.boss, "l@example.com", membership(engine.MembershipUpdate{Company: w.demo.Number, Role: "IpsAdmin"}), outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"another company":              {w.boss, "l@example.com", membership(engine.MembershipUpdate{Company: w.other.Number}), outcome{ingest.Forbidden, ingest.CodeNotMember}},
		"no such company":              {w.boss, "l@example.com", membership(engine.MembershipUpdate{Company: 99}), outcome{ingest.NotFound, ingest.CodeUnknownCompany}},
		"no membership":                {w.boss, "l@example.com", func(n *engine.NewUser) { n.Memberships = nil }, outcome{ingest.Invalid, ingest.CodeMissing}},
		"above a trial administrator":  {trial, "l@example.com", membership(engine.MembershipUpdate{Company: w.demo.Number, Role: "IpsCompanyAdmin"}), outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"the same by default role":     {trial, "l@example.com", func(n *engine.NewUser) { n.Role = "ImagePortalAdmin" }, outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"editor":                       {w.editor, "l@example.com", nil, outcome{ingest.Forbidden, ingest.CodeRole}},
		"a member of none":             {w.stranger, "l@example.com", nil, outcome{ingest.Forbidden, ingest.CodeNoMembership}},
		"nobody":                       {w.anonymous, "l@example.com", nil, outcome{ingest.Unauthenticated, ingest.CodeNoCredentials}},
	}
	for name, tt := range tests {
		_, err := w.addUser(tt.who, tt.login, tt.change)
		if err == nil {
			t.Errorf("%s: allowed", name)
			continue
		}
		same(t, name, outcome{ingest.KindOf(err), ingest.CodeOf(err)}, tt.want)
	}
	w.view(func(tx ingest.Tx) error {
		if _, err := tx.UserByLogin("l@example.com"); ingest.KindOf(err) != ingest.NotFound {
			t.Error("a refused user is there")
		}
		return nil
	})
	if n, err = w.addUser(w.admin, "free@example.com", func(n *engine.NewUser) { n.Memberships, n.Admin = nil, true }); err != nil || !w.storedUser(n).Admin {
		t.Errorf("an administrator without company: %v", err)
	}
	if _, err = w.addUser(trial, "t2@example.com", membership(engine.MembershipUpdate{Company: w.demo.Number, Role: "TrialSiteAdmin", Active: true})); err != nil {
		t.Errorf("a trial administrator by another: %v", err)
	}
}

// as is an update that keeps what a user is.
func as(u *ingest.User) engine.UserUpdate {
	return engine.UserUpdate{First: u.FirstName, Last: u.LastName, Login: u.Login, Valid: !u.Disabled}
}

func (w *world) setUser(p ingest.Principal, user ingest.Number, change func(*engine.UserUpdate)) error {
	w.t.Helper()
	update := as(w.storedUser(user))
	change(&update)
	return w.engine.SetUser(w.ctx, p, user, update)
}

func TestSetUser(t *testing.T) {
	w := newWorld(t)
	n := w.member("m@example.com", w.demo, "IpsUser").User
	later := w.clock.now().Add(time.Hour)
	w.ok(w.setUser(w.boss, n, func(u *engine.UserUpdate) { u.First, u.Login, u.Expires = "X", "x@example.com", &later }))
	w.ok(w.setUser(w.boss, n, func(u *engine.UserUpdate) { u.Valid = false }))
	u := w.storedUser(n)
	same(t, "user", []any{u.FirstName, u.Login, u.Disabled, u.Expires.Equal(later)}, []any{"X", "x@example.com", true, true})
	w.ok(w.setUser(w.boss, w.editor.User, func(u *engine.UserUpdate) { u.First = "Ed" })) // its login is no e-mail address and stays
	w.ok(w.setUser(w.boss, n, func(u *engine.UserUpdate) {
		u.Memberships = &[]engine.MembershipUpdate{{Company: w.demo.Number, Role: "ImagePortalUser", Active: true}}
	}))
	same(t, "roles", w.roles(n), []string{"Demo ImagePortalUser"})

	yes, no := true, false
	tests := map[string]struct {
		who    ingest.Principal
		user   ingest.Number
		change func(*engine.UserUpdate)
		want   outcome
	}{
		"a taken login":              {w.boss, n, func(u *engine.UserUpdate) { u.Login = "m2@example.com" }, outcome{ingest.Conflict, ingest.CodeExists}},
		"a malformed login":          {w.boss, n, func(u *engine.UserUpdate) { u.Login = "nobody" }, outcome{Kind: ingest.Invalid}},
		"making an administrator":    {w.boss, n, func(u *engine.UserUpdate) { u.Admin = &yes }, outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"the same by role":           {w.boss, n, func(u *engine.UserUpdate) { u.Role = "IpsAdmin" }, outcome{ingest.Forbidden, ingest.CodeRoleValue}},
		"an administrator":           {w.boss, w.admin.User, func(u *engine.UserUpdate) { u.Admin = &no }, outcome{ingest.Forbidden, ingest.CodeTargetUser}},
		"another company's user":     {w.boss, w.outsider.User, func(*engine.UserUpdate) {}, outcome{ingest.Forbidden, ingest.CodeTargetUser}},
		"an editor on others":        {w.editor, n, func(*engine.UserUpdate) {}, outcome{ingest.Forbidden, ingest.CodeRole}},
		"an editor on itself":        {w.editor, w.editor.User, func(u *engine.UserUpdate) { u.Role = "IpsCompanyAdmin" }, outcome{ingest.Forbidden, ingest.CodeRole}},
		"the last administrator":     {w.admin, w.admin.User, func(u *engine.UserUpdate) { u.Valid = false }, outcome{Kind: ingest.Conflict}},
		"the last one, by the flag":  {w.admin, w.admin.User, func(u *engine.UserUpdate) { u.Admin = &no }, outcome{Kind: ingest.Conflict}},
		"the last one, by the role":  {w.admin, w.admin.User, func(u *engine.UserUpdate) { u.Role = "IpsUser" }, outcome{Kind: ingest.Conflict}},
		"the last boss switched off": {w.boss, w.boss.User, func(u *engine.UserUpdate) { u.Valid = false }, outcome{Kind: ingest.Conflict}},
	}
	w.member("m2@example.com", w.demo, "IpsUser")
	for name, tt := range tests {
		err := w.setUser(tt.who, tt.user, tt.change)
		if err == nil {
			t.Errorf("%s: allowed", name)
			continue
		}
		same(t, name, outcome{ingest.KindOf(err), ingest.CodeOf(err)}, tt.want)
	}
	w.refused(w.engine.SetUser(w.ctx, w.boss, 4711, engine.UserUpdate{}), ingest.NotFound, ingest.CodeUnknownUser)

	w.ok(w.setUser(w.admin, n, func(u *engine.UserUpdate) { u.Role = "IpsAdmin"; u.Valid = true }))
	if !w.storedUser(n).Admin {
		t.Error("the role IpsAdmin does not make an administrator")
	}
	w.ok(w.setUser(w.admin, n, func(*engine.UserUpdate) {})) // absent keeps
	if !w.storedUser(n).Admin {
		t.Error("an absent flag took the administrator away")
	}
	w.ok(w.setUser(w.admin, n, func(u *engine.UserUpdate) { u.Admin = &no }))
	if w.storedUser(n).Admin {
		t.Error("the flag does not take the administrator away")
	}
}

// A default role acts in every company where the user has no other. Who administers
// one of them only must not reach the others through it.
func TestDefaultRoleReachesNoOtherCompany(t *testing.T) {
	w := newWorld(t)
	w.join(w.boss.User, w.other, "", true)
	boss := w.again(w.boss)
	raise := func(u *engine.UserUpdate) { u.Role = "IpsCompanyAdmin" }
	w.refused(w.setUser(boss, boss.User, raise), ingest.Forbidden, ingest.CodeRoleValue)
	w.ok(w.setUser(w.admin, boss.User, func(u *engine.UserUpdate) { u.Role = "ImagePortalUser" }))
	same(t, "roles", w.roles(boss.User), []string{"Demo IpsCompanyAdmin", "Other ImagePortalUser"})
}

func TestSetPassword(t *testing.T) {
	w := newWorld(t)
	later := w.clock.now().Add(time.Hour)
	w.ok(w.engine.SetPassword(w.ctx, w.viewer, 0, "own", later))
	w.ok(w.engine.SetPassword(w.ctx, w.editor, w.editor.User, "own too", time.Time{}))
	w.ok(w.engine.SetPassword(w.ctx, w.admin, w.boss.User, "given", time.Time{}))
	for n, want := range map[ingest.Number]string{w.viewer.User: "own", w.editor.User: "own too", w.boss.User: "given"} {
		if got := w.storedUser(n).PasswordHash; got != want {
			t.Errorf("user %d has %q, want %q", n, got, want)
		}
	}
	if !w.storedUser(w.viewer.User).Expires.Equal(later) {
		t.Error("the password does not expire")
	}
	for name, tt := range map[string]struct {
		who  ingest.Principal
		user ingest.Number
		kind ingest.Kind
		code ingest.Code
	}{
		"company administrator": {w.boss, w.editor.User, ingest.Forbidden, ingest.CodeTargetUser},
		"peer":                  {w.editor, w.colleague.User, ingest.Forbidden, ingest.CodeTargetUser},
		"stranger":              {w.outsider, w.editor.User, ingest.Forbidden, ingest.CodeTargetUser},
		"unknown user":          {w.admin, 4711, ingest.NotFound, ingest.CodeUnknownUser},
		"nobody":                {w.anonymous, w.editor.User, ingest.Unauthenticated, ingest.CodeNoCredentials},
	} {
		for verb, err := range map[string]error{
			"SetPassword": w.engine.SetPassword(w.ctx, tt.who, tt.user, "evil", time.Time{}), "MaySetPassword": w.engine.MaySetPassword(w.ctx, tt.who, tt.user),
		} {
			if err == nil || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
				t.Errorf("%s, %s: %v", name, verb, err)
			}
		}
	}
	if got := w.storedUser(w.editor.User).PasswordHash; got != "own too" {
		t.Errorf("the password became %q", got)
	}
}

func TestCheckPassword(t *testing.T) {
	for _, tt := range []struct {
		password string
		all      bool
		want     string // in the reason; "" = taken
	}{
		{"Good-pas1", true, ""}, {"good1234", false, ""}, {"good1234", true, "upper-case"}, {"GOOD-123", true, "lower-case"},
		{"Good-pass", true, "digit"}, {"Goodpass1", true, "special"}, {"Go-1", true, "at least 8"}, {"1234567", false, "at least 8"},
		{"Good pass1-", true, "neither"}, {"Gööd-pass1", false, "neither"}, {"", false, "at least 8"},
		{"`~!@#$%^*()_+-={}|[]&\\:\";'<>?,./", false, ""},
	} {
		err := engine.CheckPassword(tt.password, tt.all)
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(ingest.Message(err), tt.want)):
			t.Errorf("%q: %v, want %q", tt.password, err, tt.want)
		case err != nil && (ingest.KindOf(err) != ingest.Invalid || tt.password != "" && strings.Contains(err.Error(), tt.password)):
			t.Errorf("%q: kind %v, or the password is in %q", tt.password, ingest.KindOf(err), err)
		}
	}
	seen := map[string]bool{}
	for range 200 {
		p, err := engine.GeneratePassword()
		if err != nil || len(p) != 16 || engine.CheckPassword(p, true) != nil || strings.ContainsAny(p, `&<>"'`) || seen[p] {
			t.Fatalf("%q: %v", p, err)
		}
		seen[p] = true
	}
}

func TestUsers(t *testing.T) {
	w := newWorld(t)
	w.join(w.admin.User, w.demo, "IpsCompanyAdmin", true)
	admin := w.again(w.admin) // an administrator who belongs to a company sees the others too
	both := w.member("both@example.com", w.demo, "ImagePortalUser")
	w.join(both.User, w.other, "IpsCompanyAdmin", true)
	both = w.again(both)
	off := w.member("off@example.com", w.demo, "IpsUser")
	w.ok(w.setUser(w.admin, off.User, func(u *engine.UserUpdate) { u.Valid = false }))
	old := w.member("old@example.com", w.demo, "IpsUser")
	past := w.clock.now().Add(-time.Hour)
	w.ok(w.setUser(w.admin, old.User, func(u *engine.UserUpdate) { u.Expires = &past })) // its password is too old, it is valid all the same
	asleep := w.user("asleep", false, nil, "")
	w.join(asleep.User, w.demo, "IpsUser", false)
	group, err := w.engine.SaveGroup(w.ctx, w.boss, w.demo.Number, 0, "g", false)
	w.ok(err)
	foreign, err := w.engine.SaveGroup(w.ctx, w.outsider, w.other.Number, 0, "g", false)
	w.ok(err)
	w.ok(w.engine.ChangeGroup(w.ctx, w.boss, w.demo.Number, group, engine.AddToGroup, []ingest.Number{both.User, w.editor.User}))

	demo, other := []ingest.Number{w.demo.Number}, []ingest.Number{w.other.Number}
	tests := map[string]struct {
		who  ingest.Principal
		q    engine.UserQuery
		want string
	}{
		"a company's":          {w.boss, engine.UserQuery{}, "root boss editor colleague publisher viewer both@example.com old@example.com"},
		"invalid ones too":     {w.boss, engine.UserQuery{Invalid: true, Roles: []string{"IpsUser"}}, "editor colleague off@example.com old@example.com"},
		"inactive ones too":    {w.boss, engine.UserQuery{Inactive: true, Roles: []string{"IpsUser"}}, "editor colleague old@example.com asleep"},
		"everybody":            {admin, engine.UserQuery{}, "root boss editor colleague publisher viewer stranger outsider both@example.com old@example.com"},
		"of one company":       {admin, engine.UserQuery{Companies: other}, "outsider both@example.com"},
		"the role there":       {admin, engine.UserQuery{Companies: demo, Roles: []string{"IpsCompanyAdmin"}}, "boss"},
		"the role anywhere":    {admin, engine.UserQuery{Roles: []string{"IpsCompanyAdmin"}}, "boss outsider both@example.com"},
		"of administrators":    {admin, engine.UserQuery{Roles: []string{"IpsAdmin"}}, "root"},
		"the role, to a boss":  {w.boss, engine.UserQuery{Roles: []string{"IpsCompanyAdmin"}}, "boss"},
		"of a group":           {w.boss, engine.UserQuery{Groups: []ingest.Number{group}}, "editor both@example.com"},
		"of a group, by role":  {w.boss, engine.UserQuery{Groups: []ingest.Number{group}, Roles: []string{"ImagePortalUser"}}, "both@example.com"},
		"of a group elsewhere": {w.outsider, engine.UserQuery{Groups: []ingest.Number{foreign}}, ""},
	}
	for name, tt := range tests {
		list, err := w.engine.Users(w.ctx, tt.who, tt.q)
		w.ok(err)
		var logins []string
		for _, person := range list {
			logins = append(logins, person.Login)
			for _, m := range person.Memberships {
				if tt.who.RoleIn(m.Company) == "" {
					t.Errorf("%s: tells of company %d", name, m.Company)
				}
			}
		}
		same(t, name, strings.Join(logins, " "), tt.want)
	}
	for name, tt := range map[string]struct {
		who  ingest.Principal
		q    engine.UserQuery
		kind ingest.Kind
		code ingest.Code
	}{
		"another company":                        {w.boss, engine.UserQuery{Companies: other}, ingest.Forbidden, ingest.CodeNotMember},
		"a company where it is no administrator": {both, engine.UserQuery{Companies: demo}, ingest.Forbidden, ingest.CodeNotMember},
		"no company":                             {w.boss, engine.UserQuery{Companies: []ingest.Number{99}}, ingest.NotFound, ingest.CodeUnknownCompany},
		"another's group":                        {w.boss, engine.UserQuery{Groups: []ingest.Number{foreign}}, ingest.NotFound, ""},
		"an editor":                              {w.editor, engine.UserQuery{}, ingest.Forbidden, ingest.CodeRole},
	} {
		if _, err := w.engine.Users(w.ctx, tt.who, tt.q); err == nil || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUser(t *testing.T) {
	w := newWorld(t)
	w.join(w.editor.User, w.other, "IpsCompanyAdmin", true)
	person, err := w.engine.User(w.ctx, w.viewer, 0, "")
	w.ok(err)
	same(t, "the caller", person.Login, "viewer")
	person, err = w.engine.User(w.ctx, w.boss, 0, "EDITOR")
	w.ok(err)
	same(t, "by login", []any{person.Number, len(person.Memberships)}, []any{w.editor.User, 1}) // what it is elsewhere is not the boss's business
	for name, tt := range map[string]struct {
		who   ingest.Principal
		user  ingest.Number
		login string
		kind  ingest.Kind
		code  ingest.Code
	}{
		"unknown number": {w.boss, 4711, "", ingest.NotFound, ingest.CodeUnknownUser},
		"unknown login":  {w.boss, 0, "who", ingest.NotFound, ingest.CodeUnknownUser},
		"a peer":         {w.viewer, w.editor.User, "", ingest.Forbidden, ingest.CodeTargetUser},
		"elsewhere":      {w.boss, w.outsider.User, "", ingest.Forbidden, ingest.CodeTargetUser},
		"nobody":         {w.anonymous, w.editor.User, "", ingest.Unauthenticated, ingest.CodeNoCredentials},
	} {
		if _, err := w.engine.User(w.ctx, tt.who, tt.user, tt.login); err == nil || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
