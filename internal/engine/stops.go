package engine

import (
	"context"
	"errors"
	"sync"

	"sluice/internal/ingest"
)

// errStopped is why the context of a run ended whose job was stopped.
var errStopped = errors.New("the job was stopped")

// stops knows the runs of tasks under way, so that stopping a job ends those of it.
// Its zero value has none.
type stops struct {
	mu    sync.Mutex
	byJob map[ingest.Number]map[*context.CancelCauseFunc]struct{}
}

// add keeps the end of a run until remove is called.
func (s *stops) add(job ingest.Number, cancel context.CancelCauseFunc) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byJob == nil {
		s.byJob = map[ingest.Number]map[*context.CancelCauseFunc]struct{}{}
	}
	if s.byJob[job] == nil {
		s.byJob[job] = map[*context.CancelCauseFunc]struct{}{}
	}
	run := &cancel
	s.byJob[job][run] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byJob[job], run)
		if len(s.byJob[job]) == 0 {
			delete(s.byJob, job)
		}
	}
}

// stop ends the runs of a job.
func (s *stops) stop(job ingest.Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for run := range s.byJob[job] {
		(*run)(errStopped)
	}
}

// Watch returns a context for the run of a task that was claimed. It ends with ctx,
// and as soon as the task's job is stopped; the run is then to be given back with
// ReleaseTask, which cancels the task. The caller calls release when the run is over.
// Digests belong to the file, not to the job: no stop ends them.
func (e *Engine) Watch(ctx context.Context, t *ingest.Task) (run context.Context, release func()) {
	if t.Job == 0 || t.Kind == ingest.TaskDigest {
		return ctx, func() {}
	}
	run, cancel := context.WithCancelCause(ctx)
	remove, end := e.stops.add(t.Job, cancel), e.runs.begin(t, e.now())
	// A stop before this line did not see the run, so its mark is looked for.
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		j, err := tx.Job(t.Job)
		if err == nil && j.State == ingest.JobStopping {
			cancel(errStopped)
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		e.log.Warn("whether a job was stopped could not be read", "job", t.Job, "error", err)
	}
	return run, func() { end(); remove(); cancel(nil) }
}
