package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Doors that keep names as they are get them back byte for byte, and files of every
// kind are taken.
func TestExactNamesAreKept(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct{ folder, name, path, base string }{
		"characters that others lose": {"", `a+b & c;d=e@f,g'{h}|i%j:k?l<m>n"o*p$q.mp4`, "", `a+b & c;d=e@f,g'{h}|i%j:k?l<m>n"o*p$q`},
		"letters of all kinds":        {"Überblick/日本", "Grüße 😀.png", "Überblick/日本/", "Grüße 😀"},
		"spaces around":               {" a ", " b .txt ", " a /", " b "},
		"two dots":                    {"", "a..b", "", "a."},
		"dots at the end":             {"", "a..", "", "a."},
		"no extension":                {"", "README", "", "README"},
		"nothing but an extension":    {"", ".htaccess", "", ".htaccess"},
		"three dots":                  {"", "...", "", ".."},
		"hidden by systems":           {"", "Thumbs.db", "", "Thumbs"},
		"a type of no library":        {"", "x.exe", "", "x"},
		"a script":                    {"", "x.js", "", "x"},
		"the company's own name":      {"Demo", "x.mp4", "Demo/", "x"},
		"a drive":                     {"", "C:x.mp4", "", "C:x"},
		"slashes around a folder":     {"/a//b/./c/", "x.mp4", "a/b/c/", "x"},
		"the longest name":            {"", strings.Repeat("ö", 508) + ".mp4", "", strings.Repeat("ö", 508)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := w.stored(w.kept(tt.folder, tt.name, name))
			type place struct{ Path, FileName, Name string }
			if diff := cmp.Diff(place{tt.path, tt.name, tt.base}, place{a.Path, a.FileName, a.Name}); diff != "" {
				t.Errorf("place (-want +got):\n%s", diff)
			}
			same(t, "bytes", w.read(a.UUID), name)
		})
	}
}

func TestExactNamesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct {
		folder, name string
		code         ingest.Code
	}{
		"no name":             {"", "", ""},
		"here":                {"", ".", ""},
		"up":                  {"", "..", ""},
		"a slash":             {"", "a/b.mp4", ""},
		"a backslash":         {"", `a\b.mp4`, ""},
		"a control character": {"", "a\nb.mp4", ""},
		"no UTF-8":            {"", "a\xffb.mp4", ""},
		"too long":            {"", strings.Repeat("ö", 508) + "..mp4", ingest.CodeLimit},
		"a folder above":      {"a/../b", "x.mp4", ""},
		"a folder's control":  {"a\x00b", "x.mp4", ""},
		"a folder's bytes":    {"a\xff", "x.mp4", ""},
		"a long folder":       {strings.Repeat("a", 256), "x.mp4", ingest.CodeLimit},
		"a deep folder":       {strings.Repeat("a/", 65), "x.mp4", ingest.CodeLimit},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			u, err := w.engine.Begin(w.ctx, w.editor, engine.BeginSpec{Company: w.demo.Number, Door: ingest.DoorTus, Open: &engine.JobSpec{Name: "j"},
				Size: 1, Folder: tt.folder, FileName: tt.name, Options: ingest.UploadOptions{ExactName: true}})
			w.refused(err, ingest.Invalid, tt.code)
			if u != nil {
				t.Errorf("upload %+v", u)
			}
		})
	}
	same(t, "jobs", len(w.jobs()), 0)
}

// Folders are found without regard to case; one that is spelt alike comes first, and
// what is new is spelt as given.
func TestExactNamesFindFolders(t *testing.T) {
	w := newWorld(t)
	for _, folder := range []string{"Web/Bilder", "web", "Ärger/Neu", "Only/Here"} {
		w.upload(w.editor, folder, "there.xml", "x", ingest.ConflictPolicy{Taken: ingest.ActionFail, Match: ingest.MatchFullName})
	}
	for folder, want := range map[string]string{
		"Web/Bilder":      "Web/Bilder/",
		"web":             "web/",
		"WEB/bilder":      "Web/Bilder/",
		"web/bilder":      "web/bilder/",
		"ärger/NEU":       "Ärger/Neu/",
		"only/here/MORE":  "Only/Here/MORE/",
		"ONLY/there":      "Only/there/",
		"New/Folder/Deep": "New/Folder/Deep/",
		"":                "",
	} {
		t.Run(folder, func(t *testing.T) {
			w.t = t
			a := w.kept(folder, "a.mp4", "x")
			same(t, "path", w.stored(a).Path, want)
			w.view(func(tx ingest.Tx) error {
				_, err := tx.Folder(w.demo.Number, want)
				return err
			})
		})
	}
	same(t, "a folder of the common rules", w.upload(w.editor, "WEB", "b.xml", "x", ingest.ConflictPolicy{Taken: ingest.ActionFail}).Path, "WEB/")
}

// What doors that keep names do with a name that is in its folder already.
func TestExactNamesThatAreTaken(t *testing.T) {
	tests := map[string]struct {
		action ingest.Action
		before string // what became of the file that has the name
		want   string // "" = refused
	}{
		"beside":             {ingest.ActionBeside, "", "A+B.mp4"},
		"beside the trash":   {ingest.ActionBeside, "trashed", "A+B.mp4"},
		"beside a failed":    {ingest.ActionBeside, "failed", "A+B.mp4"},
		"renamed":            {ingest.ActionRename, "", "A+B-1.mp4"},
		"refused":            {ingest.ActionFail, "", ""},
		"refused, but moved": {ingest.ActionFail, "moved", "A+B.mp4"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.kept("web", "A+B.mp4", "old")
			w.change(old, func(a *ingest.Asset) {
				switch tt.before {
				case "trashed":
					a.Trashed = w.clock.now()
				case "failed":
					a.State = ingest.AssetFailed
				case "moved":
					a.Name, a.FileName = "C", "C.mp4"
				}
			})
			spec := engine.BeginSpec{Company: w.demo.Number, Door: ingest.DoorTus, Open: &engine.JobSpec{Name: "j"}, Size: 3, Folder: "Web", FileName: "A+B.mp4",
				Conflict: ingest.ConflictPolicy{Taken: tt.action, Match: ingest.MatchFullName, Otherwise: tt.action}, Options: ingest.UploadOptions{ExactName: true}}
			u, err := w.engine.Begin(w.ctx, w.publisher, spec)
			w.ok(err)
			_, err = w.engine.WriteTo(w.ctx, w.publisher, u, 0, strings.NewReader("new"), engine.WriteSpec{})
			w.ok(err)
			a, err := w.engine.Finish(w.ctx, w.publisher, u.UUID, engine.FinishSpec{Size: -1})
			if tt.want == "" {
				w.refused(err, ingest.Conflict, ingest.CodeExists)
				same(t, "assets, upload", []any{w.assetCount(w.demo), w.storedUpload(u).State}, []any{1, ingest.UploadSealing})
				return
			}
			w.ok(err)
			same(t, "stored as", []any{a.Path, a.FileName, a.Number != old.Number, w.read(a.UUID)}, []any{"web/", tt.want, true, "new"})
			kept := w.stored(old)
			same(t, "the other", []any{kept.Version, kept.Modified, kept.Trashed.IsZero()}, []any{old.Version, old.Modified, tt.before != "trashed"})
		})
	}
}

// An upload that names the asset it replaces does so whatever that is called.
func TestAnUploadReplacesTheAssetItNames(t *testing.T) {
	for name, tt := range map[string]struct {
		stay bool
		path string
	}{"moves": {false, "new/"}, "stays": {true, "web/"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.kept("web", "old.mp4", "old")
			w.kept("new", "new.mp4", "beside")
			a := w.kept("new", "new.mp4", "new", func(s *engine.BeginSpec) {
				s.Options.Replaces, s.Options.Stay, s.Conflict.Taken = old.Number, tt.stay, ingest.ActionFail
			})
			got := w.stored(old)
			same(t, "asset", []any{a.Number, got.UUID, got.Path, got.FileName, got.Name, w.read(old.UUID), w.assetCount(w.demo)},
				[]any{old.Number, old.UUID, tt.path, "new.mp4", "new", "new", 2})
		})
	}
}

func TestAnUploadThatMayNotReplace(t *testing.T) {
	w := newWorld(t)
	old := w.kept("web", "old.mp4", "old")
	trashed := w.kept("web", "trashed.mp4", "x")
	w.trash(trashed)
	part := w.lonely("part")
	foreign := w.kept("", "foreign.mp4", "x", func(s *engine.BeginSpec) { s.Company = w.other.Number })
	begin := func(p ingest.Principal, replaces ingest.Number) (*ingest.Upload, error) {
		return w.engine.Begin(w.ctx, p, engine.BeginSpec{Company: w.demo.Number, Door: ingest.DoorTus, Open: &engine.JobSpec{Name: "j"}, Size: 3, FileName: "new.mp4",
			Options: ingest.UploadOptions{ExactName: true, Stay: true, Replaces: replaces}})
	}
	for name, tt := range map[string]struct {
		p    ingest.Principal
		old  ingest.Number
		kind ingest.Kind
		code ingest.Code
	}{
		"a publisher": {w.publisher, old.Number, ingest.Forbidden, ingest.CodeRole}, "one in the trash": {w.editor, trashed.Number, ingest.NotFound, ""},
		"a part": {w.editor, part.Number, ingest.NotFound, ""}, "another company's": {w.editor, foreign.Number, ingest.NotFound, ""},
		"nothing": {w.editor, 4711, ingest.NotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			_, err := begin(tt.p, tt.old)
			w.refused(err, tt.kind, tt.code)
		})
	}
	w.t = t

	// What was allowed at the start is asked once more at the end.
	for name, meanwhile := range map[string]func(){
		"trashed": func() { w.trash(old) },
		"forbidden": func() {
			w.change(old, func(a *ingest.Asset) { a.Trashed = old.Trashed })
			w.setRole(w.editor, ingest.RolePublisher)
		},
	} {
		w.change(old, func(a *ingest.Asset) { a.Trashed = old.Trashed })
		w.setRole(w.editor, ingest.RoleEditor)
		u, err := begin(w.again(w.editor), old.Number)
		w.ok(err)
		w.write(u, 0, "new")
		meanwhile()
		_, err = w.engine.Finish(w.ctx, w.again(w.editor), u.UUID, engine.FinishSpec{Size: -1})
		if kind := ingest.KindOf(err); err == nil || kind != ingest.NotFound && kind != ingest.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
		same(t, name+", the asset's version", w.stored(old).Version, old.Version)
		same(t, name+", the log", w.row(u.Job, ingest.LogUploadError).AssetName, "new.mp4")
	}
}
