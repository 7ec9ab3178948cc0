package engine_test

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func copySpec(into ingest.UUID, ids ...ingest.UUID) engine.CopySpec {
	return engine.CopySpec{IDs: ids, Into: into, Job: &engine.JobSpec{Door: ingest.DoorNomad, Name: "Copy", Client: "test"}}
}

func (w *world) copies(into ingest.UUID, ids ...ingest.UUID) []ingest.UUID {
	w.t.Helper()
	made, err := w.engine.CopyEntries(w.ctx, w.editor, w.demo.Number, copySpec(into, ids...))
	w.ok(err)
	return made
}

func (w *world) bytesOf(id ingest.UUID) string {
	w.t.Helper()
	f, err := w.engine.Original(w.ctx, w.viewer, id)
	w.ok(err)
	defer f.Bytes.Close()
	body, err := io.ReadAll(f.Bytes)
	w.ok(err)
	return string(body)
}

func TestCopySharesTheBytes(t *testing.T) {
	w := newWorld(t)
	w.mkdir("a")
	b := w.mkdir("b")
	film := w.keep("a/", "film.mp4", "moving pictures")
	w.change(film, func(x *ingest.Asset) {
		x.Metadata = map[string]string{"k": "v"}
		x.Crop = &ingest.Rect{Width: 3, Height: 4}
	})
	made := w.copies(b, film.UUID)
	twin := w.copies("", film.UUID)
	w.wantTree("copies", "a/", "b/", "a/film.mp4", "b/film.mp4", "a/film-1.mp4")
	fresh, err := w.engine.AssetByUUID(w.ctx, w.viewer, w.demo.Number, made[0])
	w.ok(err)
	if fresh.UUID == film.UUID || fresh.Size != film.Size || fresh.Metadata["k"] != "v" || fresh.Crop == nil || fresh.CreatedBy != w.editor.User || !cmp.Equal(fresh.SHA256, w.stored(film).SHA256) {
		t.Errorf("the copy is %+v", fresh)
	}
	w.view(func(tx ingest.Tx) error {
		original, err := tx.Version(w.stored(film).Version)
		w.ok(err)
		copied, err := tx.Version(fresh.Version)
		if original.Blob.Key != copied.Blob.Key {
			t.Error("the bytes were written again")
		}
		return err
	})
	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, film.UUID))
	b0, err := w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{film.Number})
	w.ok(err)
	if b0.Success != 1 {
		t.Fatalf("%+v", b0)
	}
	for _, id := range []ingest.UUID{made[0], twin[0]} {
		if got := w.bytesOf(id); got != "moving pictures" {
			t.Errorf("after the original is gone for good, a copy has %q", got)
		}
	}
}

func TestCopyFolder(t *testing.T) {
	w := newWorld(t)
	a, b := w.mkdir("a"), w.mkdir("b")
	w.mkdir("a/sub/deep")
	w.mkdir("a/hidden")
	w.keep("a/", "one.mp4", "1")
	w.keep("a/sub/deep/", "two.mp4", "2")
	w.keep("a/hidden/", "three.mp4", "3")
	_, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, a, "later.mp4")
	w.ok(err)
	w.hide("a/hidden/")
	made := w.copies(b, a)
	twin := w.copies("", a)
	w.wantTree("copied", "a/", "a/sub/", "a/sub/deep/", "a/hidden/", "a/one.mp4", "a/sub/deep/two.mp4", "a/hidden/three.mp4", "a/later.mp4 (placeholder)",
		"b/", "b/a/", "b/a/sub/", "b/a/sub/deep/", "b/a/one.mp4", "b/a/sub/deep/two.mp4",
		"a-1/", "a-1/sub/", "a-1/sub/deep/", "a-1/one.mp4", "a-1/sub/deep/two.mp4")
	for i, want := range map[ingest.UUID]string{made[0]: "b/a/", twin[0]: "a-1/"} {
		f, err := w.engine.FolderByUUID(w.ctx, w.editor, w.demo.Number, i)
		w.ok(err)
		if f.Path != want {
			t.Errorf("the id of the copy is that of %s", f.Path)
		}
	}
	inner, err := w.engine.EntryAt(w.ctx, w.editor, w.demo.Number, "a/sub")
	w.ok(err)
	_, err = w.engine.CopyEntries(w.ctx, w.editor, w.demo.Number, copySpec(inner.Folder.UUID, a))
	w.refused(err, ingest.Invalid, "")
	_, err = w.engine.CopyEntries(w.ctx, w.editor, w.demo.Number, copySpec(b, w.root()))
	w.refused(err, ingest.Invalid, "")
}

func TestCopyRefused(t *testing.T) {
	w := newWorld(t)
	b := w.mkdir("b")
	film := w.keep("", "film.mp4", "12345")
	ph, err := w.engine.CreatePlaceholder(w.ctx, w.editor, w.demo.Number, b, "later.mp4")
	w.ok(err)
	try := func(p ingest.Principal, ids ...ingest.UUID) error {
		_, err := w.engine.CopyEntries(w.ctx, p, w.demo.Number, copySpec(b, ids...))
		return err
	}
	w.refused(try(w.editor, ph), ingest.Invalid, "")
	w.refused(try(w.viewer, film.UUID), ingest.Forbidden, ingest.CodeRole)
	w.refused(try(w.editor), ingest.Invalid, ingest.CodeMissing)
	w.refused(try(w.outsider, film.UUID), ingest.Forbidden, ingest.CodeNotMember)
	w.refused(try(w.editor, film.UUID, "11111111-2222-4333-8444-555555555555"), ingest.NotFound, "")
	w.wantTree("all or none", "b/", "b/later.mp4 (placeholder)", "film.mp4")
	w.settings(w.demo, ingest.CompanySettings{QuotaBytes: 9})
	w.refused(try(w.editor, film.UUID), ingest.TooLarge, ingest.CodeQuota)
	w.settings(w.demo, ingest.CompanySettings{})
	w.ok(try(w.publisher, film.UUID))
	w.wantTree("a publisher's copy", "b/", "b/later.mp4 (placeholder)", "b/film.mp4", "film.mp4")
}
