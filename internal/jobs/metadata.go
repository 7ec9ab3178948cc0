package jobs

import (
	"context"
	"io"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// MetadataReader reads what a file says of itself. A refusal says why nothing was read where another run makes no
// sense; minor ones are for those only who have asked for metadata.
type MetadataReader interface {
	Metadata(ctx context.Context, src io.Reader, size int64, fileName string) (found *engine.Embedded, refusal string, minor bool, failure *engine.Failure)
}

// Metadata returns the handler that reads the metadata of a file which its inspection does not read.
func Metadata(files Files, reader MetadataReader) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		in, r, err := open(ctx, files, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		found, refusal, minor, failure := reader.Metadata(ctx, r, in.Blob.Size, in.FileName)
		if failure != nil {
			return engine.TaskResult{}, failure
		}
		result := engine.TaskResult{Embedded: found}
		switch asked := len(in.Processing.Metadata)+len(in.Processing.Keywords) > 0; {
		case minor && !asked:
			result.Note = refusal
		default:
			result.Warning = refusal
		}
		return result, nil
	}
}
