package engine

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// goneTime is how long an address that has ended is answered as gone, before it is
// unknown (softphone contract, section 11).
const goneTime = 30 * 24 * time.Hour

// endBatch is how many links or transfers one transaction ends.
const endBatch = 50

// SharedFile is a file that whoever knows a token may read; the caller closes Bytes.
// Name and ContentType are those to be served.
type SharedFile struct {
	*File
	Expires time.Time
}

// mediaLifetimeOf is how long media of a company can be fetched.
func (e *Engine) mediaLifetimeOf(c *ingest.Company) time.Duration {
	if c.Settings.Softphone.MediaLifetime > 0 {
		return c.Settings.Softphone.MediaLifetime
	}
	return e.mediaLifetime
}

func unknownMedia() error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.OpenMedia", Msg: "there is no such file"}
}

func goneMedia() error {
	return &ingest.Error{Kind: ingest.Gone, Op: "engine.OpenMedia", Msg: "the file is not available any more"}
}

// OpenMedia opens the file of a media link for whoever knows its token. It is Gone
// for 30 days after its time, and when the asset has been removed; NotFound
// otherwise.
func (e *Engine) OpenMedia(ctx context.Context, token string) (*SharedFile, error) {
	f := &SharedFile{}
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		l, err := tx.MediaLinkByToken(tokenSum(token))
		if err != nil {
			if ingest.KindOf(err) == ingest.NotFound {
				err = unknownMedia()
			}
			return err
		}
		f.Expires = l.Expires
		f.File, err = e.shared(tx, l.Company, l.Asset, l.Expires, l.Ended)
		if err == nil && f.File.ordinal == 1 { // as it was sent; a replacement has a name and a type of its own
			f.Name, f.ContentType = l.Name, l.ContentType
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, e.openShared(ctx, f)
}

// shared finds the current version of an asset that an address with an end leads to.
func (e *Engine) shared(tx ingest.Tx, company, asset ingest.Number, expires time.Time, ended bool) (*File, error) {
	now := e.now()
	if !now.Before(expires.Add(goneTime)) {
		return nil, unknownMedia()
	}
	if ended || !now.Before(expires) {
		return nil, goneMedia()
	}
	c, err := tx.Company(company)
	if err != nil {
		return nil, err
	}
	if e.expired(ingest.Principal{}, c) != nil {
		return nil, unknownMedia()
	}
	a, err := tx.Asset(asset)
	if err != nil {
		return nil, err
	}
	if !a.Trashed.IsZero() || a.Version == 0 {
		return nil, goneMedia()
	}
	v, err := tx.Version(a.Version)
	if err != nil {
		return nil, err
	}
	return &File{
		Name: a.FileName, ContentType: a.Media.ContentType, SHA256: v.Blob.SHA256, Version: v.Number, Blob: v.Blob, Modified: v.Created, ordinal: v.Ordinal,
	}, nil
}

// openShared opens the bytes. A file that was removed between look-up and opening is
// gone.
func (e *Engine) openShared(ctx context.Context, f *SharedFile) (err error) {
	f.Bytes, err = e.blobs.Open(ctx, f.Blob.Key)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		err = goneMedia()
	}
	return err
}

// OwnMedia returns the link of a file that the caller has sent in a company and that
// can still be fetched; NotFound for any other.
func (e *Engine) OwnMedia(ctx context.Context, p ingest.Principal, company ingest.Number, token string) (l *ingest.MediaLink, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		l, err = tx.MediaLinkByToken(tokenSum(token))
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil || l.Company != company || l.User != p.User || l.Ended || !e.now().Before(l.Expires) {
			return unknownMedia()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// expireMedia removes the files of links whose time is over.
func (e *Engine) expireMedia(ctx context.Context) error {
	return e.endShared(ctx, func(tx ingest.Tx, now time.Time) ([]sharedEnd, error) {
		links, err := tx.ExpiredMediaLinks(now, endBatch)
		ends := make([]sharedEnd, len(links))
		for i, l := range links {
			ends[i] = sharedEnd{asset: l.Asset, expires: l.Expires, end: func(tx ingest.Tx) error { return tx.EndMediaLink(l.Number) }}
		}
		return ends, err
	})
}

// forgetEnded removes links, transfers and calls to servers that ended so long ago that
// nobody asks for them.
func (e *Engine) forgetEnded(ctx context.Context) error {
	for _, forget := range []func(ingest.Tx, time.Time, int) (int, error){
		ingest.Tx.DeleteMediaLinks, ingest.Tx.DeleteTransfers, ingest.Tx.DeleteLooseTasks,
	} {
		for removed := sweepBatch; removed == sweepBatch; {
			err := e.store.Update(ctx, func(tx ingest.Tx) (err error) {
				removed, err = forget(tx, e.now().Add(-goneTime), sweepBatch)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sharedEnd is an address whose time is over.
type sharedEnd struct {
	asset   ingest.Number // 0 = it has no file
	expires time.Time
	end     func(ingest.Tx) error
}

// endShared ends what has expired, in small batches, and looks before it writes.
func (e *Engine) endShared(ctx context.Context, expired func(ingest.Tx, time.Time) ([]sharedEnd, error)) error {
	for {
		var found int
		err := e.store.View(ctx, func(tx ingest.Tx) error {
			ends, err := expired(tx, e.now())
			found = len(ends)
			return err
		})
		if err != nil || found == 0 {
			return err
		}
		var dropped []ingest.BlobKey
		err = e.store.Update(ctx, func(tx ingest.Tx) error {
			dropped = nil
			ends, err := expired(tx, e.now())
			if err != nil {
				return err
			}
			for _, s := range ends {
				keys, err := e.removeShared(tx, s)
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
		if err != nil || found < endBatch {
			return err
		}
	}
}

// removeShared removes one file for good and says so in the log of the job that
// brought it.
func (e *Engine) removeShared(tx ingest.Tx, s sharedEnd) ([]ingest.BlobKey, error) {
	if s.asset == 0 {
		return nil, s.end(tx)
	}
	a, err := tx.Asset(s.asset)
	if err != nil {
		return nil, err
	}
	if a.Emptied {
		return nil, s.end(tx)
	}
	c, err := tx.Company(a.Company)
	if err != nil {
		return nil, err
	}
	v, err := tx.Version(a.Version)
	if err != nil {
		return nil, err
	}
	keys, err := e.trash(tx, ingest.Principal{}, c, a)
	if err != nil {
		return nil, err
	}
	if !a.Emptied {
		more, err := e.empty(tx, a)
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	err = appendLog(tx, ingest.LogRow{
		Job: v.Job, Time: e.now(), Type: ingest.LogDeleteSuccess, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
		Message: fmt.Sprintf("%s/%s%s was deleted: its time ended at %s.", c.Name, a.Path, a.FileName, s.expires.UTC().Format(time.RFC3339)),
	})
	if err != nil {
		return nil, err
	}
	return keys, s.end(tx)
}
