package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// MaxThumbnailBytes is the largest thumbnail that a client may give with a file.
const MaxThumbnailBytes = 1 << 20

// Keys of DocThumbnail documents.
const (
	thumbnailOfUpload  = "upload"  // Owner = upload
	thumbnailOfVersion = "version" // Owner = version; waits for its task
	thumbnailTaken     = "taken"   // Owner = version; it is the version's thumbnail
)

// GiveThumbnail keeps a picture that is to stand for the file of an open upload. It
// is looked into when the file has become an asset.
func (e *Engine) GiveThumbnail(ctx context.Context, p ingest.Principal, id ingest.UUID, picture []byte) error {
	if len(picture) > MaxThumbnailBytes {
		return &ingest.Error{Kind: ingest.TooLarge, Op: "engine.GiveThumbnail", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the thumbnail has %d bytes, the limit is %d", len(picture), MaxThumbnailBytes)}
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		u, err := tx.Upload(id)
		if err != nil {
			return err
		}
		if err := mayHandle(p, u, rightUpload); err != nil {
			return err
		}
		if err := e.inTime(tx, p, u.Company); err != nil {
			return err
		}
		if u.State == ingest.UploadSealing || u.State == ingest.UploadDone {
			return nil // too late: the file is an asset, or another call makes it one
		}
		if err := stillOpen(u); err != nil {
			return err
		}
		d, err := tx.DocumentByKey(u.Company, ingest.DocThumbnail, u.Number, thumbnailOfUpload)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil {
			d.Data, d.Modified, d.By = picture, e.now(), p.User
			return tx.UpdateDocument(d)
		}
		d = e.newDocument(p, u.Company, ingest.DocThumbnail, thumbnailOfUpload, "", picture)
		d.Owner = u.Number
		return tx.CreateDocument(d)
	})
}

// thumbnailOf returns the picture that waits for an upload's file; nil when there is
// none.
func thumbnailOf(tx ingest.Tx, u *ingest.Upload) (*ingest.Document, error) {
	d, err := tx.DocumentByKey(u.Company, ingest.DocThumbnail, u.Number, thumbnailOfUpload)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, nil
	}
	return d, err
}

// dropThumbnail forgets the picture that waits for the file of an upload that is over.
func dropThumbnail(tx ingest.Tx, u *ingest.Upload) error {
	given, err := thumbnailOf(tx, u)
	if err != nil || given == nil {
		return err
	}
	return tx.DeleteDocument(given.Number)
}

// dropGiven forgets the picture of a task that has ended without making a thumbnail of
// it: it was of no use, or the task failed for good.
func dropGiven(tx ingest.Tx, t *ingest.Task) error {
	if t.Kind != ingest.TaskThumbnail {
		return nil
	}
	d, err := tx.DocumentByKey(t.Company, ingest.DocThumbnail, t.Version, thumbnailOfVersion)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.DeleteDocument(d.Number)
}

// GivenThumbnail returns the picture that the task is about.
func (e *Engine) GivenThumbnail(ctx context.Context, t *ingest.Task) (picture []byte, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		d, err := tx.DocumentByKey(t.Company, ingest.DocThumbnail, t.Version, thumbnailOfVersion)
		if err == nil {
			picture = d.Data
		}
		return err
	})
	return picture, err
}

// keepsThumbnail decides about the thumbnail that a task made: one that a client gave
// goes before one that was made of the file.
func (e *Engine) keepsThumbnail(tx ingest.Tx, t *ingest.Task, d *ingest.Derived) (bool, error) {
	if d.Kind != ingest.DerivedThumbnail {
		return true, nil
	}
	if t.Kind != ingest.TaskThumbnail {
		_, err := tx.DocumentByKey(t.Company, ingest.DocThumbnail, t.Version, thumbnailTaken)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return true, nil
		}
		return false, err
	}
	given, err := tx.DocumentByKey(t.Company, ingest.DocThumbnail, t.Version, thumbnailOfVersion)
	if err != nil {
		return false, err
	}
	given.Key, given.Data = thumbnailTaken, nil
	return true, tx.UpdateDocument(given)
}

// handThumbnail gives the thumbnail of a part to a version of another asset with the
// same bytes: what was made of it, or the picture that waits to be looked into.
func (e *Engine) handThumbnail(tx ingest.Tx, part, a *ingest.Asset, v *ingest.Version) error {
	made, err := tx.DerivedOf(part.Number)
	if err != nil {
		return err
	}
	for _, d := range made {
		if d.Kind != ingest.DerivedThumbnail {
			continue
		}
		d.Number, d.UUID, d.Asset, d.Version = 0, e.newUUID(), a.Number, v.Number
		if _, err := tx.PutDerived(d); err != nil {
			return err
		}
	}
	given, err := tx.DocumentsOf(a.Company, []ingest.DocumentKind{ingest.DocThumbnail}, []ingest.Number{part.Version})
	if err != nil {
		return err
	}
	for _, d := range given {
		if d.Key == thumbnailOfUpload {
			continue // of an upload that has the number of the version
		}
		d.Owner = v.Number
		if err := tx.UpdateDocument(d); err != nil {
			return err
		}
		if d.Key != thumbnailOfVersion || v.Job == 0 {
			continue
		}
		if err := tx.CreateTask(e.task(step{kind: ingest.TaskThumbnail}, &ingest.Company{Number: a.Company}, &ingest.Job{Number: v.Job}, a, v)); err != nil {
			return err
		}
		if _, err := tx.ChangeJob(v.Job, ingest.JobDelta{Pending: 1}); err != nil {
			return err
		}
	}
	return nil
}
