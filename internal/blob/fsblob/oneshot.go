package fsblob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"sluice/internal/ingest"
)

var _ ingest.Stage = (*oneShot)(nil)

// oneShot takes one body in a single Write. A small one stays in its buffer,
// laid out as the segment record that it becomes; a larger one goes into a file
// without a ledger.
type oneShot struct {
	store  *Store
	id     ingest.StageID
	expect int64 // bytes that may come at most, -1 = unknown; a hint

	mu     sync.Mutex // held through Write, Seal and Discard
	state  state
	part   *partFile      // nil = no file
	buf    *buffer        // small body, nil = none
	record *ingest.Window // nil = nothing has been recorded
	ref    ingest.BlobRef // when sealed
}

// newOneShot makes a one-shot stage. It takes nothing of the disk until the body
// has proved too large for a segment: what is expected is often the rest of a
// request of many small files.
func (s *Store) newOneShot(id ingest.StageID, size int64) ingest.Stage {
	return &oneShot{store: s, id: id, expect: size}
}

// makeFile makes the file, with size bytes reserved if size is positive.
func (st *oneShot) makeFile(size int64) error {
	part, err := openPart(st.store.disk, st.store.oneShot(st.id), os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	if size > 0 {
		if err := st.store.disk.reserve(part.f, size); err != nil {
			return errors.Join(err, part.close(), os.Remove(part.path))
		}
	}
	st.part = part
	return nil
}

// Write takes the body.
func (st *oneShot) Write(ctx context.Context, offset int64, r io.Reader, spec ingest.WriteSpec) (ingest.Window, error) {
	const op = "fsblob.Write"
	if err := st.store.check(ctx, op); err != nil {
		return ingest.Window{Offset: offset}, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.state == discarded:
		return ingest.Window{Offset: offset}, noSuchStage(op)
	case st.state != taking || st.record != nil || offset != 0:
		return ingest.Window{Offset: offset}, &ingest.Error{Kind: ingest.Conflict, Op: op, Msg: "A one-shot stage takes one body, from offset 0."}
	}
	win, stopped, err := st.take(ctx, r, spec.Tee)
	if err != nil {
		st.dropBuffer()
		return ingest.Window{}, copyFailed(op, err)
	}
	if stopped != nil && (!spec.KeepPartial || win.Length == 0) {
		st.dropBuffer()
		return ingest.Window{}, stopped
	}
	if spec.Accept != nil {
		if err := spec.Accept(win); err != nil {
			st.dropBuffer()
			return ingest.Window{}, err
		}
	}
	st.record = &win
	return win, stopped
}

// take reads the body into memory, and on into a file when it is too large.
func (st *oneShot) take(ctx context.Context, r io.Reader, tee io.Writer) (win ingest.Window, stopped, err error) {
	s := st.store
	b := s.newBody(ctx, r, tee, target{}, s.buffers.first())
	kept := false
	defer func() {
		if !kept {
			b.small.put()
		}
	}()
	limit := max(0, min(s.opts.SmallFile, len(b.small.mem)-headerSize-1))
	room := b.small.mem[headerSize : headerSize+limit+1]
	n, stopped := b.gather(room)
	if n <= limit {
		if err := writeTee(tee, room[:n]); err != nil {
			return ingest.Window{}, nil, err
		}
		kept = true
		st.buf = b.small
		if stopped == io.EOF {
			stopped = nil
		}
		return ingest.Window{Length: int64(n), CRC32C: crcOf(room[:n])}, stopped, nil
	}
	// Room for the whole is reserved now, so that a full disk is found before the
	// rest of the body is read.
	if st.part == nil { // there is one already when an earlier Write failed
		if err := st.makeFile(st.expect); err != nil {
			return ingest.Window{}, nil, err
		}
	}
	kept = true
	b.to.file = st.part
	stopped, err = b.run(room[:n], stopped)
	return ingest.Window{Length: b.n, CRC32C: b.crc}, stopped, err
}

func (st *oneShot) dropBuffer() {
	if st.buf != nil {
		st.buf.put()
		st.buf = nil
	}
}

// Windows returns the body's window once it has been taken.
func (st *oneShot) Windows(context.Context) ([]ingest.Window, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.record == nil || st.record.Length == 0 {
		return nil, nil
	}
	return []ingest.Window{*st.record}, nil
}

// ReadAt is refused: one-shot stages cannot be read.
func (st *oneShot) ReadAt([]byte, int64) (int, error) {
	return 0, &ingest.Error{Kind: ingest.Internal, Op: "fsblob.ReadAt", Msg: "a one-shot stage cannot be read"}
}

// Seal makes the body a blob.
func (st *oneShot) Seal(ctx context.Context, size int64) (ingest.BlobRef, error) {
	const op = "fsblob.Seal"
	if err := st.store.check(ctx, op); err != nil {
		return ingest.BlobRef{}, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.state == discarded:
		return ingest.BlobRef{}, noSuchStage(op)
	case st.state == broken:
		return ingest.BlobRef{}, damaged(op, nil)
	case st.record == nil:
		return ingest.BlobRef{}, incomplete(op, nil, size)
	case st.record.Length != size:
		return ingest.BlobRef{}, incomplete(op, []ingest.Window{*st.record}, size)
	case st.state == sealed:
		return st.ref, nil
	}
	var err error
	if st.buf != nil {
		err = st.sealSmall()
	} else {
		err = st.sealLarge()
	}
	if err != nil {
		if _, lost := errors.AsType[*syncFailure](err); lost {
			st.state = broken
			return ingest.BlobRef{}, damaged(op, err)
		}
		return ingest.BlobRef{}, fail(op, err)
	}
	st.state = sealed
	return st.ref, nil
}

// sealSmall commits the buffer as a record of a segment.
func (st *oneShot) sealSmall() error {
	n := st.record.Length
	space := recordSpace(n)
	clear(st.buf.mem[headerSize+n : space])
	p := &pending{mem: st.buf.mem[:space], length: n, crc: st.record.CRC32C}
	if err := st.store.commits.commit(p); err != nil {
		return err
	}
	st.ref = ingest.BlobRef{Key: p.key.key(), Size: n, CRC32C: p.crc}
	st.dropBuffer()
	return nil
}

// sealLarge makes the file a blob.
func (st *oneShot) sealLarge() error {
	k := fileKey{st.id, st.record.Length, st.record.CRC32C}
	if err := st.store.sealFile(st.part, st.store.oneShots(), k); err != nil {
		return err
	}
	st.ref = k.ref()
	_ = st.part.close()
	st.part = nil
	return nil
}

// Discard removes the body, unless it was sealed.
func (st *oneShot) Discard(context.Context) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.state == sealed || st.state == discarded {
		return nil
	}
	st.state = discarded
	st.dropBuffer()
	if st.part == nil {
		return nil
	}
	err := errors.Join(st.part.close(), os.Remove(st.part.path))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	st.part = nil
	return fail("fsblob.Discard", err)
}
