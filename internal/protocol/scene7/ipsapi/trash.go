package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func (s *Service) deleteAsset(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return single(s.Engine.TrashAssets(ctx, c.caller, c.company.Number, []ingest.Number{asset}))
}

func (s *Service) deleteAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.onAssets(ctx, c, s.Engine.TrashAssets)
}

func (s *Service) emptyTrash(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.onAssets(ctx, c, s.Engine.EmptyTrash)
}

func (s *Service) restoreTrash(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.onAssets(ctx, c, s.Engine.Restore)
}

// onAssets carries out an operation on the assets of assetHandleArray.
func (s *Service) onAssets(ctx context.Context, c *call, verb func(context.Context, ingest.Principal, ingest.Number, []ingest.Number) (engine.Batch, error)) (*scene7.Record, error) {
	handles, err := boundedHandles(c, "assetHandleArray")
	if err != nil {
		return nil, err
	}
	numbers := make([]ingest.Number, len(handles))
	for i, handle := range handles {
		numbers[i] = batchNumber(handle)
	}
	b, err := verb(ctx, c.caller, c.company.Number, numbers)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}
