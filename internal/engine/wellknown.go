package engine

import (
	"context"

	"sluice/internal/ingest"
)

// WellKnownFolder returns the folder at a path that is part of a company's set-up
// rather than somebody's work: it is made when it is missing, whatever the caller's
// role. One that the caller may not read is NotFound, and so is a company that is not
// the caller's.
func (e *Engine) WellKnownFolder(ctx context.Context, p ingest.Principal, company ingest.Number, path string) (*ingest.Folder, error) {
	path, err := FolderPath("", path)
	if err != nil {
		return nil, err
	}
	f, err := e.FolderAt(ctx, p, company, path)
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return f, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.visible(tx, p, company); err != nil {
			return err
		}
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		_, err := e.folderAt(tx, company, path)
		return err
	})
	if err != nil {
		return nil, err
	}
	return e.FolderAt(ctx, p, company, path)
}
