package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestAbortOfASession(t *testing.T) {
	for _, how := range []string{"abort", "expiry"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, func(c *engine.Config) { c.UploadLifetime = time.Hour })
			session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html", "a.css", "b.js"))
			part := w.give(w.editor, members[0], "html")
			_, err := w.engine.Write(w.ctx, w.editor, members[1].UUID, 0, strings.NewReader("half"), engine.WriteSpec{})
			w.ok(err)
			w.ok(w.engine.Abort(w.ctx, w.colleague, members[2].UUID)) // a member ends alone
			if got := w.storedJob(session.Job); got.State != ingest.JobRunning || got.Pending != 1 {
				t.Errorf("job %+v", got)
			}
			state := ingest.UploadAborted
			if how == "abort" {
				w.refused(w.engine.Abort(w.ctx, w.outsider, session.UUID), ingest.NotFound, "")
				for range 2 {
					w.ok(w.engine.Abort(w.ctx, w.colleague, session.UUID))
				}
			} else {
				state = ingest.UploadExpired
				w.clock.move(time.Hour)
				w.ok(w.engine.Tick(w.ctx))
			}
			same(t, "states", []ingest.UploadState{w.storedUpload(session).State, w.storedUpload(members[0]).State, w.storedUpload(members[1]).State, w.storedUpload(members[2]).State},
				[]ingest.UploadState{state, ingest.UploadDone, state, ingest.UploadAborted})
			same(t, "stages", w.stageCount(), 0)
			if !w.orphaned(part) {
				t.Error("the finished part is no orphan")
			}
			j := w.storedJob(session.Job)
			if j.State != ingest.JobDone || j.Pending != 0 {
				t.Errorf("job %+v", j)
			}
			if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadError b.js", "UploadError s"), w.log(j.Number)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			w.refused(w.tryWrite(members[1], 0, "x"), ingest.Gone, "")
			_, _, err = w.engine.FinishSession(w.ctx, w.editor, session.UUID, engine.PageSpec{Main: part.Number, Name: engine.PageName{Text: "s"}, FileName: "index.html"})
			w.refused(err, ingest.Gone, "")
			w.clock.move(25 * time.Hour)
			w.ok(w.engine.Tick(w.ctx))
			same(t, "blobs", w.blobCount(), 0)
		})
	}
}

// A session ends after the inactivity of all of its files, each door's own time.
func TestASessionExpiresAsAWhole(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) {
		c.UploadLifetime = 24 * time.Hour
		c.UploadLifetimes = map[ingest.Door]time.Duration{ingest.DoorTus: time.Hour}
	})
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "a", "b", "c", "d"))
	plain := w.sessionOf("other", 0, "a")
	plain.Door = ingest.DoorAPI
	other, _ := w.beginSession(w.editor, plain)
	open := func(want bool) {
		t.Helper()
		w.ok(w.engine.Tick(w.ctx))
		if got := w.storedUpload(session).State; (got == ingest.UploadOpen) != want {
			t.Fatalf("the session is %s", got)
		}
	}
	steps := []func(){
		func() { w.write(members[0], 0, "a") },
		func() { w.write(members[0], 1, "b") },
		func() { w.give(w.colleague, members[1], "b") },
		func() {
			_, err := w.engine.Clear(w.ctx, w.editor, members[0].UUID, func(*ingest.Upload) error { return nil })
			w.ok(err)
		},
		func() {
			_, err := w.engine.Revise(w.ctx, w.editor, members[2].UUID, func(*ingest.Upload) error { return nil })
			w.ok(err)
		},
		func() { w.write(members[3], 0, "d") },
	}
	for i, step := range steps {
		w.clock.move(59 * time.Minute)
		open(true)
		step()
		if t.Failed() {
			t.Fatalf("step %d", i)
		}
	}
	w.clock.move(59 * time.Minute)
	open(true)
	w.clock.move(time.Minute)
	open(false)
	for i, want := range []ingest.UploadState{ingest.UploadExpired, ingest.UploadDone, ingest.UploadExpired, ingest.UploadExpired} {
		same(t, fmt.Sprint("member ", i), w.storedUpload(members[i]).State, want)
	}
	same(t, "another door's", w.storedUpload(other).State, ingest.UploadOpen)
	w.clock.move(24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "in the end", w.storedUpload(other).State, ingest.UploadExpired)
}

// A member that is killed while it is being finished is there or not after the next
// start, with what was noted of it, and its session goes on.
func TestASessionSurvivesACrashOfAMember(t *testing.T) {
	for _, point := range []string{"write.recorded", "finish.sealing", "finish.sealed", "finish.committed"} {
		t.Run(point, func(t *testing.T) {
			w := newWorld(t, killAt(point, 1))
			session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html", "a.css"))
			note := func(u *ingest.Upload, ref ingest.BlobRef) error {
				u.Facts = fmt.Appendf(nil, "%x", ref.SHA1)
				return nil
			}
			finish := func() (*ingest.Asset, error) {
				return w.engine.Finish(w.ctx, w.editor, members[0].UUID, engine.FinishSpec{Size: 4, SHA1: sum1("html"), Note: note})
			}
			if !survive(func() {
				w.tryWrite(members[0], 0, "html")
				finish()
			}) {
				t.Fatal("it was not killed")
			}
			w.tune = nil
			w.restart()
			w.ok(w.engine.Recover(w.ctx))
			a, err := finish()
			w.ok(err)
			w.holds(a, "html")
			same(t, "facts", string(w.storedUpload(members[0]).Facts), fmt.Sprintf("%x", sum1("html")))
			css := w.give(w.editor, members[1], "css")
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, engine.PageSpec{
				Name: engine.PageName{Text: "s"}, Main: a.Number, FileName: "index.html", Parts: []engine.PagePart{{Asset: css.Number, FileName: "a.css", Target: "a.css"}},
			})
			w.ok(err)
			same(t, "page", []any{page.Asset.Number, page.Parts[0].Asset.Number, w.assetCount(w.demo)}, []any{a.Number, css.Number, 1})
			if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadSuccess a.css", "UploadSuccess index.html"), w.log(session.Job)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
				t.Errorf("the sweep removed %+v, %v", swept, err)
			}
		})
	}
}

// Sessions end once, however many say so.
func TestASessionIsFinishedAndAbortedAtOnce(t *testing.T) {
	w := newWorld(t)
	for i := range 8 {
		key := fmt.Sprint("s", i)
		session, members := w.beginSession(w.editor, w.sessionOf(key, 0, "index.html", "late.css"))
		main := w.give(w.editor, members[0], "html")
		w.write(members[1], 0, "late")
		var wg sync.WaitGroup
		var finished, aborted, late error
		wg.Go(func() {
			_, _, finished = w.engine.FinishSession(w.ctx, w.editor, session.UUID, engine.PageSpec{Name: engine.PageName{Text: key}, Main: main.Number, FileName: "index.html"})
		})
		wg.Go(func() { aborted = w.engine.Abort(w.ctx, w.editor, session.UUID) })
		wg.Go(func() { _, late = w.tryFinish(members[1]) })
		wg.Wait()
		if (finished == nil) == (aborted == nil) {
			t.Fatalf("finished: %v, aborted: %v", finished, aborted)
		}
		if got := w.stored(main); got.Part == (finished == nil) || got.Orphaned.IsZero() != (finished == nil) {
			t.Errorf("finished: %v, asset %+v", finished, got)
		}
		m := w.storedUpload(members[1])
		switch {
		case late == nil:
			if m.State != ingest.UploadDone || !w.orphaned(&ingest.Asset{Number: m.Asset}) {
				t.Errorf("a part that came in time: %+v", m)
			}
		case m.State != ingest.UploadAborted || ingest.KindOf(late) == ingest.Internal:
			t.Errorf("a part that came late: %+v, %v", m, late)
		}
		if j := w.storedJob(session.Job); j.State != ingest.JobDone || j.Pending != 0 {
			t.Errorf("job %+v", j)
		}
	}
	_, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	same(t, "stages", w.stageCount(), 0)
}
