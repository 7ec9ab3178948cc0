package brightsign

import (
	"context"

	"sluice/internal/ingest"
)

// keepThumbnail keeps the picture that came with the arguments of a file. One that is
// too large is left out, as the contract has it (8.7).
func (d *Door) keepThumbnail(ctx context.Context, c caller, u *ingest.Upload, a arguments) error {
	if len(a.FileThumb) == 0 {
		return nil
	}
	if len(a.FileThumb) > maxThumbnail {
		d.Log.Info("a thumbnail is too large and was left out", "upload", u.UUID, "bytes", len(a.FileThumb), "limit", maxThumbnail)
		return nil
	}
	return d.Engine.GiveThumbnail(ctx, c.Principal, u.UUID, a.FileThumb)
}
