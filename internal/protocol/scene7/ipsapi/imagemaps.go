package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// imageMap reads a map; without enabled it is.
func imageMap(r *scene7.Record) engine.NewImageMap {
	enabled := r.OptionalBool("enabled")
	return engine.NewImageMap{Name: r.Text("name"), ImageMap: ingest.ImageMap{
		Shape: r.Text("shapeType"), Region: r.Text("region"), Action: r.Text("action"), Disabled: enabled != nil && !*enabled,
	}}
}

func (s *Service) saveImageMap(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	number, err := optionalPart(c, "imageMapHandle")
	if err != nil {
		return nil, err
	}
	saved, err := s.Engine.SaveImageMap(ctx, c.caller, c.company.Number, asset, number, imageMap(c.in), c.in.Int("position"))
	if err != nil {
		return nil, err
	}
	return record("saveImageMapReturn", "imageMapHandle", assetHandle(saved)), nil
}

func (s *Service) setImageMaps(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	var maps []engine.NewImageMap
	for _, r := range records(c.in, "imageMapArray") {
		maps = append(maps, imageMap(r))
	}
	numbers, err := s.Engine.SetImageMaps(ctx, c.caller, c.company.Number, asset, maps)
	if err != nil {
		return nil, err
	}
	return record("setImageMapsReturn", "imageMapHandleArray", partHandles(numbers)), nil
}

func (s *Service) deleteImageMap(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := partNumber("imageMapHandle", c.in.Text("imageMapHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeletePart(ctx, c.caller, c.company.Number, ingest.DocImageMap, n)
}
