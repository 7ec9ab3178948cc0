package jobs

import (
	"context"
	"io"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Fetcher brings files from other servers. Failures are *ingest.Error; those of kind
// Unavailable may pass.
type Fetcher interface {
	Fetch(ctx context.Context, url string) (*Fetched, error)
}

// Fetched is the answer of another server; the receiver closes Body.
type Fetched struct {
	Body     io.ReadCloser
	Size     int64  // bytes; -1 = not known
	FileName string // as the server or the address calls it
}

// Fetch returns the handler that brings the file of an address into the library.
func Fetch(steps Steps, fetcher Fetcher) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		url, _, err := engine.StepSource(t)
		if err != nil {
			return ended(err)
		}
		found, err := fetcher.Fetch(ctx, url)
		if err != nil {
			return ended(err)
		}
		defer found.Body.Close()
		return ended(deliver(ctx, steps, t, found.Body, found.Size, found.FileName))
	}
}

// deliver hands a file over to the engine, which ends the task with it.
func deliver(ctx context.Context, steps Steps, t *ingest.Task, r io.Reader, size int64, name string) error {
	in := steps.NewIntake()
	defer in.Close()
	spool, err := in.Receive(ctx, &measured{Reader: stoppable{ctx, r}, ctx: ctx, size: size}, size)
	if err != nil {
		return err
	}
	return steps.DeliverStep(ctx, t, in, spool, name)
}

// stoppable ends reading when ctx does.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// Callback returns the handler that tells a client's server that a job is done, by call.
// There is one attempt; how it went is for the server's log, which report writes.
func Callback(call func(ctx context.Context, url string) error, report func(url string, err error)) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		url, err := engine.CallbackURL(t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		report(url, call(ctx, url))
		return engine.TaskResult{}, nil
	}
}
