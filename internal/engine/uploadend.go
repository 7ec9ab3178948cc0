package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// Abort ends an open upload and removes its bytes, or one whose file could not
// be stored because of its name. Aborting again is no error. It is allowed when the
// company's time is over as well: it stores nothing, and frees what nobody can finish.
func (e *Engine) Abort(ctx context.Context, p ingest.Principal, id ingest.UUID) error {
	return e.AbortNoting(ctx, p, id, func(*ingest.Upload) {})
}

// AbortNoting is Abort that changes the facts of the door in the same transaction.
func (e *Engine) AbortNoting(ctx context.Context, p ingest.Principal, id ingest.UUID, note func(*ingest.Upload)) error {
	return e.end(ctx, id, ingest.UploadAborted, func(u *ingest.Upload) error {
		if err := mayHandle(p, u, rightRead); err != nil {
			return err
		}
		note(u)
		return nil
	})
}

// end moves an open upload to a final state without an asset.
func (e *Engine) end(ctx context.Context, id ingest.UUID, state ingest.UploadState, allowed func(*ingest.Upload) error) error {
	defer e.closing.lock(id)()
	var ended *ingest.Upload
	var members []ingest.UUID
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		ended, members = nil, nil
		u, err := tx.Upload(id)
		if err != nil {
			return err
		}
		if err := allowed(u); err != nil {
			return err
		}
		if u.State == state {
			return nil
		}
		if u.State != ingest.UploadSealing {
			if err := stillOpen(u); err != nil {
				return err
			}
		}
		ended = u
		if u.Options.Session {
			if members, err = e.endMembers(tx, u, state, nil); err != nil {
				return err
			}
		}
		return e.endUpload(tx, u, state)
	})
	if err != nil || ended == nil {
		return err
	}
	for _, member := range members {
		if err := e.dropStage(ctx, ingest.StageID(member)); err != nil {
			return err
		}
	}
	e.ended(ended.Door, ingest.OutcomeAborted, 0)
	return e.dropStage(ctx, ingest.StageID(id))
}

func (e *Engine) endUpload(tx ingest.Tx, u *ingest.Upload, state ingest.UploadState) error {
	now := e.now()
	u.State, u.Touched = state, now
	if err := tx.UpdateUpload(u); err != nil {
		return err
	}
	if err := dropThumbnail(tx, u); err != nil {
		return err
	}
	words, event := "was given up by the client", ingest.EventUploadAborted
	if state == ingest.UploadExpired {
		words, event = "received nothing for too long and was removed", ingest.EventUploadExpired
	}
	row := ingest.LogRow{
		Job: u.Job, Time: now, Type: ingest.LogUploadError, AssetName: u.FileName, AssetType: "NoType",
		Message: fmt.Sprintf("%s %s.", u.FileName, words),
	}
	if err := tx.AppendLog(row); err != nil {
		return err
	}
	delta := ingest.JobDelta{Pending: -1, Counts: ingest.JobCounts{Total: 1, Error: 1}}
	if u.Parent != 0 {
		delta.Pending = 0 // the job waits for the session
	}
	j, err := tx.ChangeJob(u.Job, delta)
	if err != nil {
		return err
	}
	if err := e.settle(tx, j); err != nil {
		return err
	}
	return tx.Emit(ingest.Event{Company: u.Company, Time: now, Kind: event, Subject: u.UUID, User: u.User})
}

func (e *Engine) dropStage(ctx context.Context, id ingest.StageID) error {
	e.active.forget(ingest.UUID(id))
	stage, err := e.blobs.Stage(ctx, id)
	if ingest.KindOf(err) == ingest.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return stage.Discard(ctx)
}
