package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// member adds a user with a membership under one of the Scene7 API's words.
func (w *world) member(login string, c *ingest.Company, word string) ingest.Principal {
	w.t.Helper()
	p := w.user(login, false, nil, "")
	w.join(p.User, c, word, true)
	return w.again(p)
}

// join gives a user a membership; an empty word leaves the role to the user's default.
func (w *world) join(user ingest.Number, c *ingest.Company, word string, active bool) {
	w.t.Helper()
	m := ingest.Membership{User: user, Company: c.Number, Active: active}
	if word != "" {
		role, title, err := ingest.ParseRole(word)
		w.ok(err)
		m.Role, m.Title = role, title
	}
	w.update(func(tx ingest.Tx) error { return tx.PutMembership(m) })
}

// again is who the user of a principal is by now.
func (w *world) again(p ingest.Principal) (fresh ingest.Principal) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		u, err := tx.User(p.User)
		if err != nil {
			return err
		}
		m, err := tx.Memberships(p.User)
		fresh = u.Principal(m)
		return err
	})
	return fresh
}

// roles renders the memberships of a user: company, word of the role, and a dash
// when it is not active.
func (w *world) roles(user ingest.Number) (list []string) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		memberships, err := tx.Memberships(user)
		for _, m := range memberships {
			c, err := tx.Company(m.Company)
			if err != nil {
				return err
			}
			line := c.Name + " " + engine.RoleWord(u, m)
			if !m.Active {
				line += " -"
			}
			list = append(list, line)
		}
		return err
	})
	return list
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (w *world) expire(c *ingest.Company, at time.Time) {
	w.t.Helper()
	w.update(func(tx ingest.Tx) error {
		fresh, err := tx.Company(c.Number)
		if err != nil {
			return err
		}
		fresh.Expires = at
		return tx.UpdateCompany(fresh)
	})
}

// Whatever has to do with a company whose time is over is refused with one and the
// same failure, whichever way it is named; giving an upload up is not.
func TestExpiredCompany(t *testing.T) {
	w := newWorld(t)
	x := w.things("demo")
	w.expire(w.demo, w.clock.now().Add(time.Hour))
	if _, err := w.engine.Company(w.ctx, w.editor, w.demo.Number); err != nil {
		t.Fatalf("before its time is over: %v", err)
	}
	w.clock.move(time.Hour)
	for verb, call := range w.verbs(x) {
		if verb == "Abort" {
			continue
		}
		if err := call(w.editor); ingest.CodeOf(err) != ingest.CodeCompanyExpired || ingest.Message(err) != "Company has expired" {
			t.Errorf("%s: %v", verb, err)
		}
		if err := call(w.outsider); ingest.CodeOf(err) == ingest.CodeCompanyExpired {
			t.Errorf("%s tells a stranger: %v", verb, err)
		}
	}
	for _, verb := range []string{"Company", "CompanyNamed", "CheckUpload", "Deliver", "Begin", "Assets", "Jobs", "Asset", "Original", "Job", "JobLog", "Status"} {
		if err := w.verbs(x)[verb](w.admin); err != nil {
			t.Errorf("%s as the system's administrator: %v", verb, err)
		}
	}
	_, err := w.engine.Assets(w.ctx, w.editor, engine.AssetQuery{}, ingest.Page{})
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
	if err := w.verbs(x)["Abort"](w.editor); err != nil {
		t.Errorf("Abort: %v", err)
	}
}

// Lists over all companies of a caller leave out those whose time is over.
func TestListsLeaveOutExpiredCompanies(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("one"), file{"", "demo.xml", "x"})
	w.put(w.outsider, into(w.other, w.job("two")), file{"", "other.xml", "x"})
	w.join(w.editor.User, w.other, "IpsUser", true)
	both := w.again(w.editor)
	names := func() (list []string) {
		assets, err := w.engine.Assets(w.ctx, both, engine.AssetQuery{}, ingest.Page{})
		w.ok(err)
		for _, a := range assets {
			list = append(list, a.FileName)
		}
		jobs, err := w.engine.JobLogs(w.ctx, both, engine.LogQuery{})
		w.ok(err)
		for _, j := range jobs {
			list = append(list, j.OriginalName)
		}
		companies, err := w.engine.Companies(w.ctx, both)
		w.ok(err)
		for _, c := range companies {
			list = append(list, c.Name)
		}
		return list
	}
	same(t, "before", len(names()), 6)
	w.expire(w.demo, w.clock.now())
	same(t, "after", names(), []string{"other.xml", "two", "Other"})
}

func TestCreateCompany(t *testing.T) {
	w := newWorld(t)
	ctx, e := w.ctx, w.engine
	figures := engine.ContractFigures{BaseStorage: "5 TB", MediaSupport: true}
	c, err := e.CreateCompany(ctx, w.admin, engine.NewCompany{Name: "Acme West", Settings: ingest.CompanySettings{IMSOrg: "org"}, Figures: figures})
	w.ok(err)
	same(t, "company", []string{c.Name, c.Slug, c.Settings.IMSOrg}, []string{"Acme West", "acme-west", "org"})
	got, err := e.Figures(ctx, w.admin, c.Number)
	w.ok(err)
	same(t, "figures", got, figures)
	if root, _, err := e.FolderTree(ctx, w.admin, c.Number, engine.FolderQuery{}); err != nil || root == nil || root.Number == 0 {
		t.Errorf("the root folder is %+v, %v", root, err)
	}
	for name, want := range map[string]outcome{
		"acme WEST": {ingest.Conflict, ingest.CodeExists}, "": {Kind: ingest.Invalid}, "a/b": {Kind: ingest.Invalid}, "a|b": {Kind: ingest.Invalid},
		"a\x01b": {Kind: ingest.Invalid}, strings.Repeat("x", 101): {Kind: ingest.Invalid},
	} {
		_, err := e.CreateCompany(ctx, w.admin, engine.NewCompany{Name: name})
		if err == nil {
			t.Errorf("%q was made", name)
			continue
		}
		same(t, "name "+name, outcome{ingest.KindOf(err), ingest.CodeOf(err)}, want)
	}
	long := engine.NewCompany{Name: "Long", Settings: ingest.CompanySettings{DMVersion: strings.Repeat("x", 1025)}}
	_, err = e.CreateCompany(ctx, w.admin, long)
	w.refused(err, ingest.Invalid, ingest.CodeLimit)
	long = engine.NewCompany{Name: "Long", Figures: engine.ContractFigures{Videos: strings.Repeat("x", 1025)}}
	_, err = e.CreateCompany(ctx, w.admin, long)
	w.refused(err, ingest.Invalid, ingest.CodeLimit)
	_, err = e.CompanyNamed(ctx, w.admin, "Long")
	w.refused(err, ingest.NotFound, ingest.CodeUnknownCompany)
	_, err = e.CreateCompany(ctx, w.boss, engine.NewCompany{Name: "Mine"})
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
}

func TestAllCompanies(t *testing.T) {
	w := newWorld(t)
	w.expire(w.other, w.clock.now())
	names := func(expired bool) (list []string) {
		all, err := w.engine.AllCompanies(w.ctx, w.admin, expired)
		w.ok(err)
		for _, c := range all {
			list = append(list, c.Name)
		}
		return list
	}
	same(t, "all", names(true), []string{"Demo", "Other"})
	same(t, "without expired ones", names(false), []string{"Demo"})
	_, err := w.engine.AllCompanies(w.ctx, w.boss, true)
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
}

func TestContractFigures(t *testing.T) {
	w := newWorld(t)
	got, err := w.engine.Figures(w.ctx, w.boss, w.demo.Number)
	w.ok(err)
	same(t, "never set", got, engine.ContractFigures{})
	set := func(p ingest.Principal, c *ingest.Company, text string) error {
		return w.engine.SetFigures(w.ctx, p, c.Number, func(f *engine.ContractFigures) { f.CloudStorage = text })
	}
	w.ok(w.engine.SetFigures(w.ctx, w.admin, w.demo.Number, func(f *engine.ContractFigures) { f.BaseStorage = "1" }))
	w.ok(set(w.admin, w.demo, "2"))
	got, err = w.engine.Figures(w.ctx, w.boss, w.demo.Number)
	w.ok(err)
	same(t, "figures", got, engine.ContractFigures{BaseStorage: "1", CloudStorage: "2"})
	w.refused(set(w.boss, w.demo, "3"), ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.Figures(w.ctx, w.editor, w.demo.Number)
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.Figures(w.ctx, w.outsider, w.demo.Number)
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
}

func TestChangeCompany(t *testing.T) {
	w := newWorld(t)
	profile := w.put(w.editor, w.job("p"), file{"", "p.xml", "x"})
	w.change(profile, func(a *ingest.Asset) { a.Type = ingest.TypeICCProfile })
	plain := w.put(w.editor, w.job("q"), file{"", "q.xml", "x"})
	foreign := w.put(w.outsider, into(w.other, w.job("r")), file{"", "r.xml", "x"})
	w.change(foreign, func(a *ingest.Asset) { a.Type = ingest.TypeICCProfile })
	set := func(p ingest.Principal, n ingest.Number) error {
		return w.engine.ChangeCompany(w.ctx, p, w.demo.Number, func(s *ingest.CompanySettings) error { s.SourceProfile = n; return nil })
	}
	w.ok(set(w.boss, profile.Number))
	for what, n := range map[string]ingest.Number{"no profile": plain.Number, "another company's": foreign.Number, "unknown": 4711} {
		if err := set(w.boss, n); ingest.KindOf(err) != ingest.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.trash(profile)
	retain := func(s *ingest.CompanySettings) error { s.RetainPublishState = true; return nil }
	w.ok(w.engine.ChangeCompany(w.ctx, w.boss, w.demo.Number, retain)) // a profile that went to the trash later is in nobody's way
	c, err := w.engine.Company(w.ctx, w.boss, w.demo.Number)
	w.ok(err)
	same(t, "settings", c.Settings, ingest.CompanySettings{SourceProfile: profile.Number, RetainPublishState: true})
	w.ok(set(w.boss, 0))
	if err := set(w.boss, profile.Number); ingest.KindOf(err) != ingest.Invalid {
		t.Errorf("a profile in the trash: %v", err)
	}
	w.refused(set(w.editor, 0), ingest.Forbidden, ingest.CodeRole)
	w.refused(set(w.outsider, 0), ingest.Forbidden, ingest.CodeNotMember)
	w.refused(w.engine.ChangeCompany(w.ctx, w.boss, w.demo.Number, func(s *ingest.CompanySettings) error {
		s.FileExtOption = strings.Repeat("x", 1025)
		return nil
	}), ingest.Invalid, ingest.CodeLimit)
}
