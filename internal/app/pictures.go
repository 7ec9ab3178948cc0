package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
)

// pictures lets the engine use the media runner for verbs that answer at once.
type pictures struct {
	runner pictureRunner
	log    *slog.Logger
}

// pictureRunner is what pictures needs of media.Runner.
type pictureRunner interface {
	Render(ctx context.Context, src io.Reader, size int64, fileName string, o media.RenderOptions) (media.Rendered, error)
	AutoCropRect(ctx context.Context, src io.Reader, size int64, fileName string, o media.AutoCropOptions) (media.Rect, error)
	Paths(ctx context.Context, src io.Reader, size int64, fileName string) ([]media.Path, error)
}

func (p pictures) Render(ctx context.Context, src io.Reader, size int64, fileName, text string) (engine.Picture, error) {
	r, err := p.runner.Render(ctx, src, size, fileName, media.RenderOptions{Modifier: text})
	if err != nil {
		return engine.Picture{}, p.failed(ctx, "app.Render", err)
	}
	return engine.Picture{Bytes: r.Bytes, Extension: r.Extension, Warnings: r.Warnings, Media: ingest.Media{
		ContentType: r.ContentType, Width: r.Width, Height: r.Height, Frames: 1, Orientation: 1, Alpha: r.Alpha,
	}}, nil
}

func (p pictures) AutoCrop(ctx context.Context, src io.Reader, size int64, fileName string, o engine.AutoCrop) (ingest.Rect, error) {
	rect, err := p.runner.AutoCropRect(ctx, src, size, fileName,
		media.AutoCropOptions{Corner: o.Corner, Color: o.Corner != "", Tolerance: o.Tolerance})
	if err != nil {
		return ingest.Rect{}, p.failed(ctx, "app.AutoCrop", err)
	}
	return ingest.Rect(rect), nil
}

func (p pictures) Paths(ctx context.Context, src io.Reader, size int64, fileName string) ([]engine.PicturePath, error) {
	list, err := p.runner.Paths(ctx, src, size, fileName)
	if err != nil {
		return nil, p.failed(ctx, "app.Paths", err)
	}
	paths := make([]engine.PicturePath, len(list))
	for i, path := range list {
		paths[i].Name = path.Name
		for corner, at := range media.Quad(path) {
			paths[i].Quad[corner] = engine.Point(at)
		}
	}
	return paths, nil
}

// Effective takes a modifier that asks for an impossible format as effective,
// so that rendering says what is wrong with it.
func (p pictures) Effective(text string) bool {
	commands, _, err := modifier.Parse(text)
	return err != nil || commands.Effective()
}

// failed translates the failure classes of package media.
func (p pictures) failed(ctx context.Context, op string, err error) error {
	class := fault.ClassOf(err)
	kind := ingest.Unavailable
	switch class {
	case fault.Invalid, fault.Corrupt, fault.Unsupported, fault.Refused:
		kind = ingest.Invalid
	case fault.TooLarge:
		kind = ingest.TooLarge
	default:
		p.log.WarnContext(ctx, "an image was not worked on", "class", string(class), "error", err)
	}
	msg := "the media worker could not work on the image"
	if failed, ok := errors.AsType[*fault.Error](err); ok && kind != ingest.Unavailable {
		msg = failed.Msg
	}
	return &ingest.Error{Kind: kind, Op: op, Msg: msg, Err: err}
}
