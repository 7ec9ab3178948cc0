package engine

import (
	"context"

	"sluice/internal/ingest"
)

// completion is what the transaction of a completed task leaves to be done.
type completion struct {
	dropped []ingest.BlobKey        // nothing refers to them any more
	used    []*Spool                // rows refer to them
	unused  []ingest.BlobKey        // may be of other assets too
	stored  map[ingest.BlobKey]bool // made by the task itself; rows refer to them
}

// leftovers lists the blobs that nothing refers to, of those that the task made and of those that rows gave up.
func (c *completion) leftovers(fresh []ingest.BlobKey) []ingest.BlobKey {
	list := c.dropped
	for _, key := range fresh {
		if !c.stored[key] {
			list = append(list, key)
		}
	}
	return list
}

// keep lets the spooled files live that rows refer to.
func (c *completion) keep() {
	for _, s := range c.used {
		s.kept = true
	}
}

// readyFile is a derived file whose bytes are stored.
type readyFile struct {
	row   ingest.Derived
	spool *Spool // nil = the blob is the task's own
}

// prepared is a result whose bytes are on stable storage.
type prepared struct {
	derived []readyFile
	made    [][]readyFile // derived files of each of Made
	types   []string      // content type of each of Made
	fresh   []ingest.BlobKey
}

// prepare stores the bytes of a result. The result's Intake has been settled.
func (e *Engine) prepare(ctx context.Context, r TaskResult) (p prepared, err error) {
	if p.derived, err = e.ready(ctx, r.Derived, &p); err != nil {
		return p, err
	}
	for _, m := range r.Made {
		files, err := e.ready(ctx, m.Derived, &p)
		if err != nil {
			return p, err
		}
		kind := m.Media.ContentType
		if kind == "" {
			kind = e.detect(m.Spool.head, lastSegment(slashed(m.FileName)))
		}
		p.made, p.types = append(p.made, files), append(p.types, kind)
	}
	return p, nil
}

func (e *Engine) ready(ctx context.Context, files []DerivedFile, p *prepared) ([]readyFile, error) {
	rows, err := e.storeDerived(ctx, files)
	list := make([]readyFile, len(rows))
	for i, row := range rows {
		list[i] = readyFile{row, files[i].Spool}
		if files[i].Spool == nil {
			p.fresh = append(p.fresh, row.Blob.Key)
		}
	}
	return list, err
}

// putDerived stores the rows of derived files of a version.
func (e *Engine) putDerived(tx ingest.Tx, t *ingest.Task, asset, version ingest.Number, files []readyFile, c *completion) error {
	for _, f := range files {
		d := f.row
		d.Asset, d.Version = asset, version
		keeps, err := e.keepsThumbnail(tx, t, &d)
		if err != nil {
			return err
		}
		if !keeps {
			continue
		}
		old, err := tx.PutDerived(&d)
		if err != nil {
			return err
		}
		if old != "" {
			c.dropped = append(c.dropped, old)
		}
		if f.spool != nil {
			c.used = append(c.used, f.spool)
		} else {
			c.stored[d.Blob.Key] = true
		}
	}
	return nil
}

func (e *Engine) deleteBlobs(ctx context.Context, keys []ingest.BlobKey) (first error) {
	for _, key := range keys {
		if err := e.blobs.Delete(ctx, key); err != nil && first == nil {
			first = err
		}
	}
	return first
}
