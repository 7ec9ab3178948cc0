package jobs

import (
	"context"
	"io"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Found is what an inspection learnt of a file.
type Found struct {
	Media     ingest.Media
	Type      ingest.AssetType // "" = as the file name says
	Thumbnail []byte           // encoded; nil = none
	Thumb     ingest.Media     // of the thumbnail
	Warning   string           // why there is less than expected
	Embedded  *engine.Embedded // what the file says of itself; nil = that was not looked for
}

// Inspector looks into an image, video, sound or PDF file. A failure says whether another run makes sense.
type Inspector interface {
	Inspect(ctx context.Context, src io.Reader, size int64, fileName string) (Found, *engine.Failure)
}

// Inspect returns the handler that finds dimensions, type and thumbnail of a file.
func Inspect(files Files, inspector Inspector) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		in, r, err := open(ctx, files, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		found, failure := inspector.Inspect(ctx, r, in.Blob.Size, in.FileName)
		if failure != nil {
			return engine.TaskResult{}, failure
		}
		return foundResult(found), nil
	}
}

// foundResult is what an inspection that went well stores.
func foundResult(found Found) engine.TaskResult {
	result := engine.TaskResult{Media: &found.Media, Type: found.Type, Warning: found.Warning, Embedded: found.Embedded}
	if found.Thumbnail != nil {
		result.Derived = []engine.DerivedFile{{
			Key: "thumbnail", Kind: ingest.DerivedThumbnail, Name: "thumbnail", Media: found.Thumb, Bytes: found.Thumbnail,
		}}
	}
	return result
}
