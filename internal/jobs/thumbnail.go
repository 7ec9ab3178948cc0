package jobs

import (
	"bytes"
	"context"
	"fmt"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// GivenThumbnails gives the pictures that came with files.
type GivenThumbnails interface {
	GivenThumbnail(ctx context.Context, t *ingest.Task) ([]byte, error)
}

// mostThumbnailPixels is the largest given thumbnail that is used.
const mostThumbnailPixels = 25_000_000

// Thumbnail returns the handler that makes the thumbnail of a file from the picture
// that its client gave with it. A picture that is of no use is a warning; the file
// then has the thumbnail that was made of it, if any.
func Thumbnail(given GivenThumbnails, inspector Inspector) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		picture, err := given.GivenThumbnail(ctx, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		found, failure := inspector.Inspect(ctx, bytes.NewReader(picture), int64(len(picture)), "")
		unused := func(why string) (engine.TaskResult, *engine.Failure) {
			return engine.TaskResult{Warning: "the thumbnail that was given with the file is not used: " + why}, nil
		}
		switch {
		case failure != nil && failure.Final:
			return unused(failure.Reason)
		case failure != nil:
			return engine.TaskResult{}, failure
		}
		switch found.Media.ContentType {
		case "image/jpeg", "image/png", "image/gif", "image/bmp":
		default:
			return unused("it is no JPEG, PNG, GIF or BMP picture")
		}
		if pixels := found.Media.Width * found.Media.Height; pixels > mostThumbnailPixels {
			return unused(fmt.Sprintf("it has %d pixels, the limit is %d", pixels, mostThumbnailPixels))
		}
		if found.Thumbnail == nil {
			return unused(found.Warning)
		}
		return engine.TaskResult{Derived: []engine.DerivedFile{{
			Key: "thumbnail", Kind: ingest.DerivedThumbnail, Name: "thumbnail", Media: found.Thumb, Bytes: found.Thumbnail,
		}}}, nil
	}
}
