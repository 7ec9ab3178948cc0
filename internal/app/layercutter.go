package app

import (
	"context"
	"io"
	"log/slog"

	"sluice/internal/engine"
	"sluice/internal/media"
	"sluice/internal/media/fault"
)

// layerCutter lets the workers of package jobs cut Photoshop files.
type layerCutter struct {
	runner layerRunner
	log    *slog.Logger
}

// layerRunner is what layerCutter needs of media.Runner.
type layerRunner interface {
	Layers(ctx context.Context, src io.ReaderAt, size int64, fileName string, o media.LayersOptions, take func(media.LayerPicture) error) (media.LayeredFile, error)
}

// CutLayers translates what failures mean for the asset. A file that cannot be cut may
// still have a merged image, which the inspection judges; one that the library does not
// take at all has failed.
func (c layerCutter) CutLayers(ctx context.Context, src io.ReaderAt, size int64, fileName string, extend bool, take func(media.LayerPicture) error) (media.LayeredFile, string, *engine.Failure) {
	file, err := c.runner.Layers(ctx, src, size, fileName, media.LayersOptions{Extend: extend}, take)
	if err == nil {
		return file, "", nil
	}
	class, reason := fault.ClassOf(err), reasonOf(err)
	switch class {
	case fault.Refused:
		return file, "", &engine.Failure{Reason: reason, Final: true, Unreadable: true}
	case fault.Corrupt, fault.Unsupported, fault.TooLarge:
		return file, reason, nil
	}
	c.log.WarnContext(ctx, "a Photoshop file was not cut into its layers", "class", string(class), "error", err)
	return file, "", &engine.Failure{Reason: reason, Suspect: suspect(class)}
}
