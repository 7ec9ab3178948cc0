package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/protocol/scene7"
)

func (s *Service) setAssetPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeAssetPermissions(ctx, c, engine.SetPermissions, "permissionArray")
}

func (s *Service) updateAssetPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeAssetPermissions(ctx, c, engine.MergePermissions, "updateArray")
}

func (s *Service) removeAssetPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeAssetPermissions(ctx, c, engine.RemovePermissions, "")
}

func (s *Service) changeAssetPermissions(ctx context.Context, c *call, change engine.PermissionChange, field string) error {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return err
	}
	entries, err := permissionUpdates(c.in, field)
	if err != nil {
		return err
	}
	return s.Engine.ChangeAssetPermissions(ctx, c.caller, c.company.Number, asset, change, entries)
}

func (s *Service) setFolderPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeFolderPermissions(ctx, c, engine.SetPermissions, "permissionArray", "setChildren")
}

func (s *Service) updateFolderPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeFolderPermissions(ctx, c, engine.MergePermissions, "updateArray", "updateChildren")
}

func (s *Service) removeFolderPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeFolderPermissions(ctx, c, engine.RemovePermissions, "", "updateChildren")
}

func (s *Service) changeFolderPermissions(ctx context.Context, c *call, change engine.PermissionChange, field, children string) error {
	path, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return err
	}
	entries, err := permissionUpdates(c.in, field)
	if err != nil {
		return err
	}
	return s.Engine.ChangeFolderPermissions(ctx, c.caller, c.company.Number, path, change, entries, c.in.Bool(children))
}
