package jobs

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Steps is what handlers need of the engine to carry out steps of whole jobs. They
// end their task themselves, together with what it made, so that the result which
// the workers then report finds the task ended already.
type Steps interface {
	NewIntake() *engine.Intake
	DeliverStep(ctx context.Context, t *ingest.Task, in *engine.Intake, spool *engine.Spool, suggested string) error
	ExpandDirectory(ctx context.Context, t *ingest.Task, files []engine.DirectoryFile, more bool) error
	PublishStep(ctx context.Context, t *ingest.Task) error
	SetsStep(ctx context.Context, t *ingest.Task) error
	ReplanStep(ctx context.Context, t *ingest.Task) error
	ExportWork(ctx context.Context, t *ingest.Task) (engine.ExportWork, error)
	FinishExport(ctx context.Context, t *ingest.Task, in *engine.Intake, spool *engine.Spool, w engine.ExportWork) error
	OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error)
}

// Publish returns the handler of publish tasks.
func Publish(steps Steps) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		return ended(steps.PublishStep(ctx, t))
	}
}

// Replan returns the handler of reprocess tasks.
func Replan(steps Steps) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		return ended(steps.ReplanStep(ctx, t))
	}
}

// Sets returns the handler of tasks that make sets of assets.
func Sets(steps Steps) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		return ended(steps.SetsStep(ctx, t))
	}
}

// ended is the outcome of a step that has ended its task unless it failed.
func ended(err error) (engine.TaskResult, *engine.Failure) {
	if err != nil {
		return engine.TaskResult{}, attributed(err)
	}
	return engine.TaskResult{}, nil
}

// attributed says of a failure whether another run makes sense: what is wrong with
// the request itself stays wrong.
func attributed(err error) *engine.Failure {
	f := failed(err)
	switch ingest.KindOf(err) {
	case ingest.Invalid, ingest.Forbidden, ingest.NotFound, ingest.Conflict, ingest.TooLarge, ingest.Gone, ingest.Mismatch:
		f.Final = true
	}
	return f
}
