package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// unreadable is a number that no asset has. A handle in a batch that cannot be
// read is an unknown asset: the fault of its item alone.
const unreadable ingest.Number = -1

// batchNumber reads a handle of an item of a batch.
func batchNumber(handle string) ingest.Number {
	n, err := assetNumber("", handle)
	if err != nil {
		return unreadable
	}
	return n
}

// batchUpdates reads the items of updateArray and their asset handles.
func batchUpdates[T any](c *call, read func(*scene7.Record, ingest.Number) T) (updates []T, handles []string) {
	for _, r := range records(c.in, "updateArray") {
		handle := r.Text("assetHandle")
		handles = append(handles, handle)
		updates = append(updates, read(r, batchNumber(handle)))
	}
	return updates, handles
}

func (s *Service) batchSetImageFields(ctx context.Context, c *call) (*scene7.Record, error) {
	updates, handles := batchUpdates(c, func(r *scene7.Record, n ingest.Number) engine.ImageUpdate {
		return engine.ImageUpdate{Asset: n, Resolution: optional[float64](r, "resolution"), AnchorX: optional[int](r, "anchorX"),
			AnchorY: optional[int](r, "anchorY"), UserData: optionalText(r, "userData")}
	})
	b, err := s.Engine.SetImageFields(ctx, c.caller, c.company.Number, updates)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}

// optional returns a field, nil when it is absent.
func optional[T any](r *scene7.Record, field string) *T {
	if value, ok := r.Value(field).(T); ok {
		return &value
	}
	return nil
}

func (s *Service) batchSetFontFields(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.batchSetFileFields(ctx, c, "Font", "fontName", "postscriptName", "rtfName", "fontFamily", "style", "typeName", "type")
}

func (s *Service) batchSetIccProfileFields(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.batchSetFileFields(ctx, c, ingest.TypeICCProfile, "class", "colorSpace", "pcsType")
}

func (s *Service) batchSetFileFields(ctx context.Context, c *call, kind ingest.AssetType, fields ...string) (*scene7.Record, error) {
	updates, handles := batchUpdates(c, func(r *scene7.Record, n ingest.Number) engine.FileUpdate {
		u := engine.FileUpdate{Asset: n, Fields: ingest.FileFields{}}
		for _, field := range fields {
			if text := optionalText(r, field); text != nil {
				u.Fields[field] = *text
			}
		}
		return u
	})
	b, err := s.Engine.SetFileFields(ctx, c.caller, c.company.Number, kind, updates)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}

func (s *Service) batchSetThumbAsset(ctx context.Context, c *call) (*scene7.Record, error) {
	updates, handles := batchUpdates(c, func(r *scene7.Record, n ingest.Number) engine.ThumbnailUpdate {
		u := engine.ThumbnailUpdate{Asset: n}
		if thumb := r.Text("thumbAssetHandle"); thumb != "" {
			u.Thumbnail = batchNumber(thumb)
		}
		return u
	})
	b, err := s.Engine.SetThumbnails(ctx, c.caller, c.company.Number, updates)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}

func (s *Service) setURLModifier(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.SetModifiers(ctx, c.caller, c.company.Number, asset, optionalText(c.in, "urlModifier"), optionalText(c.in, "urlPostApplyModifier"))
}
