package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// OriginalSigned is Original for whoever holds an address that the server signed for
// a caller who could read the asset. What has gone to the trash since is NotFound.
func (e *Engine) OriginalSigned(ctx context.Context, id ingest.UUID) (*File, error) {
	var f *File
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		a, err := tx.AssetByUUID(id)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil || !a.Trashed.IsZero() || a.Emptied || a.Part || a.Version == 0 {
			return &ingest.Error{Kind: ingest.NotFound, Op: "engine.OriginalSigned", Msg: fmt.Sprintf("no asset %s", quote(string(id)))}
		}
		c, err := tx.Company(a.Company)
		if err != nil {
			return err
		}
		if err := e.expired(ingest.Principal{}, c); err != nil {
			return err
		}
		v, err := tx.Version(a.Version)
		if err != nil {
			return err
		}
		f = &File{Name: a.FileName, ContentType: a.Media.ContentType, SHA256: v.Blob.SHA256, Version: v.Number, Blob: v.Blob, Modified: v.Created}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.Bytes, err = e.blobs.Open(ctx, f.Blob.Key)
	return f, err
}
