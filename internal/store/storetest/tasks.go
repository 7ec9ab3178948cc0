package storetest

import (
	"slices"
	"time"

	"sluice/internal/ingest"
)

func (f *fixture) task(kind ingest.TaskKind, state ingest.TaskState, runAt time.Time) *ingest.Task {
	f.Helper()
	k := &ingest.Task{UUID: f.uuid(), Company: 1, Kind: kind, State: state, RunAt: runAt, Created: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateTask(k) })
	return k
}

// claims checks which tasks a claim takes. Those that it wants are marked as
// running in place.
func (f *fixture) claims(what string, kinds []ingest.TaskKind, now time.Time, limit int, want ...*ingest.Task) {
	f.Helper()
	lease := now.Add(time.Minute)
	for _, k := range want {
		k.State, k.Lease, k.Attempts = ingest.TaskRunning, lease, k.Attempts+1
	}
	var got []*ingest.Task
	f.update(func(tx ingest.Tx) (err error) {
		got, err = tx.ClaimTasks(kinds, now, lease, 0, limit)
		return err
	})
	f.same(what, got, want)
}

func tasks(f *fixture) {
	k := &ingest.Task{UUID: f.uuid(), Company: 1, Job: 2, Asset: 3, Version: 4, Kind: ingest.TaskInspect, Params: []byte(`{"a":1}`),
		State: ingest.TaskQueued, Attempts: 5, RunAt: noon, Lease: noon.Add(1), Error: "e", Created: noon, Finished: noon.Add(time.Second)}
	k.Lease = noon.Add(time.Second)
	other := &ingest.Task{UUID: f.uuid(), Asset: 3, Version: 5, Kind: "parked-option", State: ingest.TaskParked, Created: noon}
	f.update(func(tx ingest.Tx) error {
		if err := tx.CreateTask(k); err != nil {
			return err
		}
		return tx.CreateTask(other)
	})
	read := func() {
		f.Helper()
		expect(f, "Task", k, func(tx ingest.Tx) (*ingest.Task, error) { return tx.Task(k.Number) })
	}
	read()
	k.State, k.RunAt, k.Lease, k.Error, k.Finished = ingest.TaskDone, noon.Add(time.Hour), time.Time{}, "", noon.Add(time.Minute)
	k.Attempts, k.Params = 4, []byte(`{"next":7}`)
	f.update(func(tx ingest.Tx) error {
		changed := *k
		changed.Kind = "other" // not stored
		return tx.UpdateTask(&changed)
	})
	read()
	of := func(asset, version ingest.Number, want ...*ingest.Task) {
		f.Helper()
		expect(f, "TasksOf", want, func(tx ingest.Tx) ([]*ingest.Task, error) { return tx.TasksOf(asset, version) })
	}
	of(3, 0, k, other)
	of(3, 5, other)
	of(4, 0)
	f.missing("Task", func(tx ingest.Tx) error { _, err := tx.Task(999); return err })
	f.missing("UpdateTask", func(tx ingest.Tx) error { return tx.UpdateTask(&ingest.Task{Number: 999}) })
}

func taskClaims(f *fixture) {
	const a, b, c = ingest.TaskInspect, ingest.TaskDigest, ingest.TaskKind("other")
	late := f.task(a, ingest.TaskQueued, noon)
	early := f.task(b, ingest.TaskQueued, noon.Add(-time.Hour))
	first := f.task(a, ingest.TaskQueued, time.Time{}) // due at once
	second := f.task(a, ingest.TaskQueued, noon.Add(-time.Minute))
	future := f.task(a, ingest.TaskQueued, noon.Add(time.Microsecond))
	foreign := f.task(c, ingest.TaskQueued, noon)
	for _, state := range []ingest.TaskState{ingest.TaskParked, ingest.TaskDone, ingest.TaskFailed, ingest.TaskCancelled} {
		f.task(a, state, noon.Add(-time.Hour))
	}
	both := []ingest.TaskKind{a, b}
	f.claims("no kinds", nil, noon, 9)
	f.claims("no limit", both, noon, 0)
	f.claims("too early", both, noon.Add(-2*time.Hour), 9, first)
	first.State, first.Lease = ingest.TaskDone, time.Time{}
	f.update(func(tx ingest.Tx) error { return tx.UpdateTask(first) })
	f.claims("those that waited longest", both, noon, 2, early, second)
	f.claims("the rest", both, noon, 9, late)
	f.claims("nothing left", both, noon, 9)
	f.claims("another kind", []ingest.TaskKind{c}, noon, 9, foreign)
	f.claims("when its time has come", both, noon.Add(time.Microsecond), 9, future)
}

func taskLeases(f *fixture) {
	kinds := []ingest.TaskKind{ingest.TaskInspect}
	k := f.task(ingest.TaskInspect, ingest.TaskQueued, noon)
	f.claims("first", kinds, noon, 9, k)
	f.claims("while leased", kinds, noon.Add(59*time.Second), 9)
	f.claims("after the lease", kinds, noon.Add(time.Minute), 9, k)
	if k.Attempts != 2 {
		f.Errorf("attempts = %d, want 2", k.Attempts)
	}
	k.Lease = noon.Add(time.Hour) // extended
	f.update(func(tx ingest.Tx) error { return tx.UpdateTask(k) })
	f.claims("while the lease is extended", kinds, noon.Add(time.Hour-1), 9)
	k.State, k.RunAt, k.Lease, k.Error = ingest.TaskQueued, noon.Add(2*time.Hour), time.Time{}, "try again"
	f.update(func(tx ingest.Tx) error { return tx.UpdateTask(k) })
	f.claims("before the retry", kinds, noon.Add(time.Hour), 9)
	f.claims("the retry", kinds, noon.Add(2*time.Hour), 9, k)
	k.State, k.Lease, k.Finished = ingest.TaskDone, time.Time{}, noon
	f.update(func(tx ingest.Tx) error { return tx.UpdateTask(k) })
	f.claims("when done", kinds, noon.Add(100*time.Hour), 9)
}

// taskTurns: the jobs behind the one that was served last come first, and of a job
// what has waited longest, whatever its kind.
func taskTurns(f *fixture) {
	task := func(job ingest.Number, kind ingest.TaskKind, after time.Duration) *ingest.Task {
		k := &ingest.Task{UUID: f.uuid(), Company: 1, Job: job, Kind: kind, State: ingest.TaskQueued, RunAt: noon.Add(after), Created: noon}
		f.update(func(tx ingest.Tx) error { return tx.CreateTask(k) })
		return k
	}
	late, early := task(4, ingest.TaskInspect, time.Minute), task(4, ingest.TaskDigest, 0)
	loose, first, last := task(0, ingest.TaskInspect, 0), task(2, ingest.TaskInspect, time.Hour), task(9, ingest.TaskDigest, time.Hour)
	task(3, ingest.TaskInspect, 2*time.Hour) // not yet
	turn := func(after ingest.Number, limit int, want ...*ingest.Task) {
		f.Helper()
		var got []ingest.Number
		f.update(func(tx ingest.Tx) error {
			tasks, err := tx.ClaimTasks([]ingest.TaskKind{ingest.TaskInspect, ingest.TaskDigest}, noon.Add(time.Hour), noon.Add(3*time.Hour), after, limit)
			got = numbers(tasks, func(k *ingest.Task) ingest.Number { return k.Number })
			return err
		})
		if wanted := numbers(want, func(k *ingest.Task) ingest.Number { return k.Number }); !slices.Equal(got, wanted) {
			f.Errorf("after job %d: %v, want %v", after, got, wanted)
		}
	}
	turn(2, 1, early)
	turn(4, 2, last, loose)
	turn(9, 9, first, late)
}

func requeueTasks(f *fixture) {
	kinds := []ingest.TaskKind{ingest.TaskInspect, ingest.TaskDigest}
	running, digest := f.task(ingest.TaskInspect, ingest.TaskQueued, noon), f.task(ingest.TaskDigest, ingest.TaskQueued, noon)
	foreign := f.task("other", ingest.TaskQueued, noon)
	done := f.task(ingest.TaskInspect, ingest.TaskQueued, noon)
	f.claims("all", append(kinds, "other"), noon, 9, running, digest, foreign, done)
	done.State, done.Lease = ingest.TaskDone, time.Time{}
	f.update(func(tx ingest.Tx) error { return tx.UpdateTask(done) })
	later := f.task(ingest.TaskInspect, ingest.TaskQueued, noon.Add(time.Hour))
	parked := f.task(ingest.TaskInspect, ingest.TaskParked, noon)
	back := noon.Add(time.Second)
	f.update(func(tx ingest.Tx) error { return tx.RequeueTasks(kinds, back) })
	for _, k := range []*ingest.Task{running, digest} {
		k.State, k.RunAt, k.Lease = ingest.TaskQueued, back, time.Time{}
	}
	for _, k := range []*ingest.Task{running, digest, foreign, done, later, parked} {
		expect(f, "Task", k, func(tx ingest.Tx) (*ingest.Task, error) { return tx.Task(k.Number) })
	}
	f.claims("before their time", kinds, noon, 9)
	f.claims("again", kinds, back, 9, running, digest)
}

func hastenTasks(f *fixture) {
	kinds := []ingest.TaskKind{ingest.TaskInspect, ingest.TaskDigest}
	latest := noon.Add(time.Minute)
	running := f.task(ingest.TaskInspect, ingest.TaskQueued, noon)
	f.claims("one", kinds, noon.Add(time.Hour), 9, running) // leased until after latest
	far, farther := f.task(ingest.TaskInspect, ingest.TaskQueued, latest.Add(time.Second)), f.task(ingest.TaskDigest, ingest.TaskQueued, latest.Add(24*time.Hour))
	near := f.task(ingest.TaskInspect, ingest.TaskQueued, latest)
	foreign := f.task("other", ingest.TaskQueued, latest.Add(time.Hour))
	parked := f.task(ingest.TaskInspect, ingest.TaskParked, latest.Add(time.Hour))
	f.update(func(tx ingest.Tx) error { return tx.HastenTasks(kinds, latest, noon) })
	far.RunAt, farther.RunAt = noon, noon
	for _, k := range []*ingest.Task{running, far, farther, near, foreign, parked} {
		expect(f, "Task", k, func(tx ingest.Tx) (*ingest.Task, error) { return tx.Task(k.Number) })
	}
	f.claims("before their time", kinds, noon.Add(-1), 9)
	f.claims("at once", kinds, noon, 9, far, farther)
}

func deleteLooseTasks(f *fixture) {
	ended := func(k ingest.Task) *ingest.Task {
		k.UUID, k.Company, k.Kind, k.RunAt, k.Created = f.uuid(), 1, ingest.TaskPush, noon, noon
		f.update(func(tx ingest.Tx) error { return tx.CreateTask(&k) })
		return &k
	}
	later := noon.Add(time.Hour)
	first, second := ended(ingest.Task{State: ingest.TaskDone, Finished: noon}), ended(ingest.Task{State: ingest.TaskFailed, Finished: noon})
	third := ended(ingest.Task{State: ingest.TaskDone, Finished: noon})
	kept := []*ingest.Task{
		ended(ingest.Task{State: ingest.TaskDone, Finished: later}), ended(ingest.Task{State: ingest.TaskQueued}), ended(ingest.Task{State: ingest.TaskParked}),
		ended(ingest.Task{State: ingest.TaskRunning}), ended(ingest.Task{State: ingest.TaskDone, Finished: noon, Job: 1}),
		ended(ingest.Task{State: ingest.TaskDone, Finished: noon, Asset: 1, Version: 1}),
	}
	removes := func(want int, left ...*ingest.Task) {
		f.Helper()
		f.update(func(tx ingest.Tx) error {
			n, err := tx.DeleteLooseTasks(later, 2)
			if n != want {
				f.Errorf("removed %d, want %d", n, want)
			}
			return err
		})
		for _, k := range append(left, kept...) {
			expect(f, "Task", k, func(tx ingest.Tx) (*ingest.Task, error) { return tx.Task(k.Number) })
		}
	}
	removes(2, third)
	removes(1)
	for _, k := range []*ingest.Task{first, second, third} {
		f.view(func(tx ingest.Tx) error {
			if _, err := tx.Task(k.Number); ingest.KindOf(err) != ingest.NotFound {
				f.Errorf("task %d: %v, want NotFound", k.Number, err)
			}
			return nil
		})
	}
}

func nextRun(f *fixture) {
	kinds := []ingest.TaskKind{ingest.TaskInspect, ingest.TaskDigest}
	next := func(what string, kinds []ingest.TaskKind, want time.Time, queued bool) {
		f.Helper()
		f.view(func(tx ingest.Tx) error {
			got, ok, err := tx.NextRun(kinds)
			if !got.Equal(want) || ok != queued {
				f.Errorf("%s: NextRun = %v, %v, want %v, %v", what, got, ok, want, queued)
			}
			return err
		})
	}
	next("empty", kinds, time.Time{}, false)
	f.task(ingest.TaskInspect, ingest.TaskParked, noon)
	f.task("other", ingest.TaskQueued, noon)
	next("nothing queued", kinds, time.Time{}, false)
	f.task(ingest.TaskInspect, ingest.TaskQueued, noon.Add(time.Hour))
	k := f.task(ingest.TaskDigest, ingest.TaskQueued, noon)
	next("earliest of the kinds", kinds, noon, true)
	next("one kind", kinds[:1], noon.Add(time.Hour), true)
	next("no kinds", nil, time.Time{}, false)
	f.claims("claim", kinds, noon, 1, k)
	next("a running one when its lease passes", kinds, k.Lease, true)
	k.State, k.Finished = ingest.TaskDone, noon
	f.update(func(tx ingest.Tx) error { return tx.UpdateTask(k) })
	next("one that is done does not count", kinds, noon.Add(time.Hour), true)
	f.task(ingest.TaskDigest, ingest.TaskQueued, time.Time{})
	next("at once", kinds, time.Time{}, true)
}
