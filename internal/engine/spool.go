package engine

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"sync"

	"sluice/internal/ingest"
)

// headBytes is how much of a file's beginning is kept for recognising its type.
const headBytes = 3072

// Intake is the receiving end of one request of a door that takes whole files:
// files are spooled one after the other as the body is parsed, before the
// request is known to be good, and delivered together at its end. Close drops
// what was not delivered.
type Intake struct {
	engine *Engine
	slots  chan struct{}
	digest bool // compute digests even where they are put off

	mu     sync.Mutex
	land   func() // leaves the flight; nil = nothing has been received yet
	spools []*Spool
	last   *Spool // received and not being sealed yet; nil = none
}

// NewIntake begins a request. The caller must Close it.
func (e *Engine) NewIntake() *Intake {
	return &Intake{engine: e, slots: make(chan struct{}, 8)}
}

// Spool is one received file, on its way to stable storage or there already.
type Spool struct {
	engine *Engine
	stage  ingest.Stage
	head   []byte
	sum    hash.Hash // nil = the digest is put off
	size   int64

	sealed chan struct{} // closed when ref or err is set
	ref    ingest.BlobRef
	err    error
	kept   bool // an asset refers to the blob, or may do so
}

// Size returns the bytes received.
func (s *Spool) Size() int64 { return s.size }

// Receive reads one file to its end. It becomes durable while the next one is
// received, the last one at its delivery: a refused request of one file costs no
// sync. hint is the expected size in bytes, or -1. An error of r is returned as
// it is and leaves nothing behind.
func (in *Intake) Receive(ctx context.Context, r io.Reader, hint int64) (*Spool, error) {
	e := in.engine
	e.crash("receive.begin")
	stage, err := e.blobs.NewStage(ctx, ingest.StageID(e.newUUID()), ingest.StageSpec{OneShot: true, Size: hint})
	if err != nil {
		return nil, err
	}
	received := false
	defer func() { // also when reading the body panics
		if !received {
			stage.Discard(context.WithoutCancel(ctx))
		}
	}()
	s := &Spool{engine: e, stage: stage, sealed: make(chan struct{})}
	spec := ingest.WriteSpec{}
	if !e.deferDigest || in.digest {
		s.sum = sha256.New()
		spec.Tee = s.sum
	}
	w, err := stage.Write(ctx, 0, &headReader{r: r, head: &s.head}, spec)
	if err != nil {
		return nil, err
	}
	s.size = w.Length
	e.crash("receive.written")
	received = true
	if before := in.add(s); before != nil {
		in.slots <- struct{}{}
		go func() {
			defer func() { <-in.slots }()
			before.seal()
		}()
	}
	return s, nil
}

// seal makes the file durable. It is called once.
func (s *Spool) seal() {
	defer close(s.sealed)
	ctx := context.Background() // what was received is kept or dropped as a whole
	s.ref, s.err = s.stage.Seal(ctx, s.size)
	if s.err != nil {
		s.stage.Discard(ctx)
		return
	}
	if s.sum != nil {
		s.ref.SHA256 = s.sum.Sum(nil)
	}
}

// add notes a file that has been received and returns the one before it, which is
// to be sealed now. With the first one the flight begins: a request that is slow
// to send it must hold up no sweep.
func (in *Intake) add(s *Spool) (before *Spool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.land == nil {
		in.land = in.engine.flights.begin()
	}
	in.spools = append(in.spools, s)
	before, in.last = in.last, s
	return before
}

// doubt notes that the outcome of a delivery is not known: the files are left to
// the sweep, which removes those that no asset refers to.
func (in *Intake) doubt() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range in.spools {
		s.kept = true
	}
}

// settled returns when every spooled file is on stable storage, with the first
// failure.
func (in *Intake) settled() error {
	in.mu.Lock()
	last := in.last
	in.last = nil
	in.mu.Unlock()
	if last != nil {
		last.seal()
	}
	var first error
	for _, s := range in.spools {
		<-s.sealed
		if s.err != nil && first == nil {
			first = s.err
		}
	}
	return first
}

// Close removes the files that no asset refers to. It may be called at any time
// and more than once.
func (in *Intake) Close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	ctx := context.Background()
	for _, s := range in.spools {
		if s == in.last {
			if err := s.stage.Discard(ctx); err != nil {
				in.engine.log.Warn("a spooled file was not removed", "error", err)
			}
			continue
		}
		<-s.sealed
		if s.err == nil && !s.kept {
			if err := in.engine.blobs.Delete(ctx, s.ref.Key); err != nil {
				in.engine.log.Warn("a spooled file was not removed, the sweep will", "error", err)
			}
		}
	}
	in.spools, in.last = nil, nil
	if in.land != nil {
		in.land()
		in.land = nil // what comes now is a flight of its own
	}
}

// headReader keeps a copy of the first bytes that pass through it.
type headReader struct {
	r    io.Reader
	head *[]byte
}

func (h *headReader) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if room := headBytes - len(*h.head); room > 0 && n > 0 {
		*h.head = append(*h.head, p[:min(n, room)]...)
	}
	return n, err
}
