package engine

import (
	"context"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// How messages that are too old are removed.
const (
	retentionEvery = time.Minute
	retentionBatch = 200 // messages of one transaction
	retentionTurns = 20  // transactions of one company in one turn
)

// retentionWatch remembers when old messages were looked for last.
type retentionWatch struct {
	mu   sync.Mutex
	last time.Time
	day  int64
}

// due reports whether to look, and whether a day has begun since the last look.
func (w *retentionWatch) due(now time.Time) (look, newDay bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if since := now.Sub(w.last); !w.last.IsZero() && since >= 0 && since < retentionEvery {
		return false, false
	}
	newDay = w.day != ingest.DayOf(now)
	w.last, w.day = now, ingest.DayOf(now)
	return true, newDay
}

// endRetention removes messages that companies keep no longer, in small batches, and
// once a day the counters of days that are over and what ended long ago.
func (e *Engine) endRetention(ctx context.Context) error {
	look, newDay := e.retention.due(e.now())
	if !look {
		return nil
	}
	if newDay {
		if err := e.store.Update(ctx, func(tx ingest.Tx) error { return tx.DeleteDayUse(ingest.DayOf(e.now()) - 1) }); err != nil {
			return err
		}
		if err := e.forgetEnded(ctx); err != nil {
			return err
		}
	}
	type old struct {
		company ingest.Number
		before  time.Time
	}
	var due []old
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		companies, err := allCompanies(tx)
		due = nil
		for _, c := range companies {
			keep := c.Settings.Softphone.MessageRetention
			if keep <= 0 {
				keep = ingest.DefaultMessageRetention
			}
			before := e.now().Add(-keep)
			has, err := tx.MessagesBefore(c.Number, before)
			if err != nil {
				return err
			}
			if has {
				due = append(due, old{c.Number, before})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range due {
		for range retentionTurns {
			var removed int
			err := e.store.Update(ctx, func(tx ingest.Tx) (err error) {
				removed, err = tx.DeleteMessages(o.company, o.before, retentionBatch)
				return err
			})
			if err != nil {
				return err
			}
			if removed < retentionBatch {
				break
			}
		}
	}
	return nil
}
