package jobs

import (
	"context"
	"io"
)

// reportKey is where the context of a run has the function that tells how far it has
// come.
type reportKey struct{}

// reporting gives a handler a context in which report works.
func reporting(ctx context.Context, tell func(done float64)) context.Context {
	return context.WithValue(ctx, reportKey{}, tell)
}

// report tells how far the run has come whose context ctx is, from 0 to 1. It costs
// next to nothing; outside of a run it does nothing.
func report(ctx context.Context, done float64) {
	if tell, ok := ctx.Value(reportKey{}).(func(float64)); ok {
		tell(done)
	}
}

// measured reports, while its bytes are read, which part of a whole that is.
type measured struct {
	io.Reader
	ctx  context.Context
	size int64                      // bytes; 0 or less = not known
	tell func(done float64) float64 // from the part of these bytes to that of the run; nil = the same
	read int64
}

func (w *measured) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if w.read += int64(n); n > 0 && w.size > 0 {
		done := min(1, float64(w.read)/float64(w.size))
		if w.tell != nil {
			done = w.tell(done)
		}
		report(w.ctx, done)
	}
	return n, err
}
