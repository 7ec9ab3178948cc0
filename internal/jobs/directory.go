package jobs

import (
	"context"
	"path"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// directoryPart is how many files one directory task lists.
const directoryPart = 500

// Directory returns the handler that lists the files of a directory of this machine.
func Directory(steps Steps, roots Roots) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		d, after, err := engine.StepDirectory(t)
		if err != nil {
			return ended(err)
		}
		files, more, err := roots.files(d, after, directoryPart)
		if err != nil {
			return ended(err)
		}
		return ended(steps.ExpandDirectory(ctx, t, files, more))
	}
}

// TakeFile returns the handler that takes one file of a directory into the library.
func TakeFile(steps Steps, roots Roots) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		_, from, err := engine.StepSource(t)
		if err != nil {
			return ended(err)
		}
		f, info, err := roots.open(from)
		if err != nil {
			return ended(err)
		}
		defer f.Close()
		return ended(deliver(ctx, steps, t, f, info.Size(), path.Base(from)))
	}
}
