package jobs

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Letters says what a letter task is to tell whom.
type Letters interface {
	Letter(ctx context.Context, t *ingest.Task) (engine.Letter, bool, error)
}

// Send hands a letter over to a mail server. A failure of kind Invalid stays one.
type Send func(ctx context.Context, to, subject, text string) error

// Letter returns the handler that tells the owner of a job how it ended, by send. A
// letter that the mail server did not take is tried again later. A server that ended
// between the sending and its record sends it once more.
func Letter(letters Letters, send Send) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		l, wanted, err := letters.Letter(ctx, t)
		if err != nil || !wanted {
			return result(err)
		}
		if err := send(ctx, l.To, l.Subject, l.Text); err != nil {
			return engine.TaskResult{}, attributed(err)
		}
		return engine.TaskResult{}, nil
	}
}
