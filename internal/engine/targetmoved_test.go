package engine_test

import (
	"fmt"
	"testing"

	"sluice/internal/ingest"
)

// The file of an upload lands where its folder is by then, however that was moved.
func TestUploadFollowsItsFolder(t *testing.T) {
	moves := map[string]struct {
		move func(w *world)
		want string
	}{
		"renamed": {func(w *world) {
			w.ok(w.engine.RenameEntry(w.ctx, w.editor, w.demo.Number, w.folder("in/a/").UUID, "b"))
		}, "in/b/"},
		"moved": {func(w *world) {
			w.ok(w.engine.MoveEntries(w.ctx, w.editor, w.demo.Number, []ingest.UUID{w.folder("in/a/").UUID}, w.mkdir("out")))
		}, "out/a/"},
		"above it": {func(w *world) {
			w.ok(w.engine.RenameEntry(w.ctx, w.editor, w.demo.Number, w.folder("in/").UUID, "new"))
		}, "new/a/"},
		"by path": {func(w *world) {
			_, err := w.engine.RenameFolder(w.ctx, w.editor, w.demo.Number, "in/a/", "c")
			w.ok(err)
		}, "in/c/"},
	}
	for name, m := range moves {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			target := w.target(w.editor, w.at("a/one.bin"))
			u, err := w.toward(w.editor, target)
			w.ok(err)
			m.move(w)
			open, err := w.engine.PromisedAsset(w.ctx, w.editor, w.demo.Number, target.UUID)
			w.ok(err)
			same(t, "the place of the open upload", open.Folder+open.FileName, m.want+"one.bin")
			w.sendParts(u, "1111")
			a := w.stored(w.finishParts(u))
			same(t, "the place of the file", a.Path+a.FileName, m.want+"one.bin")
		})
	}
}

// A file goes where its placeholder has been moved to, under the name that it has there.
func TestUploadFollowsItsPlaceholder(t *testing.T) {
	w := newWorld(t)
	w.target(w.editor, w.at("x"))
	ph := w.placeholder(w.folder("in/"), "film.mp4")
	u, err := w.toward(w.editor, w.target(w.editor, w.by(ph)))
	w.ok(err)
	w.ok(w.engine.MoveEntries(w.ctx, w.editor, w.demo.Number, []ingest.UUID{ph}, w.mkdir("out")))
	w.ok(w.engine.RenameEntry(w.ctx, w.editor, w.demo.Number, ph, "cut.mp4"))
	w.sendParts(u, "1111")
	a := w.stored(w.finishParts(u))
	same(t, "the place of the file", a.Path+a.FileName, "out/cut.mp4")
	same(t, "placeholders", w.placeholders(w.folder("out/")), 0)
}

// A placeholder that was made while a file of its name was on its way goes with it.
func TestPlaceholderOfAnOpenUpload(t *testing.T) {
	w := newWorld(t)
	u, err := w.toward(w.editor, w.target(w.editor, w.at("film.mp4")))
	w.ok(err)
	in := w.folder("in/")
	w.placeholder(in, "film.mp4")
	w.placeholder(in, "other.mp4")
	w.sendParts(u, "1111")
	a := w.stored(w.finishParts(u))
	same(t, "the file", a.Path+a.FileName, "in/film.mp4")
	same(t, "placeholders", w.placeholders(in), 1)
}

// TreeUsage counts what the caller may read and nothing else.
func TestTreeUsage(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"top/", "top/open/", "top/secret/", "top/secret/deep/"} {
		w.mkdir(path[:len(path)-1])
		w.keep(path, "a.bin", "1234")
	}
	usage := func(p ingest.Principal, path string, limit int) string {
		u, err := w.engine.TreeUsage(w.ctx, p, w.demo.Number, path, limit)
		w.ok(err)
		return fmt.Sprint(u.Files, " ", u.Bytes)
	}
	same(t, "without permissions", usage(w.editor, "top/", 100), "4 16")
	w.hide("top/secret/")
	same(t, "of an administrator", usage(w.boss, "top/", 100), "4 16")
	same(t, "of others", usage(w.editor, "top/", 100), "2 8")
	same(t, "up to a limit", usage(w.editor, "top/", 1), "1 4")
	_, err := w.engine.TreeUsage(w.ctx, w.editor, w.demo.Number, "top/secret/", 100)
	w.refused(err, ingest.NotFound, "")
}
