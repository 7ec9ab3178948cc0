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

// reader reads one blob.
type reader struct {
	*io.SectionReader
	close func() error
}

func (r *reader) Close() error { return r.close() }

// Open opens a blob for reading.
func (s *Store) Open(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error) {
	const op = "fsblob.Open"
	if err := s.check(ctx, op); err != nil {
		return nil, err
	}
	if k, ok := parseFileKey(key); ok {
		return s.openFile(op, k)
	}
	if k, ok := parseRecordKey(key); ok {
		return s.openRecord(op, k)
	}
	return nil, noSuchBlob(op, nil)
}

func (s *Store) openFile(op string, k fileKey) (ingest.BlobReader, error) {
	f, err := os.Open(s.blob(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noSuchBlob(op, err)
	}
	if err != nil {
		return nil, fail(op, err)
	}
	st, err := f.Stat()
	if err == nil && st.Size() != k.size {
		err = errors.New("the blob's file has another length than its key says")
	}
	if err != nil {
		_ = f.Close()
		return nil, fail(op, err)
	}
	return &reader{io.NewSectionReader(f, 0, k.size), f.Close}, nil
}

func (s *Store) openRecord(op string, k recordKey) (ingest.BlobReader, error) {
	key := k.key()
	if !s.leases.take(key) {
		return nil, noSuchBlob(op, nil)
	}
	f, err := s.openSegment(k.segment, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		err = noSuchBlob(op, err)
	}
	if err == nil {
		var h header
		var ok bool
		h, ok, err = headerAt(f, k.segment, k.offset)
		if err == nil && (!ok || h.recordKey != k) {
			err = noSuchBlob(op, nil)
		}
	}
	if err != nil {
		if f != nil {
			_ = f.Close()
		}
		_ = s.endLease(k)
		return nil, fail(op, err)
	}
	closeOnce := sync.OnceValue(func() error { return errors.Join(f.Close(), s.endLease(k)) })
	return &reader{io.NewSectionReader(f, k.offset+headerSize, k.length), closeOnce}, nil
}

// endLease ends reading and finishes a deletion that waited for it.
func (s *Store) endLease(k recordKey) error {
	if !s.leases.release(k.key()) {
		return nil
	}
	defer s.leases.forget(k.key())
	return s.punchRecord(k)
}

// Delete removes a blob. Keys that name nothing are no error.
func (s *Store) Delete(ctx context.Context, key ingest.BlobKey) error {
	const op = "fsblob.Delete"
	if err := s.check(ctx, op); err != nil {
		return err
	}
	if k, ok := parseFileKey(key); ok {
		if err := os.Remove(s.blob(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fail(op, err)
		}
		s.crash("delete.unlinked")
		return nil
	}
	k, ok := parseRecordKey(key)
	if !ok || !s.leases.doom(key) {
		return nil
	}
	defer s.leases.forget(key)
	return fail(op, s.punchRecord(k))
}
