package fsblob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"

	"sluice/internal/ingest"
)

// maxOffset lies behind every byte.
const maxOffset = math.MaxInt64

// Seal makes the stage a blob: sync, rename, sync of the directories. Whoever
// seals at the same time waits and gets the same answer.
func (st *stage) Seal(ctx context.Context, size int64) (ingest.BlobRef, error) {
	const op = "fsblob.Seal"
	if err := st.store.check(ctx, op); err != nil {
		return ingest.BlobRef{}, err
	}
	if err := st.enter(op); err != nil {
		return ingest.BlobRef{}, err
	}
	defer st.leave()
	st.ending.Lock()
	defer st.ending.Unlock()
	k, done, err := st.beginSeal(op, size)
	if err != nil {
		return ingest.BlobRef{}, err
	}
	if done {
		return st.sealedAgain(op)
	}
	st.store.crash("seal.begin")
	if err := st.store.sealFile(st.part, st.store.staging(), k); err != nil {
		return ingest.BlobRef{}, st.sealFailed(op, err)
	}
	st.mu.Lock()
	st.state, st.ref = sealed, k.ref()
	st.mu.Unlock()
	_ = os.Remove(st.store.ledger(st.id))
	st.store.crash("seal.done")
	st.store.forget(st.id)
	return k.ref(), nil
}

// beginSeal checks that a stage is complete and lets it take no more bytes. It
// reports whether it was sealed before.
func (st *stage) beginSeal(op string, size int64) (k fileKey, done bool, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.state == sealed {
		if size != st.ref.Size {
			return fileKey{}, false, incomplete(op, []ingest.Window{{Length: st.ref.Size}}, size)
		}
		return fileKey{}, true, nil
	}
	if err := st.takesLocked(op); err != nil {
		return fileKey{}, false, err
	}
	crc, err := st.complete(op, size)
	if err != nil {
		return fileKey{}, false, err
	}
	st.state = sealing
	return fileKey{st.id, size, crc}, false, nil
}

// sealFailed lets the stage take bytes again, unless a sync failed.
func (st *stage) sealFailed(op string, err error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if f, ok := errors.AsType[*syncFailure](err); ok {
		return st.breakDown(op, f.err)
	}
	if st.state == sealing {
		st.state = taking
	}
	return fail(op, err)
}

// complete checks that the windows cover 0 to size exactly and that nobody is
// writing, and returns the checksum of the whole.
func (st *stage) complete(op string, size int64) (uint32, error) {
	windows := st.cov.windows()
	switch {
	case st.writing > 0:
		return 0, &ingest.Error{Kind: ingest.Conflict, Op: op, Msg: "A part of the upload is still being written."}
	case len(windows) == 0 && size == 0:
		return 0, nil
	case len(windows) == 1 && windows[0].Offset == 0 && windows[0].Length == size:
		return windows[0].CRC32C, nil
	}
	return 0, incomplete(op, windows, size)
}

// incomplete says what is missing.
func incomplete(op string, windows []ingest.Window, size int64) error {
	var have int64
	for _, w := range windows {
		have += w.Length
	}
	return &ingest.Error{
		Kind: ingest.Conflict, Op: op,
		Msg: fmt.Sprintf("The upload does not consist of exactly %d bytes: %d have arrived, in %d separate ranges.", size, have, len(windows)),
	}
}

// sealedAgain answers a repeated Seal. If the process that renamed the file
// ended before it synced the directories, this one does.
func (st *stage) sealedAgain(op string) (ingest.BlobRef, error) {
	if st.unsure {
		if err := st.store.syncSeal(st.store.shard(st.id), st.store.staging()); err != nil {
			return ingest.BlobRef{}, fail(op, err)
		}
		st.unsure = false
	}
	return st.ref, nil
}

// Discard removes the stage and its bytes, unless it was sealed.
func (st *stage) Discard(context.Context) error {
	const op = "fsblob.Discard"
	st.ending.Lock()
	defer st.ending.Unlock()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.state == sealed || st.state == discarded {
		return nil
	}
	s := st.store
	for _, path := range []string{s.part(st.id), s.ledger(st.id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fail(op, err)
		}
	}
	st.state = discarded
	if st.users == 0 {
		st.closeFiles()
	}
	s.idle.drop(st)
	s.forget(st.id)
	return nil
}

// syncFailure is a failed sync of data, after which the file cannot be trusted.
type syncFailure struct{ err error }

func (f *syncFailure) Error() string { return f.err.Error() }
func (f *syncFailure) Unwrap() error { return f.err }

// sealFile makes a complete file in a staging directory a blob.
func (s *Store) sealFile(p *partFile, from string, k fileKey) error {
	if st, err := p.f.Stat(); err != nil {
		return err
	} else if st.Size() != k.size {
		// Space that was reserved and not used is given back.
		if err := p.f.Truncate(k.size); err != nil {
			return err
		}
	}
	if err := s.disk.sync(p.f); err != nil {
		return &syncFailure{err}
	}
	s.crash("seal.synced")
	if err := s.disk.rename(p.path, s.blob(k)); err != nil {
		return err
	}
	s.crash("seal.renamed")
	if err := s.syncSeal(s.shard(k.stage), from); err != nil {
		return &syncFailure{err}
	}
	s.crash("seal.dir-synced")
	return nil
}

// syncSeal makes a rename from one directory to another durable.
func (s *Store) syncSeal(to, from string) error {
	if err := s.dirs.wait(to); err != nil {
		return err
	}
	return s.dirs.wait(from)
}

// sealedAs returns the key under which a stage was sealed, or NotFound.
func (s *Store) sealedAs(id ingest.StageID) (fileKey, error) {
	const op = "fsblob.Stage"
	var found *fileKey
	err := eachName(context.Background(), op, s.shard(id), func(name string) error {
		if !strings.HasPrefix(name, "f-"+string(id)+"-") {
			return nil
		}
		if k, ok := parseFileKey(ingest.BlobKey(name)); ok && k.stage == id {
			found = &k
		}
		return nil
	})
	if err != nil {
		return fileKey{}, err
	}
	if found == nil {
		return fileKey{}, noSuchStage(op)
	}
	return *found, nil
}
