package fsblob

import (
	"context"
	"sync"
)

// claims keeps writers of one stage out of each other's range. A claim begins
// with one byte, because the length of a body is not known, and grows as bytes
// arrive. It only ever waits for claims that begin above its own, so waiting
// cannot go round in a circle.
type claims struct {
	mu     sync.Mutex
	active map[*claim]struct{}
}

// claim is the range that one writer has to itself.
type claim struct {
	from, to int64
	done     chan struct{}
}

// open waits until nobody holds the byte at an offset and claims it.
func (c *claims) open(ctx context.Context, offset int64) (*claim, error) {
	cl := &claim{from: offset, to: offset, done: make(chan struct{})}
	return cl, c.extend(ctx, cl, offset+1)
}

// extend lets a claim grow up to an end. Of two writers the later waits here.
func (c *claims) extend(ctx context.Context, cl *claim, to int64) error {
	if to <= cl.to {
		return nil
	}
	for {
		holder := c.take(cl, to)
		if holder == nil {
			return nil
		}
		select {
		case <-holder.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// take grows the claim, or returns one that is in the way.
func (c *claims) take(cl *claim, to int64) *claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.active {
		if other != cl && other.from < to && other.to > cl.to {
			return other
		}
	}
	cl.to = to
	if c.active == nil {
		c.active = make(map[*claim]struct{})
	}
	c.active[cl] = struct{}{}
	return nil
}

// close ends a claim. One that was never granted may be closed too.
func (c *claims) close(cl *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.active, cl)
	close(cl.done)
}
