package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

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
	runner mediaRunner
	log    *slog.Logger
}

// mediaRunner is what the inspector needs of media.Runner.
type mediaRunner interface {
	Inspect(ctx context.Context, src io.Reader, size int64, fileName string, want media.ThumbnailSpec) (media.Inspection, error)
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
		class, reason := fault.ClassOf(err), reasonOf(err)
		switch {
		case class == fault.TooLarge, class == fault.Unsupported && in.Format != "":
			found.Warning = reason
			return found, nil
		case class == fault.Corrupt, class == fault.Unsupported, class == fault.Refused:
			return found, &engine.Failure{Reason: reason, Final: true, Unreadable: true}
		}
		i.log.WarnContext(ctx, "an image was not inspected", "class", string(class), "error", err)
		return found, &engine.Failure{Reason: reason}
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

// reasonOf is what the job log says of a failed inspection: the words about the
// file, never a cause, and nothing of this machine.
func reasonOf(err error) string {
	failed, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return "the media worker could not inspect the file"
	}
	switch failed.Class {
	case fault.Corrupt, fault.TooLarge, fault.Unsupported, fault.Refused:
		return failed.Msg
	case fault.Unavailable:
		return "the media worker is not available"
	case fault.Timeout:
		return "the media worker did not finish the file in time"
	case fault.Crashed:
		return "the media worker stopped while it inspected the file"
	case fault.Source:
		return "the media worker did not get the whole file"
	}
	return "the media worker could not inspect the file"
}
