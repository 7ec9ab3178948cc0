package fsblob

import (
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

const (
	partSuffix    = ".part"
	ledgerSuffix  = ".ledger"
	openSuffix    = ".open"
	segmentSuffix = ".seg"
	shards        = 256
	maxStageID    = 64 // bytes
)

// layout says where things are below the store's directory.
type layout struct{ root string }

func (l layout) staging() string  { return filepath.Join(l.root, "staging") }
func (l layout) oneShots() string { return filepath.Join(l.root, "oneshot") }
func (l layout) blobs() string    { return filepath.Join(l.root, "blobs") }
func (l layout) segments() string { return filepath.Join(l.root, "segments") }

func (l layout) part(id ingest.StageID) string {
	return filepath.Join(l.staging(), string(id)+partSuffix)
}

func (l layout) ledger(id ingest.StageID) string {
	return filepath.Join(l.staging(), string(id)+ledgerSuffix)
}

func (l layout) oneShot(id ingest.StageID) string {
	return filepath.Join(l.oneShots(), string(id)+partSuffix)
}

// shard is the directory of all blobs that were sealed from a stage.
func (l layout) shard(id ingest.StageID) string {
	return filepath.Join(l.blobs(), fmt.Sprintf("%02x", crc32.Checksum([]byte(id), castagnoli)%shards))
}

func (l layout) blob(k fileKey) string { return filepath.Join(l.shard(k.stage), string(k.key())) }

func (l layout) segment(id uint64, suffix string) string {
	return filepath.Join(l.segments(), fmt.Sprintf("%016x", id)+suffix)
}

// validStageID reports whether an id is safe as a file name. Stage ids are
// minted by the engine; this is the second lock on the door.
func validStageID(id ingest.StageID) bool {
	if id == "" || len(id) > maxStageID || id[0] == '-' {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// fileKey names a blob that is a file of its own. It carries what Seal returned,
// so that sealing again after a crash need not read the bytes.
type fileKey struct {
	stage ingest.StageID
	size  int64
	crc   uint32
}

func (k fileKey) key() ingest.BlobKey {
	return ingest.BlobKey(fmt.Sprintf("f-%s-%d-%08x", k.stage, k.size, k.crc))
}

func (k fileKey) ref() ingest.BlobRef {
	return ingest.BlobRef{Key: k.key(), Size: k.size, CRC32C: k.crc}
}

// parseFileKey accepts exactly what key writes.
func parseFileKey(key ingest.BlobKey) (fileKey, bool) {
	rest, ok := strings.CutPrefix(string(key), "f-")
	if !ok {
		return fileKey{}, false
	}
	parts := strings.Split(rest, "-")
	if len(parts) < 3 {
		return fileKey{}, false
	}
	last := len(parts) - 1
	size, err1 := strconv.ParseInt(parts[last-1], 10, 64)
	crc, err2 := strconv.ParseUint(parts[last], 16, 32)
	k := fileKey{ingest.StageID(strings.Join(parts[:last-1], "-")), size, uint32(crc)}
	ok = err1 == nil && err2 == nil && size >= 0 && validStageID(k.stage) && k.key() == key
	return k, ok
}

// recordKey names a blob that is a record of a segment.
type recordKey struct {
	segment uint64
	offset  int64 // of the record's header, bytes
	length  int64 // of the data, bytes
}

func (k recordKey) key() ingest.BlobKey {
	return ingest.BlobKey(fmt.Sprintf("s-%016x-%d-%d", k.segment, k.offset, k.length))
}

// parseRecordKey accepts exactly what key writes.
func parseRecordKey(key ingest.BlobKey) (recordKey, bool) {
	parts := strings.Split(string(key), "-")
	if len(parts) != 4 || parts[0] != "s" {
		return recordKey{}, false
	}
	segment, err1 := strconv.ParseUint(parts[1], 16, 64)
	offset, err2 := strconv.ParseInt(parts[2], 10, 64)
	length, err3 := strconv.ParseInt(parts[3], 10, 64)
	k := recordKey{segment, offset, length}
	ok := err1 == nil && err2 == nil && err3 == nil &&
		offset >= 0 && offset%blockSize == 0 && length >= 0 && length <= maxSmallFile && k.key() == key
	return k, ok
}
