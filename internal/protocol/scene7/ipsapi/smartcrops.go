package ipsapi

import (
	"context"
	"math"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// prefixSubAsset begins the handles of sub-assets, of which there are smart crops.
const prefixSubAsset = "sa"

func cropHandle(n ingest.Number) string { return scene7.NumberHandle(prefixSubAsset, int64(n)) }

// cropNumber reads sa|number or the number alone; anything else is unknown.
func cropNumber(handle string) ingest.Number {
	if n, ok := scene7.ParseNumberHandle(prefixSubAsset, handle); ok {
		return ingest.Number(n)
	}
	if n, ok := scene7.ParseNumberHandle("", "|"+handle); ok {
		return ingest.Number(n)
	}
	return unreadable
}

func cropRect(r *scene7.Record) ingest.NamedCrop {
	return ingest.NamedCrop{Left: r.Double("leftN"), Top: r.Double("topN"), Width: r.Double("widthN"), Height: r.Double("heightN")}
}

// pixels rounds a size. What no image can have becomes 0, which is refused.
func pixels(size float64) int {
	if !(size > 0 && size < math.MaxInt32) {
		return 0
	}
	return int(math.Round(size))
}

func (s *Service) addSmartCrops(ctx context.Context, c *call) (*scene7.Record, error) {
	var crops []engine.NewSmartCrop
	for _, r := range records(c.in, "addArray") {
		crop := engine.NewSmartCrop{Name: r.Text("cropName"), NamedCrop: cropRect(r.Record("cropRect"))}
		crop.PixelWidth, crop.PixelHeight = pixels(r.Double("cropWidth")), pixels(r.Double("cropHeight"))
		if swatch := r.Record("swatchColor"); swatch != nil {
			crop.Swatch = &ingest.RGB{Red: swatch.Int("redColor"), Green: swatch.Int("greenColor"), Blue: swatch.Int("blueColor")}
		}
		crops = append(crops, crop)
	}
	b, err := s.Engine.AddSmartCrops(ctx, c.caller, c.company.Number, batchNumber(c.in.Text("ownerHandle")), crops)
	if err != nil {
		return nil, err
	}
	return s.subAssetBatch(c, b, func(i int) (handle, name any) { return nil, crops[i].Name }), nil
}

func (s *Service) updateSmartCrops(ctx context.Context, c *call) (*scene7.Record, error) {
	var updates []engine.SmartCropUpdate
	var handles []string
	for _, r := range records(c.in, "updateArray") {
		u := engine.SmartCropUpdate{Image: batchNumber(r.Text("ownerHandle")), Crop: cropNumber(r.Text("subAssetHandle"))}
		if r.Has("cropRect") {
			rect := cropRect(r.Record("cropRect"))
			u.Rect = &rect
		}
		updates, handles = append(updates, u), append(handles, r.Text("subAssetHandle"))
	}
	b, err := s.Engine.UpdateSmartCrops(ctx, c.caller, c.company.Number, updates)
	if err != nil {
		return nil, err
	}
	return s.subAssetBatch(c, b, func(i int) (handle, name any) { return handles[i], nil }), nil
}

func (s *Service) deleteSubAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	var refs []engine.CropRef
	var handles []string
	for _, r := range records(c.in, "subAssetArray") {
		refs = append(refs, engine.CropRef{Image: batchNumber(r.Text("ownerHandle")), Crop: cropNumber(r.Text("subAssetHandle"))})
		handles = append(handles, r.Text("subAssetHandle"))
	}
	b, err := s.Engine.DeleteSmartCrops(ctx, c.caller, c.company.Number, refs)
	if err != nil {
		return nil, err
	}
	return s.subAssetBatch(c, b, func(i int) (handle, name any) { return handles[i], nil }), nil
}

// subAssetBatch builds the answer of an operation on many sub-assets.
func (s *Service) subAssetBatch(c *call, b engine.Batch, named func(i int) (handle, name any)) *scene7.Record {
	var rows []*scene7.Record
	for _, f := range b.Errors {
		fault := s.faultOf(c, f.Err)
		handle, name := named(f.Index)
		rows = append(rows, record("SubAssetOperationFault", "subAssetHandle", handle, "subAssetName", name, "code", int(fault.Code), "reason", fault.Reason))
	}
	return record(c.op.Name+"Return", "successCount", b.Success, "warningCount", len(b.Warnings), "errorCount", len(b.Errors),
		"errorDetailArray", optionalArray("SubAssetOperationFaultArray", rows))
}
