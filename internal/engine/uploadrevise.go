package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// Revise changes what is asked of an open upload: its name, folder, size, options
// and facts. Nothing of what has arrived is touched.
func (e *Engine) Revise(ctx context.Context, p ingest.Principal, id ingest.UUID, change func(*ingest.Upload) error) (*ingest.Upload, error) {
	return e.revise(ctx, p, id, stillOpen, change)
}

// ReviseSealed is Revise for an upload whose bytes are all there and whose file could
// not be stored where it was to go. It waits for a Finish that is under way.
func (e *Engine) ReviseSealed(ctx context.Context, p ingest.Principal, id ingest.UUID, change func(*ingest.Upload) error) (*ingest.Upload, error) {
	defer e.closing.lock(id)()
	return e.revise(ctx, p, id, func(u *ingest.Upload) error {
		if u.State == ingest.UploadSealing {
			return nil
		}
		return &ingest.Error{Kind: ingest.Conflict, Op: "engine.ReviseSealed", Msg: fmt.Sprintf("upload %s is %s", u.UUID, u.State)}
	}, change)
}

func (e *Engine) revise(ctx context.Context, p ingest.Principal, id ingest.UUID, allowed, change func(*ingest.Upload) error) (u *ingest.Upload, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		stored, err := tx.Upload(id)
		if err != nil {
			return err
		}
		if err := mayHandle(p, stored, rightUpload); err != nil {
			return err
		}
		c, err := e.authorize(tx, p, stored.Company, rightUpload)
		if err != nil {
			return err
		}
		if err := allowed(stored); err != nil {
			return err
		}
		revised := *stored
		if err := change(&revised); err != nil {
			return err
		}
		if !revised.Options.Session {
			if err := checkTarget(tx, p, c, &revised); err != nil {
				return err
			}
		}
		u = &revised
		return e.touchIn(tx, u, e.now())
	})
	return u, err
}

// stillOpen explains why an upload takes no bytes.
func stillOpen(u *ingest.Upload) error {
	switch u.State {
	case ingest.UploadOpen:
		return nil
	case ingest.UploadAborted, ingest.UploadExpired:
		return &ingest.Error{Kind: ingest.Gone, Op: "engine.stillOpen", Msg: fmt.Sprintf("upload %s is %s", u.UUID, u.State)}
	}
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.stillOpen", Msg: fmt.Sprintf("upload %s is %s and takes no more bytes", u.UUID, u.State)}
}
