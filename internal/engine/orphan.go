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
	return e.removeOld(ctx, e.removePart, func(tx ingest.Tx) ([]*ingest.Asset, error) {
		return tx.OrphanedBefore(e.now().Add(-e.orphanLifetime), sweepBatch)
	})
}

// removePart removes a part for good; its number is not given again.
func (e *Engine) removePart(tx ingest.Tx, a *ingest.Asset) ([]ingest.BlobKey, error) {
	a.Part, a.Orphaned, a.Trashed = false, time.Time{}, e.now()
	return e.empty(tx, a)
}
