package engine_test

import (
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// lonely makes a part that nothing refers to from now on, by a session that is aborted.
func (w *world) lonely(body string) *ingest.Asset {
	w.t.Helper()
	session, members := w.beginSession(w.editor, w.sessionOf("lonely "+body, 0, "a.css"))
	part := w.give(w.editor, members[0], body)
	w.ok(w.engine.Abort(w.ctx, w.editor, session.UUID))
	if !w.orphaned(part) {
		w.t.Fatalf("part %d is no orphan", part.Number)
	}
	return part
}

// Orphans are there until their time is over, which is a day unless configured.
func TestOrphansAreRemovedInTime(t *testing.T) {
	for _, lifetime := range []time.Duration{0, time.Hour} {
		t.Run(lifetime.String(), func(t *testing.T) {
			w := newWorld(t, func(c *engine.Config) { c.OrphanLifetime = lifetime })
			wait := lifetime
			if wait == 0 {
				wait = 24 * time.Hour
			}
			first := w.lonely("first")
			w.clock.move(time.Minute)
			second := w.lonely("second")
			shop := w.webPage("Shop", "1")
			step := func(what string, d time.Duration, files ...bool) {
				t.Helper()
				w.clock.move(d)
				w.ok(w.engine.Tick(w.ctx))
				same(t, what, []bool{w.stored(first).Emptied, w.stored(second).Emptied}, files)
			}
			step("before", wait-time.Minute, false, false)
			same(t, "the bytes until then", w.read(first.UUID), "first")
			step("the first", time.Microsecond, true, false)
			same(t, "usage", w.usage(w.demo, ingest.Principal{}).Files, int64(3))
			step("the second", time.Minute, true, true)
			same(t, "the page", w.shown(w.viewer, shop.Asset.Number), []string{"Shop", "html Shop1", "a.css css Shop1"})
			same(t, "blobs", w.blobCount(), 2)
			for _, a := range []*ingest.Asset{first, second} {
				got := w.stored(a)
				same(t, "what is left", []any{got.Number, got.Part, got.Orphaned.IsZero(), got.Trashed.IsZero()}, []any{a.Number, false, true, false})
			}
			if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
				t.Errorf("the sweep removed %+v, %v", swept, err)
			}
		})
	}
}

// An orphan that a page takes is a part again, and is spared however old its mark was.
func TestOrphansThatAreLinkedAgain(t *testing.T) {
	w := newWorld(t)
	taken, other := w.lonely("taken"), w.lonely("other")
	w.clock.move(23 * time.Hour)
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	spec := w.pageSpec("s", w.give(w.editor, members[0], "html"), taken)
	_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
	w.ok(err)
	same(t, "taken", []any{page.Parts[0].Asset.Number, w.orphaned(taken), w.orphaned(other)}, []any{taken.Number, false, true})

	w.clock.move(48 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "the page", w.shown(w.viewer, page.Asset.Number), []string{"s", "html", "a.css taken"})
	same(t, "the other orphan, blobs", []any{w.stored(other).Emptied, w.blobCount()}, []any{true, 2})

	// Dropped once more it waits its whole time again.
	w.revised(page, "without", nil)
	w.clock.move(24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "after a day", w.stored(taken).Emptied, false)
	w.clock.move(time.Second)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "after more", w.stored(taken).Emptied, true)
}

// A part that a page dropped waits from then on, also when the session that it was
// uploaded in ends later; one that a page has is no orphan, whatever ends.
func TestOrphansOfSeveralReasons(t *testing.T) {
	w := newWorld(t)
	late, members := w.beginSession(w.editor, w.sessionOf("late", 0, "dropped.css", "kept.css"))
	dropped, kept := w.give(w.editor, members[0], "dropped"), w.give(w.editor, members[1], "kept")
	session, others := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("s", w.give(w.editor, others[0], "html"), dropped, kept))
	w.ok(err)
	w.revised(page, "without one", nil, kept)
	since := w.stored(dropped).Orphaned
	w.clock.move(time.Hour)
	w.ok(w.engine.Abort(w.ctx, w.editor, late.UUID))
	same(t, "dropped, kept", []any{w.stored(dropped).Orphaned, w.orphaned(kept)}, []any{since, false})
	w.clock.move(23*time.Hour + time.Second)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "after a day", w.stored(dropped).Emptied, true)
	same(t, "the page", w.shown(w.viewer, page.Asset.Number), []string{"s", "without one", "kept.css kept"})
}

// More orphans than one transaction takes go in one pass, and bytes that cannot be
// removed now are left to the sweep.
func TestManyOrphans(t *testing.T) {
	w := newWorld(t)
	first := w.lonely("body")
	w.copied(first, 600)
	left := func() int {
		n := 0
		w.view(func(tx ingest.Tx) error {
			list, err := tx.OrphanedBefore(w.clock.now().Add(time.Hour), 10_000)
			n = len(list)
			return err
		})
		return n
	}
	same(t, "orphans", left(), 601)
	w.clock.move(25 * time.Hour)
	w.blobs.set(func(b *flakyBlobs) { b.failDel = errDisk })
	w.refused(w.engine.Tick(w.ctx), ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.failDel = nil })
	same(t, "orphans, blobs", []int{left(), w.blobCount()}, []int{0, 1})
	w.ok(w.engine.Tick(w.ctx))
	swept, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	same(t, "swept, blobs", []int{swept.Blobs, w.blobCount()}, []int{1, 0})
	same(t, "usage", w.usage(w.demo, ingest.Principal{}), ingest.Usage{})
}
