// Package faultblob wraps an ingest.Blobs and makes chosen calls fail, wait,
// stop in the middle, or find the disk full, so that the rules above the port can
// be tested against broken storage.
package faultblob

import (
	"context"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// Op names a call of the port.
type Op string

// The calls that can be made to fail.
const (
	NewStage Op = "Blobs.NewStage"
	Stage    Op = "Blobs.Stage"
	Stages   Op = "Blobs.Stages"
	Open     Op = "Blobs.Open"
	Delete   Op = "Blobs.Delete"
	List     Op = "Blobs.Blobs"
	Free     Op = "Blobs.Free"
	Write    Op = "Stage.Write"
	Windows  Op = "Stage.Windows"
	ReadAt   Op = "Stage.ReadAt"
	Seal     Op = "Stage.Seal"
	Discard  Op = "Stage.Discard"
	Read     Op = "BlobReader.Read" // Read and ReadAt of a blob
)

// Fault is what happens at one call, or at every call from one on.
type Fault struct {
	Op  Op
	Nth int // counted from 1 over the whole store; 0 = 1

	// Always lets the fault happen at every call from Nth on.
	Always bool

	// Delay is how long the call waits before anything else, at most until its
	// context ends.
	Delay time.Duration

	// Err is returned by the call, which does nothing. nil = the call goes on, so
	// that a fault can be a mere delay.
	Err error

	// Done lets the call do its work before Err is returned: the answer is lost and
	// the deed is not.
	Done bool

	// After, if positive, lets Write take this many bytes of its body, and Read give
	// this many bytes in all, before Err ends it. Err of a Write then looks like a
	// failure of the storage: nothing is recorded, even with KeepPartial.
	After int64
}

// DiskFull is what a store without room answers.
func DiskFull() error {
	return &ingest.Error{
		Kind: ingest.Unavailable, Op: "faultblob", Code: ingest.CodeDiskFull,
		Msg: "The server has no room left for these bytes.",
	}
}

// Store is an ingest.Blobs with faults. It is safe for concurrent use.
type Store struct {
	inner ingest.Blobs

	mu     sync.Mutex
	counts map[Op]int
	faults []Fault
}

var _ ingest.Blobs = (*Store)(nil)

// New wraps a store. Without faults it behaves like it.
func New(inner ingest.Blobs) *Store {
	return &Store{inner: inner, counts: make(map[Op]int)}
}

// Inner returns the store without faults.
func (s *Store) Inner() ingest.Blobs { return s.inner }

// Inject adds a fault. Nth counts calls from now on.
func (s *Store) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Nth = max(f.Nth, 1) + s.counts[f.Op]
	s.faults = append(s.faults, f)
}

// Clear removes all faults.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Calls returns how often an operation was called.
func (s *Store) Calls(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[op]
}

// next counts a call and returns what is to happen at it.
func (s *Store) next(op Op) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[op]++
	n := s.counts[op]
	for _, f := range s.faults {
		if f.Op == op && (f.Nth == n || f.Always && n >= f.Nth) {
			return f
		}
	}
	return Fault{}
}

// run makes one call with what is to happen at it.
func (s *Store) run(ctx context.Context, op Op, call func() error) error {
	f := s.next(op)
	if err := f.wait(ctx); err != nil {
		return err
	}
	if f.Err == nil {
		return call()
	}
	if f.Done {
		if err := call(); err != nil {
			return err
		}
	}
	return f.Err
}

func (f Fault) wait(ctx context.Context) error {
	if f.Delay <= 0 {
		return nil
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// NewStage opens a staging area whose calls can fail too. If its answer is lost,
// the staging area exists all the same.
func (s *Store) NewStage(ctx context.Context, id ingest.StageID, spec ingest.StageSpec) (st ingest.Stage, err error) {
	err = s.run(ctx, NewStage, func() error {
		st, err = s.inner.NewStage(ctx, id, spec)
		return err
	})
	return s.stage(st, err)
}

// Stage opens an existing staging area.
func (s *Store) Stage(ctx context.Context, id ingest.StageID) (st ingest.Stage, err error) {
	err = s.run(ctx, Stage, func() error {
		st, err = s.inner.Stage(ctx, id)
		return err
	})
	return s.stage(st, err)
}

func (s *Store) stage(st ingest.Stage, err error) (ingest.Stage, error) {
	if err != nil {
		return nil, err
	}
	return &stage{store: s, inner: st}, nil
}

// Stages lists staging areas.
func (s *Store) Stages(ctx context.Context, fn func(ingest.StageID) error) error {
	return s.run(ctx, Stages, func() error { return s.inner.Stages(ctx, fn) })
}

// Open opens a blob. Read faults count over all readers.
func (s *Store) Open(ctx context.Context, key ingest.BlobKey) (r ingest.BlobReader, err error) {
	err = s.run(ctx, Open, func() error {
		r, err = s.inner.Open(ctx, key)
		return err
	})
	if err != nil {
		if r != nil {
			_ = r.Close()
		}
		return nil, err
	}
	return &reader{BlobReader: r, store: s}, nil
}

// Delete removes a blob.
func (s *Store) Delete(ctx context.Context, key ingest.BlobKey) error {
	return s.run(ctx, Delete, func() error { return s.inner.Delete(ctx, key) })
}

// Blobs lists blobs.
func (s *Store) Blobs(ctx context.Context, fn func(ingest.BlobKey) error) error {
	return s.run(ctx, List, func() error { return s.inner.Blobs(ctx, fn) })
}

// Free tells how much room there is.
func (s *Store) Free(ctx context.Context) (n int64, err error) {
	err = s.run(ctx, Free, func() error {
		n, err = s.inner.Free(ctx)
		return err
	})
	return n, err
}

// Close closes the store that is wrapped. It never fails by itself.
func (s *Store) Close() error { return s.inner.Close() }

// reader is a blob whose reading can fail.
type reader struct {
	ingest.BlobReader
	store *Store
	given int64
}

func (r *reader) Read(p []byte) (n int, err error) {
	f := r.store.next(Read)
	_ = f.wait(context.Background()) // which never ends
	if f.Err != nil && r.given >= f.After {
		return 0, f.Err
	}
	if f.Err != nil {
		p = p[:min(int64(len(p)), f.After-r.given)]
	}
	n, err = r.BlobReader.Read(p)
	r.given += int64(n)
	return n, err
}

func (r *reader) ReadAt(p []byte, offset int64) (n int, err error) {
	err = r.store.run(context.Background(), Read, func() error {
		n, err = r.BlobReader.ReadAt(p, offset)
		return err
	})
	return n, err
}
