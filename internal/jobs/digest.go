package jobs

import (
	"context"
	"crypto/sha256"
	"io"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Files is what handlers need of the engine to read a task's file.
type Files interface {
	TaskInput(ctx context.Context, t *ingest.Task) (engine.TaskInput, error)
	OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error)
}

// Digest returns the handler that computes the SHA-256 which an upload put off.
func Digest(files Files) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		_, r, err := open(ctx, files, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		sum := sha256.New()
		buf := make([]byte, 128<<10)
		for {
			if err := ctx.Err(); err != nil {
				return engine.TaskResult{}, failed(err)
			}
			n, err := r.Read(buf)
			sum.Write(buf[:n])
			if err == io.EOF {
				return engine.TaskResult{SHA256: sum.Sum(nil)}, nil
			}
			if err != nil {
				return engine.TaskResult{}, failed(err)
			}
		}
	}
}

// open opens the file that a task is about.
func open(ctx context.Context, files Files, t *ingest.Task) (engine.TaskInput, ingest.BlobReader, error) {
	in, err := files.TaskInput(ctx, t)
	if err != nil {
		return in, nil, err
	}
	r, err := files.OpenBlob(ctx, in.Blob.Key)
	return in, r, err
}

// failed is the failure of a run that may succeed another time.
func failed(err error) *engine.Failure {
	return &engine.Failure{Reason: ingest.Message(err)}
}
