// Package jobs runs the tasks of the durable queue: it claims them from the
// engine, hands each to the handler of its kind and reports the outcome.
//
// The queue itself is rows of the store, written in the transaction that causes
// them; this package keeps no state that a crash could lose. A task may run more
// than once; handlers are idempotent.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Handler runs one task. A nil failure means that the result is to be stored.
type Handler func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure)

// Queue is what the workers need of the engine.
type Queue interface {
	ClaimTasks(ctx context.Context, limit int) ([]*ingest.Task, error)
	NextTask(ctx context.Context) (time.Time, bool, error)
	RenewTask(ctx context.Context, t *ingest.Task) error
	CompleteTask(ctx context.Context, t *ingest.Task, r engine.TaskResult) error
	FailTask(ctx context.Context, t *ingest.Task, f engine.Failure) error
	ReleaseTask(ctx context.Context, t *ingest.Task) error
	// Report notes how far the run of a task has come, from 0 to 1.
	Report(ctx context.Context, t *ingest.Task, done float64)
	// Watch returns a context for a run that also ends when nobody wants it any more.
	Watch(ctx context.Context, t *ingest.Task) (run context.Context, release func())
	Wake() <-chan struct{}
}

// Workers runs up to Size tasks at a time.
type Workers struct {
	Queue    Queue
	Handlers map[ingest.TaskKind]Handler
	Size     int
	Now      func() time.Time
	Log      *slog.Logger
	// Ended, if set, is told of every run that ended: "done", "failed" or "released".
	Ended func(kind ingest.TaskKind, outcome string)
}

// Waits between looks at the queue when nothing wakes the workers: other
// processes may queue tasks, and leases of dead ones pass.
const (
	idleWait  = 30 * time.Second
	errorWait = 2 * time.Second
)

// renewEvery is how often the lease of a task is renewed while it runs, so that
// only a run that died is taken over. It must be well below the lease.
const renewEvery = time.Minute

// Run works until ctx ends, and returns when the runs under way have ended:
// these are given back to the queue.
func (w *Workers) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, w.Size)
	finished := make(chan struct{}, 1)
	for {
		free := w.Size - len(slots)
		wait := idleWait
		if free > 0 {
			claimed, err := w.claim(ctx, free)
			if err != nil && ctx.Err() == nil {
				w.Log.Error("tasks could not be claimed", "error", err)
				wait = errorWait
			}
			for _, t := range claimed {
				slots <- struct{}{}
				running.Go(func() {
					w.run(ctx, t)
					<-slots
					select {
					case finished <- struct{}{}:
					default:
					}
				})
			}
			if len(claimed) == free {
				wait = idleWait // all hands are busy: the end of a run is the next event
			} else if err == nil {
				wait = w.untilNext(ctx)
			}
		}
		if !w.rest(ctx, wait, finished) {
			return
		}
	}
}

// claim looks before it takes, so that an idle queue costs no write.
func (w *Workers) claim(ctx context.Context, limit int) ([]*ingest.Task, error) {
	at, ok, err := w.Queue.NextTask(ctx)
	if err != nil || !ok || at.After(w.Now()) {
		return nil, err
	}
	return w.Queue.ClaimTasks(ctx, limit)
}

func (w *Workers) untilNext(ctx context.Context) time.Duration {
	at, ok, err := w.Queue.NextTask(ctx)
	if err != nil || !ok {
		return idleWait
	}
	return min(max(at.Sub(w.Now()), time.Millisecond), idleWait)
}

// rest waits for something to do and reports whether to go on.
func (w *Workers) rest(ctx context.Context, wait time.Duration, finished <-chan struct{}) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-finished:
	case <-w.Queue.Wake():
	}
	return ctx.Err() == nil
}

// run carries out one task and reports how it ended, whatever happens to ctx. A run
// that failed after it had become unwanted, because the server or the task's job is
// being stopped, is given back: the queue knows what becomes of the task.
func (w *Workers) run(ctx context.Context, t *ingest.Task) {
	defer w.renew(ctx, t)() // until its end is recorded: storing large results takes time too
	watched, release := w.Queue.Watch(ctx, t)
	result, failure := w.handle(reporting(watched, func(done float64) { w.Queue.Report(watched, t, done) }), t)
	unwanted := watched.Err() != nil
	release()
	if result.Intake != nil {
		defer result.Intake.Close()
	}
	report := context.WithoutCancel(ctx)
	outcome := "done"
	var err error
	switch {
	case failure != nil && unwanted:
		outcome = "released"
		err = w.Queue.ReleaseTask(report, t)
	case failure != nil:
		outcome = "failed"
		err = w.Queue.FailTask(report, t, *failure)
	default:
		if err = w.Queue.CompleteTask(report, t, result); err != nil {
			outcome = "failed"
			w.Log.Error("a task's result could not be stored", "task", t.UUID, "kind", t.Kind, "error", err)
			err = w.Queue.FailTask(report, t, engine.Failure{Reason: "the result could not be stored"})
		}
	}
	if err != nil {
		w.Log.Error("the end of a task could not be recorded", "task", t.UUID, "kind", t.Kind, "error", err)
	}
	if w.Ended != nil {
		w.Ended(t.Kind, outcome)
	}
}

// renew keeps a task's lease from passing until stop is called.
func (w *Workers) renew(ctx context.Context, t *ingest.Task) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(renewEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := w.Queue.RenewTask(ctx, t); err != nil && ctx.Err() == nil {
					w.Log.Warn("the lease of a task could not be renewed", "task", t.UUID, "kind", t.Kind, "error", err)
				}
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

// handle calls the handler and turns its panics into failures.
func (w *Workers) handle(ctx context.Context, t *ingest.Task) (result engine.TaskResult, failure *engine.Failure) {
	defer func() {
		if r := recover(); r != nil {
			w.Log.Error("a task panicked", "task", t.UUID, "kind", t.Kind, "panic", r, "stack", string(debug.Stack()))
			failure = &engine.Failure{Reason: "an internal error"}
		}
	}()
	h := w.Handlers[t.Kind]
	if h == nil {
		return result, &engine.Failure{Reason: fmt.Sprintf("this server cannot run %s", t.Kind), Final: true}
	}
	return h(ctx, t)
}

// dropUnless closes what a run has received, unless its result has it. A handler defers
// it with the result that it is about to return, so that nothing stays of a run that
// fails or panics.
func dropUnless(result *engine.TaskResult, in *engine.Intake) {
	if result.Intake != in {
		in.Close()
	}
}
