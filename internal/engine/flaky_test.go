package engine_test

import (
	"context"
	"fmt"
	"io"
	"sync"

	"sluice/internal/ingest"
)

// flakyStore fails updates on demand: before they run, or as a commit does,
// after the closure has run and with all of it undone.
type flakyStore struct {
	ingest.Store
	mu     sync.Mutex
	before func() error // nil = never
	commit func() error
	rerun  func() // runs between two runs of each closure, of which the first is undone; nil = one run
}

var errUndone = fmt.Errorf("this run is undone")

// rerunning makes updates run twice, as when another update of their commit
// failed.
func (s *flakyStore) rerunning(between func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rerun = between
}

func (s *flakyStore) faults(before, commit func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.commit = before, commit
}

func (s *flakyStore) Update(ctx context.Context, fn func(ingest.Tx) error) error {
	s.mu.Lock()
	before, commit, rerun := s.before, s.commit, s.rerun
	s.mu.Unlock()
	if rerun != nil {
		s.Store.Update(ctx, func(tx ingest.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return errUndone
		})
		rerun()
	}
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	if commit == nil {
		return s.Store.Update(ctx, fn)
	}
	return s.Store.Update(ctx, func(tx ingest.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return commit()
	})
}

// blobPort has another name than its method Blobs, so that it can be embedded.
type blobPort interface{ ingest.Blobs }

// flakyBlobs fails or delays the steps of stages on demand. It counts deletes
// and stages that are discarded.
type flakyBlobs struct {
	blobPort
	mu      sync.Mutex
	onSeal  func() error // runs before the bytes are sealed
	onWrite func() error
	onOpen  func() error
	onRead  func() error // runs before bytes of a stage are read
	hasRead func()       // runs after they were
	deleted []ingest.BlobKey
	failDel error

	discarded int
	read      int64 // bytes of stages that were read
}

func (b *flakyBlobs) set(fn func(*flakyBlobs)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn(b)
}

func (b *flakyBlobs) call(which func(*flakyBlobs) func() error) error {
	b.mu.Lock()
	fn := which(b)
	b.mu.Unlock()
	if fn == nil {
		return nil
	}
	return fn()
}

func (b *flakyBlobs) NewStage(ctx context.Context, id ingest.StageID, spec ingest.StageSpec) (ingest.Stage, error) {
	s, err := b.blobPort.NewStage(ctx, id, spec)
	if err != nil {
		return nil, err
	}
	return &flakyStage{s, b}, nil
}

func (b *flakyBlobs) Stage(ctx context.Context, id ingest.StageID) (ingest.Stage, error) {
	if err := b.call(func(b *flakyBlobs) func() error { return b.onOpen }); err != nil {
		return nil, err
	}
	s, err := b.blobPort.Stage(ctx, id)
	if err != nil {
		return nil, err
	}
	return &flakyStage{s, b}, nil
}

func (b *flakyBlobs) Delete(ctx context.Context, key ingest.BlobKey) error {
	b.mu.Lock()
	b.deleted = append(b.deleted, key)
	err := b.failDel
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return b.blobPort.Delete(ctx, key)
}

type flakyStage struct {
	ingest.Stage
	blobs *flakyBlobs
}

func (s *flakyStage) Seal(ctx context.Context, size int64) (ingest.BlobRef, error) {
	if err := s.blobs.call(func(b *flakyBlobs) func() error { return b.onSeal }); err != nil {
		return ingest.BlobRef{}, err
	}
	return s.Stage.Seal(ctx, size)
}

func (s *flakyStage) Write(ctx context.Context, offset int64, r io.Reader, spec ingest.WriteSpec) (ingest.Window, error) {
	if err := s.blobs.call(func(b *flakyBlobs) func() error { return b.onWrite }); err != nil {
		return ingest.Window{}, err
	}
	return s.Stage.Write(ctx, offset, r, spec)
}

func (s *flakyStage) ReadAt(p []byte, offset int64) (int, error) {
	if err := s.blobs.call(func(b *flakyBlobs) func() error { return b.onRead }); err != nil {
		return 0, err
	}
	n, err := s.Stage.ReadAt(p, offset)
	var hasRead func()
	s.blobs.set(func(b *flakyBlobs) { b.read += int64(n); hasRead = b.hasRead })
	if hasRead != nil {
		hasRead()
	}
	return n, err
}

func (s *flakyStage) Discard(ctx context.Context) error {
	s.blobs.set(func(b *flakyBlobs) { b.discarded++ })
	return s.Stage.Discard(ctx)
}

var errDisk = &ingest.Error{Kind: ingest.Unavailable, Op: "test", Code: ingest.CodeDiskFull, Msg: "no space is left"}

var errBroken = fmt.Errorf("the connection broke")

// brokenReader gives its text and then errBroken, or io.EOF if end is set.
type brokenReader struct {
	text string
	end  bool
}

func (r *brokenReader) Read(p []byte) (int, error) {
	if r.text == "" {
		if r.end {
			return 0, io.EOF
		}
		return 0, errBroken
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}
