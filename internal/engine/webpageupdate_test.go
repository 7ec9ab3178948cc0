package engine_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// revised gives a page a new version: its own file, new parts, and such as are there.
func (w *world) revised(page *engine.WebPage, body string, fresh []string, old ...*ingest.Asset) *engine.WebPage {
	w.t.Helper()
	session, members := w.beginSession(w.editor, w.sessionOf("update "+body, page.Asset.Number, append([]string{"index.html"}, fresh...)...))
	main := w.give(w.editor, members[0], body)
	var parts []*ingest.Asset
	for i, name := range fresh {
		parts = append(parts, w.give(w.editor, members[i+1], body+name))
	}
	_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main, append(parts, old...)...))
	w.ok(err)
	return got
}

// The store may run the transaction again; only its last run counts.
func TestFinishSessionUnderReruns(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	session, members := w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.html", "b.css"))
	main, css := w.give(w.editor, members[0], "new"), w.give(w.editor, members[1], "b")
	w.db.rerunning(func() {})
	_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main, css))
	w.db.rerunning(nil)
	w.ok(err)
	same(t, "the page", w.shown(w.viewer, got.Asset.Number), []string{"Shop", "new", "b.css b"})
	if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadSuccess b.css", "UploadSuccess index.html"), w.log(session.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	same(t, "blobs", w.blobCount(), 4) // two of its versions, the part it had and the one it has
}

func TestAPageIsUpdated(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.OrphanLifetime = time.Hour })
	page := w.webPage("Shop", "1")
	number, uuid, css := page.Asset.Number, page.Asset.UUID, page.Parts[0].Asset
	before := []string{"Shop", "html Shop1", "a.css css Shop1"}

	session, members := w.beginSession(w.colleague, w.sessionOf("u", number, "index.html", "b.css"))
	main, b := w.give(w.colleague, members[0], "new"), w.give(w.colleague, members[1], "b")
	same(t, "until the commit", w.shown(w.viewer, number), before)
	spec := w.pageSpec("", main, b)

	w.refusedToAll(session, spec, map[string]ingest.Principal{"a publisher": w.publisher, "a viewer": w.viewer, "another company": w.outsider})
	w.db.faults(nil, func() error { return errDisk })
	_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.db.faults(nil, nil)
	same(t, "after a commit that failed", w.shown(w.viewer, number), before)
	same(t, "the session", w.storedUpload(session).State, ingest.UploadOpen)

	_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
	w.ok(err)
	if got.Asset.Number != number || got.Asset.UUID != uuid || w.stored(got.Asset).Version == page.Asset.Version {
		t.Errorf("page %+v", got.Asset)
	}
	same(t, "the page", w.shown(w.viewer, number), []string{"Shop", "new", "b.css b"})
	if gone := w.stored(main); !gone.Emptied || gone.Part {
		t.Errorf("the part that became the version: %+v", gone)
	}
	if !bytes.Equal(w.blobOf(got.Asset).SHA1, sum1("new")) {
		t.Error("the digest is not that of the new bytes")
	}
	same(t, "the part that it had is an orphan", w.orphaned(css), true)
	w.clock.move(time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "the orphan after an hour", []any{w.stored(css).Emptied, w.read(css.UUID)}, []any{false, "css Shop1"})
	w.clock.move(time.Microsecond)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "the orphan after more", w.stored(css).Emptied, true)
	if _, err := w.engine.Original(w.ctx, w.admin, css.UUID); err == nil {
		t.Error("the bytes of a removed part are there")
	}
	same(t, "the page", w.shown(w.viewer, number), []string{"Shop", "new", "b.css b"})
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
		t.Errorf("the sweep removed %+v, %v", swept, err)
	}
}

// Somebody who lost the right to overwrite meanwhile cannot update by a session that
// others began, and neither can what became of the page be brought back by one.
func TestAPageThatCannotBeUpdatedAnyMore(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(*world, *engine.WebPage)
		kind      ingest.Kind
		code      ingest.Code
	}{
		"in the trash": {func(w *world, page *engine.WebPage) { w.trash(page.Asset) }, ingest.NotFound, ingest.CodeUnknownPage},
		"gone": {func(w *world, page *engine.WebPage) {
			w.trash(page.Asset)
			_, err := w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{page.Asset.Number})
			w.ok(err)
		}, ingest.NotFound, ingest.CodeUnknownPage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			page := w.webPage("Shop", "1")
			session, members := w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.html"))
			main := w.give(w.editor, members[0], "new")
			tt.meanwhile(w, page)
			_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main))
			w.refused(err, tt.kind, tt.code)
			same(t, "the session", w.storedUpload(session).State, ingest.UploadOpen)
			same(t, "the part", []bool{w.stored(main).Part, w.orphaned(main)}, []bool{true, false})
		})
	}
}

// What was still to be computed of a part that became a version is computed of the
// version; the part's own task ends without a word.
func TestAnUpdateWhoseDigestIsNotThereYet(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	w.digests()
	got := w.revised(page, "new", nil)
	w.digests()
	w.holds(got.Asset, "new")
	if w.blobOf(got.Asset).SHA256 == nil {
		t.Error("no SHA-256")
	}
	w.clock.move(time.Hour)
	if tasks := w.claim(); len(tasks) != 0 {
		t.Errorf("tasks are left: %+v", tasks)
	}
	var job ingest.Number
	for _, j := range w.jobs() {
		job = j.Number
	}
	if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadSuccess index.html"), w.log(job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
