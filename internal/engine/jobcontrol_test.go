package engine_test

import (
	"fmt"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func (w *world) active(p ingest.Principal, q engine.ActiveQuery) []engine.ActiveJob {
	w.t.Helper()
	list, err := w.engine.ActiveJobs(w.ctx, p, q)
	w.ok(err)
	return list
}

func TestStopFetchJob(t *testing.T) {
	w := newWorld(t, working)
	o := order(ingest.JobURLUpload, "fetch")
	files := bodies{}
	for i := range 5 {
		url := fmt.Sprintf("http://x/%d.jpg", i)
		o.Sources, files[url] = append(o.Sources, ingest.Source{URL: url, Path: fmt.Sprintf("%d.jpg", i)}), "\xff\xd8"
	}
	j := w.submit(w.editor, o)
	steps := w.claimSteps()
	w.ok(w.step(steps[0], files))
	w.ok(w.step(steps[1], files))
	w.process()
	running := steps[2]
	for _, other := range steps[3:] {
		w.ok(w.engine.ReleaseTask(w.ctx, other))
	}
	ref := engine.JobRef{Number: j.Number}
	w.refused(w.engine.StopJob(w.ctx, w.publisher, w.demo.Number, ref), ingest.Forbidden, ingest.CodeNotOwner)
	w.refused(w.engine.StopJob(w.ctx, w.outsider, w.other.Number, ref), ingest.NotFound, ingest.CodeJobUnknown)
	w.ok(w.engine.StopJob(w.ctx, w.colleague, w.demo.Number, ref))
	if got := w.active(w.editor, engine.ActiveQuery{}); len(got) != 1 || got[0].State != ingest.JobStopping || got[0].Pending != 1 {
		t.Errorf("active %+v", got)
	}
	w.ok(w.step(running, files)) // what comes in now is not kept
	w.sameLog(j, framed("BeginUploadUrls", "EndUploadUrls", "UploadSuccess 0.jpg", "UploadSuccess 1.jpg", "FileCancel 3.jpg", "FileCancel 4.jpg", "FileCancel 2.jpg"))
	w.sameCounts(j, ingest.JobCounts{Total: 2, Success: 2})
	if w.assetCount(w.demo) != 2 || w.blobCount() != 2 {
		t.Errorf("%d assets, %d blobs", w.assetCount(w.demo), w.blobCount())
	}
	w.refused(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, ref), ingest.NotFound, ingest.CodeJobUnknown)
}

// Files that were stored stay, although their processing was cancelled; an open job
// takes no more.
func TestStopUpload(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("upload")), file{name: "a.jpg", body: "\xff\xd8a"}, file{name: "b.jpg", body: "\xff\xd8b"})
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: j.Number}))
	w.sameLog(j, whole("UploadSuccess a.jpg", "UploadSuccess b.jpg"))
	w.sameCounts(j, ingest.JobCounts{Total: 2, Success: 2})
	_, _, err := w.tryDeliver(w.editor, w.more(j, false), file{name: "c.jpg", body: "\xff\xd8c"})
	w.refused(err, ingest.Conflict, ingest.CodeJobClosed)
	if tasks := w.claim(); len(tasks) != 0 {
		t.Errorf("%d tasks are left", len(tasks))
	}
	w.view(func(tx ingest.Tx) error {
		list, err := tx.Assets(ingest.AssetFilter{}, ingest.Page{Limit: 10})
		for _, a := range list {
			if a.State != ingest.AssetReady {
				t.Errorf("%s is %s", a.FileName, a.State)
			}
		}
		return err
	})
}

// A stop that a crash interrupted is carried on by Tick.
func TestStopAfterCrash(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.job("upload"), file{name: "a.jpg", body: "\xff\xd8a"})
	w.update(func(tx ingest.Tx) error {
		j := w.storedJob(j.Number)
		j.State = ingest.JobStopping
		return tx.SetJobState(j)
	})
	w.restart()
	w.ok(w.engine.Recover(w.ctx))
	if tasks := w.claim(); len(tasks) != 0 {
		t.Errorf("%d tasks of a stopping job were given out", len(tasks))
	}
	w.tick()
	w.sameCounts(j, ingest.JobCounts{Total: 1, Success: 1})
}

func TestPauseUpload(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("upload")), file{name: "a.jpg", body: "\xff\xd8a"})
	other, _ := w.deliver(w.editor, w.job("other"), file{name: "o.jpg", body: "\xff\xd8o"})
	ref := engine.JobRef{Number: j.Number}
	w.refused(w.engine.PauseJob(w.ctx, w.publisher, w.demo.Number, ref), ingest.Forbidden, ingest.CodeNotOwner)
	w.ok(w.engine.PauseJob(w.ctx, w.editor, w.demo.Number, ref))
	w.deliver(w.editor, w.more(j, true), file{name: "b.jpg", body: "\xff\xd8b"}) // files still come in
	w.process()
	w.sameCounts(other, ingest.JobCounts{Total: 1, Success: 1})
	if got := w.storedJob(j.Number); !got.Paused || got.State != ingest.JobRunning || got.Pending != 2 {
		t.Errorf("job is %s, paused %v, %d pending", got.State, got.Paused, got.Pending)
	}
	w.restart()
	w.ok(w.engine.Recover(w.ctx))
	w.tick()
	if tasks := w.claim(); len(tasks) != 0 {
		t.Errorf("%d tasks of a paused job were given out after a restart", len(tasks))
	}
	w.ok(w.engine.ResumeJob(w.ctx, w.editor, w.demo.Number, ref))
	w.process()
	w.sameCounts(j, ingest.JobCounts{Total: 2, Success: 2})
}

// A task that fails while its job is paused waits too, and is cancelled when the job
// is stopped.
func TestFailWhilePaused(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.job("upload"), file{name: "a.jpg", body: "\xff\xd8a"})
	ref := engine.JobRef{Number: j.Number}
	tasks := w.claim()
	w.ok(w.engine.PauseJob(w.ctx, w.editor, w.demo.Number, ref))
	w.ok(w.engine.FailTask(w.ctx, tasks[0], engine.Failure{Reason: "no"}))
	w.clock.move(time.Hour)
	if again := w.claim(); len(again) != 0 {
		t.Fatalf("%d tasks of a paused job were given out", len(again))
	}
	w.ok(w.engine.ResumeJob(w.ctx, w.editor, w.demo.Number, ref))
	again := w.claim()
	if len(again) != 1 {
		t.Fatalf("%d tasks after resume", len(again))
	}
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, ref))
	w.ok(w.engine.FailTask(w.ctx, again[0], engine.Failure{Reason: "no"}))
	w.sameCounts(j, ingest.JobCounts{Total: 1, Success: 1})
}

// A job is found by the name that its handle shows, and an active one before those
// that are done.
func TestControlByName(t *testing.T) {
	w := newWorld(t, working)
	o := order(ingest.JobOptimize, "a|b")
	older := w.submit(w.editor, o)
	newer := w.submit(w.editor, o)
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: newer.Number}))
	w.ok(w.engine.PauseJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{OriginalName: "a|b"}))
	if !w.storedJob(older.Number).Paused {
		t.Error("the active job was not found by its name")
	}
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{OriginalName: "a_b"}))
	if got := w.storedJob(older.Number).State; got != ingest.JobDone {
		t.Errorf("the job of the handle is %s", got)
	}
}
