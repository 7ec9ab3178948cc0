package ipsapi

import (
	"context"
	"encoding/json"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func (s *Service) servingSettings(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.publishSettings(ctx, c, "ImageServing")
}

func (s *Service) renderingSettings(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.publishSettings(ctx, c, "ImageRendering")
}

func (s *Service) setServingSettings(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.setPublishSettings(ctx, c, "ImageServing")
}

func (s *Service) setRenderingSettings(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.setPublishSettings(ctx, c, "ImageRendering")
}

// settingsContext checks that a context, if one is named, is the company's of the
// type.
func settingsContext(c *call, kind string) error {
	handle := c.in.Text("contextHandle")
	if handle == "" {
		return nil
	}
	of, err := contextOf(c, "contextHandle", handle)
	if err == nil && of.name != kind {
		err = invalid("contextHandle", "%q is a context of the type %s, not %s", clip(handle), of.name, kind)
	}
	return err
}

// settingsOf finds the settings of a context; the number is 0 when none were made.
func (s *Service) settingsOf(ctx context.Context, c *call, kind string) (number ingest.Number, settings []ingest.ViewerSetting, err error) {
	list, err := s.Engine.StoredList(ctx, c.caller, c.company.Number, ingest.DocPublishSettings)
	if err != nil {
		return 0, nil, err
	}
	for _, stored := range list {
		if stored.Key == kind {
			return stored.Number, settings, json.Unmarshal(stored.Data, &settings)
		}
	}
	return 0, nil, nil
}

func (s *Service) publishSettings(ctx context.Context, c *call, kind string) (*scene7.Record, error) {
	if err := settingsContext(c, kind); err != nil {
		return nil, err
	}
	_, settings, err := s.settingsOf(ctx, c, kind)
	if err != nil {
		return nil, err
	}
	return record(c.op.Name+"Return", "publishSettingArray", configSettings(ingest.ViewerConfig{Settings: settings})), nil
}

// setPublishSettings replaces the settings that are named and keeps the others; one
// without a value is removed.
func (s *Service) setPublishSettings(ctx context.Context, c *call, kind string) error {
	if err := settingsContext(c, kind); err != nil {
		return err
	}
	number, have, err := s.settingsOf(ctx, c, kind)
	if err != nil {
		return err
	}
	if number == 0 {
		data, err := json.Marshal(mergedSettings(c, have))
		if err != nil {
			return err
		}
		_, err = s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocPublishSettings, engine.Stored{Key: kind, Name: kind, Data: data})
		return err
	}
	return s.Engine.UpdateStored(ctx, c.caller, c.company.Number, ingest.DocPublishSettings, number, func(old *engine.Stored) error {
		var have []ingest.ViewerSetting
		if err := json.Unmarshal(old.Data, &have); err != nil {
			return err
		}
		var err error
		old.Data, err = json.Marshal(mergedSettings(c, have))
		return err
	})
}

func mergedSettings(c *call, have []ingest.ViewerSetting) []ingest.ViewerSetting {
	merged := append([]ingest.ViewerSetting{}, have...)
	for _, r := range records(c.in, "publishSettingArray") {
		setting := ingest.ViewerSetting{Name: r.Text("name"), Value: optionalText(r, "value"), Handle: optionalText(r, "handle")}
		at := -1
		for i := range merged {
			if merged[i].Name == setting.Name {
				at = i
			}
		}
		switch {
		case setting.Value == nil && setting.Handle == nil && at >= 0:
			merged = append(merged[:at], merged[at+1:]...)
		case setting.Value == nil && setting.Handle == nil:
		case at >= 0:
			merged[at] = setting
		default:
			merged = append(merged, setting)
		}
	}
	return merged
}
