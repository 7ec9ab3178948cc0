package auth_test

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"sluice/internal/ingest"
)

// fakeStore holds users and documents in memory. It counts transactions;
// whatever else a Tx can do panics.
type fakeStore struct {
	ingest.Store
	mu      sync.Mutex
	users   []ingest.User
	members []ingest.Membership
	keys    map[string]ingest.APIKey
	docs    []ingest.Document
	views   int
	updates int
	reads   int // of users

	afterView    func() // runs once, when the next View has read and before it returns
	beforeUpdate func() // runs once, before the next Update

	rival *ingest.Document // stored once by another server, while the next one is created here
}

func (s *fakeStore) View(_ context.Context, fn func(ingest.Tx) error) error {
	s.mu.Lock()
	s.views++
	after := s.afterView
	s.afterView = nil
	err := fn(fakeTx{s: s})
	s.mu.Unlock()
	if after != nil {
		after()
	}
	return err
}

func (s *fakeStore) Update(_ context.Context, fn func(ingest.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.beforeUpdate; before != nil {
		s.beforeUpdate = nil
		s.mu.Unlock()
		before()
		s.mu.Lock()
	}
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
	t.s.reads++
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

func (t fakeTx) DocumentByKey(company ingest.Number, kind ingest.DocumentKind, owner ingest.Number, key string) (*ingest.Document, error) {
	for _, d := range t.s.docs {
		if d.Company == company && d.Kind == kind && d.Owner == owner && d.Key == key {
			return &d, nil
		}
	}
	return nil, &ingest.Error{Kind: ingest.NotFound}
}

func (t fakeTx) CreateDocument(d *ingest.Document) error {
	if t.s.rival != nil {
		t.s.docs, t.s.rival = append(t.s.docs, *t.s.rival), nil
	}
	if _, err := t.DocumentByKey(d.Company, d.Kind, d.Owner, d.Key); err == nil {
		return &ingest.Error{Kind: ingest.Conflict, Code: ingest.CodeExists}
	}
	d.Number = ingest.Number(len(t.s.docs) + 1)
	t.s.docs = append(t.s.docs, *d)
	return nil
}

// Documents lists those of a kind by Position.
func (t fakeTx) Documents(f ingest.DocumentFilter, page ingest.Page) ([]*ingest.Document, error) {
	var list []*ingest.Document
	for _, d := range t.s.docs {
		if d.Company == f.Company && d.Kind == f.Kind {
			list = append(list, &d)
		}
	}
	slices.SortStableFunc(list, func(a, b *ingest.Document) int { return cmp.Compare(a.Position, b.Position) })
	return list[:min(len(list), page.Limit)], nil
}

// DeleteDocument leaves the place empty, as numbers are given once.
func (t fakeTx) DeleteDocument(n ingest.Number) error {
	t.s.docs[n-1] = ingest.Document{}
	return nil
}

func (t fakeTx) UpdateDocument(d *ingest.Document) error {
	t.s.docs[d.Number-1] = *d
	return nil
}
