package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
	"sluice/internal/media"
	"sluice/internal/media/fault"
)

// inspector lets the workers of package jobs use the media runner.
type inspector struct {
	runner mediaRunner
	log    *slog.Logger
}

// mediaRunner is what the inspector needs of media.Runner.
type mediaRunner interface {
	Inspect(ctx context.Context, src io.Reader, size int64, fileName string, want media.ThumbnailSpec) (media.Inspection, error)
	Poster(ctx context.Context, src io.Reader, size int64, fileName string, want media.ThumbnailSpec) (media.Inspection, error)
	PosterAt(ctx context.Context, src io.Reader, size int64, fileName string, at time.Duration, want media.ThumbnailSpec) (media.Inspection, error)
}

// Inspect looks into a file with what there is for its type.
func (i inspector) Inspect(ctx context.Context, src io.Reader, size int64, fileName string) (jobs.Found, *engine.Failure) {
	if showsPoster(src, fileName) {
		return i.poster(ctx, src, size, fileName)
	}
	return i.image(ctx, src, size, fileName)
}

// image tells apart what the failure classes mean for the asset: a file that
// is not what it claims to be, one that is beyond a limit or a variant that is
// not read (kept, with a warning), and trouble that has nothing to do with it.
func (i inspector) image(ctx context.Context, src io.Reader, size int64, fileName string) (jobs.Found, *engine.Failure) {
	in, err := i.runner.Inspect(ctx, src, size, fileName, media.ThumbnailSpec{Metadata: true})
	found := foundIn(in)
	if err != nil {
		class, reason := fault.ClassOf(err), reasonOf(err)
		switch {
		case class == fault.TooLarge, class == fault.Unsupported && in.Format != "":
			found.Warning = reason
			return found, nil
		case class == fault.Unsupported && unread(fileName):
			found.Warning = "pictures of its format are not read here, so that it has no dimensions, thumbnail and optimised image"
			return found, nil
		case class == fault.Corrupt, class == fault.Unsupported, class == fault.Refused:
			return found, &engine.Failure{Reason: reason, Final: true, Unreadable: true}
		}
		i.log.WarnContext(ctx, "an image was not inspected", "class", string(class), "error", err)
		return found, &engine.Failure{Reason: reason, Suspect: suspect(class)}
	}
	if in.Format == "gif" && in.Frames > 1 {
		found.Type = ingest.TypeAnimatedGIF
	}
	return found, nil
}

// unread reports whether a name is that of a picture in a format that nothing here reads. Some of these cannot be told
// from other bytes.
func unread(fileName string) bool {
	switch strings.ToLower(path.Ext(fileName)) {
	case ".fpx", ".pict", ".pct", ".raw":
		return true
	}
	return false
}

// foundIn translates what was learnt of a file.
func foundIn(in media.Inspection) jobs.Found {
	found := jobs.Found{Media: ingest.Media{
		ContentType: in.ContentType, Width: in.Width, Height: in.Height, Frames: in.Frames,
		Orientation: in.Orientation, Alpha: in.HasAlpha, Duration: in.Duration.Round(time.Millisecond),
	}}
	found.Embedded = embeddedIn(in.Metadata)
	if t := in.Thumbnail; t != nil {
		found.Thumbnail = t.Bytes
		found.Thumb = ingest.Media{ContentType: t.ContentType, Width: t.Width, Height: t.Height, Frames: 1}
	}
	return found
}

// suspect reports whether the file, rather than the machine, is probably what kept a worker from an answer.
func suspect(class fault.Class) bool { return class == fault.Timeout || class == fault.Crashed }

// reasonOf is what the job log says of a failed inspection: the words about the
// file, never a cause, and nothing of this machine.
func reasonOf(err error) string {
	failed, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return "the media worker could not inspect the file"
	}
	if failed.Tool != "" {
		return failed.Msg
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

// showsPoster reports whether a tool has to give a picture of the file before it
// can be inspected: by its name, and without a telling name, or where that says
// image, by its content.
func showsPoster(src io.Reader, fileName string) bool {
	kind, known := ingest.TypeByFileName(fileName)
	if known && kind != ingest.TypeImage {
		switch kind {
		case ingest.TypeMasterVideo, ingest.TypeAudio, ingest.TypePDF, ingest.TypePostScript, ingest.TypeIllustrator, ingest.TypeInDesign:
			return true
		}
		return false
	}
	at, ok := src.(io.ReaderAt)
	if !ok {
		return false
	}
	head := make([]byte, 3072)
	n, err := at.ReadAt(head, 0)
	if n == 0 && err != nil {
		return false
	}
	content := media.Detect(head[:n], fileName)
	if known || media.Foreign(content) {
		return media.Foreign(content)
	}
	return strings.HasPrefix(content, "video/") || strings.HasPrefix(content, "audio/") || content == "application/pdf"
}

// poster inspects a video, sound or document. Whatever is wrong with the file or
// with the tools is a warning: the server does not need them to take a file, and
// knows too little of these types to call one broken.
func (i inspector) poster(ctx context.Context, src io.Reader, size int64, fileName string) (jobs.Found, *engine.Failure) {
	in, err := i.runner.Poster(ctx, src, size, fileName, media.ThumbnailSpec{})
	return i.posterFound(ctx, in, err)
}

// Footage inspects a video with the frame at a time for its poster.
func (i inspector) Footage(ctx context.Context, src io.Reader, size int64, fileName string, at time.Duration) (jobs.FoundFootage, *engine.Failure) {
	in, err := i.runner.PosterAt(ctx, src, size, fileName, at, media.ThumbnailSpec{})
	found, failure := i.posterFound(ctx, in, err)
	all := jobs.FoundFootage{Found: found}
	if s := in.Still; s != nil && failure == nil {
		all.Poster = s.Bytes
		all.PosterMedia = ingest.Media{ContentType: s.ContentType, Width: s.Width, Height: s.Height, Frames: 1}
	}
	return all, failure
}

func (i inspector) posterFound(ctx context.Context, in media.Inspection, err error) (jobs.Found, *engine.Failure) {
	found := foundIn(in)
	if found.Media.ContentType == "application/octet-stream" {
		found.Media.ContentType = "" // what the name says is more
	}
	if err == nil {
		return found, nil
	}
	class, reason := fault.ClassOf(err), reasonOf(err)
	tool := toolOf(err)
	switch {
	case class == fault.Missing:
		found.Warning = reason
		return found, nil
	case tool == "" && (class == "" || class.Retryable()):
		i.log.WarnContext(ctx, "a file was not inspected", "class", string(class), "error", err)
		return found, &engine.Failure{Reason: reason, Suspect: suspect(class)}
	case tool != "":
		i.log.InfoContext(ctx, "a tool could not read a file", "tool", tool, "class", string(class), "error", err)
	}
	found.Warning = "no thumbnail was made: " + reason
	return found, nil
}

// toolOf names the tool that is to blame; "" when there is none.
func toolOf(err error) string {
	failed, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	return failed.Tool
}
