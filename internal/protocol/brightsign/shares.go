package brightsign

import (
	"context"
	"sync"

	"sluice/internal/ingest"
)

// shares is a budget of which one user has half at most, so that somebody who sends
// large messages slowly keeps nobody else waiting.
type shares struct {
	*budget
	mu  sync.Mutex
	own map[ingest.Number]*share // of users who have or want something
}

// share is what one user may have.
type share struct {
	*budget
	calls int // that have or want some of it
}

func newShares(size int64) *shares {
	return &shares{budget: newBudget(size), own: map[ingest.Number]*share{}}
}

// takeFor waits for n bytes, or for a user's share if that is less. give gives them
// back and must be called once if there was no error.
func (s *shares) takeFor(ctx context.Context, user ingest.Number, n int64) (give func(), err error) {
	s.mu.Lock()
	own := s.own[user]
	if own == nil {
		own = &share{budget: newBudget(s.size / 2)}
		s.own[user] = own
	}
	own.calls++
	s.mu.Unlock()
	leave := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if own.calls--; own.calls == 0 {
			delete(s.own, user)
		}
	}
	if n, err = own.take(ctx, n); err != nil {
		leave()
		return nil, err
	}
	if _, err := s.take(ctx, n); err != nil {
		own.give(n)
		leave()
		return nil, err
	}
	return func() {
		s.give(n)
		own.give(n)
		leave()
	}, nil
}
