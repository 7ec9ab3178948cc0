package engine

import (
	"context"

	"sluice/internal/ingest"
)

// Uploader returns an upload by its number, and whoever began it as the caller: for
// addresses that were signed for it and work without a login. It is NotFound when
// there is none, Forbidden when the user may not log in any more; the upload is
// returned with other failures than NotFound.
func (e *Engine) Uploader(ctx context.Context, number ingest.Number) (u *ingest.Upload, p ingest.Principal, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if u, err = tx.UploadByNumber(number); err != nil {
			if ingest.KindOf(err) == ingest.NotFound {
				return unknownUpload()
			}
			return err
		}
		user, err := tx.User(u.User)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil || !user.Valid(e.now()) {
			return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.Uploader", Code: ingest.CodeInvalidUser, Msg: "the user who began the upload may not log in any more"}
		}
		memberships, err := tx.Memberships(u.User)
		if err != nil {
			return err
		}
		p = user.Principal(memberships)
		c, err := tx.Company(u.Company)
		if err != nil {
			return err
		}
		return e.admit(p, c, rightUpload)
	})
	return u, p, err
}

// Uploads lists what the caller has uploaded through a door, the newest first.
// Page.After means "before".
func (e *Engine) Uploads(ctx context.Context, p ingest.Principal, door ingest.Door, company ingest.Number, states []ingest.UploadState, page ingest.Page) (list []*ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		list, err = tx.UploadsBy(p.User, company, door, states, page)
		return err
	})
	return list, err
}

// UploadOf returns an upload of the caller's, in whatever state.
func (e *Engine) UploadOf(ctx context.Context, p ingest.Principal, id ingest.UUID) (*ingest.Upload, error) {
	return e.findUpload(ctx, p, id, rightUpload)
}

// UploadNumbered is UploadOf by the upload's number.
func (e *Engine) UploadNumbered(ctx context.Context, p ingest.Principal, number ingest.Number) (u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		u, err = tx.UploadByNumber(number)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return unknownUpload()
		}
		if err != nil {
			return err
		}
		if err := mayHandle(p, u, rightUpload); err != nil {
			return err
		}
		return e.inTime(tx, p, u.Company)
	})
	return u, err
}
