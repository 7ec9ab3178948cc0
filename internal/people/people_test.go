package people_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
	"sluice/internal/people"
	"sluice/internal/store/sqlite"
)

// fixture is a service on a real database, and the logins of the server beside it.
type fixture struct {
	*people.Service
	logins *auth.Service
	path   string
}

func open(t *testing.T) fixture {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sluice.db")
	connect := func() *sqlite.Store {
		store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		return store
	}
	mine, servers := connect(), connect()
	return fixture{
		Service: people.New(mine, auth.New(mine, time.Now, auth.Options{}), time.Now),
		logins:  auth.New(servers, time.Now, auth.Options{}),
		path:    path,
	}
}

// login asks the server's side.
func (f fixture) login(t *testing.T, login, password string) (ingest.Principal, error) {
	t.Helper()
	return f.logins.Login(t.Context(), ingest.Credentials{Login: login, Password: password, Address: "192.0.2.1"})
}

func TestBootstrap(t *testing.T) {
	f := open(t)
	first := people.First{Login: "admin@localhost", Company: "Demo"}
	made, err := f.Bootstrap(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if made.Company.Name != "Demo" || made.Company.Slug != "demo" || made.Login != "admin@localhost" || len(made.Password) < 20 {
		t.Errorf("made %+v", made)
	}
	p, err := f.login(t, "admin@localhost", made.Password)
	if err != nil || !p.Admin || len(p.Memberships) != 1 {
		t.Errorf("the administrator logs in as %+v, %v", p, err)
	}
	again, err := f.Bootstrap(t.Context(), people.First{Login: "other@localhost", Password: "x", Company: "Other"})
	if diff := cmp.Diff(people.Made{}, again); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestBootstrapKeepsAGivenPasswordToItself(t *testing.T) {
	f := open(t)
	if _, err := f.AddCompany(t.Context(), "Acme"); err != nil {
		t.Fatal(err)
	}
	made, err := f.Bootstrap(t.Context(), people.First{Login: "boss", Password: "hunter2", Company: "Demo"})
	if diff := cmp.Diff(people.Made{Login: "boss"}, made); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if p, err := f.login(t, "boss", "hunter2"); err != nil || p.RoleIn(1) != ingest.RoleAdmin {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestCompanies(t *testing.T) {
	f := open(t)
	for _, c := range []struct{ name, slug string }{
		{"Müller & Söhne", "mueller-and-soehne"}, {"Muller  (West)!", "muller-west"}, {"muller WEST", "muller-west-2"},
		{"日本", "company"}, {"API", "api-2"}, {strings.Repeat("ab ", 30) + "x", "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a"},
	} {
		company, err := f.AddCompany(t.Context(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		if company.Slug != c.slug {
			t.Errorf("%q has the slug %q, want %q", c.name, company.Slug, c.slug)
		}
	}
	all, err := f.Companies(t.Context())
	if err != nil || len(all) != 6 || people.Handle(all[1]) != "c|2" {
		t.Errorf("%d companies, %v", len(all), err)
	}
	for name, kind := range map[string]ingest.Kind{
		"API": ingest.Conflict, "": ingest.Invalid, "a/b": ingest.Invalid, "a|b": ingest.Invalid, " a": ingest.Invalid, "..": ingest.Invalid,
		"a\nb": ingest.Invalid, strings.Repeat("x", 101): ingest.Invalid, "\xff": ingest.Invalid,
	} {
		if _, err := f.AddCompany(t.Context(), name); err == nil || ingest.KindOf(err) != kind {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSetCompany(t *testing.T) {
	f := open(t)
	if _, err := f.AddCompany(t.Context(), "Acme West"); err != nil {
		t.Fatal(err)
	}
	want := ingest.CompanySettings{Overwrite: ingest.MatchAnyExtAnyFolder, RetainPublishState: true, AllowJavascript: true, QuotaBytes: 5 << 30, QuotaFiles: 10000, UserQuotaBytes: 1e9, UserQuotaFiles: 7}
	for _, word := range []string{"Acme West", "acme-west", "c|1"} {
		company, err := f.SetCompany(t.Context(), word, []string{"overwrite-mode=any-ext-any-folder", "retain-publish-state=true",
			"allow-javascript=true", "quota-bytes=5GiB", "quota-files=10k", "user-quota-bytes=1GB", "user-quota-files=7"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, company.Settings); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"overwrite-mode=OverwriteAnyExtAnyFolder", "retain-publish-state=true", "allow-javascript=true", "quota-bytes=5GiB",
			"quota-files=10k", "user-quota-bytes=1GB", "user-quota-files=7"}, people.ShowSettings(company.Settings)[:7]); diff != "" {
			t.Error(diff)
		}
	}
	for assignment, hint := range map[string]string{
		"quota-bytes=5G":            "64KiB",
		"overwrite-mode=sometimes":  "any-ext",
		"retain-publish-state=yeah": "neither true nor false",
		"allow-javascript=some":     "neither true nor false",
		"colour=red":                "the settings are overwrite-mode, ",
		"quota-files":               "key=value",
	} {
		_, err := f.SetCompany(t.Context(), "Acme West", []string{"quota-files=1", assignment})
		if ingest.KindOf(err) != ingest.Invalid || !strings.Contains(ingest.Message(err), hint) {
			t.Errorf("%s: %v", assignment, err)
		}
	}
	kept, err := f.SetCompany(t.Context(), "Acme West", []string{"overwrite-mode=OverwriteAnyExt", "quota-bytes="})
	want.Overwrite, want.QuotaBytes = ingest.MatchAnyExt, 0
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, kept.Settings); diff != "" {
		t.Error(diff)
	}
	if _, err := f.SetCompany(t.Context(), "c|9", nil); ingest.CodeOf(err) != ingest.CodeUnknownCompany {
		t.Errorf("unknown company: %v", err)
	}
}

func TestUsersOnARunningServer(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	if _, err := f.Bootstrap(ctx, people.First{Login: "admin@localhost", Password: "root", Company: "Demo"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddUser(ctx, people.NewUser{Login: "Ann@example.com", Password: "one", Company: "Demo", Role: "ipsuser"}); err != nil {
		t.Fatal(err)
	}
	p, err := f.login(t, "ann@example.com", "one")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ingest.Membership{{User: p.User, Company: 1, Role: ingest.RoleEditor, Title: "IpsUser", Active: true}}, p.Memberships); diff != "" {
		t.Error(diff)
	}
	if err := f.SetPassword(ctx, "ANN@example.com", "two"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.login(t, "ann@example.com", "one"); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("old password: %v", err)
	}
	off := true
	if _, err := f.SetUser(ctx, "ann@example.com", people.UserChange{Disabled: &off, Company: "demo", Role: "viewer"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.login(t, "ann@example.com", "two"); ingest.CodeOf(err) != ingest.CodeInvalidUser {
		t.Errorf("switched off: %v", err)
	}
	list, err := f.Users(ctx, "Demo")
	if err != nil || len(list) != 2 || list[1].Roles[0].Company != "Demo" || list[1].Roles[0].Role != ingest.RoleViewer {
		t.Errorf("%+v, %v", list, err)
	}
	if err := f.RemoveUser(ctx, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.login(t, "ann@example.com", "two"); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("removed: %v", err)
	}
}

func TestUserRefusals(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	if _, err := f.Bootstrap(ctx, people.First{Login: "admin@localhost", Password: "root", Company: "Demo"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user people.NewUser
		kind ingest.Kind
		msg  string
	}{
		{people.NewUser{Login: "ADMIN@localhost", Password: "x", Role: "admin"}, ingest.Conflict, "exists already"},
		{people.NewUser{Login: "a/b", Password: "x", Role: "admin"}, ingest.Invalid, "must not contain"},
		{people.NewUser{Login: "a:b", Password: "x", Role: "admin"}, ingest.Invalid, "must not contain"},
		{people.NewUser{Login: "", Password: "x", Role: "admin"}, ingest.Invalid, "empty"},
		{people.NewUser{Login: "a", Password: "x", Role: "king", Company: "Demo"}, ingest.Invalid, "IpsCompanyAdmin"},
		{people.NewUser{Login: "a", Password: "x", Role: "editor"}, ingest.Invalid, "in which company"},
		{people.NewUser{Login: "a", Password: "x", Role: "editor", Company: "Nope"}, ingest.NotFound, "sluice company list"},
		{people.NewUser{Login: "a", Password: strings.Repeat("x", 2000), Role: "admin"}, ingest.Invalid, "at most 1024"},
	} {
		_, err := f.AddUser(ctx, c.user)
		if ingest.KindOf(err) != c.kind || !strings.Contains(ingest.Message(err), c.msg) {
			t.Errorf("%+v: %v", c.user, err)
		}
	}
	if people, err := f.Users(ctx, ""); err != nil || len(people) != 1 {
		t.Errorf("refused users left traces: %d, %v", len(people), err)
	}
	off := true
	for what, fn := range map[string]func() error{
		"removed": func() error { return f.RemoveUser(ctx, "admin@localhost") },
		"switched off": func() error {
			_, err := f.SetUser(ctx, "admin@localhost", people.UserChange{Disabled: &off})
			return err
		},
		"demoted": func() error {
			_, err := f.SetUser(ctx, "admin@localhost", people.UserChange{Role: "editor"})
			return err
		},
	} {
		if err := fn(); ingest.KindOf(err) != ingest.Conflict {
			t.Errorf("the last administrator was %s: %v", what, err)
		}
	}
	if err := f.SetPassword(ctx, "nobody", "x"); ingest.KindOf(err) != ingest.NotFound {
		t.Errorf("unknown user: %v", err)
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		word  string
		role  ingest.Role
		title string
	}{
		{"admin", ingest.RoleAdmin, ""}, {"Company-Admin", ingest.RoleCompanyAdmin, ""}, {"IPSUSER", ingest.RoleEditor, "IpsUser"},
		{"IpsAdmin", ingest.RoleAdmin, "IpsAdmin"}, {"ImagePortalUser", ingest.RoleViewer, "ImagePortalUser"},
		{"creators", ingest.RoleEditor, "Creators"}, {"Publishers", ingest.RolePublisher, "Publishers"}, {"publisher", ingest.RolePublisher, ""},
		{"network managers", ingest.RoleViewer, "Network Managers"},
	} {
		role, title, err := people.ParseRole(c.word)
		if role != c.role || title != c.title || err != nil {
			t.Errorf("%q: %s, %q, %v", c.word, role, title, err)
		}
	}
}

func TestKeys(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	if _, err := f.Bootstrap(ctx, people.First{Login: "admin@localhost", Password: "root", Company: "Demo"}); err != nil {
		t.Fatal(err)
	}
	works := func(secret string) error {
		_, err := f.logins.Token(context.WithoutCancel(ctx), secret, "192.0.2.1")
		return err
	}
	first, key, err := f.AddKey(ctx, "admin@localhost", "ci", time.Time{})
	if err != nil || works(first) != nil || key.Login != "admin@localhost" || key.UUID == "" {
		t.Fatalf("%+v, %v, %v", key, err, works(first))
	}
	second, rotated, err := f.RotateKey(ctx, key.Selector)
	if err != nil || works(second) != nil || rotated.Name != "ci" {
		t.Fatalf("%+v, %v, %v", rotated, err, works(second))
	}
	if err := works(first); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("the rotated key still works: %v", err)
	}
	keys, err := f.Keys(ctx, "admin@localhost")
	if err != nil || len(keys) != 1 || keys[0].LastUsed.IsZero() {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if err := f.RemoveKey(ctx, "2"); err != nil {
		t.Error(err)
	}
	if err := works(second); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("the removed key still works: %v", err)
	}
	if err := f.RemoveKey(ctx, "2"); ingest.KindOf(err) != ingest.NotFound {
		t.Errorf("removed twice: %v", err)
	}
}

// An operator works in the name of the company's first administrator who may log in, else
// of one of the system.
func TestOperator(t *testing.T) {
	f := open(t)
	add := func(login, company, role string) {
		t.Helper()
		if _, err := f.AddUser(t.Context(), people.NewUser{Login: login, Company: company, Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Demo", "Other"} {
		if _, err := f.AddCompany(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	who := func(login string) string {
		t.Helper()
		c, p, err := f.Operator(t.Context(), "demo", login)
		if err != nil {
			return ingest.KindOf(err).String()
		}
		return c.Name + " " + p.Login + " " + string(p.RoleIn(c.Number))
	}
	want := func(login, want string) {
		t.Helper()
		if got := who(login); got != want {
			t.Errorf("%q: %s, want %s", login, got, want)
		}
	}
	want("", ingest.NotFound.String())
	add("editor@x.test", "Demo", "editor")
	add("boss@x.test", "Other", "company-admin")
	want("", ingest.NotFound.String())
	add("root@x.test", "", "admin")
	want("", "Demo root@x.test admin")
	add("first@x.test", "Demo", "company-admin")
	add("second@x.test", "Demo", "company-admin")
	want("", "Demo first@x.test company-admin")
	off := true
	if _, err := f.SetUser(t.Context(), "first@x.test", people.UserChange{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	want("", "Demo second@x.test company-admin")
	want("editor@x.test", "Demo editor@x.test editor")
	want("none@x.test", ingest.NotFound.String())
}
