package engine

import (
	"context"
	"encoding/json"

	"sluice/internal/ingest"
)

// directoryStep lists a part of a directory.
type directoryStep struct {
	ingest.SourceDirectory
	After string `json:"after,omitempty"` // the last path of the part before
}

// StepDirectory says what a directory task is to list: the directory, and the path
// after which this part begins.
func StepDirectory(t *ingest.Task) (d ingest.SourceDirectory, after string, err error) {
	var s directoryStep
	err = json.Unmarshal(t.Params, &s)
	return s.SourceDirectory, s.After, err
}

// DirectoryFile is a file that a directory task has found.
type DirectoryFile struct {
	From string // by which it is opened
	Path string // below the directory, with slashes
}

// ExpandDirectory queues a task for each file that a directory task has found and
// ends the task. When more follows, the next part is queued too; it begins after
// the last of the files.
func (e *Engine) ExpandDirectory(ctx context.Context, t *ingest.Task, files []DirectoryFile, more bool) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, j, err := e.activeStep(tx, t)
		if err != nil || j == nil {
			return err
		}
		var s directoryStep
		if err := json.Unmarshal(fresh.Params, &s); err != nil {
			return err
		}
		folder := s.Folder
		if folder != "" {
			folder += "/"
		}
		for _, f := range files {
			if err := e.queueStep(tx, j, ingest.TaskFile, fileStep{From: f.From, Path: folder + f.Path}); err != nil {
				return err
			}
		}
		delta := ingest.JobDelta{Pending: len(files) - 1}
		if more {
			s.After = files[len(files)-1].Path
			if err := e.queueStep(tx, j, ingest.TaskDirectory, s); err != nil {
				return err
			}
			delta.Pending++
		}
		return e.finishStep(tx, fresh, delta)
	})
	e.wakeStepWorkers()
	return err
}
