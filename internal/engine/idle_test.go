package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func (w *world) isOpen(j *ingest.Job) bool {
	w.t.Helper()
	w.ok(w.engine.Tick(w.ctx))
	return w.storedJob(j.Number).Open
}

// Half an hour after the last post a job completes with what it has.
func TestIdleJobsAreClosed(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("idle")), file{"", "a.xml", "a"})
	for range 3 {
		w.clock.move(29 * time.Minute)
		if !w.isOpen(j) {
			t.Fatal("closed a minute early")
		}
		w.deliver(w.editor, w.more(j, false))
	}
	w.clock.move(30*time.Minute - time.Second)
	if !w.isOpen(j) {
		t.Fatal("closed a second early")
	}
	w.clock.move(time.Second)
	if w.isOpen(j) {
		t.Fatal("not closed in time")
	}
	if diff := cmp.Diff(whole("UploadSuccess a.xml"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || !got.Finished.Equal(w.clock.now()) {
		t.Errorf("job %+v", got)
	}
	_, _, err := w.tryDeliver(w.editor, w.more(j, false))
	w.refused(err, ingest.Conflict, ingest.CodeJobClosed)
}

// A job with tasks takes no more files and is done when these are.
func TestAnIdleJobWaitsForItsTasks(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("idle")), file{"", "a.jpg", jpeg})
	w.clock.move(time.Hour)
	if w.isOpen(j) || w.storedJob(j.Number).State != ingest.JobRunning {
		t.Fatalf("job %+v", w.storedJob(j.Number))
	}
	w.process()
	if got := w.storedJob(j.Number).State; got != ingest.JobDone {
		t.Errorf("job %s", got)
	}
}

// Uploads that span requests keep their job open as posts do.
func TestUploadsKeepAJobOpen(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("slow")))
	w.clock.move(29 * time.Minute)
	spec := w.begin("")
	spec.Job, spec.Open = j.Number, nil
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	w.clock.move(29 * time.Minute)
	if !w.isOpen(j) {
		t.Fatal("Begin did not restart the time")
	}
	w.write(u, 0, "12")
	w.clock.move(29 * time.Minute)
	if !w.isOpen(j) {
		t.Fatal("Write did not restart the time")
	}
	w.clock.move(time.Minute)
	if w.isOpen(j) {
		t.Fatal("not closed in time")
	}
	w.write(u, 2, "34")
	w.finish(u)
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Counts.Success != 1 {
		t.Errorf("job %+v", got)
	}
}

func TestTheIdleTimeIsConfigured(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.JobIdle = time.Minute })
	j, _ := w.deliver(w.editor, open(w.job("idle")))
	w.clock.move(59 * time.Second)
	if !w.isOpen(j) {
		t.Error("closed early")
	}
	w.clock.move(time.Second)
	if w.isOpen(j) {
		t.Error("not closed in time")
	}
}

// After a restart the recorded time counts, held within the limit: wherever the
// clock was set to meanwhile, no job is closed before it could be idle, unless
// the clock says so, and none stays open for ever.
func TestIdleJobsAfterARestart(t *testing.T) {
	tests := map[string]struct {
		jump  time.Duration // of the clock, while the server is down
		after time.Duration // running time until the job is closed
	}{
		"at once":          {0, 20 * time.Minute},
		"five minutes":     {5 * time.Minute, 15 * time.Minute},
		"long enough":      {20 * time.Minute, 0},
		"a year":           {365 * 24 * time.Hour, 0},
		"back by a day":    {-24 * time.Hour, 30 * time.Minute},
		"back by a minute": {-time.Minute, 21 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			j, _ := w.deliver(w.editor, open(w.job("idle")))
			w.clock.move(10 * time.Minute)
			w.clock.move(tt.jump)
			w.restart()
			if tt.after > 0 {
				if !w.isOpen(j) {
					t.Fatal("closed at once")
				}
				w.clock.move(tt.after - time.Second)
				if !w.isOpen(j) {
					t.Fatal("closed early")
				}
				w.clock.move(time.Second)
			}
			if w.isOpen(j) {
				t.Fatal("not closed in time")
			}
		})
	}
}

func TestManyIdleJobs(t *testing.T) {
	w := newWorld(t)
	var jobs []*ingest.Job
	for range 3 {
		j, _ := w.deliver(w.editor, open(w.job("idle")))
		jobs = append(jobs, j)
	}
	w.clock.move(15 * time.Minute)
	w.deliver(w.editor, w.more(jobs[1], false))
	w.clock.move(15 * time.Minute)
	var open []bool
	for _, j := range jobs {
		open = append(open, w.isOpen(j))
	}
	if !cmp.Equal(open, []bool{false, true, false}) {
		t.Errorf("open: %v", open)
	}
}

// A post that takes longer than the idle time finds its job open at its end.
func TestAJobStaysOpenWhileAPostIsArriving(t *testing.T) {
	tests := map[string]struct {
		before func(*world, *ingest.Job) // what the process learns of the job
		who    func(*world) ingest.Principal
		kept   bool
	}{
		"the owner":             {func(*world, *ingest.Job) {}, func(w *world) ingest.Principal { return w.editor }, true},
		"a colleague":           {func(*world, *ingest.Job) {}, func(w *world) ingest.Principal { return w.colleague }, false},
		"another company":       {func(*world, *ingest.Job) {}, func(w *world) ingest.Principal { return w.outsider }, false},
		"nobody":                {func(*world, *ingest.Job) {}, func(w *world) ingest.Principal { return w.anonymous }, false},
		"a restart, not looked": {func(w *world, _ *ingest.Job) { w.restart() }, func(w *world) ingest.Principal { return w.editor }, false},
		"a restart, checked": {func(w *world, j *ingest.Job) {
			w.restart()
			_, err := w.engine.CheckJob(w.ctx, w.editor, j.Company, engine.JobRef{Number: j.Number}, j.Address)
			w.ok(err)
		}, func(w *world) ingest.Principal { return w.editor }, true},
		"a restart and a tick": {func(w *world, _ *ingest.Job) { w.restart(); w.ok(w.engine.Tick(w.ctx)) }, func(w *world) ingest.Principal { return w.editor }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			j, _ := w.deliver(w.editor, open(w.job("slow")))
			tt.before(w, j)
			release := w.engine.HoldJob(tt.who(w), j.Number)
			w.clock.move(time.Hour)
			if w.isOpen(j) != tt.kept {
				t.Fatalf("open is %v", !tt.kept)
			}
			release()
			if !tt.kept {
				return
			}
			w.clock.move(30*time.Minute - time.Second)
			if !w.isOpen(j) {
				t.Fatal("the idle time does not count from the end of the post")
			}
			w.clock.move(time.Second)
			if w.isOpen(j) {
				t.Error("not closed in time")
			}
		})
	}
}

// A window that takes longer than the idle time keeps its job open too.
func TestAJobStaysOpenWhileAWindowIsArriving(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("slow")))
	spec := w.begin("")
	spec.Job, spec.Open = j.Number, nil
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	gate := newGate("1234")
	written := make(chan error, 1)
	go func() {
		_, err := w.engine.Write(w.ctx, w.editor, u.UUID, 0, gate, engine.WriteSpec{})
		written <- err
	}()
	<-gate.reached
	w.clock.move(time.Hour)
	if !w.isOpen(j) {
		t.Error("closed while the window was arriving")
	}
	close(gate.open)
	w.ok(<-written)
	w.clock.move(29 * time.Minute)
	if !w.isOpen(j) {
		t.Error("the end of the window did not restart the time")
	}
}

// A post of another process that is committed between the look at the jobs and
// the closing keeps its job open.
func TestAPostBetweenTheLookAndTheClosing(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("race")))
	w.clock.move(time.Hour)
	w.db.faults(func() error {
		w.update(func(tx ingest.Tx) error {
			_, err := tx.ChangeJob(j.Number, ingest.JobDelta{LastPost: w.clock.now()})
			return err
		})
		return nil
	}, nil)
	w.ok(w.engine.Tick(w.ctx))
	w.db.faults(nil, nil)
	if !w.storedJob(j.Number).Open {
		t.Error("closed although a post came in between")
	}
}
