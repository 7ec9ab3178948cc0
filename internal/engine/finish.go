package engine

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"

	"sluice/internal/ingest"
)

// FinishSpec says what the client promised about the whole file.
type FinishSpec struct {
	Size   int64  // bytes; -1 = as known from Begin, or what has arrived
	SHA256 []byte // nil = nothing promised
	SHA1   []byte // the same
	Await  bool   // wait for windows that are being written
	// Note, if set, changes the upload's facts when its bytes are known, in the
	// transaction that ends it. It is called before that too, with the size and the
	// digests alone, so that an upload that is finished by another start has the facts.
	Note func(*ingest.Upload, ingest.BlobRef) error
	// Remark, if set, says what the job log should warn of about the new asset, "" =
	// of nothing. An upload that is finished by another start has none.
	Remark func(*ingest.Asset) string
}

// Finish makes an upload an asset. Finishing twice, at once or again after a
// crash gives one asset and equal answers.
//
// Errors: Conflict when bytes are missing, Mismatch/CodeDigest when the promise
// does not hold (the upload stays open), Gone for aborted and expired uploads. A
// file that is refused for what it is (TooLarge/CodeQuota, Forbidden/CodeRole,
// Invalid, Conflict/CodeExists under a policy of ActionSkip) ends the upload;
// finishing again is then Conflict/CodeExists.
func (e *Engine) Finish(ctx context.Context, p ingest.Principal, id ingest.UUID, spec FinishSpec) (*ingest.Asset, error) {
	defer e.closing.lock(id)()
	u, err := e.findUpload(ctx, p, id, rightUpload)
	if err == nil && u.Options.Session {
		err = unknownUpload()
	}
	if err != nil {
		return nil, err
	}
	switch u.State {
	case ingest.UploadDone:
		return e.assetOf(ctx, u)
	case ingest.UploadOpen, ingest.UploadSealing:
	default:
		return nil, stillOpen(u)
	}
	defer e.flights.begin()()
	return e.finish(ctx, p, u, spec)
}

func (e *Engine) assetOf(ctx context.Context, u *ingest.Upload) (a *ingest.Asset, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if u.Asset == 0 {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.Finish", Code: ingest.CodeExists, Msg: "the file was not stored; the job log says why"}
		}
		a, err = tx.Asset(u.Asset)
		return err
	})
	return a, err
}

func (e *Engine) finish(ctx context.Context, p ingest.Principal, u *ingest.Upload, spec FinishSpec) (*ingest.Asset, error) {
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return nil, err
	}
	defer release()
	if spec.Await {
		if err := a.settled(ctx); err != nil {
			return nil, err
		}
	}
	size, err := finalSize(ctx, a, u, spec)
	if err != nil {
		return nil, err
	}
	mark := a.mark()
	head, sums, err := e.inspect(ctx, a, u, size, spec)
	if err != nil {
		return nil, err
	}
	if err := e.markSealing(ctx, u, size, sums, spec.Note); err != nil {
		return nil, err
	}
	e.crash("finish.sealing")
	ref, err := a.stage.Seal(ctx, size)
	if err != nil {
		return nil, err
	}
	e.crash("finish.sealed")
	if a.changedSince(mark) {
		// A window was written again before the bytes were sealed.
		if head, sums, err = e.inspect(ctx, a, u, size, spec); err != nil {
			return nil, err
		}
	}
	sums.into(&ref)
	asset, err := e.landUpload(ctx, p, u, ref, head, spec)
	e.crash("finish.committed")
	e.active.forget(u.UUID)
	if err == nil {
		e.wakeWorkers()
	}
	return asset, err
}

// inspect reads the first bytes of a whole file and, if they are wanted now, its
// digests, which must be the promised ones.
func (e *Engine) inspect(ctx context.Context, a *activeUpload, u *ingest.Upload, size int64, spec FinishSpec) (head []byte, sums *digests, err error) {
	if head, err = a.head(size); err != nil {
		return nil, nil, err
	}
	fresh := e.newDigests(u)
	if fresh == nil {
		fresh = &digests{}
	}
	if spec.SHA256 != nil && fresh.sha256 == nil {
		fresh.sha256 = sha256.New()
	}
	if spec.SHA1 != nil && fresh.sha1 == nil {
		fresh.sha1 = sha1.New()
	}
	if *fresh == (digests{}) {
		return head, nil, nil
	}
	if sums, err = a.digest(ctx, size, fresh); err != nil {
		return nil, nil, err
	}
	var have ingest.BlobRef
	sums.into(&have)
	if spec.SHA256 != nil && !bytes.Equal(have.SHA256, spec.SHA256) {
		return nil, nil, mismatch("SHA-256", have.SHA256, spec.SHA256)
	}
	if spec.SHA1 != nil && !bytes.Equal(have.SHA1, spec.SHA1) {
		return nil, nil, mismatch("SHA-1", have.SHA1, spec.SHA1)
	}
	return head, sums, nil
}

func mismatch(digest string, have, want []byte) error {
	return &ingest.Error{Kind: ingest.Mismatch, Op: "engine.Finish", Code: ingest.CodeDigest, Msg: fmt.Sprintf("the %s of the file is %x, %x was promised", digest, have, want)}
}

// finalSize determines the file's size and checks that all of it has arrived.
func finalSize(ctx context.Context, a *activeUpload, u *ingest.Upload, spec FinishSpec) (int64, error) {
	windows, err := a.stage.Windows(ctx)
	if err != nil {
		return 0, err
	}
	size := u.Size
	if spec.Size >= 0 {
		if size >= 0 && size != spec.Size && u.Options.Limit == 0 {
			return 0, &ingest.Error{Kind: ingest.Mismatch, Op: "engine.Finish", Msg: fmt.Sprintf("the upload was begun with %d bytes and finished with %d", size, spec.Size)}
		}
		size = spec.Size
	}
	if size < 0 && len(windows) > 0 {
		size = windows[len(windows)-1].End()
	}
	size = max(size, 0)
	whole := size == 0 && len(windows) == 0 || len(windows) == 1 && windows[0].Offset == 0 && windows[0].Length == size
	if !whole {
		return 0, &ingest.Error{Kind: ingest.Conflict, Op: "engine.Finish", Code: ingest.CodeOffset, Msg: fmt.Sprintf("not all of the %d bytes have arrived (%s)", size, describe(windows))}
	}
	return size, nil
}

func describe(windows []ingest.Window) string {
	if len(windows) == 0 {
		return "nothing has"
	}
	const most = 5
	text := "received:"
	for i, w := range windows {
		if i == most {
			return text + fmt.Sprintf(" and %d more ranges", len(windows)-most)
		}
		text += fmt.Sprintf(" %d-%d", w.Offset, w.End()-1)
	}
	return text
}

// markSealing records that all bytes are there. The upload can expire in this
// state too: its file may be one that is refused each time.
func (e *Engine) markSealing(ctx context.Context, u *ingest.Upload, size int64, sums *digests, note func(*ingest.Upload, ingest.BlobRef) error) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := tx.Upload(u.UUID)
		if err != nil {
			return err
		}
		if fresh.State != ingest.UploadSealing {
			if err := stillOpen(fresh); err != nil {
				return err
			}
		}
		now := e.now()
		fresh.State, fresh.Size = ingest.UploadSealing, size
		if note != nil {
			ref := ingest.BlobRef{Size: size}
			sums.into(&ref)
			if err := note(fresh, ref); err != nil {
				return err
			}
		}
		return e.touchIn(tx, fresh, now)
	})
}

// landUpload makes the asset and ends the upload in one transaction.
func (e *Engine) landUpload(ctx context.Context, p ingest.Principal, u *ingest.Upload, ref ingest.BlobRef, head []byte, spec FinishSpec) (*ingest.Asset, error) {
	var out Outcome
	err := e.store.Update(ctx, func(tx ingest.Tx) (err error) {
		out, err = e.landIn(tx, p, u.UUID, ref, head, spec)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.ended(u.Door, out.counted(), ref.Size)
	if out.Asset != nil {
		return out.Asset, nil
	}
	if err := e.blobs.Delete(ctx, ref.Key); err != nil {
		e.log.Warn("a refused file was not removed, the sweep will", "upload", u.UUID, "error", err)
	}
	return nil, out.err
}

func (e *Engine) landIn(tx ingest.Tx, p ingest.Principal, id ingest.UUID, ref ingest.BlobRef, head []byte, spec FinishSpec) (Outcome, error) {
	u, err := tx.Upload(id)
	if err != nil {
		return Outcome{}, err
	}
	c, err := e.authorize(tx, p, u.Company, rightUpload)
	if err != nil {
		return Outcome{}, err
	}
	if u.State != ingest.UploadSealing {
		return Outcome{}, stillOpen(u)
	}
	if err := tx.LockCompany(c.Number); err != nil {
		return Outcome{}, err
	}
	j, err := tx.Job(u.Job)
	if err != nil {
		return Outcome{}, err
	}
	place, err := placeOf(tx, c, u)
	if err != nil {
		return Outcome{}, err
	}
	given, err := thumbnailOf(tx, u)
	if err != nil {
		return Outcome{}, err
	}
	delta := ingest.JobDelta{Pending: -1}
	if u.Parent != 0 {
		delta.Pending = 0 // the job waits for the session
	}
	out, err := e.land(tx, p, c, j, landing{
		place: place, blob: ref, head: head, contentType: e.detect(head, place.FileName), policy: u.Conflict, processing: &j.Processing, publish: &u.Publish, metadata: u.Metadata,
		exact: u.Options.ExactName, part: u.Options.Part, into: u.Options.Replaces, thumbnail: given != nil, uuid: u.Options.Asset, merge: u.Options.MergeMetadata,
	}, &delta)
	if err != nil {
		return Outcome{}, err
	}
	u.State, u.Touched, u.Asset = ingest.UploadDone, e.now(), 0
	if out.Asset == nil && given != nil {
		if err := tx.DeleteDocument(given.Number); err != nil {
			return Outcome{}, err
		}
	}
	if out.Asset != nil {
		u.Asset, u.FileName = out.Asset.Number, out.Asset.FileName
		if given != nil {
			given.Owner, given.Key = out.Asset.Version, thumbnailOfVersion
			if err := tx.UpdateDocument(given); err != nil {
				return Outcome{}, err
			}
		}
		if err := e.settleTarget(tx, u, out.Asset, &delta); err != nil {
			return Outcome{}, err
		}
		if spec.Note != nil {
			if err := spec.Note(u, ref); err != nil {
				return Outcome{}, err
			}
		}
		if err := e.remark(tx, j, out.Asset, spec.Remark, &delta); err != nil {
			return Outcome{}, err
		}
	}
	if err := tx.UpdateUpload(u); err != nil {
		return Outcome{}, err
	}
	changed, err := tx.ChangeJob(j.Number, delta)
	if err != nil {
		return Outcome{}, err
	}
	return out, e.settle(tx, changed)
}

// remark writes into the job's log what a door warns of about a new asset.
func (e *Engine) remark(tx ingest.Tx, j *ingest.Job, a *ingest.Asset, of func(*ingest.Asset) string, delta *ingest.JobDelta) error {
	if of == nil {
		return nil
	}
	words := of(a)
	if words == "" {
		return nil
	}
	delta.Counts.Warning++
	return e.warn(tx, j.Number, a, words)
}
