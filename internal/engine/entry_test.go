package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// root is the root folder of a company as the editor sees it.
func (w *world) root() ingest.UUID {
	w.t.Helper()
	f, err := w.engine.RootFolder(w.ctx, w.editor, w.demo.Number)
	w.ok(err)
	return f.UUID
}

// mkdir makes the folders of a path and returns the last.
func (w *world) mkdir(path string) ingest.UUID {
	w.t.Helper()
	at := w.root()
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		f, err := w.engine.CreateFolderIn(w.ctx, w.editor, w.demo.Number, at, name)
		w.ok(err)
		at = f.UUID
	}
	return at
}

// keep stores a file under exactly its name.
func (w *world) keep(folder, name, body string) *ingest.Asset {
	w.t.Helper()
	u, err := w.engine.Begin(w.ctx, w.editor, engine.BeginSpec{
		Company: w.demo.Number, Door: ingest.DoorNomad, Size: int64(len(body)), Folder: folder, FileName: name,
		Options:  ingest.UploadOptions{ExactName: true},
		Conflict: ingest.ConflictPolicy{Taken: ingest.ActionBeside, Otherwise: ingest.ActionBeside},
		Open:     &engine.JobSpec{Door: ingest.DoorNomad, Name: name, Client: "test"},
	})
	w.ok(err)
	_, err = w.engine.Write(w.ctx, w.editor, u.UUID, 0, strings.NewReader(body), engine.WriteSpec{})
	w.ok(err)
	a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1})
	w.ok(err)
	return a
}

// tree lists all live folders, files and placeholders of the company by path.
func (w *world) tree() []string {
	w.t.Helper()
	list := []string{}
	folders, err := w.engine.FoldersBelow(w.ctx, w.boss, w.demo.Number, "")
	w.ok(err)
	for _, f := range folders {
		if f.Path != "" {
			list = append(list, f.Path)
		}
		assets, err := w.engine.Assets(w.ctx, w.boss, engine.AssetQuery{Company: w.demo.Number, Folder: "/" + f.Path}, ingest.Page{})
		w.ok(err)
		for _, a := range assets {
			list = append(list, a.Path+a.FileName)
		}
		waiting, err := w.engine.PlaceholdersIn(w.ctx, w.boss, w.demo.Number, f.UUID)
		w.ok(err)
		for _, ph := range waiting {
			list = append(list, ph.Path+ph.FileName+" (placeholder)")
		}
	}
	return sortedCopy(list)
}

func (w *world) wantTree(what string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(sortedCopy(want), w.tree()); diff != "" {
		w.t.Errorf("%s: %s", what, diff)
	}
}

func TestFoldersByUUID(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	if again := w.root(); again != root {
		t.Error("the root folder changed its name")
	}
	f, err := w.engine.RootFolder(w.ctx, w.viewer, w.demo.Number)
	w.ok(err)
	if f.UUID != root {
		t.Error("a viewer sees another root")
	}
	shoes := w.mkdir("Shoes/Summer")
	f, err = w.engine.FolderByUUID(w.ctx, w.viewer, w.demo.Number, shoes)
	w.ok(err)
	if f.Path != "Shoes/Summer/" {
		t.Errorf("the folder is at %q", f.Path)
	}
	for name, p := range map[string]ingest.Principal{"another company's": w.outsider, "nobody's": w.stranger} {
		if _, err := w.engine.FolderByUUID(w.ctx, p, w.demo.Number, shoes); err == nil {
			t.Errorf("%s user sees the folder", name)
		}
	}
	if _, err := w.engine.FolderByUUID(w.ctx, w.outsider, w.other.Number, shoes); ingest.KindOf(err) != ingest.NotFound {
		t.Errorf("through another company: %v", err)
	}
	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, shoes))
	_, err = w.engine.FolderByUUID(w.ctx, w.editor, w.demo.Number, shoes)
	w.refused(err, ingest.NotFound, "")
}

func TestRootFolderRace(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	ids := make([]ingest.UUID, 8)
	for i := range ids {
		wg.Go(func() { ids[i] = w.root() })
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("several roots: %v", ids)
		}
	}
}

func TestCreateFolderIn(t *testing.T) {
	w := newWorld(t)
	root := w.root()
	demo := w.mkdir("Demo") // called like the company, which paths of other doors may begin with
	if f, err := w.engine.FolderByUUID(w.ctx, w.editor, w.demo.Number, demo); err != nil || f.Path != "Demo/" {
		t.Errorf("a folder called like the company is %v, %v", f, err)
	}
	w.keep("", "intro.mp4", "x")
	w.mkdir("intro")
	w.keep("", "readme", "x")
	_, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, root, "later.mp4")
	w.ok(err)
	for _, c := range []struct {
		name string
		kind ingest.Kind
		code ingest.Code
	}{
		{"", ingest.Invalid, ingest.CodeMissing}, {"a/b", ingest.Invalid, ""}, {"..", ingest.Invalid, ""}, {"a\nb", ingest.Invalid, ""}, {"\xff", ingest.Invalid, ""},
		{strings.Repeat("a", 256), ingest.Invalid, ingest.CodeLimit}, {"readme", ingest.Conflict, ingest.CodeExists}, {"later.mp4", ingest.Conflict, ingest.CodeExists},
	} {
		_, err := w.engine.CreateFolderIn(w.ctx, w.editor, w.demo.Number, root, c.name)
		w.refused(err, c.kind, c.code)
	}
	_, err = w.engine.CreateFolderIn(w.ctx, w.viewer, w.demo.Number, root, "x")
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.CreateFolderIn(w.ctx, w.publisher, w.demo.Number, root, "x")
	w.ok(err) // as its uploads make folders too
	at := root
	for i := range engine.MaxPathDepth {
		f, err := w.engine.CreateFolderIn(w.ctx, w.editor, w.demo.Number, at, fmt.Sprint(i))
		w.ok(err)
		at = f.UUID
	}
	_, err = w.engine.CreateFolderIn(w.ctx, w.editor, w.demo.Number, at, "too deep")
	w.refused(err, ingest.Invalid, ingest.CodeLimit)
}

func TestMoveEntries(t *testing.T) {
	w := newWorld(t)
	a, b := w.mkdir("a"), w.mkdir("b")
	inner := w.mkdir("a/inner")
	film := w.keep("a/inner/", "film.mp4", "x")
	w.keep("b/", "taken.mp4", "x")
	taken := w.keep("a/", "taken.mp4", "x")
	ph, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, a, "later.mp4")
	w.ok(err)
	move := func(into ingest.UUID, ids ...ingest.UUID) error {
		return w.engine.MoveEntries(w.ctx, w.editor, w.demo.Number, ids, into)
	}
	w.refused(move(b, ph, taken.UUID), ingest.Conflict, ingest.CodeExists)
	w.wantTree("all or none", "a/", "b/", "a/inner/", "a/inner/film.mp4", "b/taken.mp4", "a/taken.mp4", "a/later.mp4 (placeholder)")
	w.ok(move(b, inner, ph))
	w.wantTree("moved", "a/", "b/", "b/inner/", "b/inner/film.mp4", "b/taken.mp4", "a/taken.mp4", "b/later.mp4 (placeholder)")
	w.ok(move(b, inner)) // where it is
	w.ok(move(a, film.UUID))
	w.wantTree("a file", "a/", "b/", "b/inner/", "a/film.mp4", "b/taken.mp4", "a/taken.mp4", "b/later.mp4 (placeholder)")
	w.refused(move(inner, b), ingest.Invalid, "")
	w.refused(move(b, w.root()), ingest.Invalid, "")
	w.refused(move(film.UUID, inner), ingest.NotFound, "")
	w.refused(move(b, "11111111-2222-4333-8444-555555555555"), ingest.NotFound, "")
	w.refused(move(b), ingest.Invalid, ingest.CodeMissing)
	w.refused(move(b, make([]ingest.UUID, engine.MostEntries+1)...), ingest.Invalid, ingest.CodeLimit)
	w.refused(w.engine.MoveEntries(w.ctx, w.publisher, w.demo.Number, []ingest.UUID{film.UUID}, b), ingest.Forbidden, ingest.CodeRole)
	w.refused(w.engine.MoveEntries(w.ctx, w.outsider, w.other.Number, []ingest.UUID{film.UUID}, b), ingest.NotFound, "")
}

func TestRenameEntry(t *testing.T) {
	w := newWorld(t)
	a := w.mkdir("a")
	w.mkdir("b")
	film := w.keep("a/", "film.mp4", "x")
	ph, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, a, "later.mp4")
	w.ok(err)
	rename := func(id ingest.UUID, name string) error {
		return w.engine.RenameEntry(w.ctx, w.editor, w.demo.Number, id, name)
	}
	w.ok(rename(a, "c"))
	w.ok(rename(film.UUID, "Holiday"))
	w.ok(rename(ph, "soon.mov"))
	w.wantTree("renamed", "b/", "c/", "c/Holiday.mp4", "c/soon.mov (placeholder)")
	w.refused(rename(a, "b"), ingest.Conflict, ingest.CodeExists)
	w.refused(rename(film.UUID, "soon.mov"), ingest.Conflict, ingest.CodeExists)
	w.refused(rename(a, "x/y"), ingest.Invalid, "")
	w.refused(rename(w.root(), "x"), ingest.Invalid, "")
	w.ok(rename(a, "c"))
}

func TestDeleteEntry(t *testing.T) {
	w := newWorld(t)
	a := w.mkdir("a/b")
	film := w.keep("a/b/", "film.mp4", "x")
	alone := w.keep("", "alone.mp4", "x")
	ph, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, a, "later.mp4")
	w.ok(err)
	remove := func(p ingest.Principal, id ingest.UUID) error {
		return w.engine.DeleteEntry(w.ctx, p, w.demo.Number, id)
	}
	w.refused(remove(w.publisher, alone.UUID), ingest.Forbidden, ingest.CodeRole)
	w.refused(remove(w.editor, w.root()), ingest.Invalid, "")
	w.ok(remove(w.editor, alone.UUID))
	w.refused(remove(w.editor, alone.UUID), ingest.NotFound, "")
	top, err := w.engine.EntryAt(w.ctx, w.editor, w.demo.Number, "a")
	w.ok(err)
	w.ok(remove(w.editor, top.Folder.UUID))
	w.wantTree("all gone")
	if w.stored(film).Trashed.IsZero() {
		t.Error("the file of a deleted folder is not in the trash")
	}
	_, err = w.engine.Placeholder(w.ctx, w.editor, w.demo.Number, ph)
	w.refused(err, ingest.NotFound, "")
	w.view(func(tx ingest.Tx) error {
		docs, err := tx.Documents(ingest.DocumentFilter{Company: w.demo.Number, Kind: ingest.DocPlaceholder}, ingest.Page{Limit: 9})
		if len(docs) != 0 {
			t.Errorf("%d placeholders of folders that are gone stay", len(docs))
		}
		return err
	})
	w.mkdir("a/b")
	w.wantTree("a folder of the same name is empty", "a/", "a/b/")
}

func TestEntryMetadata(t *testing.T) {
	w := newWorld(t)
	a := w.mkdir("a")
	film := w.keep("a/", "film.mp4", "x")
	set := func(id ingest.UUID, key, value string) error {
		return w.engine.ChangeEntry(w.ctx, w.editor, w.demo.Number, id, engine.EntryChange{Metadata: func(m map[string]string) { m[key] = value }})
	}
	w.ok(set(a, "one", "1"))
	w.ok(set(a, "two", "2"))
	w.ok(set(film.UUID, "one", "1"))
	if got := w.stored(film).Metadata["one"]; got != "1" {
		t.Errorf("the file has %q", got)
	}
	f, err := w.engine.FolderByUUID(w.ctx, w.editor, w.demo.Number, a)
	w.ok(err)
	fields, err := w.engine.FolderMetadata(w.ctx, w.viewer, w.demo.Number, []ingest.Number{f.Number})
	w.ok(err)
	if diff := cmp.Diff(map[string]string{"one": "1", "two": "2"}, fields[f.Number]); diff != "" {
		t.Error(diff)
	}
	w.refused(set(film.UUID, "long", strings.Repeat("x", engine.MaxMetadataBytes)), ingest.Invalid, ingest.CodeLimit)
	w.refused(set(film.UUID, "bad\x00name", "x"), ingest.Invalid, "")
	w.refused(w.engine.ChangeEntry(w.ctx, w.publisher, w.demo.Number, a, engine.EntryChange{Metadata: func(map[string]string) {}}), ingest.Forbidden, ingest.CodeRole)
}

// sortedCopy is a list in order, never nil.
func sortedCopy(list []string) []string {
	sorted := append([]string{}, list...)
	slices.Sort(sorted)
	return sorted
}

// hide takes a folder out of the sight of all but administrators.
func (w *world) hide(path string) {
	w.t.Helper()
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, path, engine.SetPermissions, nil, false))
}
