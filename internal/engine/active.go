package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"math"
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

	mu      sync.Mutex
	sum     hash.Hash // of the bytes [0, hashed); nil = must be computed anew
	hashed  int64
	busy    bool  // a writer is feeding sum
	beside  int64 // lowest offset at which others wrote while it is
	writes  int   // begun so far
	writing int   // under way
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
	a.writes++
	a.writing++
	feeds := a.sum != nil && !a.busy && offset == a.hashed
	var tee io.Writer
	if feeds {
		a.busy, a.beside = true, math.MaxInt64
		tee = a.sum
	}
	a.mu.Unlock()
	w, err := a.stage.Write(ctx, offset, r, ingest.WriteSpec{Tee: tee, Accept: spec.Accept, KeepPartial: spec.KeepPartial})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writing--
	if feeds {
		a.busy = false
		a.hashed += w.Length
		if err != nil || a.beside < a.hashed {
			a.sum = nil // it may have seen more than was recorded, or other bytes
		}
		return w, err
	}
	a.beside = min(a.beside, offset)
	if offset < a.hashed {
		a.sum = nil // bytes that were hashed have been rewritten
	}
	return w, err
}

// mark stands for the bytes as they are now, until a write changes them.
func (a *activeUpload) mark() (mark int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.writing > 0 {
		return -1
	}
	return a.writes
}

// changedSince reports whether bytes may have been written since a mark.
func (a *activeUpload) changedSince(mark int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return mark < 0 || a.writes != mark
}

// digest returns the SHA-256 of the whole file, reading what the prefix digest
// has not covered.
func (a *activeUpload) digest(ctx context.Context, size int64) ([]byte, error) {
	a.mu.Lock()
	sum, from, busy := a.sum, a.hashed, a.busy
	a.sum = nil
	a.mu.Unlock()
	if sum == nil || busy {
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
