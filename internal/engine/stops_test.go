package engine_test

import (
	"context"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// A stop ends the runs under way of its job, and of no other.
func TestStopEndsRuns(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
	j, _ := w.deliver(w.editor, w.job("stopped"), file{name: "a.jpg", body: jpeg + "a"})
	other, _ := w.deliver(w.editor, w.job("other"), file{name: "b.jpg", body: jpeg + "b"})
	runs := map[string]context.Context{}
	var mine *ingest.Task
	for _, task := range w.claim() {
		run, release := w.engine.Watch(w.ctx, task)
		defer release()
		what := string(task.Kind)
		if task.Job == other.Number {
			what = "other " + what
		} else if task.Kind == ingest.TaskInspect {
			mine = task
		}
		runs[what] = run
	}
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: j.Number}))
	select {
	case <-runs["inspect"].Done():
	case <-time.After(2 * time.Second):
		t.Fatal("the run goes on two seconds after the stop")
	}
	for _, what := range []string{"digest", "other inspect", "other digest"} {
		if runs[what] == nil || runs[what].Err() != nil {
			t.Errorf("%s ended too", what)
		}
	}
	if got := w.storedJob(j.Number).State; got != ingest.JobStopping {
		t.Errorf("the job is %s while a run is under way", got)
	}
	// A run that begins when the stop has been said ends at once.
	late, release := w.engine.Watch(w.ctx, mine)
	defer release()
	if late.Err() == nil {
		t.Error("a run that began after the stop goes on")
	}
	w.ok(w.engine.ReleaseTask(w.ctx, mine))
	if got := w.storedJob(j.Number).State; got != ingest.JobDone {
		t.Errorf("the job is %s", got)
	}
	w.sameLog(j, whole("UploadSuccess a.jpg"))
}
