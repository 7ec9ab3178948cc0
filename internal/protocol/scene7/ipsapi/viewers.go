package ipsapi

import (
	"context"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func viewerSettings(c *call) []ingest.ViewerSetting {
	settings := []ingest.ViewerSetting{}
	for _, r := range records(c.in, "configSettingArray") {
		settings = append(settings, ingest.ViewerSetting{Name: r.Text("name"), Value: optionalText(r, "value"), Handle: optionalText(r, "handle")})
	}
	return settings
}

// configSettings shows the settings of a viewer.
func configSettings(config ingest.ViewerConfig) *scene7.Record {
	rows := make([]*scene7.Record, len(config.Settings))
	for i, setting := range config.Settings {
		rows[i] = record("ConfigSetting", "name", setting.Name, "value", setting.Value, "handle", setting.Handle)
	}
	return array("ConfigSettingArray", rows)
}

func (s *Service) createViewerPreset(ctx context.Context, c *call) (*scene7.Record, error) {
	folder, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreateViewerPreset(ctx, c.caller, c.company.Number, folder, c.in.Text("name"), ingest.ViewerConfig{Type: c.in.Text("type"), Settings: viewerSettings(c)})
	if err != nil {
		return nil, err
	}
	return record("createViewerPresetReturn", "viewerPresetHandle", assetHandle(n)), nil
}

func (s *Service) setViewerConfig(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.SetViewer(ctx, c.caller, c.company.Number, asset, ingest.ViewerConfig{
		Type: c.in.Text("type"), Name: c.in.Text("name"), Settings: viewerSettings(c),
	})
}

func (s *Service) updateViewerConfig(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.MergeViewer(ctx, c.caller, c.company.Number, asset, viewerSettings(c))
}

func (s *Service) viewerConfig(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	config, err := s.Engine.Viewer(ctx, c.reader, c.company.Number, asset)
	if err != nil {
		return nil, err
	}
	return record("getViewerConfigSettingsReturn", "type", config.Type, "configSettingArray", configSettings(config)), nil
}
