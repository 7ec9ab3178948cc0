package fsblob

import (
	"context"
	"io"
	"math"
	"os"
	"strings"

	"sluice/internal/ingest"
)

// eachName calls fn for the names in a directory. Errors of fn are returned as
// they are.
func eachName(ctx context.Context, op, dir string, fn func(name string) error) error {
	d, err := os.Open(dir)
	if err != nil {
		return fail(op, err)
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(listBatch)
		for _, name := range names {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := fn(name); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fail(op, err)
		}
	}
}

// Blobs calls fn for every blob: files first, then the records of segments.
func (s *Store) Blobs(ctx context.Context, fn func(ingest.BlobKey) error) error {
	const op = "fsblob.Blobs"
	if err := s.check(ctx, op); err != nil {
		return err
	}
	limits := s.commits.limits()
	err := eachName(ctx, op, s.blobs(), func(shard string) error {
		return eachName(ctx, op, s.blobs()+string(os.PathSeparator)+shard, func(name string) error {
			if _, ok := parseFileKey(ingest.BlobKey(name)); !ok {
				return nil
			}
			return fn(ingest.BlobKey(name))
		})
	})
	if err != nil {
		return err
	}
	segments, err := s.segmentIDs(ctx, op)
	if err != nil {
		return err
	}
	for _, id := range segments {
		if err := s.eachRecord(ctx, op, id, limits, fn); err != nil {
			return err
		}
	}
	return nil
}

// segmentIDs lists the segments, each once even if it is being renamed.
func (s *Store) segmentIDs(ctx context.Context, op string) ([]uint64, error) {
	var ids []uint64
	seen := make(map[uint64]bool)
	err := eachName(ctx, op, s.segments(), func(name string) error {
		id, ok := parseSegmentName(name)
		if ok && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// eachRecord calls fn for the live records of one segment.
func (s *Store) eachRecord(ctx context.Context, op string, id uint64, limits map[uint64]int64, fn func(ingest.BlobKey) error) error {
	f, err := s.openSegment(id, os.O_RDONLY)
	if err != nil {
		if os.IsNotExist(err) {
			return nil // all of it was deleted meanwhile
		}
		return fail(op, err)
	}
	defer f.Close()
	limit, growing := limits[id]
	if !growing {
		limit = math.MaxInt64
	}
	for rec, err := range records(f, id, limit) {
		if err != nil {
			return fail(op, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		key := rec.key()
		if s.leases.doomed(key) {
			continue
		}
		if err := fn(key); err != nil {
			return err
		}
	}
	return nil
}

// parseSegmentName accepts both names that a segment can have.
func parseSegmentName(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		hex, ok = strings.CutSuffix(name, openSuffix)
	}
	k, valid := parseRecordKey(ingest.BlobKey("s-" + hex + "-0-0"))
	return k.segment, ok && valid
}
