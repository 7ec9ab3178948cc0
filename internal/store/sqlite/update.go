package sqlite

import (
	"context"
	"sync/atomic"

	"sluice/internal/ingest"
)

// update is a closure on its way through the writer.
type update struct {
	ctx   context.Context
	fn    func(ingest.Tx) error
	taken atomic.Bool // by the writer, which runs it, or by the caller, who gave it up
	err   error       // of fn itself; the writer's until done
	wrote bool        // fn wrote in its last run; the writer's
	done  chan error
}

// Update implements ingest.Store.
func (s *Store) Update(ctx context.Context, fn func(ingest.Tx) error) error {
	const op = "sqlite.Update"
	if err := ctx.Err(); err != nil {
		return errGivenUp(op, err)
	}
	select {
	case <-s.closing:
		return errClosed(op)
	default:
	}
	u := &update{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case s.writer.queue <- u:
	case <-ctx.Done():
		return errGivenUp(op, ctx.Err())
	case <-s.closing:
		return errClosed(op)
	}
	select {
	case err := <-u.done:
		return err
	case <-ctx.Done():
		if u.taken.CompareAndSwap(false, true) {
			return errGivenUp(op, ctx.Err())
		}
		return <-u.done
	case <-s.writer.stopped:
		select {
		case err := <-u.done:
			return err
		default:
			return errClosed(op) // handed over while the writer stopped
		}
	}
}
