package engine

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// mostSettings bounds the settings of one viewer.
const mostSettings = 2000

func checkViewer(c *ingest.ViewerConfig) error {
	const op = "engine.checkViewer"
	if strings.TrimSpace(c.Type) == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the type of a viewer must not be empty"}
	}
	return checkSettings(c.Settings)
}

func checkSettings(settings []ingest.ViewerSetting) error {
	const op = "engine.checkViewer"
	if len(settings) > mostSettings {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the viewer would have %d settings, the limit is %d", len(settings), mostSettings)}
	}
	for _, s := range settings {
		for _, text := range []*string{&s.Name, s.Value, s.Handle} {
			if text != nil && len(*text) > maxValueText {
				return tooLong(op, "setting "+quote(s.Name), len(*text), maxValueText)
			}
		}
	}
	return nil
}

// CreateViewerPreset makes a viewer preset.
func (e *Engine) CreateViewerPreset(ctx context.Context, p ingest.Principal, company ingest.Number, folder, name string, config ingest.ViewerConfig) (ingest.Number, error) {
	if err := checkViewer(&config); err != nil {
		return 0, err
	}
	return e.createVirtual(ctx, p, company, ingest.Asset{Path: folder, Name: name, Type: "ViewerPreset"}, 0, func(tx ingest.Tx, _ *sight, a *ingest.Asset) error {
		if !may(p, company, rightManage) {
			return roleMay(p, company, rightManage)
		}
		config.Name = a.Name
		return e.attach(tx, p, company, a.Number, ingest.DocViewerConfig, config)
	})
}

// SetViewer attaches a viewer configuration to an asset in the place of the one
// that it has.
func (e *Engine) SetViewer(ctx context.Context, p ingest.Principal, company, asset ingest.Number, config ingest.ViewerConfig) error {
	if err := checkViewer(&config); err != nil {
		return err
	}
	return e.manageAsset(ctx, p, company, asset, func(tx ingest.Tx, _ *ingest.Asset) error {
		return e.attach(tx, p, company, asset, ingest.DocViewerConfig, config)
	})
}

// manageAsset is changeAsset for administrators of the company.
func (e *Engine) manageAsset(ctx context.Context, p ingest.Principal, company, asset ingest.Number, change func(ingest.Tx, *ingest.Asset) error) error {
	return e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		if !may(p, company, rightManage) {
			return roleMay(p, company, rightManage)
		}
		return change(tx, a)
	})
}

// roleMay is the failure of a role that may not do something.
func roleMay(p ingest.Principal, company ingest.Number, r right) error {
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.roleMay", Code: ingest.CodeRole,
		Msg: fmt.Sprintf("the role %s may not %s", p.RoleIn(company), rightNames[r])}
}

// MergeViewer changes the settings of the configuration that an asset has and adds
// new ones.
func (e *Engine) MergeViewer(ctx context.Context, p ingest.Principal, company, asset ingest.Number, settings []ingest.ViewerSetting) error {
	return e.manageAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		config, ok, err := attached[ingest.ViewerConfig](tx, company, asset, ingest.DocViewerConfig)
		if err != nil {
			return err
		}
		if !ok {
			return &ingest.Error{Kind: ingest.NotFound, Op: "engine.MergeViewer", Msg: fmt.Sprintf("the asset %s has no viewer configuration", quote(a.Name))}
		}
		at := map[string]int{}
		for i, s := range config.Settings {
			if _, twice := at[s.Name]; !twice {
				at[s.Name] = i
			}
		}
		for _, s := range settings {
			if i, ok := at[s.Name]; ok {
				config.Settings[i] = s
				continue
			}
			at[s.Name] = len(config.Settings)
			config.Settings = append(config.Settings, s)
		}
		if err := checkSettings(config.Settings); err != nil {
			return err
		}
		return e.attach(tx, p, company, asset, ingest.DocViewerConfig, config)
	})
}

// Viewer returns the configuration that an asset has, an empty one when it has
// none.
func (e *Engine) Viewer(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (config ingest.ViewerConfig, err error) {
	err = e.viewAsset(ctx, p, company, asset, rightManage, func(tx ingest.Tx, _ *sight, _ *ingest.Asset) error {
		config, _, err = attached[ingest.ViewerConfig](tx, company, asset, ingest.DocViewerConfig)
		return err
	})
	return config, err
}
