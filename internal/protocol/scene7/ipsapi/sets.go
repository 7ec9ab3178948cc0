package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// optionalAsset reads the handle of an asset; 0 when it is absent or empty.
func optionalAsset(c *call, field string) (ingest.Number, error) {
	handle := c.in.Text(field)
	if handle == "" {
		return 0, nil
	}
	return assetNumber(field, handle)
}

// thumbnailUpdate is nil when the request does not speak of the thumbnail, and 0
// when it takes the assignment away.
func thumbnailUpdate(c *call) (*ingest.Number, error) {
	if !c.in.Has("thumbAssetHandle") {
		return nil, nil
	}
	n, err := optionalAsset(c, "thumbAssetHandle")
	return &n, err
}

func (s *Service) createImageSet(ctx context.Context, c *call) (*scene7.Record, error) {
	folder, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	thumb, err := optionalAsset(c, "thumbAssetHandle")
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreateSet(ctx, c.caller, c.company.Number, folder, c.in.Text("name"), ingest.AssetType(c.in.Text("type")), thumb)
	return assetReturn(c, n, err)
}

// assetReturn is the answer of operations that make an asset.
func assetReturn(c *call, n ingest.Number, err error) (*scene7.Record, error) {
	if err != nil {
		return nil, err
	}
	return record(c.op.Name+"Return", "assetHandle", assetHandle(n)), nil
}

// members reads memberArray; nil when the request does not have it.
func members(c *call) (*[]engine.Member, error) {
	if !c.in.Has("memberArray") {
		return nil, nil
	}
	list := []engine.Member{}
	for _, r := range records(c.in, "memberArray") {
		n, err := assetNumber("memberArray/items/assetHandle", r.Text("assetHandle"))
		if err != nil {
			return nil, err
		}
		list = append(list, engine.Member{Asset: n, Reset: r.Bool("pageReset")})
	}
	return &list, nil
}

// setImageSetMembers and updateImageSet differ in what the schema requires.
func (s *Service) setImageSetMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.updateImageSet(ctx, c)
}

func (s *Service) updateImageSet(ctx context.Context, c *call) (*scene7.Record, error) {
	set, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	var u engine.SetUpdate
	if u.Members, err = members(c); err != nil {
		return nil, err
	}
	if u.Thumbnail, err = thumbnailUpdate(c); err != nil {
		return nil, err
	}
	return nil, s.Engine.UpdateSet(ctx, c.caller, c.company.Number, set, u)
}

func (s *Service) imageSetMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	set, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.Members(ctx, c.reader, c.company.Number, set)
	if err != nil {
		return nil, err
	}
	assets := make([]*ingest.Asset, len(list))
	for i, m := range list {
		assets[i] = m.Asset
	}
	shown, err := s.assetRecords(ctx, c, assets, "memberArray/items/asset")
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(list))
	for i, m := range list {
		rows[i] = record("ImageSetMember", "asset", shown[i], "pageReset", m.Reset)
	}
	return record("getImageSetMembersReturn", "memberArray", array("ImageSetMemberArray", rows)), nil
}

func (s *Service) createAssetSet(ctx context.Context, c *call) (*scene7.Record, error) {
	folder, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	thumb, err := optionalAsset(c, "thumbAssetHandle")
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreateAssetSet(ctx, c.caller, c.company.Number, folder, c.in.Text("name"), c.in.Text("subType"), c.in.Text("setDefinition"), thumb)
	return assetReturn(c, n, err)
}

// setAssetSetDefinition and updateAssetSet differ in what the schema requires.
func (s *Service) setAssetSetDefinition(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.updateAssetSet(ctx, c)
}

func (s *Service) updateAssetSet(ctx context.Context, c *call) (*scene7.Record, error) {
	set, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	thumb, err := thumbnailUpdate(c)
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.UpdateAssetSet(ctx, c.caller, c.company.Number, set, optionalText(c.in, "setDefinition"), thumb)
}
