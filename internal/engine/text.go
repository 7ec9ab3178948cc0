package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"sluice/internal/ingest"
)

// maxTextBytes bounds the text of one asset that is answered.
const maxTextBytes = 32 << 20

// TextRuns returns the text that was found in an asset when it was processed, page
// by page; none where no extraction was asked for.
func (e *Engine) TextRuns(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (runs []ingest.TextRun, err error) {
	var texts []*ingest.Derived
	err = e.viewAsset(ctx, p, company, asset, rightRead, func(tx ingest.Tx, _ *sight, _ *ingest.Asset) error {
		all, err := tx.DerivedOf(asset)
		texts = texts[:0]
		for _, d := range all {
			if d.Kind == ingest.DerivedText && d.Blob.Key != "" {
				texts = append(texts, d)
			}
		}
		return err
	})
	length := int64(0)
	for _, d := range texts {
		length += d.Blob.Size
	}
	if length > maxTextBytes {
		return nil, &ingest.Error{Kind: ingest.Conflict, Op: "engine.TextRuns", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the text of the asset has %d bytes, the limit is %d", length, maxTextBytes)}
	}
	for _, d := range texts {
		page, err := e.readText(ctx, d.Blob.Key)
		if err != nil {
			return nil, err
		}
		runs = append(runs, page...)
	}
	return runs, err
}

func (e *Engine) readText(ctx context.Context, key ingest.BlobKey) (runs []ingest.TextRun, err error) {
	r, err := e.blobs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, &ingest.Error{Kind: ingest.Unavailable, Op: "engine.readText", Msg: "the text cannot be read", Err: err}
	}
	if err := json.Unmarshal(data, &runs); err != nil {
		return nil, &ingest.Error{Kind: ingest.Internal, Op: "engine.readText", Err: err}
	}
	return runs, nil
}
