package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"sync"

	"sluice/internal/ingest"
)

// mostActive bounds how many uploads keep a running digest in memory. Those
// beyond it are read once more when they finish.
const mostActive = 16384

// activeUploads are the uploads that this process has touched: their stages and
// the digests of their contiguous prefixes.
type activeUploads struct {
	mu   sync.Mutex
	byID map[ingest.UUID]*activeUpload
}

// activeUpload is one of them.
type activeUpload struct {
	stage ingest.Stage
	users int // verbs that hold it; guarded by activeUploads.mu

	mu     sync.Mutex
	sum    hash.Hash // of the bytes [0, hashed); nil = must be computed anew
	hashed int64
	busy   bool // a writer is feeding sum
}

func newActiveUploads() *activeUploads {
	return &activeUploads{byID: map[ingest.UUID]*activeUpload{}}
}

// hold returns the active upload and keeps it until release is called.
func (s *activeUploads) hold(ctx context.Context, e *Engine, u *ingest.Upload) (a *activeUpload, release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a = s.byID[u.UUID]
	if a == nil {
		stage, err := e.stageOf(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		if len(s.byID) >= mostActive {
			s.evict()
		}
		a = &activeUpload{stage: stage}
		if windows, err := stage.Windows(ctx); err == nil && len(windows) == 0 && !e.deferDigest {
			a.sum = sha256.New()
		}
		s.byID[u.UUID] = a
	}
	a.users++
	return a, func() {
		s.mu.Lock()
		a.users--
		s.mu.Unlock()
	}, nil
}

// evict drops one upload that nobody holds.
func (s *activeUploads) evict() {
	for id, a := range s.byID {
		if a.users == 0 {
			delete(s.byID, id)
			return
		}
	}
}

func (s *activeUploads) forget(id ingest.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// stageOf opens the stage of an open upload, making it on first use.
func (e *Engine) stageOf(ctx context.Context, u *ingest.Upload) (ingest.Stage, error) {
	stage, err := e.blobs.Stage(ctx, ingest.StageID(u.UUID))
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return stage, err
	}
	return e.blobs.NewStage(ctx, ingest.StageID(u.UUID), ingest.StageSpec{Size: u.Size})
}

// write stores one window and carries the prefix digest on when the window
// begins where it ends.
func (a *activeUpload) write(ctx context.Context, offset int64, r io.Reader, spec WriteSpec) (ingest.Window, error) {
	a.mu.Lock()
	feeds := a.sum != nil && !a.busy && offset == a.hashed
	if a.sum != nil && offset < a.hashed {
		a.sum = nil // bytes that were hashed are being rewritten
	}
	var tee io.Writer
	if feeds {
		a.busy = true
		tee = a.sum
	}
	a.mu.Unlock()
	w, err := a.stage.Write(ctx, offset, r, ingest.WriteSpec{Tee: tee, Accept: spec.Accept, KeepPartial: spec.KeepPartial})
	if feeds {
		a.mu.Lock()
		a.busy = false
		if err != nil {
			a.sum = nil // it may have seen more than was recorded
		} else {
			a.hashed += w.Length
		}
		a.mu.Unlock()
	}
	return w, err
}

// digest returns the SHA-256 of the whole file, reading what the prefix digest
// has not covered.
func (a *activeUpload) digest(ctx context.Context, size int64) ([]byte, error) {
	a.mu.Lock()
	sum, from := a.sum, a.hashed
	a.sum = nil
	a.mu.Unlock()
	if sum == nil {
		sum, from = sha256.New(), 0
	}
	if err := copyWithContext(ctx, sum, io.NewSectionReader(a.stage, from, size-from)); err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}

// copyWithContext copies until io.EOF and stops early when ctx ends.
func copyWithContext(ctx context.Context, w io.Writer, r io.Reader) error {
	buf := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buf)
		w.Write(buf[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// head reads the first bytes of the stage.
func (a *activeUpload) head(size int64) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.Copy(&b, io.NewSectionReader(a.stage, 0, min(size, headBytes)))
	return b.Bytes(), err
}
