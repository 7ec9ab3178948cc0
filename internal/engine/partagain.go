package engine

import (
	"context"
	"io"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// A writer that another waits for gives way when it has received nothing for a time.
const (
	partStalled = 2 * time.Second
	partWatch   = 250 * time.Millisecond
)

// rewritePart takes a part whose place is taken: the bytes are kept aside until all
// of them have come, and go into place when they differ from what is there. Until then
// what is there counts, so that a body which breaks off changes nothing.
func (e *Engine) rewritePart(ctx context.Context, a *activeUpload, u *ingest.Upload, n int, body *partBody, s PartSpec) (uint32, error) {
	id := ingest.StageID(e.newUUID())
	defer e.aside.add(id)()
	stage, err := e.blobs.NewStage(ctx, id, ingest.StageSpec{Size: body.length})
	if err != nil {
		return 0, err
	}
	defer func() {
		if err := stage.Discard(context.WithoutCancel(ctx)); err != nil {
			e.log.Warn("a part that was sent again was not removed, the sweep will", "error", err)
		}
	}()
	w, err := stage.Write(ctx, 0, body, ingest.WriteSpec{Length: body.length, Accept: func(w ingest.Window) error {
		if w.Length != body.length {
			return wrongPartLength(n, body.length, w.Length)
		}
		if s.Check != nil {
			return s.Check()
		}
		return nil
	}})
	if err != nil {
		return 0, err
	}
	place, err := a.waitForPart(ctx, n, e.now)
	if err != nil {
		return 0, err
	}
	defer a.endPart(n, place)
	// All of it is here. A client that goes away must not cost it the part now.
	return e.replacePart(context.WithoutCancel(ctx), a, u, n, stage, w.CRC32C)
}

// replacePart puts a part that is whole aside into its place, which is the caller's.
func (e *Engine) replacePart(ctx context.Context, a *activeUpload, u *ingest.Upload, n int, stage ingest.Stage, crc uint32) (uint32, error) {
	whole, err := a.hasPart(ctx, u, n)
	if err != nil {
		return 0, err
	}
	if whole {
		have, err := a.partChecksum(ctx, u, n)
		if err == nil && have == crc {
			return have, nil // the same bytes: the confirmation stays
		}
		if err != nil {
			return 0, err
		}
	}
	if err := e.markPart(ctx, u, n, false); err != nil {
		return 0, err
	}
	e.crash("part.again")
	offset, length := PartsOf(u).Range(n)
	again := &partBody{r: io.NewSectionReader(stage, 0, length), left: length, n: n, length: length}
	return e.writeInPlace(ctx, a, u, n, offset, again, nil)
}

// stagesAside are stages that belong to no upload and are in use all the same.
type stagesAside struct {
	mu  sync.Mutex
	ids map[ingest.StageID]bool
}

// add notes a stage until the function that it returns is called.
func (s *stagesAside) add(id ingest.StageID) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[ingest.StageID]bool{}
	}
	s.ids[id] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.ids, id)
	}
}

func (s *stagesAside) has(id ingest.StageID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}
