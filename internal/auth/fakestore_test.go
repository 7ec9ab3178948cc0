package auth_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"sluice/internal/ingest"
)

// fakeStore holds users in memory. It counts transactions; whatever else a Tx
// can do panics.
type fakeStore struct {
	ingest.Store
	mu      sync.Mutex
	users   []ingest.User
	members []ingest.Membership
	keys    map[string]ingest.APIKey
	views   int
	updates int
}

func (s *fakeStore) View(_ context.Context, fn func(ingest.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views++
	return fn(fakeTx{s: s})
}

func (s *fakeStore) Update(_ context.Context, fn func(ingest.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates++
	return fn(fakeTx{s: s})
}

// setHash changes a user as another process would.
func (s *fakeStore) setHash(login, hash string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.users {
		if s.users[i].Login == login {
			s.users[i].PasswordHash = hash
		}
	}
}

type fakeTx struct {
	ingest.Tx
	s *fakeStore
}

func (t fakeTx) UserByLogin(login string) (*ingest.User, error) {
	for _, u := range t.s.users {
		if strings.EqualFold(u.Login, login) {
			return &u, nil
		}
	}
	return nil, &ingest.Error{Kind: ingest.NotFound}
}

// PeopleRevision follows from what is stored.
func (t fakeTx) PeopleRevision() (int64, error) {
	h := fnv.New64a()
	fmt.Fprint(h, t.s.users, t.s.members)
	return int64(h.Sum64()), nil
}

func (t fakeTx) User(n ingest.Number) (*ingest.User, error) {
	for _, u := range t.s.users {
		if u.Number == n {
			return &u, nil
		}
	}
	return nil, &ingest.Error{Kind: ingest.NotFound}
}

func (t fakeTx) Memberships(user ingest.Number) ([]ingest.Membership, error) {
	var out []ingest.Membership
	for _, m := range t.s.members {
		if m.User == user {
			out = append(out, m)
		}
	}
	return out, nil
}

func (t fakeTx) APIKey(selector string) (*ingest.APIKey, error) {
	if k, ok := t.s.keys[selector]; ok {
		return &k, nil
	}
	return nil, &ingest.Error{Kind: ingest.NotFound}
}

func (t fakeTx) UpdateAPIKey(k *ingest.APIKey) error {
	t.s.keys[k.Selector] = *k
	return nil
}
