package engine_test

import (
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestPlaceholders(t *testing.T) {
	w := newWorld(t)
	a := w.mkdir("a")
	create := func(p ingest.Principal, name string) (ingest.UUID, error) {
		return w.engine.CreatePlaceholder(w.ctx, p, w.demo.Number, a, name)
	}
	first, err := create(w.publisher, "film.mp4")
	w.ok(err)
	again, err := create(w.editor, "film.mp4")
	w.ok(err)
	if again != first {
		t.Error("the same name was kept twice")
	}
	ph, err := w.engine.Placeholder(w.ctx, w.viewer, w.demo.Number, first)
	w.ok(err)
	if ph.UUID != first || ph.Path != "a/" || ph.FileName != "film.mp4" || !ph.Created.Equal(w.clock.now()) {
		t.Errorf("the placeholder is %+v", ph)
	}
	w.keep("a/", "there.mp4", "x")
	w.mkdir("a/sub")
	for _, name := range []string{"there.mp4", "sub"} {
		_, err = create(w.editor, name)
		w.refused(err, ingest.Conflict, ingest.CodeExists)
	}
	_, err = create(w.viewer, "x.mp4")
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, "11111111-2222-4333-8444-555555555555", "x.mp4")
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.Placeholder(w.ctx, w.outsider, w.other.Number, first)
	w.refused(err, ingest.NotFound, "")
	w.refused(w.engine.DeletePlaceholder(w.ctx, w.publisher, w.demo.Number, first), ingest.Forbidden, ingest.CodeRole)
	w.ok(w.engine.DeletePlaceholder(w.ctx, w.editor, w.demo.Number, first))
	_, err = w.engine.Placeholder(w.ctx, w.editor, w.demo.Number, first)
	w.refused(err, ingest.NotFound, "")
	assets, err := w.engine.Assets(w.ctx, w.editor, engine.AssetQuery{Company: w.demo.Number}, ingest.Page{})
	w.ok(err)
	if len(assets) != 1 {
		t.Errorf("placeholders are among %d assets", len(assets))
	}
}

// TestHiddenEntries checks that what the permissions of a folder hide does not exist
// for a caller, whatever verb is asked.
func TestHiddenEntries(t *testing.T) {
	w := newWorld(t)
	secret := w.mkdir("secret")
	open := w.mkdir("open")
	film := w.keep("secret/", "film.mp4", "x")
	ph, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, secret, "later.mp4")
	w.ok(err)
	w.hide("secret/")
	for _, id := range []ingest.UUID{secret, film.UUID, ph} {
		_, err := w.engine.Entry(w.ctx, w.editor, w.demo.Number, id)
		w.refused(err, ingest.NotFound, "")
		w.refused(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, id), ingest.NotFound, "")
		w.refused(w.engine.RenameEntry(w.ctx, w.editor, w.demo.Number, id, "x"), ingest.NotFound, "")
		w.refused(w.engine.MoveEntries(w.ctx, w.editor, w.demo.Number, []ingest.UUID{id}, open), ingest.NotFound, "")
		_, err = w.engine.CopyEntries(w.ctx, w.editor, w.demo.Number, copySpec(open, id))
		w.refused(err, ingest.NotFound, "")
	}
	for _, path := range []string{"secret", "secret/film.mp4", "secret/later.mp4"} {
		_, err := w.engine.EntryAt(w.ctx, w.editor, w.demo.Number, path)
		w.refused(err, ingest.NotFound, "")
		_, err = w.engine.EntryAt(w.ctx, w.boss, w.demo.Number, path)
		w.ok(err)
	}
	_, err = w.engine.CreateFolderIn(w.ctx, w.editor, w.demo.Number, secret, "x")
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.CreateFolderIn(w.ctx, w.editor, w.demo.Number, w.root(), "secret")
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	list, err := w.engine.Placeholders(w.ctx, w.editor, w.demo.Number)
	w.ok(err)
	folders, err := w.engine.FoldersBelow(w.ctx, w.editor, w.demo.Number, "")
	w.ok(err)
	if len(list) != 0 || len(folders) != 2 {
		t.Errorf("%d placeholders and %d folders are seen", len(list), len(folders))
	}
}
