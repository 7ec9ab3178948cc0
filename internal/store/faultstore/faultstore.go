// Package faultstore makes a store fail or wait on demand, for tests of what the
// engine does then. It passes everything on to the store below and keeps no state
// of its own but its faults.
package faultstore

import (
	"context"
	"errors"
	"sync"

	"sluice/internal/ingest"
)

// Point is a place in a call at which a fault can strike.
type Point uint8

// The points.
const (
	BeforeView   Point = iota // before a View's closure runs
	BeforeUpdate              // before an Update's closure runs
	BeforeCommit              // after an Update's closure has succeeded: it is undone
	AfterCommit               // after an Update is on stable storage: the caller does not learn so
	BeforePing
	points // how many there are
)

// Fault is what happens at a point. Err, if set, is returned to the caller. Wait,
// if set, holds the call until it is closed or the call's context ends; at
// BeforeCommit only the former, and other updates may wait with it.
type Fault struct {
	Err  error
	Wait <-chan struct{}
}

// DiskFull is the failure of a database without room.
func DiskFull() error {
	return &ingest.Error{Kind: ingest.Unavailable, Op: "faultstore.DiskFull", Code: ingest.CodeDiskFull, Msg: "the database has no space left"}
}

// Store decorates a store. All methods are safe for concurrent use.
type Store struct {
	below ingest.Store

	mu     sync.Mutex
	calls  [points]int
	nth    [points]map[int]Fault
	always [points]*Fault
}

var _ ingest.Store = (*Store)(nil)

// New returns a store without faults.
func New(below ingest.Store) *Store { return &Store{below: below} }

// On lets the nth call from now on strike the fault, counted from 1 at the point.
func (s *Store) On(p Point, nth int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nth[p] == nil {
		s.nth[p] = make(map[int]Fault)
	}
	s.nth[p][s.calls[p]+nth] = f
}

// Always lets every call strike the fault until Clear.
func (s *Store) Always(p Point, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always[p] = &f
}

// Clear removes all faults.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nth, s.always = [points]map[int]Fault{}, [points]*Fault{}
}

// Calls returns how many calls have reached the point.
func (s *Store) Calls(p Point) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[p]
}

// View implements ingest.Store.
func (s *Store) View(ctx context.Context, fn func(ingest.Tx) error) error {
	if err := s.reach(ctx, BeforeView); err != nil {
		return err
	}
	return s.below.View(ctx, fn)
}

// Update implements ingest.Store.
func (s *Store) Update(ctx context.Context, fn func(ingest.Tx) error) error {
	if err := s.reach(ctx, BeforeUpdate); err != nil {
		return err
	}
	err := s.below.Update(ctx, func(tx ingest.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return s.reach(context.WithoutCancel(ctx), BeforeCommit)
	})
	if err != nil {
		return err
	}
	return s.reach(ctx, AfterCommit)
}

// Ping implements ingest.Store.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reach(ctx, BeforePing); err != nil {
		return err
	}
	return s.below.Ping(ctx)
}

// Close implements ingest.Store.
func (s *Store) Close() error { return s.below.Close() }

// reach counts a call at a point and strikes its fault.
func (s *Store) reach(ctx context.Context, p Point) error {
	f := s.next(p)
	if f.Wait != nil {
		select {
		case <-f.Wait:
		case <-ctx.Done():
			return errors.Join(f.Err, ctx.Err())
		}
	}
	return f.Err
}

func (s *Store) next(p Point) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[p]++
	if f, ok := s.nth[p][s.calls[p]]; ok {
		delete(s.nth[p], s.calls[p])
		return f
	}
	if s.always[p] != nil {
		return *s.always[p]
	}
	return Fault{}
}
