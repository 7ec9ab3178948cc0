package jobs

import (
	"context"
	"io"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// FootageTasks gives what footage tasks work on.
type FootageTasks interface {
	FootageWork(ctx context.Context, t *ingest.Task) (engine.TaskInput, engine.FootageStep, error)
	OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error)
}

// FoundFootage is what was found out of a video, with the frame that was asked for.
type FoundFootage struct {
	Found
	Poster      []byte // encoded; nil = none
	PosterMedia ingest.Media
}

// FootageInspector looks into a video. A time that it does not have stands for its
// first frame.
type FootageInspector interface {
	Footage(ctx context.Context, src io.Reader, size int64, fileName string, at time.Duration) (FoundFootage, *engine.Failure)
}

// Footage returns the handler that finds what a video is, and makes its poster and
// thumbnail of the frame at a time.
func Footage(tasks FootageTasks, inspector FootageInspector) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		in, step, err := tasks.FootageWork(ctx, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		r, err := tasks.OpenBlob(ctx, in.Blob.Key)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		at := min(max(0, step.At), int64(longestSeek/time.Millisecond))
		found, failure := inspector.Footage(ctx, r, in.Blob.Size, in.FileName, time.Duration(at)*time.Millisecond)
		if failure != nil {
			return engine.TaskResult{}, failure
		}
		result := foundResult(found.Found)
		if result.Warning != "" {
			result.Warning = "mediaOptions: " + result.Warning
		}
		if found.Poster != nil {
			result.Derived = append(result.Derived, engine.DerivedFile{
				Key: "poster", Kind: ingest.DerivedPoster, Name: "poster.jpg", Media: found.PosterMedia, Bytes: found.Poster,
			})
		}
		return result, nil
	}
}

// longestSeek is beyond the end of every video.
const longestSeek = 20_000 * time.Hour
