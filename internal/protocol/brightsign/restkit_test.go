package brightsign

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// restToken is what a token of the test stands for.
type restToken struct {
	user, company ingest.Number
	expires       time.Time
}

// restTokens hands out tokens for an hour.
type restTokens struct {
	h    *harness
	mu   sync.Mutex
	good map[string]restToken
}

func (s *restTokens) Issue(_ context.Context, user, company ingest.Number) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, expires := fmt.Sprintf("secret-token-%d", len(s.good)+1), s.h.now().Add(time.Hour)
	s.good[token] = restToken{user, company, expires}
	return token, expires, nil
}

func (s *restTokens) Open(_ context.Context, token string) (p ingest.Principal, company ingest.Number, err error) {
	s.mu.Lock()
	t, ok := s.good[token]
	s.mu.Unlock()
	if !ok || !s.h.now().Before(t.expires) {
		return p, 0, &ingest.Error{Kind: ingest.Unauthenticated, Op: "test", Code: ingest.CodeBadCredentials, Msg: "Invalid token"}
	}
	err = s.h.db.View(context.Background(), func(tx ingest.Tx) error {
		u, err := tx.User(t.user)
		if err != nil {
			return err
		}
		m, err := tx.Memberships(t.user)
		p = u.Principal(m)
		return err
	})
	return p, t.company, err
}
