package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// later submits an order for a time or a schedule and returns its name.
func (w *world) later(p ingest.Principal, s engine.Submission) string {
	w.t.Helper()
	name, err := w.engine.Submit(w.ctx, p, w.demo.Number, s)
	w.ok(err)
	return name
}

func (w *world) tick() {
	w.t.Helper()
	w.ok(w.engine.Tick(w.ctx))
}

func (w *world) scheduled(p ingest.Principal, company ingest.Number) []engine.Scheduled {
	w.t.Helper()
	list, err := w.engine.Schedules(w.ctx, p, company, engine.JobRef{}, "")
	w.ok(err)
	return list
}

func TestScheduledOnce(t *testing.T) {
	w := newWorld(t, working)
	name := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "later"), At: w.clock.now().Add(time.Hour)})
	w.tick()
	if n := len(w.jobsNamed(name)); n != 0 {
		t.Fatalf("%d jobs before the time", n)
	}
	list := w.scheduled(w.viewer, w.demo.Number)
	if len(list) != 1 || list[0].Name != "later" || list[0].Email != "editor" || !list[0].Next.Equal(w.clock.now().Add(time.Hour)) {
		t.Errorf("schedules %+v", list)
	}
	if n := len(w.scheduled(w.outsider, 0)); n != 0 {
		t.Errorf("an outsider sees %d schedules", n)
	}
	w.clock.move(2 * time.Hour)
	w.reboot() // nothing of it is in memory
	w.tick()
	w.tick()
	if n := len(w.jobsNamed(name)); n != 1 {
		t.Errorf("%d jobs after the time, want 1", n)
	}
	if n := len(w.scheduled(w.editor, w.demo.Number)); n != 0 {
		t.Errorf("%d schedules are left", n)
	}
	if j := w.jobsNamed(name)[0]; j.User != w.editor.User || j.Kind != ingest.JobOptimize {
		t.Errorf("job %+v", j)
	}
}

func TestScheduledPast(t *testing.T) {
	w := newWorld(t, working)
	name := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "now"), At: w.clock.now().Add(-time.Hour)})
	if n := len(w.jobsNamed(name)); n != 1 {
		t.Errorf("%d jobs, want one at once", n)
	}
}

// Times that were missed are made up for once; a job waits for its predecessor.
func TestScheduledAgain(t *testing.T) {
	w := newWorld(t, working)
	name := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "hourly"), Cron: "0 0 * * * ?"})
	count := func(want int) {
		t.Helper()
		w.tick()
		if n := len(w.jobsNamed(name)); n != want {
			t.Fatalf("%s: %d jobs, want %d", w.clock.now().Format(time.TimeOnly), n, want)
		}
	}
	count(0)
	w.clock.move(3*time.Hour + time.Minute)
	count(1)
	count(1)
	w.clock.move(time.Hour)
	count(1) // the first job is still active
	if !w.scheduled(w.editor, w.demo.Number)[0].Blocked {
		t.Error("the schedule is not shown as blocked")
	}
	w.work(nil)
	count(2)
	w.work(nil)
	w.clock.move(59 * time.Minute)
	count(3)
}

func TestScheduleControl(t *testing.T) {
	w := newWorld(t, working)
	name := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "hourly"), Cron: "0 0 * * * ?"})
	ref := engine.JobRef{OriginalName: name}
	control := map[string]func(context.Context, ingest.Principal, ingest.Number, engine.JobRef) error{
		"pause": w.engine.PauseJob, "resume": w.engine.ResumeJob, "execute": w.engine.ExecuteJob, "delete": w.engine.DeleteJob,
	}
	for verb, act := range control {
		w.refused(act(w.ctx, w.publisher, w.demo.Number, ref), ingest.Forbidden, ingest.CodeNotOwner)
		w.refused(act(w.ctx, w.outsider, w.demo.Number, ref), ingest.Forbidden, ingest.CodeNotMember)
		if err := act(w.ctx, w.outsider, w.other.Number, ref); ingest.CodeOf(err) != ingest.CodeJobUnknown {
			t.Errorf("%s in another company: %v", verb, err)
		}
	}
	w.ok(w.engine.PauseJob(w.ctx, w.colleague, w.demo.Number, ref))
	w.clock.move(2 * time.Hour)
	w.tick()
	if list := w.scheduled(w.editor, w.demo.Number); !list[0].Paused || len(w.jobsNamed(name)) != 0 {
		t.Errorf("paused %v, %d jobs", list[0].Paused, len(w.jobsNamed(name)))
	}
	w.ok(w.engine.ExecuteJob(w.ctx, w.editor, w.demo.Number, ref))
	if n := len(w.jobsNamed(name)); n != 1 {
		t.Errorf("%d jobs after execute", n)
	}
	w.work(nil)
	w.ok(w.engine.ResumeJob(w.ctx, w.editor, w.demo.Number, ref))
	w.tick()
	if n := len(w.jobsNamed(name)); n != 1 {
		t.Errorf("%d jobs right after resume, want the missed times left out", n)
	}
	w.clock.move(time.Hour)
	w.tick()
	if n := len(w.jobsNamed(name)); n != 2 {
		t.Errorf("%d jobs after the next hour", n)
	}
	w.ok(w.engine.DeleteJob(w.ctx, w.editor, w.demo.Number, ref))
	w.clock.move(time.Hour)
	w.tick()
	if n := len(w.jobsNamed(name)); n != 2 || len(w.scheduled(w.editor, w.demo.Number)) != 0 {
		t.Errorf("%d jobs, %d schedules after delete", n, len(w.scheduled(w.editor, w.demo.Number)))
	}
}

func TestScheduleNames(t *testing.T) {
	w := newWorld(t, working)
	at := w.clock.now().Add(time.Hour)
	one := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "a|b"), At: at})
	two := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "a|b"), At: at})
	if one != "a|b" || two == one {
		t.Errorf("names %q and %q", one, two)
	}
	w.ok(w.engine.DeleteJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{OriginalName: "a_b"})) // as handles show it
	if list := w.scheduled(w.editor, w.demo.Number); len(list) != 1 || list[0].Name != two || list[0].Order.Name != "a|b" {
		t.Errorf("schedules %+v", list)
	}
}

// An owner who has lost the right to a job finds out from the log.
func TestScheduledWithoutRight(t *testing.T) {
	w := newWorld(t, working)
	name := w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "hourly"), Cron: "0 0 * * * ?"})
	w.update(func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: w.editor.User, Company: w.demo.Number, Role: ingest.RoleViewer, Active: true})
	})
	w.clock.move(time.Hour)
	w.tick()
	jobs := w.jobsNamed(name)
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	w.sameLog(jobs[0], framed("BeginReoptimize", "EndReoptimize", "FatalError"))
	logs, err := w.engine.JobLogs(w.ctx, w.boss, engine.LogQuery{Company: w.demo.Number})
	w.ok(err)
	if !logs[0].Fatal() || logs[0].Email != "editor" {
		t.Errorf("log %+v", logs[0])
	}
	if list := w.scheduled(w.boss, w.demo.Number); len(list) != 1 || list[0].Error == "" {
		t.Errorf("schedules %+v", list)
	}
}

// Upkeep begins due jobs by itself.
func TestUpkeepBeginsJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openWorld(t, tempDir(t), working)
		defer w.close()
		w.later(w.editor, engine.Submission{Order: order(ingest.JobVideoSitemap, "soon"), At: w.clock.now().Add(time.Minute)})
		w.clock.move(2 * time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.engine.Upkeep(ctx) }()
		time.Sleep(6 * time.Second)
		cancel()
		<-done
		if n := len(w.jobsNamed("soon")); n != 1 {
			t.Errorf("%d jobs", n)
		}
	})
}
