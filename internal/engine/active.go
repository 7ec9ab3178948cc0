package engine

import (
	"bytes"
	"context"
	"io"
	"math"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// mostActive bounds how many uploads keep running digests in memory. Those
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
	sums    *digests // of the bytes [0, hashed); nil = must be computed anew
	hashed  int64
	feeding chan struct{}   // closed when somebody has ended feeding sums; nil = nobody is
	beside  int64           // lowest offset at which others wrote meanwhile
	reach   int64           // up to where windows have come without a gap
	ahead   map[int64]int64 // windows beyond reach: offset to end
	writes  int             // begun so far
	writing int             // under way
	quiet   chan struct{}   // closed when writing falls to 0; nil = nobody waits
	last    time.Time       // when a window was recorded last

	followed bool // a goroutine feeds the digests, or waits for its turn

	parts partWriters
}

// mostAhead bounds how many windows are remembered that came before their time.
// The bytes behind more of them are read when the upload finishes.
const mostAhead = 65536

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
		a = &activeUpload{stage: stage, ahead: map[int64]int64{}}
		if windows, err := stage.Windows(ctx); err == nil {
			a.sums = e.newDigests(u)
			for _, w := range windows {
				a.arrived(w)
			}
		}
		s.byID[u.UUID] = a
	}
	a.users++
	return a, func() { s.release(a) }, nil
}

func (s *activeUploads) release(a *activeUpload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.users--
}

// retain keeps an upload that its caller holds for something that outlives the
// call, until release.
func (s *activeUploads) retain(a *activeUpload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.users++
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

// lastWindow is when an upload received its last window, as far as this process
// knows.
func (s *activeUploads) lastWindow(id ingest.UUID) time.Time {
	s.mu.Lock()
	a := s.byID[id]
	s.mu.Unlock()
	if a == nil {
		return time.Time{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// stageOf opens the stage of an open upload, making it on first use.
func (e *Engine) stageOf(ctx context.Context, u *ingest.Upload) (ingest.Stage, error) {
	stage, err := e.blobs.Stage(ctx, ingest.StageID(u.UUID))
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return stage, err
	}
	return e.blobs.NewStage(ctx, ingest.StageID(u.UUID), ingest.StageSpec{Size: u.Size})
}

// write stores one window and carries the prefix digests on when the window
// begins where they end.
func (a *activeUpload) write(ctx context.Context, offset int64, r io.Reader, spec WriteSpec, now time.Time) (ingest.Window, error) {
	a.mu.Lock()
	a.writes++
	a.writing++
	feeds := a.sums != nil && a.feeding == nil && offset == a.hashed
	var tee io.Writer
	if feeds {
		a.beginFeeding()
		tee = a.sums
	}
	a.mu.Unlock()
	w, err := a.stage.Write(ctx, offset, r, ingest.WriteSpec{Tee: tee, Accept: spec.Accept, KeepPartial: spec.KeepPartial, Length: spec.Length})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.writing--; a.writing == 0 && a.quiet != nil {
		close(a.quiet)
		a.quiet = nil
	}
	if err == nil {
		a.last = now
	}
	if feeds {
		a.endFeeding(w.Length, err)
		return w, err
	}
	a.beside = min(a.beside, offset)
	switch {
	case offset < a.hashed:
		a.sums = nil // bytes that were hashed have been rewritten
	default:
		a.arrived(w)
	}
	return w, err
}

// arrived notes a window, and how far those that have come reach without a gap. The
// caller has a.mu, or is the only one who knows a.
func (a *activeUpload) arrived(w ingest.Window) {
	if w.Offset > a.reach {
		if w.Length > 0 && len(a.ahead) < mostAhead {
			a.ahead[w.Offset] = max(a.ahead[w.Offset], w.End())
		}
		return
	}
	a.reach = max(a.reach, w.End())
	for end, ok := a.ahead[a.reach]; ok; end, ok = a.ahead[a.reach] {
		delete(a.ahead, a.reach)
		a.reach = max(a.reach, end)
	}
}

// beginFeeding makes the caller the one who may write to the digests. It has a.mu.
func (a *activeUpload) beginFeeding() {
	a.feeding, a.beside = make(chan struct{}), math.MaxInt64
}

// endFeeding records that the digests were given the next n bytes, or what went
// wrong. The caller has a.mu.
func (a *activeUpload) endFeeding(n int64, err error) {
	close(a.feeding)
	a.feeding = nil
	a.arrived(ingest.Window{Offset: a.hashed, Length: n})
	a.hashed += n
	if err != nil || a.beside < a.hashed {
		a.sums = nil // they may have seen more than was recorded, or other bytes
	}
}

// Digests follow at a distance, so that bytes which arrive go before those that are
// read again; what they are behind when the file is complete is read then.
const (
	followDistance = 704 << 20 // bytes that they may be behind, unless Config says otherwise
	followStretch  = 64 << 20  // bytes that are fed before what was written meanwhile is looked at
)

// follow feeds the digests with windows that came before their time, until they have
// caught up. It runs beside the writers; only one does for an upload.
func (e *Engine) follow(a *activeUpload) {
	if !a.beginFollowing(e.digestDistance) {
		return
	}
	e.active.retain(a)
	go func() {
		defer e.active.release(a)
		e.followers <- struct{}{}
		defer func() { <-e.followers }()
		for a.followSome() {
		}
	}()
}

// beginFollowing makes the caller the one who follows, if the digests are that much
// behind and nobody feeds them or is about to.
func (a *activeUpload) beginFollowing(distance int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.followed || a.sums == nil || a.feeding != nil || a.reach-a.hashed < distance {
		return false
	}
	a.followed = true
	return true
}

// await keeps a writer until the digests are not too far behind, so that a file whose
// last byte has come is soon complete.
func (e *Engine) await(ctx context.Context, a *activeUpload) {
	for {
		a.mu.Lock()
		feeding, far := a.feeding, a.sums != nil && a.reach-a.hashed > e.digestDistance+2*followStretch
		a.mu.Unlock()
		if !far || feeding == nil {
			return
		}
		select {
		case <-feeding:
		case <-ctx.Done():
			return
		}
	}
}

// followSome feeds the digests with a stretch of what they are behind, and reports
// whether there was something to feed. If there was not, somebody else may follow.
func (a *activeUpload) followSome() bool {
	a.mu.Lock()
	from, to, sums := a.hashed, min(a.reach, a.hashed+followStretch), a.sums
	if sums == nil || a.feeding != nil || to <= from {
		a.followed = false
		a.mu.Unlock()
		return false
	}
	a.beginFeeding()
	a.mu.Unlock()
	n, err := copyWithContext(context.Background(), sums, io.NewSectionReader(a.stage, from, to-from))
	if n < to-from {
		err = io.ErrUnexpectedEOF // a window was taken back
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.endFeeding(to-from, err)
	return true
}

// settled waits until no window is being written.
func (a *activeUpload) settled(ctx context.Context) error {
	for {
		a.mu.Lock()
		if a.writing == 0 {
			a.mu.Unlock()
			return nil
		}
		if a.quiet == nil {
			a.quiet = make(chan struct{})
		}
		quiet := a.quiet
		a.mu.Unlock()
		select {
		case <-quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
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

// digest returns the digests of the whole file, reading what those of the prefix
// have not covered. fresh are such that have seen nothing yet. They are taken out
// of the upload: another call computes them anew.
func (a *activeUpload) digest(ctx context.Context, size int64, fresh *digests) (*digests, error) {
	sums, from, err := a.take(ctx)
	if err != nil {
		return nil, err
	}
	if sums == nil || from > size || sums.lack(fresh) {
		sums, from = fresh, 0
	}
	return sums, sums.read(ctx, io.NewSectionReader(a.stage, from, size-from))
}

// take waits until nobody feeds the digests, and takes them away.
func (a *activeUpload) take(ctx context.Context) (sums *digests, hashed int64, err error) {
	for {
		a.mu.Lock()
		feeding := a.feeding
		if feeding == nil {
			sums, a.sums = a.sums, nil
			defer a.mu.Unlock()
			return sums, a.hashed, nil
		}
		a.mu.Unlock()
		select {
		case <-feeding:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// head reads the first bytes of the stage.
func (a *activeUpload) head(size int64) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.Copy(&b, io.NewSectionReader(a.stage, 0, min(size, headBytes)))
	return b.Bytes(), err
}
