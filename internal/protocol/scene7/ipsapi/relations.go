package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func (s *Service) associatedAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	related, err := s.Engine.Related(ctx, c.reader, c.company.Number, asset)
	if err != nil {
		return nil, err
	}
	answer := record("getAssociatedAssetsReturn")
	for _, part := range []struct {
		field  string
		assets []*ingest.Asset
	}{
		{"containerArray", related.Containers}, {"memberArray", related.Members}, {"layerReferenceArray", related.Layers},
		{"ownerArray", related.Owners}, {"derivedArray", related.Views},
	} {
		shown, err := s.assetRecords(ctx, c, part.assets, part.field+"/items")
		if err != nil {
			return nil, err
		}
		answer.Fields = append(answer.Fields, scene7.Entry{Name: part.field, Value: array("AssetArray", shown)})
	}
	for field, list := range map[string][]engine.Generation{"generatorArray": related.Generators, "generatedArray": related.Generated} {
		rows, err := s.generationRecords(ctx, c, list, field+"/items")
		if err != nil {
			return nil, err
		}
		answer.Fields = append(answer.Fields, scene7.Entry{Name: field, Value: array("GenerationInfoArray", rows)})
	}
	subAssets, err := s.subAssets(ctx, c, related.Crops)
	if err != nil {
		return nil, err
	}
	answer.Fields = append(answer.Fields, scene7.Entry{Name: "subAssetArray", Value: array("SubAssetArray", subAssets)})
	if related.Thumbnail != nil {
		thumb, err := s.assetRecords(ctx, c, []*ingest.Asset{related.Thumbnail}, "thumbAsset")
		if err != nil {
			return nil, err
		}
		answer.Fields = append(answer.Fields, scene7.Entry{Name: "thumbAsset", Value: thumb[0]})
	}
	return answer, nil
}

// generationRecords shows what engines made.
func (s *Service) generationRecords(ctx context.Context, c *call, list []engine.Generation, path string) ([]*scene7.Record, error) {
	originators, generated := make([]*ingest.Asset, len(list)), make([]*ingest.Asset, len(list))
	for i, g := range list {
		originators[i], generated[i] = g.Originator, g.Generated
	}
	from, err := s.assetRecords(ctx, c, originators, path+"/originator")
	if err != nil {
		return nil, err
	}
	made, err := s.assetRecords(ctx, c, generated, path+"/generated")
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(list))
	for i, g := range list {
		rows[i] = record("GenerationInfo", "engine", g.Engine, "originator", from[i], "generated", made[i], "attributeArray", array[string]("GenerationAttributeArray", nil))
	}
	return rows, nil
}

// subAssets shows smart crops.
func (s *Service) subAssets(ctx context.Context, c *call, crops []engine.SmartCrop) ([]*scene7.Record, error) {
	var rows []*scene7.Record
	for _, crop := range crops {
		login, err := s.Engine.LoginOf(ctx, crop.By)
		if err != nil {
			return nil, err
		}
		var userData []*scene7.Record
		if swatch := crop.Crop.Swatch; swatch != nil {
			for _, part := range []struct {
				name  string
				value int
			}{{"redColor", swatch.Red}, {"greenColor", swatch.Green}, {"blueColor", swatch.Blue}} {
				userData = append(userData, record("UserData", "name", part.name, "value", decimal(ingest.Number(part.value))))
			}
		}
		rows = append(rows, record("SubAsset", "subAssetHandle", cropHandle(crop.Number), "type", "SmartCrop", "name", crop.Name,
			"created", crop.Created, "createUser", login, "lastModified", crop.Modified, "lastModifyUser", login,
			"userDataArray", optionalArray("UserDataArray", userData),
			"smartCrop", record("SmartCrop", "cropRect", record("NormalizedCropRect", "leftN", crop.Crop.Left, "topN", crop.Crop.Top,
				"widthN", crop.Crop.Width, "heightN", crop.Crop.Height), "width", crop.Crop.PixelWidth, "height", crop.Crop.PixelHeight)))
	}
	return rows, nil
}

func (s *Service) generationInfo(ctx context.Context, c *call) (*scene7.Record, error) {
	originator, err := optionalAsset(c, "originatorHandle")
	if err != nil {
		return nil, err
	}
	generated, err := optionalAsset(c, "generatedHandle")
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.Generations(ctx, c.reader, c.company.Number, c.in.Text("engine"), originator, generated)
	if err != nil {
		return nil, err
	}
	rows, err := s.generationRecords(ctx, c, list, "generationArray/items")
	if err != nil {
		return nil, err
	}
	return record("getGenerationInfoReturn", "generationArray", array("GenerationInfoArray", rows)), nil
}
