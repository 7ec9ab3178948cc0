package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func (s *Service) copyImage(ctx context.Context, c *call) (*scene7.Record, error) {
	image, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	folder, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	modifier := c.in.Text("urlModifier")
	if err := checkModifier("urlModifier", modifier); err != nil {
		return nil, err
	}
	n, err := s.Engine.CopyImage(ctx, c.caller, c.company.Number, image, folder, c.in.Text("name"), modifier)
	return assetReturn(c, n, err)
}

// replaceImage answers the handle of the image, which stays the same.
func (s *Service) replaceImage(ctx context.Context, c *call) (*scene7.Record, error) {
	image, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	modifier := c.in.Text("urlModifier")
	if err := checkModifier("urlModifier", modifier); err != nil {
		return nil, err
	}
	return assetReturn(c, image, s.Engine.ReplaceImage(ctx, c.caller, c.company.Number, image, modifier))
}

func (s *Service) removeMask(ctx context.Context, c *call) (*scene7.Record, error) {
	image, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.RemoveMask(ctx, c.caller, c.company.Number, image)
}

// autoCropRect needs one of the two ways to crop; of both, the colour counts.
func (s *Service) autoCropRect(ctx context.Context, c *call) (*scene7.Record, error) {
	image, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	var o engine.AutoCrop
	switch {
	case c.in.Has("autoColorCropOptions"):
		options := c.in.Record("autoColorCropOptions")
		o = engine.AutoCrop{Corner: options.Text("corner"), Tolerance: options.Double("tolerance")}
	case c.in.Has("autoTransparentCropOptions"):
		o = engine.AutoCrop{Tolerance: c.in.Record("autoTransparentCropOptions").Double("tolerance")}
	default:
		return nil, missing("autoColorCropOptions or autoTransparentCropOptions")
	}
	rect, err := s.Engine.AutoCropRect(ctx, c.reader, c.company.Number, image, o)
	if err != nil {
		return nil, err
	}
	return record("getAutoCropRectReturn", "xOffset", rect.X, "yOffset", rect.Y, "width", rect.Width, "height", rect.Height), nil
}

func (s *Service) paths(ctx context.Context, c *call) ([]engine.PicturePath, error) {
	image, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return s.Engine.PicturePaths(ctx, c.reader, c.company.Number, image)
}

func (s *Service) photoshopPathNames(ctx context.Context, c *call) (*scene7.Record, error) {
	paths, err := s.paths(ctx, c)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = path.Name
	}
	return record("getPhotoshopPathNamesReturn", "pathNameArray", array("StringArray", names)), nil
}

func (s *Service) photoshopPath(ctx context.Context, c *call) (*scene7.Record, error) {
	paths, err := s.paths(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if path.Name == c.in.Text("pathName") {
			q := path.Quad
			return record("getPhotoshopPathReturn", "perspectiveQuad", record("PerspectiveQuad",
				"x0", q[0].X, "y0", q[0].Y, "x1", q[1].X, "y1", q[1].Y, "x2", q[2].X, "y2", q[2].Y, "x3", q[3].X, "y3", q[3].Y)), nil
		}
	}
	return nil, invalid("pathName", "the image has no path %q", clip(c.in.Text("pathName")))
}

func (s *Service) searchStrings(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	runs, err := s.Engine.TextRuns(ctx, c.reader, c.company.Number, asset)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(runs))
	for i, run := range runs {
		words := make([]*scene7.Record, len(run.Words))
		for j, word := range run.Words {
			words[j] = boxed(record("Keywords", "keyword", word.Text, "status", true), word.Box)
		}
		rows[i] = boxed(record("SearchStrings", "searchString", run.Text, "keywordsArray", array("KeywordsArray", words), "status", true,
			"fontName", run.Font, "pointSize", run.Size), run.Box)
	}
	return record("getSearchStringsReturn", "searchStringsArray", array("SearchStringsArray", rows)), nil
}

// boxed adds the fields of a box to a record.
func boxed(r *scene7.Record, box ingest.Rect) *scene7.Record {
	r.Fields = append(r.Fields, record(r.Type, "x", box.X, "y", box.Y, "width", box.Width, "height", box.Height).Fields...)
	return r
}
