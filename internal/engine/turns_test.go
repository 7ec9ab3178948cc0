package engine_test

import (
	"testing"
	"time"

	"sluice/internal/ingest"
)

// However many files a job has, those of another one do not wait until all of them are
// done.
func TestJobsTakeTurns(t *testing.T) {
	w := newWorld(t)
	big, _ := w.deliver(w.editor, w.job("big"), file{"", "a.jpg", jpeg}, file{"", "b.jpg", jpeg}, file{"", "c.jpg", jpeg})
	w.clock.move(time.Second)
	small, _ := w.deliver(w.editor, w.job("small"), file{"", "d.jpg", jpeg}, file{"", "e.jpg", jpeg})
	var served []ingest.Number
	for range 5 {
		tasks, err := w.engine.ClaimTasks(w.ctx, 1)
		w.ok(err)
		for _, k := range tasks {
			served = append(served, k.Job)
		}
	}
	matches(t, "jobs served", served, []ingest.Number{big.Number, small.Number, big.Number, small.Number, big.Number})
}
