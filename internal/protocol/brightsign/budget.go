package brightsign

import (
	"context"
	"sync"

	"sluice/internal/ingest"
)

// budget is the memory that chunks take until they are written. Who wants more than
// there is waits; nobody is refused. It is handed out in order.
type budget struct {
	size int64
	turn chan struct{} // held by the one who is next
	free chan struct{} // told when something was given back

	mu   sync.Mutex
	left int64
}

func newBudget(size int64) *budget {
	return &budget{size: size, turn: make(chan struct{}, 1), free: make(chan struct{}, 1), left: size}
}

// take waits for n bytes, or for all there are if that is less, and returns how many
// must be given back.
func (b *budget) take(ctx context.Context, n int64) (int64, error) {
	n = min(n, b.size)
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return 0, gone(ctx)
	}
	defer func() { <-b.turn }()
	for {
		if b.taken(n) {
			return n, nil
		}
		select {
		case <-b.free:
		case <-ctx.Done():
			return 0, gone(ctx)
		}
	}
}

func (b *budget) taken(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < n {
		return false
	}
	b.left -= n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	b.left += n
	b.mu.Unlock()
	select {
	case b.free <- struct{}{}:
	default:
	}
}

// gone is the failure of a request whose client has left.
func gone(ctx context.Context) error {
	return &ingest.Error{Kind: ingest.Unavailable, Op: "brightsign", Msg: "the request was given up", Err: context.Cause(ctx)}
}
