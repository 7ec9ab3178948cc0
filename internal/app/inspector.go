package app

import (
	"context"
	"io"

	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
	"sluice/internal/media"
	"sluice/internal/media/fault"
)

// mediaOptions translates the settings of the media section.
func mediaOptions(cfg config.Config) media.Options {
	return media.Options{
		Workers: cfg.MediaWorkers, MaxPixels: int64(cfg.MediaMaxPixels), MaxInputBytes: int64(cfg.MediaMaxInput),
		MemoryBytes: int64(cfg.MediaMemory), Timeout: cfg.MediaTimeout.Std(), AllowUnboxed: !cfg.MediaRequireBox,
		SpoolDir: cfg.DataDir,
	}
}

// inspector lets the workers of package jobs use the media runner.
type inspector struct {
	runner *media.Runner
}

// Inspect tells apart what the failure classes mean for the asset: a file that
// is not what it claims to be, one that is beyond a limit or a variant that is
// not read (kept, with a warning), and trouble that has nothing to do with it.
func (i inspector) Inspect(ctx context.Context, src io.Reader, size int64, fileName string) (jobs.Found, *engine.Failure) {
	in, err := i.runner.Inspect(ctx, src, size, fileName, media.ThumbnailSpec{})
	found := jobs.Found{Media: ingest.Media{
		ContentType: in.ContentType, Width: in.Width, Height: in.Height, Frames: in.Frames,
		Orientation: in.Orientation, Alpha: in.HasAlpha,
	}}
	if err != nil {
		class := fault.ClassOf(err)
		switch {
		case class == fault.TooLarge, class == fault.Unsupported && in.Format != "":
			found.Warning = err.Error()
			return found, nil
		case class == fault.Corrupt, class == fault.Unsupported:
			return found, &engine.Failure{Reason: err.Error(), Final: true, Unreadable: true}
		}
		return found, &engine.Failure{Reason: err.Error()}
	}
	if in.Format == "gif" && in.Frames > 1 {
		found.Type = ingest.TypeAnimatedGIF
	}
	if t := in.Thumbnail; t != nil {
		found.Thumbnail = t.Bytes
		found.Thumb = ingest.Media{ContentType: t.ContentType, Width: t.Width, Height: t.Height, Frames: 1}
	}
	return found, nil
}
