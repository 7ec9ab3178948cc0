package engine

import (
	"context"
	"slices"
	"sync"
)

// flights tells the sweeper when everything that was under way at some moment
// has ended. Between sealing a blob and committing the row that refers to it,
// the blob looks like an orphan; a delivery therefore flies from before its
// first seal until after its commit.
type flights struct {
	mu      sync.Mutex
	current *flightGroup
	earlier []*flightGroup // with flights that are still under way
}

type flightGroup struct {
	n      int
	closed bool // a later group has begun
	done   chan struct{}
}

func newFlights() *flights {
	return &flights{current: &flightGroup{done: make(chan struct{})}}
}

// begin joins the current group and returns the function that leaves it, which
// may be called more than once.
func (f *flights) begin() (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.current
	g.n++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		g.n--
		if g.closed && g.n == 0 {
			f.earlier = slices.DeleteFunc(f.earlier, func(other *flightGroup) bool { return other == g })
			close(g.done)
		}
	})
}

// quiesce waits until all flights that had begun when it was called have ended,
// also those that an earlier call did not wait for to the end.
func (f *flights) quiesce(ctx context.Context) error {
	f.mu.Lock()
	if g := f.current; g.n > 0 {
		g.closed = true
		f.earlier = append(f.earlier, g)
		f.current = &flightGroup{done: make(chan struct{})}
	}
	waiting := slices.Clone(f.earlier)
	f.mu.Unlock()
	for _, g := range waiting {
		select {
		case <-g.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
