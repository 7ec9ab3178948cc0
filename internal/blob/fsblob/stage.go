package fsblob

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"sluice/internal/ingest"
)

var _ ingest.Stage = (*stage)(nil)

// state is where a stage stands.
type state uint8

const (
	taking    state = iota // takes windows
	unmade                 // being created
	sealing                // coverage was found complete; no byte may change
	sealed                 // a blob now
	discarded              // gone
	broken                 // a sync failed; can only be discarded
)

// stage is the staging area of an upload that spans requests. There is one
// value per upload in a process, however often it is opened. Its files are open
// while somebody uses it and for a while afterwards.
type stage struct {
	store  *Store
	id     ingest.StageID
	claims claims
	ending sync.Mutex // held through Seal and Discard

	mu      sync.Mutex
	state   state
	users   int       // calls in progress
	writing int       // of them, those that have touched bytes
	part    *partFile // nil = not loaded
	ledger  ledger
	cov     coverage

	unsynced int64     // bytes recorded since the last background sync began
	syncedAt time.Time // when that was
	syncing  bool

	ref    ingest.BlobRef // when sealed
	unsure bool           // sealed by an earlier process: the directories may not be synced; guarded by ending
}

// create makes the files of a new stage, durably, so that an upload that was
// begun is still known after a power cut.
func (st *stage) create(size int64) (err error) {
	s := st.store
	st.mu.Lock()
	defer st.mu.Unlock()
	defer func() {
		if err != nil {
			st.closeFiles()
			_ = os.Remove(s.part(st.id))
			_ = os.Remove(s.ledger(st.id))
			st.state = discarded
		}
	}()
	if err := st.openFiles(os.O_CREATE | os.O_TRUNC); err != nil {
		return err
	}
	if err := st.append(entry{bootRecord, bootMark(s.opts.BootID())}); err != nil {
		return err
	}
	if size > 0 {
		if err := s.disk.reserve(st.part.f, size); err != nil {
			return err
		}
	}
	if err := s.dirs.wait(s.staging()); err != nil {
		return err
	}
	s.crash("stage.created")
	st.syncedAt = s.now()
	st.state = taking
	s.idle.park(st)
	return nil
}

// openFiles opens the ledger before the file, because a stage without a ledger
// is valid and empty, and a ledger without a file is rubbish.
func (st *stage) openFiles(flag int) error {
	l, err := os.OpenFile(st.store.ledger(st.id), os.O_RDWR|os.O_CREATE|flag, 0o600)
	if err != nil {
		return err
	}
	st.part, err = openPart(st.store.disk, st.store.part(st.id), flag)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	st.ledger = ledger{f: l}
	st.cov = coverage{}
	return nil
}

func (st *stage) closeFiles() {
	if st.part != nil {
		_ = st.part.close()
		_ = st.ledger.f.Close()
		st.part, st.ledger = nil, ledger{}
	}
}

// append writes a ledger record and applies it. The caller has st.mu.
func (st *stage) append(e entry) error {
	position, err := st.ledger.append(st.store.disk, e)
	if err == nil {
		st.cov.apply(e, position)
	}
	return err
}

// enter begins a call that needs the files; leave ends it.
func (st *stage) enter(op string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.state == discarded, st.state == unmade:
		return noSuchStage(op)
	case st.store.closed.Load():
		return closing(op)
	case st.state == taking && st.part == nil:
		if err := st.load(); err != nil {
			return fail(op, err)
		}
	}
	st.users++
	return nil
}

func (st *stage) leave() {
	st.mu.Lock()
	st.users--
	last := st.users == 0
	if last && st.state != taking && st.state != sealing {
		st.closeFiles()
	}
	st.mu.Unlock()
	if !last {
		return
	}
	if st.store.closed.Load() {
		st.unload()
		return
	}
	st.store.idle.park(st)
}

// unload closes the files of a stage that nobody uses. The next call loads the
// same state from the ledger.
func (st *stage) unload() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.users == 0 {
		st.closeFiles()
		st.cov = coverage{}
	}
}

// Windows returns what has been recorded.
func (st *stage) Windows(ctx context.Context) ([]ingest.Window, error) {
	const op = "fsblob.Windows"
	if err := st.store.check(ctx, op); err != nil {
		return nil, err
	}
	if err := st.enter(op); err != nil {
		return nil, err
	}
	defer st.leave()
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.state == broken:
		return nil, damaged(op, nil)
	case st.state == sealed && st.ref.Size == 0:
		return nil, nil
	case st.state == sealed:
		return []ingest.Window{{Offset: 0, Length: st.ref.Size, CRC32C: st.ref.CRC32C}}, nil
	}
	return st.cov.windows(), nil
}

// ReadAt reads recorded bytes. Where recorded bytes end, so does the read, with io.EOF.
func (st *stage) ReadAt(p []byte, offset int64) (int, error) {
	const op = "fsblob.ReadAt"
	if err := st.enter(op); err != nil {
		return 0, err
	}
	defer st.leave()
	st.mu.Lock()
	now, part, ref, quiet := st.state, st.part, st.ref, st.writing == 0
	end := st.cov.endOf(offset, offset+int64(len(p)))
	st.mu.Unlock()
	switch {
	case now == broken:
		return 0, damaged(op, nil)
	case offset < 0:
		return 0, &ingest.Error{Kind: ingest.Internal, Op: op, Msg: "negative offset"}
	case now == sealed:
		return st.readSealed(p, offset, ref.Key)
	case part == nil:
		return 0, noSuchStage(op)
	}
	n, err := part.read(p[:end-offset], offset, quiet)
	if err == nil && n < len(p) {
		return n, io.EOF
	}
	if err != nil && err != io.EOF {
		err = fail(op, err)
	}
	return n, err
}

func (st *stage) readSealed(p []byte, offset int64, key ingest.BlobKey) (int, error) {
	r, err := st.store.Open(context.Background(), key)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return r.ReadAt(p, offset)
}
