package fsblob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"sluice/internal/ingest"
)

var _ ingest.Blobs = (*Store)(nil)

// listBatch is how many directory entries are read at a time.
const listBatch = 1024

// Store is an ingest.Blobs on a local directory.
type Store struct {
	layout
	opts    Options
	now     func() time.Time
	crash   func(name string)
	disk    disk
	dirs    *dirSyncs
	buffers *buffers
	commits *committer
	leases  leases
	idle    idleStages
	wg      sync.WaitGroup // background work
	closed  atomic.Bool

	mu     sync.Mutex
	stages map[ingest.StageID]weak.Pointer[stage] // those that somebody holds or that are idle
}

// Open opens the store in an existing directory and clears up after a crash:
// one-shot stages and ledgers without a file are removed, segments that were
// still open are closed.
func Open(dir string, opts Options) (*Store, error) { return open(dir, opts, realDisk()) }

func open(dir string, opts Options, d disk) (*Store, error) {
	opts = opts.withDefaults()
	s := &Store{
		layout:  layout{dir},
		opts:    opts,
		now:     opts.Now,
		crash:   opts.CrashPoint,
		disk:    d,
		dirs:    &dirSyncs{sync: d.syncDir},
		buffers: newBuffers(opts.BufferBudget, opts.SmallFile),
		stages:  make(map[ingest.StageID]weak.Pointer[stage]),
	}
	if err := s.recover(); err != nil {
		return nil, err
	}
	s.commits = newCommitter(s)
	return s, nil
}

// Close ends background work and closes what is idle. Stages and readers that
// are in use keep their files until they are done; new work is refused.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.commits.close()
	for _, st := range s.idle.drain() {
		st.unload()
	}
	s.wg.Wait()
	s.buffers.close()
	return fail("fsblob.Close", err)
}

// NewStage opens a staging area.
func (s *Store) NewStage(ctx context.Context, id ingest.StageID, spec ingest.StageSpec) (ingest.Stage, error) {
	const op = "fsblob.NewStage"
	if err := s.check(ctx, op); err != nil {
		return nil, err
	}
	if !validStageID(id) {
		return nil, &ingest.Error{Kind: ingest.Internal, Op: op, Msg: "a stage id may hold letters, digits, '-' and '_', at most 64 of them"}
	}
	if spec.OneShot {
		return s.newOneShot(id, spec.Size), nil
	}
	st := s.track(id)
	if st == nil {
		return nil, &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: "There is a staging area for this upload already."}
	}
	if err := st.create(spec.Size); err != nil {
		s.forget(id)
		return nil, fail(op, err)
	}
	return st, nil
}

// Stage opens the staging area of an upload, or its blob if the upload was
// sealed: sealing it again then gives the same result.
func (s *Store) Stage(ctx context.Context, id ingest.StageID) (ingest.Stage, error) {
	const op = "fsblob.Stage"
	if err := s.check(ctx, op); err != nil {
		return nil, err
	}
	if !validStageID(id) {
		return nil, noSuchStage(op)
	}
	st, err := s.lookup(id)
	if err != nil {
		return nil, fail(op, err)
	}
	if st != nil {
		if err := st.enter(op); err == nil {
			st.leave()
			return st, nil
		} else if ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
	}
	key, err := s.sealedAs(id)
	if err != nil {
		return nil, fail(op, err)
	}
	return &stage{store: s, id: id, state: sealed, ref: key.ref(), unsure: true}, nil
}

// track enters a new stage into the table, or returns nil if there is one.
func (s *Store) track(id ingest.StageID) *stage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stages[id].Value() != nil {
		return nil
	}
	if _, err := os.Lstat(s.part(id)); err == nil {
		return nil
	}
	st := s.entry(id)
	st.state = unmade
	return st
}

// lookup returns the stage of which there is a file, or nil.
func (s *Store) lookup(id ingest.StageID) (*stage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.stages[id].Value(); st != nil {
		return st, nil
	}
	if _, err := os.Lstat(s.part(id)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, err
	}
	return s.entry(id), nil
}

// entry makes a table entry that lasts as long as somebody holds the stage. The
// caller has s.mu.
func (s *Store) entry(id ingest.StageID) *stage {
	st := &stage{store: s, id: id}
	s.stages[id] = weak.Make(st)
	runtime.AddCleanup(st, s.expire, id)
	return st
}

// expire removes the table entry of a stage that nobody holds any more.
func (s *Store) expire(id ingest.StageID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stages[id].Value() == nil {
		delete(s.stages, id)
	}
}

// forget removes a table entry because the stage has ended.
func (s *Store) forget(id ingest.StageID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stages, id)
}

// Stages calls fn for every open staging area that is not one-shot.
func (s *Store) Stages(ctx context.Context, fn func(ingest.StageID) error) error {
	const op = "fsblob.Stages"
	if err := s.check(ctx, op); err != nil {
		return err
	}
	return eachName(ctx, op, s.staging(), func(name string) error {
		id, ok := strings.CutSuffix(name, partSuffix)
		if !ok || !validStageID(ingest.StageID(id)) {
			return nil
		}
		return fn(ingest.StageID(id))
	})
}

// Free returns the bytes that the file system has left for us.
func (s *Store) Free(ctx context.Context) (int64, error) {
	if err := s.check(ctx, "fsblob.Free"); err != nil {
		return 0, err
	}
	n, err := freeBytes(s.root)
	return n, fail("fsblob.Free", err)
}

// check refuses work that is cancelled or comes too late.
func (s *Store) check(ctx context.Context, op string) error {
	if s.closed.Load() {
		return closing(op)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
