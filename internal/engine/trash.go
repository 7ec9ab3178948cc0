package engine

import (
	"context"
	"time"

	"sluice/internal/ingest"
)

// trashLifetime is how long an asset stays in the trash before that is emptied.
const trashLifetime = 7 * 24 * time.Hour

// trash puts an asset into the trash, with the views of it and the files related to
// it. Where the company deletes at once it is emptied; the blob keys are those that
// may be dropped then.
func (e *Engine) trash(tx ingest.Tx, p ingest.Principal, c *ingest.Company, a *ingest.Asset) (dropped []ingest.BlobKey, err error) {
	if !a.Trashed.IsZero() {
		return nil, nil // a view that went with its owner in the same request
	}
	now := e.now()
	a.Trashed, a.Modified, a.ModifiedBy = now, now, p.User
	if err := tx.UpdateAsset(a); err != nil {
		return nil, err
	}
	if err := tx.Emit(ingest.Event{Company: a.Company, Time: now, Kind: ingest.EventAssetTrashed, Subject: a.UUID, User: p.User}); err != nil {
		return nil, err
	}
	with, err := attendants(tx, a)
	if err != nil {
		return nil, err
	}
	for _, other := range with {
		keys, err := e.trash(tx, p, c, other)
		if err != nil {
			return nil, err
		}
		dropped = append(dropped, keys...)
	}
	if c.Settings.ImmediateDelete {
		keys, err := e.empty(tx, a)
		return append(dropped, keys...), err
	}
	return dropped, nil
}

// empty removes everything of an asset but the memory that there was one.
func (e *Engine) empty(tx ingest.Tx, a *ingest.Asset) ([]ingest.BlobKey, error) {
	parts, err := tx.LinksFrom(ingest.LinkPagePart, []ingest.Number{a.Number})
	if err != nil {
		return nil, err
	}
	keys, err := tx.EmptyAsset(a.Number) // with its links
	if err != nil {
		return nil, err
	}
	for _, l := range parts {
		if err := e.orphan(tx, l.To); err != nil {
			return nil, err
		}
	}
	a.Emptied, a.Size, a.SHA256, a.Publish = true, 0, nil, 0
	if err := tx.UpdateAsset(a); err != nil {
		return nil, err
	}
	return keys, e.libraryChanged(tx, ingest.Principal{}, a.Company, a.UUID)
}

// dropBlobs deletes those of the blobs that nothing refers to any more.
func (e *Engine) dropBlobs(ctx context.Context, keys []ingest.BlobKey) error {
	for len(keys) > 0 {
		batch := keys[:min(len(keys), sweepBatch)]
		keys = keys[len(batch):]
		unused, err := e.unused(ctx, batch)
		if err != nil {
			return err
		}
		for _, key := range unused {
			if err := e.blobs.Delete(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// TrashAssets puts assets into the trash.
func (e *Engine) TrashAssets(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number) (Batch, error) {
	return e.discard(ctx, p, company, assets, func(tx ingest.Tx, s *sight, c *ingest.Company, n ingest.Number) ([]ingest.BlobKey, error) {
		a, err := s.assetOf(n, ingest.PermitRead, ingest.PermitDelete)
		if err != nil {
			return nil, err
		}
		return e.trash(tx, p, c, a)
	})
}

// EmptyTrash removes assets that are in the trash for good.
func (e *Engine) EmptyTrash(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number) (Batch, error) {
	return e.discard(ctx, p, company, assets, func(tx ingest.Tx, s *sight, _ *ingest.Company, n ingest.Number) ([]ingest.BlobKey, error) {
		a, err := s.trashedAsset(n, ingest.PermitRead, ingest.PermitDelete)
		if err != nil {
			return nil, err
		}
		return e.empty(tx, a)
	})
}

// discard runs a batch whose items may leave blobs behind.
func (e *Engine) discard(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number, one func(ingest.Tx, *sight, *ingest.Company, ingest.Number) ([]ingest.BlobKey, error)) (b Batch, err error) {
	var dropped []ingest.BlobKey
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		b, dropped = Batch{}, nil
		c, err := e.authorize(tx, p, company, rightOverwrite)
		if err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		for i, n := range assets {
			keys, err := one(tx, s, c, n)
			dropped = append(dropped, keys...)
			if err := b.note(i, err); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return b, err
	}
	return b, e.dropBlobs(ctx, dropped)
}

// trashedAsset returns an asset of the company that is in the trash.
func (s *sight) trashedAsset(number ingest.Number, permissions ...ingest.Permission) (*ingest.Asset, error) {
	a, err := s.tx.Asset(number)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || a.Company != s.company || a.Trashed.IsZero() || a.Emptied {
		return nil, unknownAsset(number)
	}
	return a, s.require(a, permissions...)
}

// Restore brings assets back from the trash to where they were; folders that were
// deleted meanwhile are made again.
func (e *Engine) Restore(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number) (Batch, error) {
	return e.batch(ctx, p, company, len(assets), func(tx ingest.Tx, s *sight, i int) error {
		a, err := s.trashedAsset(assets[i], ingest.PermitRead, ingest.PermitDelete)
		if err != nil {
			return err
		}
		return e.restore(tx, p, a)
	})
}

// restore brings an asset back from the trash with the views of it and the files
// related to it that are there: all of them or, when a folder has one of the names
// now, none.
func (e *Engine) restore(tx ingest.Tx, p ingest.Principal, a *ingest.Asset) error {
	back, left, err := comingBack(tx, a)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return nameInUse(left[0].Name)
	}
	return e.bringBack(tx, p, back)
}

// comingBack lists what comes back from the trash with an asset, the asset first, and
// what cannot because a folder has its name now. What only went with the latter is in
// neither list.
func comingBack(tx ingest.Tx, a *ingest.Asset) (back, left []*ingest.Asset, err error) {
	seen := map[ingest.Number]bool{a.Number: true}
	for next := []*ingest.Asset{a}; len(next) > 0; next = next[1:] {
		one := next[0]
		taken, err := folderNamed(tx, one.Company, one.Path+one.Name+"/")
		if err != nil {
			return nil, nil, err
		}
		if taken {
			left = append(left, one)
			continue
		}
		back = append(back, one)
		with, err := attendants(tx, one)
		if err != nil {
			return nil, nil, err
		}
		for _, other := range with {
			if !seen[other.Number] && !other.Trashed.IsZero() && !other.Emptied {
				seen[other.Number] = true
				next = append(next, other)
			}
		}
	}
	return back, left, nil
}

// bringBack puts assets of the trash back to where they were.
func (e *Engine) bringBack(tx ingest.Tx, p ingest.Principal, list []*ingest.Asset) error {
	for _, a := range list {
		folder, err := e.folderAt(tx, a.Company, a.Path)
		if err != nil {
			return err
		}
		a.Folder, a.Trashed = folder.Number, time.Time{}
		if err := e.changed(tx, p, a); err != nil {
			return err
		}
	}
	return nil
}

// emptyOldTrash empties what has been in the trash for long enough.
func (e *Engine) emptyOldTrash(ctx context.Context) error {
	return e.removeOld(ctx, e.empty, func(tx ingest.Tx) ([]*ingest.Asset, error) {
		return tx.TrashedBefore(e.now().Add(-trashLifetime), sweepBatch)
	})
}

// removeOld removes assets for good whose time is over, and the bytes that nothing
// refers to then. old finds up to sweepBatch of them; those that were removed it must
// not find again.
func (e *Engine) removeOld(ctx context.Context, remove func(ingest.Tx, *ingest.Asset) ([]ingest.BlobKey, error), old func(ingest.Tx) ([]*ingest.Asset, error)) error {
	for {
		var dropped []ingest.BlobKey
		var found int
		err := e.store.Update(ctx, func(tx ingest.Tx) error {
			dropped = nil
			list, err := old(tx)
			if err != nil {
				return err
			}
			found = len(list)
			for _, a := range list {
				keys, err := remove(tx, a)
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
