package engine

import (
	"context"
	"iter"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// partWriters are the parts of an upload that are there, and those that are being
// written.
type partWriters struct {
	mu     sync.Mutex
	whole  map[int]partSum // nil = nobody has looked yet
	writes map[int]*partWrite
}

// partSum is the CRC-32C of a part that is whole, if this process has seen the part
// come.
type partSum struct {
	crc   uint32
	known bool
}

// partWrite is a part whose place somebody has to himself.
type partWrite struct {
	first bool   // nothing is there
	stop  func() // makes the read that waits for bytes fail; nil = none does
	now   func() time.Time
	done  chan struct{}

	mu      sync.Mutex
	waiting time.Time // since when it has waited for bytes; zero = it does not
}

// beginPart takes the place of a part of which nothing is there. It is nil when the
// part is there already, or another writer has the place.
func (a *activeUpload) beginPart(ctx context.Context, u *ingest.Upload, n int, stop func(), now func() time.Time) (*partWrite, error) {
	a.parts.mu.Lock()
	defer a.parts.mu.Unlock()
	if a.parts.writes[n] != nil {
		return nil, nil
	}
	whole, err := a.wholeParts(ctx, u)
	if err != nil {
		return nil, err
	}
	if _, there := whole[n]; there {
		return nil, nil
	}
	return a.parts.begin(n, true, stop, now), nil
}

// wholeParts are the parts that have arrived. The caller has the lock of the parts.
// Looking at all windows for each part would take longer the more there are.
func (a *activeUpload) wholeParts(ctx context.Context, u *ingest.Upload) (map[int]partSum, error) {
	if a.parts.whole != nil {
		return a.parts.whole, nil
	}
	windows, err := a.stage.Windows(ctx)
	if err != nil {
		return nil, err
	}
	whole, parts := map[int]partSum{}, PartsOf(u)
	for n := range receivedParts(parts, windows) {
		whole[n] = partSum{}
	}
	a.parts.whole = whole
	return whole, nil
}

// receivedParts yields the parts that windows cover, by rising number.
func receivedParts(parts Parts, windows []ingest.Window) iter.Seq[int] {
	return func(yield func(int) bool) {
		at := 0
		for n := 1; n <= parts.Count(); n++ {
			offset, length := parts.Range(n)
			for at < len(windows) && windows[at].End() <= offset {
				at++
			}
			if at == len(windows) {
				return
			}
			if windows[at].Offset <= offset && windows[at].End() >= offset+length && !yield(n) {
				return
			}
		}
	}
}

// begin notes who has the place of a part. The caller has the lock, and nobody has it.
func (p *partWriters) begin(n int, first bool, stop func(), now func() time.Time) *partWrite {
	w := &partWrite{first: first, stop: stop, now: now, done: make(chan struct{})}
	if p.writes == nil {
		p.writes = map[int]*partWrite{}
	}
	p.writes[n] = w
	return w
}

func (a *activeUpload) endPart(n int, w *partWrite) {
	a.parts.mu.Lock()
	defer a.parts.mu.Unlock()
	delete(a.parts.writes, n)
	close(w.done)
}

// remember notes that a part is there. Its place is the caller's.
func (p *partWriters) remember(n int, crc uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.whole != nil {
		p.whole[n] = partSum{crc, true}
	}
}

// forget notes that a part is not there. Its place is the caller's.
func (p *partWriters) forget(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.whole, n)
}

// lookAgain finds out whether a part is there after writing it has failed. Its place
// is the caller's.
func (a *activeUpload) lookAgain(ctx context.Context, u *ingest.Upload, n int) {
	whole, err := a.hasPart(ctx, u, n)
	a.parts.mu.Lock()
	defer a.parts.mu.Unlock()
	if err == nil && whole && a.parts.whole != nil {
		a.parts.whole[n] = partSum{}
	}
}

// waits notes that the writer waits for bytes, or does so no more.
func (w *partWrite) waits(yes bool) {
	at := time.Time{}
	if yes {
		at = w.now()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = at
}

// stalled reports whether the writer has waited for bytes for too long.
func (w *partWrite) stalled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.waiting.IsZero() && w.now().Sub(w.waiting) > partStalled
}

// waitForPart waits until nobody has the place of a part, and takes it. A writer whose
// bytes do not come is stopped.
func (a *activeUpload) waitForPart(ctx context.Context, n int, now func() time.Time) (*partWrite, error) {
	for {
		a.parts.mu.Lock()
		w := a.parts.writes[n]
		if w == nil {
			defer a.parts.mu.Unlock()
			return a.parts.begin(n, false, nil, now), nil
		}
		a.parts.mu.Unlock()
		if w.stop != nil && w.stalled() {
			w.stop()
		}
		timer := time.NewTimer(partWatch)
		select {
		case <-w.done:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// keepPart takes the place of a part that is there, so that its bytes stay what they
// are.
func (a *activeUpload) keepPart(ctx context.Context, u *ingest.Upload, n int, now func() time.Time) (*partWrite, error) {
	for {
		w, kept, err := a.tryKeepPart(ctx, u, n, now)
		if err != nil || kept {
			return w, err
		}
		select {
		case <-w.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryKeepPart is keepPart, or returns who has the place.
func (a *activeUpload) tryKeepPart(ctx context.Context, u *ingest.Upload, n int, now func() time.Time) (w *partWrite, kept bool, err error) {
	a.parts.mu.Lock()
	defer a.parts.mu.Unlock()
	whole, err := a.wholeParts(ctx, u)
	if err != nil {
		return nil, false, err
	}
	w = a.parts.writes[n]
	if w != nil && !w.first {
		return w, false, nil
	}
	if _, there := whole[n]; !there {
		return nil, false, notArrived(n)
	}
	if w != nil {
		return w, false, nil // its last byte has come
	}
	return a.parts.begin(n, false, nil, now), true, nil
}
