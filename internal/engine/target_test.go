package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// at is a target by its place below the folder "in".
func (w *world) at(path string) engine.TargetSpec {
	segments := strings.Split(path, "/")
	last := len(segments) - 1
	return engine.TargetSpec{Company: w.demo.Number, Door: ingest.DoorNomad, Under: "in/", Segments: segments[:last], FileName: segments[last]}
}

// by is a target by the UUID of an asset or a placeholder.
func (w *world) by(asset ingest.UUID) engine.TargetSpec {
	return engine.TargetSpec{Company: w.demo.Number, Door: ingest.DoorNomad, Asset: asset}
}

func (w *world) target(p ingest.Principal, s engine.TargetSpec) engine.Target {
	w.t.Helper()
	t, err := w.engine.TargetOf(w.ctx, p, s)
	w.ok(err)
	return t
}

// toward opens an upload of four bytes to a target, as a door does.
func (w *world) toward(p ingest.Principal, t engine.Target) (*ingest.Upload, error) {
	spec := w.begin(t.Key)
	spec.Door, spec.Folder, spec.FileName = ingest.DoorNomad, t.Folder, t.FileName
	spec.Options = ingest.UploadOptions{PartSize: 4, ExactName: true, LateDigest: true, FreeKey: true, Asset: t.UUID, Folder: t.In}
	spec.Conflict = ingest.ConflictPolicy{Taken: ingest.ActionBeside, Match: ingest.MatchFullName, Otherwise: ingest.ActionBeside}
	if t.Asset != nil {
		spec.Options.Replaces, spec.Options.Stay = t.Asset.Number, true
	}
	if t.Placeholder != nil {
		spec.Options.Placeholder = t.Placeholder.Document
	}
	return w.engine.Begin(w.ctx, p, spec)
}

// bring uploads four bytes to a target.
func (w *world) bring(s engine.TargetSpec, body string) *ingest.Asset {
	w.t.Helper()
	u, err := w.toward(w.editor, w.target(w.editor, s))
	w.ok(err)
	w.sendParts(u, body)
	return w.stored(w.finishParts(u))
}

func (w *world) folder(path string) *ingest.Folder {
	w.t.Helper()
	f, err := w.engine.FolderAt(w.ctx, w.admin, w.demo.Number, path)
	w.ok(err)
	return f
}

// paths lists the folders of the company.
func (w *world) paths() string {
	w.t.Helper()
	list, err := w.engine.FoldersBelow(w.ctx, w.admin, w.demo.Number, "")
	w.ok(err)
	var paths []string
	for _, f := range list {
		paths = append(paths, f.Path)
	}
	slices.Sort(paths)
	return strings.Join(paths, " ")
}

// Folders that a target names are made and kept; names are compared exactly.
func TestTargetsByPlace(t *testing.T) {
	w := newWorld(t)
	first := w.target(w.editor, w.at("a/b/one.bin"))
	same(t, "folder", first.Folder+first.FileName, "in/a/b/one.bin")
	same(t, "folders", w.paths(), " in/ in/a/ in/a/b/")
	if first.Asset != nil || first.Placeholder != nil || first.Upload != nil || first.UUID == "" {
		t.Errorf("target %+v", first)
	}
	a := w.bring(w.at("a/b/one.bin"), "1111")
	again := w.target(w.editor, w.at("a/b/one.bin"))
	if again.Asset == nil || again.Asset.Number != a.Number || again.UUID != a.UUID {
		t.Errorf("target %+v, want the asset %s", again, a.UUID)
	}
	same(t, "the key by place and by id", again.Key, w.target(w.editor, w.by(a.UUID)).Key)
	for _, other := range []string{"a/b/One.bin", "a/b/one.BIN", "a/b/one", "a/b/one.bin2", "A/b/one.bin", "a/one.bin"} {
		got := w.target(w.editor, w.at(other))
		if got.Asset != nil || got.Folder+got.FileName != "in/"+other || got.Key == again.Key || got.Key == first.Key {
			t.Errorf("%s: target %+v", other, got)
		}
	}
	b := w.bring(w.at("A/b/ONE.bin"), "2222")
	same(t, "place", b.Path+b.FileName, "in/A/b/ONE.bin")
	same(t, "folders", w.paths(), " in/ in/A/ in/A/b/ in/a/ in/a/b/")
	w.trash(a)
	if got := w.target(w.editor, w.at("a/b/one.bin")); got.Asset != nil {
		t.Errorf("the trash is a target: %+v", got.Asset)
	}
}

// Names without an extension, and those that are nothing else, find their asset.
func TestTargetsWithOddNames(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"plain", ".hidden", "two.dots.bin", "dot.", "Größe & 100 %.bin", "a b.bin"} {
		a := w.bring(w.at(name), "1111")
		same(t, "name", a.FileName, name)
		if got := w.target(w.editor, w.at(name)); got.Asset == nil || got.Asset.Number != a.Number {
			t.Errorf("%q: target %+v", name, got)
		}
	}
}

func TestTargetsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	deep := strings.Repeat("d/", 70) + "x"
	for _, path := range []string{"", "a/", ".", "..", "a/../x", "../x", "x\x00", "a\x01/x", "x\\y", strings.Repeat("n", 256) + "/x", deep, "bad\xff"} {
		t.Run(fmt.Sprintf("%.10q", path), func(t *testing.T) {
			_, err := w.engine.TargetOf(w.ctx, w.editor, w.at(path))
			if err == nil || ingest.KindOf(err) != ingest.Invalid {
				t.Errorf("error %v", err)
			}
		})
	}
	same(t, "folders", w.paths(), "")
	odd := w.at("x")
	odd.Under, odd.Segments = "in//", []string{"", ".", "a"}
	same(t, "folder of an odd path", w.target(w.editor, odd).Folder, "in/a/")
	same(t, "folders", w.paths(), " in/ in/a/")
}

func TestTargetsByFolder(t *testing.T) {
	w := newWorld(t)
	w.bring(w.at("a/one.bin"), "1111")
	spec := w.at("new/two.bin")
	spec.Folder = w.folder("in/a/").UUID
	same(t, "folder", w.target(w.editor, spec).Folder, "in/a/new/")
	spec = w.at("two.bin")
	root, err := w.engine.RootFolder(w.ctx, w.editor, w.demo.Number)
	w.ok(err)
	spec.Folder = root.UUID
	same(t, "the root", w.target(w.editor, spec).Folder, "")

	other, err := w.engine.RootFolder(w.ctx, w.outsider, w.other.Number)
	w.ok(err)
	gone := w.folder("in/a/new/")
	w.ok(w.engine.DeleteFolder(w.ctx, w.editor, w.demo.Number, "in/a/new/"))
	for what, folder := range map[string]ingest.UUID{"unknown": id.New(), "no id": "x", "of another company": other.UUID, "deleted": gone.UUID} {
		t.Run(what, func(t *testing.T) {
			spec.Folder = folder
			_, err := w.engine.TargetOf(w.ctx, w.editor, spec)
			w.refused(err, ingest.NotFound, "")
		})
	}
	same(t, "folders", w.paths(), " in/ in/a/")
}

func TestTargetsByAsset(t *testing.T) {
	w := newWorld(t)
	a := w.bring(w.at("a/one.bin"), "1111")
	got := w.target(w.editor, w.by(a.UUID))
	if got.Asset == nil || got.Asset.Number != a.Number || got.UUID != a.UUID || got.Folder+got.FileName != "in/a/one.bin" {
		t.Errorf("target %+v", got)
	}
	theirs := w.kept("", "theirs.bin", "x", func(s *engine.BeginSpec) { s.Company = w.other.Number })
	trashed := w.bring(w.at("trashed.bin"), "1111")
	w.trash(trashed)
	for what, asset := range map[string]ingest.UUID{"unknown": id.New(), "of another company": theirs.UUID, "in the trash": trashed.UUID} {
		t.Run(what, func(t *testing.T) {
			_, err := w.engine.TargetOf(w.ctx, w.editor, w.by(asset))
			w.refused(err, ingest.NotFound, "")
		})
	}
	set := &ingest.Asset{UUID: id.New(), Company: w.demo.Number, Folder: a.Folder, Name: "set", FileName: "set", Type: "ImageSet", State: ingest.AssetReady, Created: w.clock.now()}
	w.update(func(tx ingest.Tx) error { return tx.CreateAsset(set) })
	_, err := w.engine.TargetOf(w.ctx, w.editor, w.by(set.UUID))
	w.refused(err, ingest.Invalid, "")
	if got := w.target(w.editor, w.at("a/set")); got.Asset != nil {
		t.Errorf("a set is to get bytes: %+v", got.Asset)
	}
}

// Of several files of one name in a folder the newest is meant.
func TestTheNewestOfAName(t *testing.T) {
	w := newWorld(t)
	w.kept("in/", "one.bin", "1111")
	b := w.kept("in/", "one.bin", "2222")
	if got := w.target(w.editor, w.at("one.bin")); got.Asset == nil || got.Asset.Number != b.Number {
		t.Errorf("target %+v, want %s", got.Asset, b.UUID)
	}
}

func (w *world) placeholder(folder *ingest.Folder, name string) ingest.UUID {
	w.t.Helper()
	ph, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, folder.UUID, name)
	w.ok(err)
	return ph
}

func (w *world) placeholders(folder *ingest.Folder) int {
	w.t.Helper()
	list, err := w.engine.PlaceholdersIn(w.ctx, w.admin, w.demo.Number, folder.UUID)
	w.ok(err)
	return len(list)
}

// A placeholder is filled by its id and by its place, and only by a file that is
// there whole; the asset has its UUID and its name.
func TestPlaceholdersAreFilled(t *testing.T) {
	w := newWorld(t)
	w.target(w.editor, w.at("x"))
	in := w.folder("in/")
	for name, spec := range map[string]func(ingest.UUID) engine.TargetSpec{
		"by id":    w.by,
		"by place": func(ingest.UUID) engine.TargetSpec { return w.at("by place.mp4") },
	} {
		ph := w.placeholder(in, name+".mp4")
		got := w.target(w.editor, spec(ph))
		if got.Placeholder == nil || got.Asset != nil || got.UUID != ph || got.Folder+got.FileName != "in/"+name+".mp4" {
			t.Fatalf("%s: target %+v", name, got)
		}
		u, err := w.toward(w.editor, got)
		w.ok(err)
		same(t, "the key by id", w.target(w.editor, w.by(ph)).Key, got.Key)
		w.sendParts(u, "1111")
		same(t, "placeholders of an open upload", w.placeholders(in), 1)
		w.ok(w.engine.Abort(w.ctx, w.editor, u.UUID))
		same(t, "placeholders of an aborted upload", w.placeholders(in), 1)

		again := w.target(w.editor, spec(ph))
		if again.UUID != ph || again.Upload != nil {
			t.Errorf("%s: target after the abort %+v", name, again)
		}
		u, err = w.toward(w.editor, again)
		w.ok(err)
		w.sendParts(u, "2222")
		a := w.stored(w.finishParts(u))
		same(t, "placeholders of a finished upload", w.placeholders(in), 0)
		if a.UUID != ph || a.Path+a.FileName != "in/"+name+".mp4" || w.read(ph) != "2222" {
			t.Errorf("%s: asset %+v", name, a)
		}
		if got := w.target(w.editor, w.by(ph)); got.Asset == nil || got.Asset.Number != a.Number || got.Placeholder != nil {
			t.Errorf("%s: target %+v", name, got)
		}
		w.finishParts(u)
	}
	if got := w.target(w.editor, w.at("BY PLACE.mp4")); got.Placeholder != nil {
		t.Errorf("target %+v", got)
	}
	ph := w.placeholder(in, "gone.mp4")
	w.ok(w.engine.DeletePlaceholder(w.ctx, w.editor, w.demo.Number, ph))
	_, err := w.engine.TargetOf(w.ctx, w.editor, w.by(ph))
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.TargetOf(w.ctx, w.outsider, engine.TargetSpec{Company: w.other.Number, Door: ingest.DoorNomad, Asset: w.placeholder(in, "ours.mp4")})
	w.refused(err, ingest.NotFound, "")
}

// A placeholder that was deleted meanwhile does not keep its file from coming.
func TestAPlaceholderGoesWhileItIsFilled(t *testing.T) {
	w := newWorld(t)
	w.target(w.editor, w.at("x"))
	ph := w.placeholder(w.folder("in/"), "a.mp4")
	u, err := w.toward(w.editor, w.target(w.editor, w.by(ph)))
	w.ok(err)
	w.sendParts(u, "1111")
	w.ok(w.engine.DeletePlaceholder(w.ctx, w.editor, w.demo.Number, ph))
	same(t, "UUID", w.finishParts(u).UUID, ph)
}

func TestWhoMayNameTargets(t *testing.T) {
	w := newWorld(t)
	a := w.bring(w.at("a/one.bin"), "1111")
	ph := w.placeholder(w.folder("in/a/"), "later.mp4")
	specs := map[string]engine.TargetSpec{"place": w.at("b/new.bin"), "asset": w.by(a.UUID), "placeholder": w.by(ph)}
	for what, spec := range specs {
		for name, tt := range map[string]struct {
			p    ingest.Principal
			kind ingest.Kind
			code ingest.Code
		}{
			"viewer":    {w.viewer, ingest.Forbidden, ingest.CodeRole},
			"outsider":  {w.outsider, ingest.Forbidden, ingest.CodeNotMember},
			"stranger":  {w.stranger, ingest.Forbidden, ingest.CodeNoMembership},
			"anonymous": {w.anonymous, ingest.Unauthenticated, ingest.CodeNoCredentials},
		} {
			t.Run(what+" "+name, func(t *testing.T) {
				_, err := w.engine.TargetOf(w.ctx, tt.p, spec)
				w.refused(err, tt.kind, tt.code)
			})
		}
	}
	same(t, "folders", w.paths(), " in/ in/a/")
	w.target(w.publisher, specs["place"])
	_, err := w.toward(w.publisher, w.target(w.publisher, specs["asset"]))
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	w.expire(w.demo, w.clock.now())
	_, err = w.engine.TargetOf(w.ctx, w.editor, specs["asset"])
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
}

// Permissions of the folder itself count, whatever the one above it says. What may
// not be read does not exist.
func TestPermissionsOnTargets(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"a/one.bin", "a/own/two.bin"} {
		w.bring(w.at(path), "1111")
	}
	hidden := w.placeholder(w.folder("in/a/own/"), "later.mp4")
	groups := map[string]ingest.Number{"g": w.group(w.demo, "g", w.editor.User)}
	set := func(path string, lines ...string) {
		t.Helper()
		w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, path, engine.SetPermissions, entries(groups, lines...), false))
	}
	try := func(s engine.TargetSpec) error { _, err := w.engine.TargetOf(w.ctx, w.editor, s); return err }
	folder := func(path, file string) engine.TargetSpec {
		s := w.at(file)
		s.Folder = w.folder(path).UUID
		return s
	}
	two, _ := w.engine.TargetOf(w.ctx, w.boss, w.at("a/own/two.bin"))

	set("in/a/", "g Read +", "g Write +")
	set("in/a/own/", "g Read +")
	w.ok(try(w.at("a/new.bin")))
	for _, s := range []engine.TargetSpec{w.at("a/own/new.bin"), w.at("a/own/below/new.bin"), folder("in/a/own/", "new.bin"), w.by(two.Asset.UUID), w.by(hidden)} {
		w.refused(try(s), ingest.Forbidden, ingest.CodePermission)
	}
	set("in/a/own/")
	for _, s := range []engine.TargetSpec{folder("in/a/own/", "new.bin"), w.by(two.Asset.UUID), w.by(hidden)} {
		w.refused(try(s), ingest.NotFound, "")
	}
	w.refused(try(w.at("a/own/new.bin")), ingest.Forbidden, ingest.CodePermission)
	set("in/a/", "g Read +")
	set("in/a/own/", "g Read +", "g Write +")
	w.refused(try(w.at("a/new.bin")), ingest.Forbidden, ingest.CodePermission)
	for _, s := range []engine.TargetSpec{w.at("a/own/new.bin"), w.at("a/own/below/new.bin"), folder("in/a/own/", "new.bin"), w.by(two.Asset.UUID), w.by(hidden)} {
		w.ok(try(s))
	}
	same(t, "folders", w.paths(), " in/ in/a/ in/a/own/ in/a/own/below/")
}
