package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// newView reads what views and templates have in common.
func newView(c *call) (engine.NewView, error) {
	folder, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	return engine.NewView{
		Folder: folder, Name: c.in.Text("name"), Type: ingest.AssetType(c.in.Text("type")),
		Modifier: c.in.Text("urlModifier"), PostModifier: c.in.Text("urlPostApplyModifier"),
	}, err
}

func (s *Service) createDerivedAsset(ctx context.Context, c *call) (*scene7.Record, error) {
	owner, err := assetNumber("ownerHandle", c.in.Text("ownerHandle"))
	if err != nil {
		return nil, err
	}
	view, err := newView(c)
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreateView(ctx, c.caller, c.company.Number, owner, view)
	return assetReturn(c, n, err)
}

func (s *Service) createTemplate(ctx context.Context, c *call) (*scene7.Record, error) {
	view, err := newView(c)
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreateTemplate(ctx, c.caller, c.company.Number, view)
	return assetReturn(c, n, err)
}
