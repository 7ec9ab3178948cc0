package fsblob

import (
	"context"
	"io"

	"sluice/internal/ingest"
)

// Write stores one window in place and records it.
func (st *stage) Write(ctx context.Context, offset int64, r io.Reader, spec ingest.WriteSpec) (ingest.Window, error) {
	const op = "fsblob.Write"
	none := ingest.Window{Offset: offset}
	if offset < 0 {
		return none, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeOffset, Msg: "An offset cannot be negative."}
	}
	if err := st.store.check(ctx, op); err != nil {
		return none, err
	}
	if err := st.enter(op); err != nil {
		return none, err
	}
	defer st.leave()
	if err := st.takes(op); err != nil {
		return none, err
	}
	cl, err := st.claims.open(ctx, offset)
	defer st.claims.close(cl)
	if err != nil {
		return none, err
	}
	w := &windowWriter{stage: st, claim: cl, offset: offset, end: offset}
	defer w.settle()
	return w.write(ctx, r, spec)
}

// takes reports why a stage takes no windows, or nil.
func (st *stage) takes(op string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.takesLocked(op)
}

func (st *stage) takesLocked(op string) error {
	switch st.state {
	case taking:
		return nil
	case sealing, sealed:
		return &ingest.Error{Kind: ingest.Conflict, Op: op, Msg: "The upload is complete; it takes no more bytes."}
	case broken:
		return damaged(op, nil)
	}
	return noSuchStage(op)
}

// windowWriter is one Write.
type windowWriter struct {
	stage     *stage
	claim     *claim
	offset    int64
	end       int64   // after the last byte that may have been touched
	displaced []piece // what was recorded here before
}

func (w *windowWriter) write(ctx context.Context, r io.Reader, spec ingest.WriteSpec) (ingest.Window, error) {
	const op = "fsblob.Write"
	st := w.stage
	none := ingest.Window{Offset: w.offset}
	to := target{file: st.part, offset: w.offset, reserve: w.reserve}
	b := st.store.newBody(ctx, r, spec.Tee, to, st.store.buffers.first())
	b.expected = spec.Length
	stopped, err := b.run(nil, nil)
	if err != nil {
		return none, st.writeFailed(op, err)
	}
	win := ingest.Window{Offset: w.offset, Length: b.n, CRC32C: b.crc}
	if stopped != nil && (!spec.KeepPartial || b.n == 0) {
		return none, stopped
	}
	if spec.Accept != nil {
		if err := spec.Accept(win); err != nil {
			return none, err
		}
	}
	if err := st.record(op, win); err != nil {
		return none, err
	}
	return win, stopped
}

// reserve makes the bytes from one offset to another this writer's: it waits for
// others and takes what was recorded there out of the ledger before it is
// overwritten.
func (w *windowWriter) reserve(ctx context.Context, from, to int64) (bool, error) {
	const op = "fsblob.Write"
	st := w.stage
	if err := st.claims.extend(ctx, w.claim, to); err != nil {
		return false, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.takesLocked(op); err != nil {
		return false, err
	}
	if w.end == w.offset {
		if st.writing++; st.writing == 1 {
			st.part.dropReader()
		}
	}
	w.end = to
	touched := st.cov.overlapping(from, to)
	if len(touched) == 0 {
		return false, nil
	}
	synced := false
	for _, p := range touched {
		synced = synced || st.cov.synced(p)
	}
	start, end := touched[0].Offset, touched[len(touched)-1].End()
	if err := st.append(entry{missingRecord, ingest.Window{Offset: start, Length: end - start}}); err != nil {
		return false, err
	}
	if synced {
		// After a power cut these windows would count without being looked at.
		if err := st.store.disk.sync(st.ledger.f); err != nil {
			return false, st.breakDown(op, err)
		}
	}
	st.store.crash("stage.rewrite.invalidated")
	w.displaced = append(w.displaced, touched...)
	return true, nil
}

// settle records again what stuck out of the range that was overwritten.
func (w *windowWriter) settle() {
	st := w.stage
	for _, p := range w.displaced {
		st.restore(p.Offset, min(p.End(), w.offset))
		st.restore(max(p.Offset, w.end), p.End())
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if w.end > w.offset {
		st.writing--
	}
}

// restore records bytes of a displaced window that were not overwritten. When
// it fails they are missing, which is safe.
func (st *stage) restore(from, to int64) {
	if from >= to {
		return
	}
	buf := st.store.buffers.first()
	defer buf.put()
	crc, err := crcOfRange(st.part.f, from, to-from, buf.mem)
	if err == nil {
		err = st.record("fsblob.Write", ingest.Window{Offset: from, Length: to - from, CRC32C: crc})
	}
	if err != nil {
		st.store.opts.Logger.Warn("rest of a rewritten window was dropped", "stage", st.id, "error", err)
	}
}

// record enters a window whose bytes are all written.
func (st *stage) record(op string, win ingest.Window) error {
	if win.Length == 0 {
		return nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.takesLocked(op); err != nil {
		return err
	}
	if len(st.cov.pieces) >= maxPieces {
		return &ingest.Error{
			Kind: ingest.TooLarge, Op: op, Code: ingest.CodeLimit,
			Msg: "The upload consists of more than 65536 separate ranges; fill the gaps between them first.",
		}
	}
	st.store.crash("stage.write.before-ledger")
	if err := st.append(entry{windowRecord, win}); err != nil {
		return fail(op, err)
	}
	st.store.crash("stage.write.recorded")
	st.unsynced += win.Length
	st.considerSync()
	return nil
}
