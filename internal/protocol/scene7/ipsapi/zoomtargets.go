package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// partNumber reads the handle of a zoom target or image map: a|number, or the
// older long forms, of which the first number names the thing.
func partNumber(field, handle string) (ingest.Number, error) {
	n, ok := scene7.ParsePartHandle(handle)
	if !ok {
		return 0, invalid(field, "%q is no handle", clip(handle))
	}
	return ingest.Number(n), nil
}

// optionalPart is 0 for an absent or empty handle.
func optionalPart(c *call, field string) (ingest.Number, error) {
	handle := c.in.Text(field)
	if handle == "" {
		return 0, nil
	}
	return partNumber(field, handle)
}

func partHandles(numbers []ingest.Number) *scene7.Record {
	handles := make([]string, len(numbers))
	for i, n := range numbers {
		handles[i] = assetHandle(n)
	}
	return array("HandleArray", handles)
}

func zoomTarget(r *scene7.Record) engine.NewZoomTarget {
	return engine.NewZoomTarget{Name: r.Text("name"), ZoomTarget: ingest.ZoomTarget{
		X: r.Int("xPosition"), Y: r.Int("yPosition"), Width: r.Int("width"), Height: r.Int("height"), UserData: r.Text("userData"),
	}}
}

func (s *Service) saveZoomTarget(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	number, err := optionalPart(c, "zoomTargetHandle")
	if err != nil {
		return nil, err
	}
	saved, err := s.Engine.SaveZoomTarget(ctx, c.caller, c.company.Number, asset, number, zoomTarget(c.in))
	if err != nil {
		return nil, err
	}
	return record("saveZoomTargetReturn", "zoomTargetHandle", assetHandle(saved)), nil
}

func (s *Service) setZoomTargets(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	var targets []engine.NewZoomTarget
	for _, r := range records(c.in, "zoomTargetArray") {
		targets = append(targets, zoomTarget(r))
	}
	numbers, err := s.Engine.SetZoomTargets(ctx, c.caller, c.company.Number, asset, targets)
	if err != nil {
		return nil, err
	}
	return record("setZoomTargetsReturn", "zoomTargetHandleArray", partHandles(numbers)), nil
}

func (s *Service) deleteZoomTarget(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := partNumber("zoomTargetHandle", c.in.Text("zoomTargetHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeletePart(ctx, c.caller, c.company.Number, ingest.DocZoomTarget, n)
}
