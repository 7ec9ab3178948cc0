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
)

// encoder lets encode tasks use the media runner.
type encoder struct {
	runner encodeRunner
	log    *slog.Logger
}

// encodeRunner is what the encoder needs of media.Runner.
type encodeRunner interface {
	Footage(ctx context.Context, src io.Reader, size int64, fileName string) (media.Footage, error)
	Encode(ctx context.Context, src io.Reader, size int64, fileName string, want media.Encoding, progress func(float64), take func(media.Encoded, io.Reader) error) error
}

func (e encoder) Footage(ctx context.Context, src io.Reader, size int64, fileName string) (media.Footage, *engine.Failure) {
	found, err := e.runner.Footage(ctx, src, size, fileName)
	return found, e.failed(ctx, err)
}

func (e encoder) Encode(ctx context.Context, src io.Reader, size int64, fileName string, want media.Encoding, progress func(float64), take func(ingest.Media, io.Reader) error) *engine.Failure {
	err := e.runner.Encode(ctx, src, size, fileName, want, progress, func(made media.Encoded, file io.Reader) error {
		return take(ingest.Media{ContentType: "video/mp4", Width: made.Width, Height: made.Height}, file)
	})
	return e.failed(ctx, err)
}

// failed translates the failure classes of package media. Another run makes sense
// unless the file, the preset, the tool or a limit is the cause: an encoding that took
// too long once would take as long again.
func (e encoder) failed(ctx context.Context, err error) *engine.Failure {
	if err == nil {
		return nil
	}
	broken, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return &engine.Failure{Reason: ingest.Message(err)} // of taking the file
	}
	switch broken.Class {
	case fault.Source, fault.Unavailable, fault.Cancelled:
		e.log.WarnContext(ctx, "a video was not encoded", "class", string(broken.Class), "error", err)
		return &engine.Failure{Reason: "the media worker could not encode the video"}
	}
	e.log.InfoContext(ctx, "a video was not encoded", "class", string(broken.Class), "error", err)
	return &engine.Failure{Reason: broken.Msg, Final: true}
}
