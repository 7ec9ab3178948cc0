package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

const jpeg = "\xff\xd8"

// taken is a name that exists already, and a file that comes with it.
type taken struct {
	mode                ingest.Match
	overwrite           bool
	sameFolder, sameExt bool
	state               string // live, trashed, failed, folder
}

func (c taken) String() string {
	return fmt.Sprintf("%s overwrite=%v folder=%v ext=%v %s", c.mode, c.overwrite, c.sameFolder, c.sameExt, c.state)
}

// want is what the overwrite table of the Scene7 contract says: what happens to
// the new file, and the name that it gets.
func (c taken) want() (what ingest.LogType, name string) {
	anyFolder := c.mode == "OverwriteFullNameAnyFolder" || c.mode == "OverwriteAnyExtAnyFolder"
	anyExt := c.mode == "OverwriteAnyExt" || c.mode == "OverwriteAnyExtAnyFolder"
	matches := (c.sameFolder || anyFolder) && (c.sameExt || anyExt)
	switch {
	case c.state == "failed":
		return ingest.LogUploadSuccess, "chair"
	case c.state == "trashed":
		return ingest.LogUploadSuccess, "chair-1"
	case !c.overwrite:
		return ingest.LogDuplicateSkipped, ""
	case c.state == "live" && matches:
		return ingest.LogFileUpdated, "chair"
	}
	return ingest.LogUploadSuccess, "chair-1"
}

func allTaken() (list []taken) {
	for _, mode := range append(ingest.Matches(), "") {
		for bits := range 8 {
			for _, state := range []string{"live", "trashed", "failed", "folder"} {
				list = append(list, taken{mode, bits&1 != 0, bits&2 != 0, bits&4 != 0, state})
			}
		}
	}
	return list
}

func TestTheOverwriteTable(t *testing.T) {
	w := newWorld(t)
	for i, tt := range allTaken() {
		t.Run(tt.String(), func(t *testing.T) {
			w.t = t
			w.overwriteCase(t, fmt.Sprintf("C%d", i), tt)
		})
	}
}

func (w *world) overwriteCase(t *testing.T, company string, tt taken) {
	c := w.company(company, ingest.CompanySettings{Overwrite: tt.mode})
	var old *ingest.Asset
	folder, name := "b/", "chair.png"
	if tt.sameFolder {
		folder = "a/"
	}
	if tt.sameExt {
		name = "chair.jpg"
	}
	if tt.state == "folder" {
		w.put(w.admin, into(c, w.job("first")), file{folder + "chair", "leg.xml", "x"})
	} else {
		old = w.existing(c, tt.state)
	}
	w.clock.move(time.Hour)
	j, out := w.deliver(w.admin, into(c, w.job("second", func(s *engine.JobSpec) { s.Processing.Overwrite = tt.overwrite })), file{folder, name, jpeg + "new"})
	w.process()

	what, wantName := tt.want()
	if row := w.row(j.Number, what); row.AssetName == "" || row.Message == "" {
		t.Errorf("row %+v", row)
	}
	if out[0].Log != what || out[0].Update != (what == ingest.LogFileUpdated) {
		t.Errorf("outcome %+v, want %s", out[0], what)
	}
	if what == ingest.LogDuplicateSkipped {
		if out[0].Asset != nil || w.assetCount(c) != 1 {
			t.Errorf("stored all the same: %+v", out[0].Asset)
		}
		return
	}
	got := w.stored(out[0].Asset)
	if got.Name != wantName || got.Path != folder || !strings.HasPrefix(got.FileName, wantName+".") || w.read(got.UUID) != jpeg+"new" {
		t.Errorf("stored as %s%s (%s), want %s in %s", got.Path, got.FileName, got.Name, wantName, folder)
	}
	if replaced := wantName == "chair" && old != nil; replaced {
		w.keepsItsIdentity(t, old, got)
	} else if old != nil && w.read(old.UUID) != jpeg+"old" {
		t.Error("the other asset was touched")
	}
}

func (w *world) keepsItsIdentity(t *testing.T, old, got *ingest.Asset) {
	type identity struct {
		Number   ingest.Number
		UUID     ingest.UUID
		Created  time.Time
		Metadata map[string]string
	}
	before := identity{old.Number, old.UUID, old.Created, map[string]string{"title": "Stuhl"}}
	if diff := cmp.Diff(before, identity{got.Number, got.UUID, got.Created, got.Metadata}); diff != "" {
		t.Errorf("identity (-before +after):\n%s", diff)
	}
	if !got.Modified.Equal(w.clock.now()) || !cmp.Equal(got.SHA256, sha(jpeg+"new")) || got.State != ingest.AssetReady {
		t.Errorf("asset %+v", got)
	}
	var versions []*ingest.Version
	w.view(func(tx ingest.Tx) (err error) { versions, err = tx.Versions(old.Number); return err })
	if len(versions) != 2 || versions[1].Ordinal != 2 || versions[1].Number != got.Version {
		t.Errorf("versions %+v", versions)
	}
}

// existing makes the asset a/chair.jpg in a state.
func (w *world) existing(c *ingest.Company, state string) *ingest.Asset {
	a := w.put(w.admin, into(c, w.job("first")), file{"a/", "chair.jpg", jpeg + "old"})
	if state == "failed" {
		for _, task := range w.claim() {
			w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "it is text", Final: true, Unreadable: true}))
		}
	}
	w.process()
	w.change(a, func(a *ingest.Asset) { a.Metadata = map[string]string{"title": "Stuhl"} })
	if state == "trashed" {
		w.trash(a)
	}
	a = w.stored(a)
	if (state == "failed") != (a.State == ingest.AssetFailed) || (state == "trashed") == a.Trashed.IsZero() {
		w.t.Fatalf("the asset is %s, trashed %v", a.State, a.Trashed)
	}
	return a
}

// With several assets of the name, the nearest one is replaced.
func TestTheNearestOfSeveralIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{Overwrite: ingest.MatchAnyExtAnyFolder})
	byFolder := ingest.ConflictPolicy{Taken: ingest.ActionFail, Otherwise: ingest.ActionFail, Match: ingest.MatchFullName}
	near := w.upload(w.editor, "a/", "chair.xml", "near", byFolder)
	w.upload(w.editor, "a/", "chair.css", "other type", byFolder)
	w.upload(w.editor, "b/", "chair.xml", "far", byFolder)
	got := w.put(w.editor, w.job("second", overwrite), file{"a/", "chair.xml", "new"})
	if got.Number != near.Number {
		t.Errorf("asset %d was replaced, want %d", got.Number, near.Number)
	}
	if n := w.assetCount(w.demo); n != 3 {
		t.Errorf("%d assets", n)
	}
}

// upload stores a file by way of Begin, Write and Finish.
func (w *world) upload(p ingest.Principal, folder, name, body string, policy ingest.ConflictPolicy) *ingest.Asset {
	w.t.Helper()
	a, err := w.tryUpload(p, folder, name, body, policy)
	w.ok(err)
	return a
}

func (w *world) tryUpload(p ingest.Principal, folder, name, body string, policy ingest.ConflictPolicy) (*ingest.Asset, error) {
	u, err := w.engine.Begin(w.ctx, p, engine.BeginSpec{
		Company: w.demo.Number, Door: ingest.DoorTus, Open: &engine.JobSpec{Name: name}, Size: int64(len(body)),
		Folder: folder, FileName: name, Conflict: policy,
	})
	if err != nil {
		return nil, err
	}
	if _, err := w.engine.Write(w.ctx, p, u.UUID, 0, strings.NewReader(body), engine.WriteSpec{}); err != nil {
		return nil, err
	}
	return w.engine.Finish(w.ctx, p, u.UUID, engine.FinishSpec{Size: -1})
}

// The policies of doors that keep names apart within one folder only.
func TestPoliciesWithinAFolder(t *testing.T) {
	policy := func(taken, otherwise ingest.Action) ingest.ConflictPolicy {
		return ingest.ConflictPolicy{Taken: taken, Otherwise: otherwise, Match: ingest.MatchFullName}
	}
	tests := map[string]struct {
		folder, name string
		policy       ingest.ConflictPolicy
		trashed      bool
		want         string // path of the asset; "" = refused
		replaced     bool
	}{
		"another folder is free":      {"b/", "chair.xml", policy(ingest.ActionFail, ingest.ActionFail), false, "b/chair.xml", false},
		"another extension is free":   {"a/", "chair.css", policy(ingest.ActionFail, ingest.ActionFail), false, "a/chair.css", false},
		"fail":                        {"a/", "chair.xml", policy(ingest.ActionFail, ingest.ActionFail), false, "", false},
		"replace":                     {"a/", "chair.xml", policy(ingest.ActionReplace, ingest.ActionRename), false, "a/chair.xml", true},
		"rename":                      {"a/", "chair.xml", policy(ingest.ActionRename, ingest.ActionRename), false, "a/chair-1.xml", false},
		"skip":                        {"a/", "chair.xml", policy(ingest.ActionSkip, ingest.ActionRename), false, "", false},
		"in the trash, even on fail":  {"a/", "chair.xml", policy(ingest.ActionFail, ingest.ActionFail), true, "a/chair-1.xml", false},
		"a folder's name is no clash": {"", "a.xml", policy(ingest.ActionFail, ingest.ActionFail), false, "a.xml", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.put(w.editor, w.job("first"), file{"a", "chair.xml", "old"})
			if tt.trashed {
				w.trash(old)
			}
			a, err := w.tryUpload(w.editor, tt.folder, tt.name, "new", tt.policy)
			if tt.want == "" {
				w.refused(err, ingest.Conflict, ingest.CodeExists)
				if n := w.assetCount(w.demo); n != 1 {
					t.Errorf("%d assets", n)
				}
				return
			}
			w.ok(err)
			if got := w.stored(a); got.Path+got.FileName != tt.want || (got.Number == old.Number) != tt.replaced {
				t.Errorf("stored as %s%s, number %d (old %d)", got.Path, got.FileName, got.Number, old.Number)
			}
		})
	}
}

func TestRenameTakesAFreeName(t *testing.T) {
	tests := map[string]struct {
		taken []string
		want  string
	}{
		"the first":         {[]string{"n.xml"}, "n-1.xml"},
		"in a row":          {[]string{"n.xml", "n-1.xml", "n-2.xml", "n-3.xml", "n-4.xml"}, "n-5.xml"},
		"the gap at one":    {[]string{"n.xml", "n-2.xml", "n-3.xml"}, "n-1.xml"},
		"another extension": {[]string{"n.xml", "n-1.css"}, "n-2.xml"},
		"another folder":    {[]string{"n.xml", "z/n-1.xml"}, "n-2.xml"},
		"a folder":          {[]string{"n.xml", "n-1/leg.xml"}, "n-2.xml"},
		"an upper-case one": {[]string{"n.xml", "N-1.xml"}, "n-1.xml"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.settings(w.demo, ingest.CompanySettings{Overwrite: ingest.MatchFullName})
			for i, n := range tt.taken {
				w.put(w.editor, w.job(fmt.Sprint(i)), file{"", n, "x"})
			}
			// A trashed first name makes every upload a renamed one.
			w.trash(w.named("n"))
			a := w.put(w.editor, w.job("new"), file{"", "n.xml", "new"})
			if a.FileName != tt.want || a.Name+".xml" != tt.want {
				t.Errorf("stored as %s (%s), want %s", a.FileName, a.Name, tt.want)
			}
		})
	}
}

func (w *world) named(name string) *ingest.Asset {
	w.t.Helper()
	var list []*ingest.Asset
	w.view(func(tx ingest.Tx) (err error) { list, err = tx.AssetsNamed(w.demo.Number, name); return err })
	if len(list) != 1 {
		w.t.Fatalf("%d assets named %s", len(list), name)
	}
	return list[0]
}

// Names without an extension stay without one; a gap of the series may be
// passed over, but what is chosen is free.
func TestRenameWithGaps(t *testing.T) {
	w := newWorld(t)
	for i, n := range []string{"s", "s-1", "s-2", "s-4", "s-5"} {
		w.put(w.editor, w.job(fmt.Sprint(i)), file{"", n, jpeg})
	}
	w.trash(w.named("s"))
	names := map[string]bool{"s": true, "s-1": true, "s-2": true, "s-4": true, "s-5": true}
	for i := range 6 {
		a := w.put(w.editor, w.job(fmt.Sprintf("new%d", i)), file{"", "s", jpeg})
		if names[a.Name] || !strings.HasPrefix(a.Name, "s-") || a.FileName != a.Name {
			t.Errorf("stored as %s (%s)", a.FileName, a.Name)
		}
		names[a.Name] = true
	}
}

func TestAThousandTakenNames(t *testing.T) {
	w := newWorld(t)
	root := w.put(w.editor, w.job("root"), file{"", "n.xml", "x"})
	w.update(func(tx ingest.Tx) error {
		for i := range 1000 {
			name := fmt.Sprintf("n-%d", i+1)
			a := &ingest.Asset{UUID: id.New(), Company: w.demo.Number, Folder: root.Folder, Name: name, FileName: name + ".xml", State: ingest.AssetReady, Type: "Xml"}
			if err := tx.CreateAsset(a); err != nil {
				return err
			}
		}
		return nil
	})
	w.trash(root)
	for i := range 3 {
		a := w.put(w.editor, w.job(fmt.Sprint(i)), file{"", "n.xml", "new"})
		if want := fmt.Sprintf("n-%d.xml", 1001+i); a.FileName != want {
			t.Errorf("stored as %s, want %s", a.FileName, want)
		}
	}
}

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func TestPublishState(t *testing.T) {
	tests := map[string]struct {
		retain   bool
		preserve *bool
		job, old bool
		want     bool
	}{
		"the job's":                       {false, nil, true, false, true},
		"the job's, off":                  {false, nil, false, true, false},
		"the company retains":             {true, nil, true, false, false},
		"the company retains, on":         {true, nil, false, true, true},
		"the job says preserve":           {false, yes(), true, false, false},
		"the job says preserve, on":       {false, yes(), false, true, true},
		"the job overrules the company":   {true, no(), true, false, true},
		"the job overrules, off":          {true, no(), false, true, false},
		"both preserve":                   {true, yes(), false, true, true},
		"neither preserves, equal states": {false, no(), true, true, true},
	}
	w := newWorld(t)
	i := 0
	for name, tt := range tests {
		i++
		t.Run(name, func(t *testing.T) {
			c := w.company(fmt.Sprintf("P%d", i), ingest.CompanySettings{RetainPublishState: tt.retain})
			first := into(c, w.job("first"))
			first.Open.Processing.Publish, first.Open.Processing.PreservePublish = tt.old, tt.preserve
			old := w.put(w.admin, first, file{"", "a.xml", "1"})
			if (old.Publish != 0) != tt.old {
				t.Fatalf("a new asset's state is %v, the job's %v", old.Publish, tt.old)
			}
			second := into(c, w.job("second", overwrite))
			second.Open.Processing.Publish, second.Open.Processing.PreservePublish = tt.job, tt.preserve
			if a := w.stored(w.put(w.admin, second, file{"", "a.xml", "2"})); (a.Publish != 0) != tt.want || a.Number != old.Number {
				t.Errorf("publish %v, want %v", a.Publish, tt.want)
			}
		})
	}
}

func TestCropOfAReplacedAsset(t *testing.T) {
	for name, tt := range map[string]struct {
		preserve *bool
		kept     bool
	}{"default": {nil, true}, "preserved": {yes(), true}, "removed": {no(), false}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.put(w.editor, w.job("first"), file{"", "a.xml", "1"})
			w.change(a, func(a *ingest.Asset) { a.Crop = &ingest.Rect{X: 1, Y: 2, Width: 3, Height: 4} })
			d := w.job("second", overwrite)
			d.Open.Processing.PreserveCrop = tt.preserve
			w.put(w.editor, d, file{"", "a.xml", "2"})
			if got := w.stored(a).Crop; (got != nil) != tt.kept {
				t.Errorf("crop %v", got)
			}
		})
	}
}

func TestAPublisherMayNotOverwrite(t *testing.T) {
	w := newWorld(t)
	a := w.put(w.editor, w.job("first"), file{"", "a.xml", "old"})
	j, out := w.deliver(w.publisher, w.job("second", overwrite), file{"", "a.xml", "new"}, file{"", "b.xml", "new"})
	if diff := cmp.Diff(whole("UploadError a.xml", "UploadSuccess b.xml"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if row := w.row(j.Number, ingest.LogUploadError); !strings.Contains(row.Message, "the role publisher may not overwrite") {
		t.Errorf("message %q", row.Message)
	}
	if out[0].Asset != nil || w.read(a.UUID) != "old" {
		t.Error("the asset was replaced")
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 2, Success: 1, Error: 1}) {
		t.Errorf("counts %+v", got)
	}
}

// A file that was told not to have made it gives its name back, without the
// right to overwrite.
func TestAFailedAssetGivesItsNameBack(t *testing.T) {
	w := newWorld(t)
	old := w.existing(w.demo, "failed")
	j, out := w.deliver(w.publisher, w.job("again"), file{"c", "chair.png", jpeg + "good"})
	w.process()
	if out[0].Asset == nil || out[0].Asset.Number != old.Number || out[0].Update {
		t.Fatalf("outcome %+v", out[0])
	}
	if diff := cmp.Diff(whole("UploadSuccess chair.png"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 1, Success: 1}) {
		t.Errorf("counts %+v", got)
	}
	if a := w.stored(old); a.State != ingest.AssetReady || a.Path != "c/" || a.FileName != "chair.png" {
		t.Errorf("asset %+v", a)
	}
}
