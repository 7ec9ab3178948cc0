package engine

import (
	"context"
	"time"

	"sluice/internal/ingest"
)

// JobSteps is the queue of the steps of whole jobs: fetching, listing, publishing,
// exporting. Workers of their own run them, so that a slow network holds up no
// processing of images. It is safe for concurrent use.
type JobSteps struct{ *Engine }

// ClaimTasks is Engine.ClaimTasks for the steps of jobs.
func (s JobSteps) ClaimTasks(ctx context.Context, limit int) ([]*ingest.Task, error) {
	return s.claim(ctx, jobSteps(), limit, taskAttempts)
}

// NextTask is Engine.NextTask for the steps of jobs.
func (s JobSteps) NextTask(ctx context.Context) (at time.Time, ok bool, err error) {
	err = s.store.View(ctx, func(tx ingest.Tx) error {
		at, ok, err = tx.NextRun(jobSteps())
		return err
	})
	return at, ok, err
}

// Wake is sent to when a step of a job may be ready to run.
func (s JobSteps) Wake() <-chan struct{} { return s.wakeSteps }

// wakeStepWorkers is to be called after an update that may have queued steps of
// jobs.
func (e *Engine) wakeStepWorkers() {
	select {
	case e.wakeSteps <- struct{}{}:
	default:
	}
}
