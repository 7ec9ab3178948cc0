package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// outcome is how a verb ended, as doors see it.
type outcome struct {
	Kind ingest.Kind
	Code ingest.Code
}

// things are what a company holds.
type things struct {
	company *ingest.Company
	asset   *ingest.Asset
	job     *ingest.Job    // open
	upload  *ingest.Upload // open, with a client key
}

func (w *world) things(name string) things {
	a := w.put(w.editor, w.job("done"), file{"", name + ".a.xml", "secret"})
	j, _ := w.deliver(w.editor, open(w.job("open")))
	u, err := w.engine.Begin(w.ctx, w.editor, w.begin(name))
	w.ok(err)
	return things{w.demo, a, j, u}
}

func (w *world) begin(key string) engine.BeginSpec {
	return engine.BeginSpec{
		Company: w.demo.Number, Door: ingest.DoorTus, ClientKey: key, Open: &engine.JobSpec{Name: "up"}, FileName: "up-" + key + ".xml", Size: 4,
	}
}

// verbs calls every verb that names something of a company.
func (w *world) verbs(x things) map[string]func(ingest.Principal) error {
	ctx := context.Background()
	e := w.engine
	return map[string]func(ingest.Principal) error{
		"Company":      func(p ingest.Principal) error { _, err := e.Company(ctx, p, x.company.Number); return err },
		"CompanyNamed": func(p ingest.Principal) error { _, err := e.CompanyNamed(ctx, p, x.company.Slug); return err },
		"Deliver": func(p ingest.Principal) error {
			_, _, err := w.tryDeliver(p, w.job("mine"), file{"", "new.xml", "x"})
			return err
		},
		"Deliver to the job": func(p ingest.Principal) error {
			_, _, err := w.tryDeliver(p, w.more(x.job, false), file{"", "new.xml", "x"})
			return err
		},
		"CheckUpload": func(p ingest.Principal) error { _, err := e.CheckUpload(ctx, p, x.company.Number); return err },
		"CheckJob": func(p ingest.Principal) error {
			_, err := e.CheckJob(ctx, p, x.company.Number, engine.JobRef{Number: x.job.Number}, "")
			return err
		},
		"Begin":       func(p ingest.Principal) error { _, err := e.Begin(ctx, p, w.begin("")); return err },
		"Begin again": func(p ingest.Principal) error { _, err := e.Begin(ctx, p, w.begin(x.upload.ClientKey)); return err },
		"Assets": func(p ingest.Principal) error {
			_, err := e.Assets(ctx, p, engine.AssetQuery{Company: x.company.Number}, ingest.Page{})
			return err
		},
		"Jobs": func(p ingest.Principal) error {
			_, err := e.Jobs(ctx, p, ingest.JobFilter{Companies: []ingest.Number{x.company.Number}}, ingest.Page{})
			return err
		},
		"Asset": func(p ingest.Principal) error { _, err := e.Asset(ctx, p, x.asset.UUID); return err },
		"Original": func(p ingest.Principal) error {
			f, err := e.Original(ctx, p, x.asset.UUID)
			if err == nil {
				err = f.Bytes.Close()
			}
			return err
		},
		"Derived": func(p ingest.Principal) error {
			_, err := e.Derived(ctx, p, x.asset.UUID, "", ingest.DerivedThumbnail)
			return err
		},
		"Job": func(p ingest.Principal) error { _, err := e.Job(ctx, p, x.job.UUID); return err },
		"JobLog": func(p ingest.Principal) error {
			_, err := e.JobLog(ctx, p, x.job.UUID, ingest.LogFilter{}, ingest.Page{})
			return err
		},
		"Status": func(p ingest.Principal) error { _, err := e.Status(ctx, p, x.upload.UUID); return err },
		"Write": func(p ingest.Principal) error {
			_, err := e.Write(ctx, p, x.upload.UUID, 0, strings.NewReader("evil"), engine.WriteSpec{})
			return err
		},
		"Finish": func(p ingest.Principal) error {
			_, err := e.Finish(ctx, p, x.upload.UUID, engine.FinishSpec{Size: -1})
			return err
		},
		"Abort": func(p ingest.Principal) error { return e.Abort(ctx, p, x.upload.UUID) },
	}
}

// Every verb, called by everybody who must not: nothing is shown, nothing
// changes.
func TestNobodyReachesForeignThings(t *testing.T) {
	w := newWorld(t)
	x := w.things("demo")
	byCompany := func(o outcome) map[string]outcome {
		m := map[string]outcome{}
		for _, verb := range []string{"Company", "CompanyNamed", "Deliver", "Deliver to the job", "CheckUpload", "CheckJob", "Begin", "Begin again", "Assets", "Jobs"} {
			m[verb] = o
		}
		for _, verb := range []string{"Asset", "Original", "Derived", "Status", "Write", "Finish", "Abort"} {
			m[verb] = outcome{Kind: ingest.NotFound}
		}
		m["Job"], m["JobLog"] = outcome{ingest.NotFound, ingest.CodeJobUnknown}, outcome{ingest.NotFound, ingest.CodeJobUnknown}
		return m
	}
	hiding := func(m map[string]outcome) map[string]outcome { // verbs that only read do not tell that the company exists
		for _, verb := range []string{"Company", "CompanyNamed", "Assets", "Jobs"} {
			m[verb] = outcome{ingest.NotFound, ingest.CodeUnknownCompany}
		}
		return m
	}
	callers := map[string]struct {
		who  ingest.Principal
		want map[string]outcome
	}{
		"a member of another company": {w.outsider, hiding(byCompany(outcome{ingest.Forbidden, ingest.CodeNotMember}))},
		"a member of none":            {w.stranger, byCompany(outcome{ingest.Forbidden, ingest.CodeNoMembership})},
		"nobody":                      {w.anonymous, byCompany(outcome{ingest.Unauthenticated, ingest.CodeNoCredentials})},
	}
	before := len(w.events())
	for name, c := range callers {
		t.Run(name, func(t *testing.T) {
			got := map[string]outcome{}
			for verb, call := range w.verbs(x) {
				err := call(c.who)
				if err == nil {
					t.Errorf("%s: allowed", verb)
					continue
				}
				got[verb] = outcome{ingest.KindOf(err), ingest.CodeOf(err)}
				if strings.Contains(ingest.Message(err), "a.xml") {
					t.Errorf("%s tells: %v", verb, err)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := len(w.events()); got != before {
		t.Errorf("%d events were caused", got-before)
	}
	if a := w.stored(x.asset); w.read(a.UUID) != "secret" || w.storedUpload(x.upload).State != ingest.UploadOpen {
		t.Error("something was changed")
	}
	if n := w.blobCount(); n != 1 {
		t.Errorf("%d blobs", n)
	}
}

// What members may, by role. Uploads belong to who began them: other members do
// not learn of them.
func TestWhatMembersMay(t *testing.T) {
	w := newWorld(t)
	role := outcome{ingest.Forbidden, ingest.CodeRole}
	owner := outcome{ingest.Forbidden, ingest.CodeNotOwner}
	hidden := outcome{Kind: ingest.NotFound}
	member := map[string]outcome{
		"Deliver to the job": owner, "CheckJob": owner, "Begin again": hidden, "Derived": hidden,
		"Status": hidden, "Write": hidden, "Finish": hidden, "Abort": hidden,
	}
	tests := map[string]struct {
		who     ingest.Principal
		refused map[string]outcome
	}{
		"viewer": {w.viewer, map[string]outcome{
			"Deliver": role, "Deliver to the job": role, "CheckUpload": role, "CheckJob": role, "Begin": role, "Begin again": role, "Derived": hidden,
			"Status": hidden, "Write": hidden, "Finish": hidden, "Abort": hidden,
		}},
		"publisher":         {w.publisher, member},
		"colleague":         {w.colleague, member},
		"company admin":     {w.boss, member},
		"administrator":     {w.admin, map[string]outcome{"Deliver to the job": owner, "CheckJob": owner, "Derived": hidden}},
		"who owns them all": {w.editor, map[string]outcome{"Derived": hidden}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			x := w.things(name)
			got := map[string]outcome{}
			for _, verb := range []string{
				"Company", "CompanyNamed", "CheckUpload", "CheckJob", "Assets", "Jobs", "Asset", "Original", "Derived", "Job", "JobLog",
				"Deliver", "Deliver to the job", "Begin", "Begin again", "Status", "Write", "Finish", "Abort",
			} {
				err := w.verbs(x)[verb](tt.who)
				if verb == "Abort" && err != nil && ingest.KindOf(err) == ingest.Conflict {
					continue // it was finished
				}
				if err != nil {
					got[verb] = outcome{ingest.KindOf(err), ingest.CodeOf(err)}
				}
			}
			if diff := cmp.Diff(tt.refused, got); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownThings(t *testing.T) {
	w := newWorld(t)
	const nix = ingest.UUID("00000000-0000-7000-8000-000000000000")
	x := things{&ingest.Company{Number: 99, Slug: "nix"}, &ingest.Asset{UUID: nix}, &ingest.Job{UUID: nix, Company: 99, Number: 99}, &ingest.Upload{UUID: nix}}
	unknown := outcome{ingest.NotFound, ingest.CodeUnknownCompany}
	job := outcome{ingest.NotFound, ingest.CodeJobUnknown}
	missing := outcome{Kind: ingest.NotFound}
	want := map[string]outcome{
		"Company": unknown, "CompanyNamed": unknown, "Deliver to the job": unknown, "CheckUpload": unknown, "CheckJob": unknown, "Assets": unknown, "Jobs": unknown,
		"Asset": missing, "Original": missing, "Derived": missing, "Job": job, "JobLog": job, "Status": missing, "Write": missing, "Finish": missing, "Abort": missing,
	}
	for name, who := range map[string]ingest.Principal{"administrator": w.admin, "member": w.editor} {
		t.Run(name, func(t *testing.T) {
			for verb, want := range want {
				err := w.verbs(x)[verb](who)
				if got := (outcome{ingest.KindOf(err), ingest.CodeOf(err)}); err == nil || got != want {
					t.Errorf("%s: %v, want %v", verb, err, want)
				}
			}
		})
	}
}

func TestListsShowOnlyOnesOwn(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("demo"), file{"", "demo.xml", "d"})
	w.put(w.outsider, into(w.other, w.job("other")), file{"", "other.xml", "o"})
	tests := map[string]struct {
		who  ingest.Principal
		want []string
	}{
		"member":        {w.viewer, []string{"Demo", "demo.xml", "demo"}},
		"other":         {w.outsider, []string{"Other", "other.xml", "other"}},
		"administrator": {w.admin, []string{"Demo", "Other", "demo.xml", "other.xml", "other", "demo"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			companies, err := w.engine.Companies(w.ctx, tt.who)
			w.ok(err)
			for _, c := range companies {
				got = append(got, c.Name)
			}
			assets, err := w.engine.Assets(w.ctx, tt.who, engine.AssetQuery{}, ingest.Page{})
			w.ok(err)
			for _, a := range assets {
				got = append(got, a.FileName)
			}
			jobs, err := w.engine.Jobs(w.ctx, tt.who, ingest.JobFilter{Newest: true}, ingest.Page{})
			w.ok(err)
			for _, j := range jobs {
				got = append(got, j.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for name, call := range map[string]func(ingest.Principal) error{
		"Companies": func(p ingest.Principal) error { _, err := w.engine.Companies(w.ctx, p); return err },
		"Assets": func(p ingest.Principal) error {
			_, err := w.engine.Assets(w.ctx, p, engine.AssetQuery{}, ingest.Page{})
			return err
		},
		"Jobs": func(p ingest.Principal) error {
			_, err := w.engine.Jobs(w.ctx, p, ingest.JobFilter{}, ingest.Page{})
			return err
		},
	} {
		t.Run(name+" of a stranger", func(t *testing.T) {
			w.refused(call(w.stranger), ingest.Forbidden, ingest.CodeNoMembership)
		})
		t.Run(name+" of nobody", func(t *testing.T) {
			w.refused(call(w.anonymous), ingest.Unauthenticated, ingest.CodeNoCredentials)
		})
	}
}

// Whoever reads cannot tell a company that is not his from one that does not
// exist, by any of its names or by its number.
func TestForeignCompaniesLookUnknown(t *testing.T) {
	w := newWorld(t)
	words := func(err error) string {
		w.refused(err, ingest.NotFound, ingest.CodeUnknownCompany)
		return ingest.Message(err)
	}
	for _, name := range []string{"Demo", "demo", string(w.demo.UUID), "Nix"} {
		_, err := w.engine.CompanyNamed(w.ctx, w.outsider, name)
		if got, want := words(err), fmt.Sprintf("no company is called %q", name); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, number := range []ingest.Number{w.demo.Number, 99} {
		want := fmt.Sprintf("no company has the number %d", number)
		_, err := w.engine.Company(w.ctx, w.outsider, number)
		_, assets := w.engine.Assets(w.ctx, w.outsider, engine.AssetQuery{Company: number}, ingest.Page{})
		_, jobs := w.engine.Jobs(w.ctx, w.outsider, ingest.JobFilter{Companies: []ingest.Number{number}}, ingest.Page{})
		for _, err := range []error{err, assets, jobs} {
			if got := words(err); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	for name, p := range map[string]ingest.Principal{"stranger": w.stranger, "nobody": w.anonymous} {
		_, known := w.engine.CompanyNamed(w.ctx, p, "Demo")
		_, unknown := w.engine.CompanyNamed(w.ctx, p, "Nix")
		if known == nil || unknown == nil || ingest.Message(known) != ingest.Message(unknown) || ingest.KindOf(known) != ingest.KindOf(unknown) {
			t.Errorf("%s: %v for a company, %v for none", name, known, unknown)
		}
	}
}

func TestCompaniesByName(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"Demo", "demo", string(w.demo.UUID)} {
		if c, err := w.engine.CompanyNamed(w.ctx, w.viewer, name); err != nil || c.Number != w.demo.Number {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if c, err := w.engine.Company(w.ctx, w.admin, w.other.Number); err != nil || c.Name != "Other" {
		t.Errorf("%v, %v", c, err)
	}
}

func TestAssetLists(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.editor, w.job("all"), file{"", "root.xml", "1"}, file{"x", "a.xml", "1"}, file{"x/y", "b.css", "1"}, file{"x", "c.jpg", jpeg})
	tests := map[string]struct {
		q    engine.AssetQuery
		page ingest.Page
		want []string
	}{
		"everything":     {engine.AssetQuery{}, ingest.Page{}, []string{"root.xml", "a.xml", "b.css", "c.jpg"}},
		"the root":       {engine.AssetQuery{Folder: "/"}, ingest.Page{}, []string{"root.xml"}},
		"a folder":       {engine.AssetQuery{Folder: "x"}, ingest.Page{}, []string{"a.xml", "c.jpg"}},
		"rooted":         {engine.AssetQuery{Folder: "Demo/x/y/"}, ingest.Page{}, []string{"b.css"}},
		"no such folder": {engine.AssetQuery{Folder: "nix"}, ingest.Page{}, nil},
		"a name":         {engine.AssetQuery{Name: "a"}, ingest.Page{}, []string{"a.xml"}},
		"a file name":    {engine.AssetQuery{Name: "b.css"}, ingest.Page{}, []string{"b.css"}},
		"a beginning":    {engine.AssetQuery{Name: "r*"}, ingest.Page{}, []string{"root.xml"}},
		"a type":         {engine.AssetQuery{Type: ingest.TypeImage}, ingest.Page{}, []string{"c.jpg"}},
		"a state":        {engine.AssetQuery{State: ingest.AssetProcessing}, ingest.Page{}, []string{"c.jpg"}},
		"a page":         {engine.AssetQuery{}, ingest.Page{After: 1, Limit: 2}, []string{"a.xml", "b.css"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.q.Company = w.demo.Number
			list, err := w.engine.Assets(w.ctx, w.viewer, tt.q, tt.page)
			w.ok(err)
			var got []string
			for _, a := range list {
				got = append(got, a.FileName)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for name, bad := range map[string]struct {
		q    engine.AssetQuery
		page ingest.Page
		code ingest.Code
	}{
		"a folder without company": {engine.AssetQuery{Folder: "x"}, ingest.Page{}, ingest.CodeMissing},
		"a folder with dots":       {engine.AssetQuery{Company: w.demo.Number, Folder: "../x"}, ingest.Page{}, ""},
		"a folder with NUL":        {engine.AssetQuery{Company: w.demo.Number, Folder: "\x00"}, ingest.Page{}, ""},
		"a page too large":         {engine.AssetQuery{}, ingest.Page{Limit: engine.MostPerPage + 1}, ingest.CodeLimit},
		"a negative page":          {engine.AssetQuery{}, ingest.Page{Limit: -1}, ingest.CodeLimit},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.engine.Assets(w.ctx, w.viewer, bad.q, bad.page)
			w.refused(err, ingest.Invalid, bad.code)
		})
	}
	_, err := w.engine.Jobs(w.ctx, w.viewer, ingest.JobFilter{}, ingest.Page{Limit: -1})
	w.refused(err, ingest.Invalid, ingest.CodeLimit)
	_, err = w.engine.JobLog(w.ctx, w.viewer, "", ingest.LogFilter{}, ingest.Page{Limit: 1001})
	w.refused(err, ingest.Invalid, ingest.CodeLimit)
	w.ok(w.engine.Healthy(w.ctx))
}

func TestJobLogPages(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.job("log"), file{"", "a.xml", "1"}, file{"", "b.xml", "2"})
	rows, err := w.engine.JobLog(w.ctx, w.viewer, j.UUID, ingest.LogFilter{Types: []ingest.LogType{ingest.LogUploadSuccess}}, ingest.Page{Limit: 1})
	w.ok(err)
	if len(rows) != 1 || rows[0].AssetName != "a.xml" {
		t.Fatalf("rows %+v", rows)
	}
	rows, err = w.engine.JobLog(w.ctx, w.viewer, j.UUID, ingest.LogFilter{Types: []ingest.LogType{ingest.LogUploadSuccess}}, ingest.Page{After: rows[0].Number})
	w.ok(err)
	if len(rows) != 1 || rows[0].AssetName != "b.xml" {
		t.Errorf("rows %+v", rows)
	}
}
