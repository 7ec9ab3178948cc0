package engine

import (
	"context"
	"time"

	"sluice/internal/ingest"
)

// orphan notes that nothing refers to a part any more, unless a page does or that is
// noted already.
func (e *Engine) orphan(tx ingest.Tx, part ingest.Number) error {
	a, err := tx.Asset(part)
	if err != nil || !a.Part || a.Emptied || !a.Orphaned.IsZero() {
		return err
	}
	owners, err := tx.LinksTo(ingest.LinkPagePart, []ingest.Number{part})
	if err != nil || len(owners) > 0 {
		return err
	}
	a.Orphaned = e.now()
	return tx.UpdateAsset(a)
}

// removeOrphans removes parts that nothing has referred to for long enough.
func (e *Engine) removeOrphans(ctx context.Context) error {
	for {
		var dropped []ingest.BlobKey
		var found int
		err := e.store.Update(ctx, func(tx ingest.Tx) error {
			dropped = nil
			old, err := tx.OrphanedBefore(e.now().Add(-e.orphanLifetime), sweepBatch)
			if err != nil {
				return err
			}
			found = len(old)
			for _, a := range old {
				keys, err := e.removePart(tx, a)
				if err != nil {
					return err
				}
				dropped = append(dropped, keys...)
			}
			return nil
		})
		if err == nil {
			err = e.dropBlobs(ctx, dropped)
		}
		if err != nil || found < sweepBatch {
			return err
		}
	}
}

// removePart removes a part for good; its number is not given again.
func (e *Engine) removePart(tx ingest.Tx, a *ingest.Asset) ([]ingest.BlobKey, error) {
	a.Part, a.Orphaned, a.Trashed = false, time.Time{}, e.now()
	return e.empty(tx, a)
}
