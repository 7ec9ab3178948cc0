package engine

import (
	"context"
	"time"

	"sluice/internal/ingest"
)

// LongSteps is the queue of the steps that may take hours: encoding videos and
// unpacking archives. Workers of their own run them, so that no thumbnail waits for
// them. It is safe for concurrent use.
type LongSteps struct{ *Engine }

// longSteps lists the kinds of long steps.
func longSteps() []ingest.TaskKind { return []ingest.TaskKind{ingest.TaskEncode, ingest.TaskUnpack} }

// ClaimTasks is Engine.ClaimTasks for long steps.
func (s LongSteps) ClaimTasks(ctx context.Context, limit int) ([]*ingest.Task, error) {
	return s.claim(ctx, longSteps(), limit, taskAttempts)
}

// NextTask is Engine.NextTask for long steps.
func (s LongSteps) NextTask(ctx context.Context) (at time.Time, ok bool, err error) {
	err = s.store.View(ctx, func(tx ingest.Tx) error {
		at, ok, err = tx.NextRun(longSteps())
		return err
	})
	return at, ok, err
}

// Wake is sent to when a long step may be ready to run.
func (s LongSteps) Wake() <-chan struct{} { return s.wakeLong }
