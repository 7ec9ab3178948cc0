package fsblob

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
)

// A segment is a row of records. Each begins on a block and is filled up with
// zeros to the next one. Its header has 64 bytes, in big-endian order:
//
//	0  "sluice\x00\x01"   16  offset of the record     32  CRC-32C of the data
//	8  id of the segment  24  length of the data       36  zeros
//	                                                   60  CRC-32C of bytes 0 to 59
//
// The data follows. Segment ids are random, 64 bits, so that nothing a client
// sends can pass for a header, and are never used again.
const (
	headerSize  = 64
	recordMagic = "sluice\x00\x01"
)

// recordSpace is how many bytes of a segment a small file takes.
func recordSpace(length int64) int64 {
	return (headerSize + length + blockSize - 1) &^ (blockSize - 1)
}

// header is what stands before a small file.
type header struct {
	recordKey
	crc uint32
}

func (h header) encode(to []byte) {
	clear(to[:headerSize])
	copy(to, recordMagic)
	binary.BigEndian.PutUint64(to[8:], h.segment)
	binary.BigEndian.PutUint64(to[16:], uint64(h.offset))
	binary.BigEndian.PutUint64(to[24:], uint64(h.length))
	binary.BigEndian.PutUint32(to[32:], h.crc)
	binary.BigEndian.PutUint32(to[60:], crcOf(to[:60]))
}

func decodeHeader(from []byte) (header, bool) {
	h := header{
		recordKey: recordKey{
			segment: binary.BigEndian.Uint64(from[8:]),
			offset:  int64(binary.BigEndian.Uint64(from[16:])),
			length:  int64(binary.BigEndian.Uint64(from[24:])),
		},
		crc: binary.BigEndian.Uint32(from[32:]),
	}
	ok := string(from[:8]) == recordMagic &&
		binary.BigEndian.Uint32(from[60:]) == crcOf(from[:60]) &&
		h.length >= 0 && h.length <= maxSmallFile
	return h, ok
}

// headerAt reads the header at an offset; ok is false when there is none that
// belongs to this place.
func headerAt(f *os.File, segment uint64, offset int64) (h header, ok bool, err error) {
	p := make([]byte, headerSize)
	if _, err := f.ReadAt(p, offset); err != nil {
		if err == io.EOF {
			err = nil
		}
		return header{}, false, err
	}
	h, ok = decodeHeader(p)
	return h, ok && h.segment == segment && h.offset == offset, nil
}

// records walks the headers of a segment up to a limit in bytes. Holes
// and what is torn are skipped: records that were acknowledged may follow holes,
// and none follows a torn one, but skipping costs nothing and loses nothing.
func records(f *os.File, segment uint64, limit int64) iter.Seq2[header, error] {
	return func(yield func(header, error) bool) {
		for offset := int64(0); offset < limit; {
			at, err := nextData(f, offset)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(header{}, err)
				return
			}
			offset = max(offset, at&^(blockSize-1))
			h, ok, err := headerAt(f, segment, offset)
			switch {
			case err != nil:
				yield(header{}, err)
				return
			case !ok:
				offset += blockSize
			case offset >= limit || !yield(h, nil):
				return
			default:
				offset += recordSpace(h.length)
			}
		}
	}
}

// openSegment opens a segment under the name that it has now.
func (s *Store) openSegment(id uint64, flag int) (*os.File, error) {
	var f *os.File
	var err error
	for _, suffix := range []string{segmentSuffix, openSuffix, segmentSuffix} {
		if f, err = os.OpenFile(s.segment(id, suffix), flag, 0); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, err
}

// punchRecord gives the space of a record back, if it is there, and removes its
// segment if that was the last one.
func (s *Store) punchRecord(k recordKey) error {
	f, err := s.openSegment(k.segment, os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h, ok, err := headerAt(f, k.segment, k.offset)
	if err != nil || !ok || h.recordKey != k {
		return err
	}
	err = s.disk.punch(f, k.offset, recordSpace(k.length))
	if isUnsupported(err) || errors.Is(err, errors.ErrUnsupported) {
		_, err = f.WriteAt(make([]byte, headerSize), k.offset)
	}
	if err != nil {
		return err
	}
	s.crash("delete.unlinked")
	return s.dropIfEmpty(k.segment)
}

// dropIfEmpty removes a segment that takes no more records and has none.
func (s *Store) dropIfEmpty(id uint64) error {
	f, err := os.Open(s.segment(id, segmentSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for _, err := range records(f, id, math.MaxInt64) {
		return err
	}
	if err := os.Remove(f.Name()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// closeSegment cuts a segment behind its last whole record and gives it the
// name of those that take no more.
func (s *Store) closeSegment(id uint64) error {
	path := s.segment(id, openSuffix)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var end int64
	scratch := make([]byte, 64<<10)
	for h, err := range records(f, id, math.MaxInt64) {
		if err != nil {
			return err
		}
		sum, err := crcOfRange(f, h.offset+headerSize, h.length, scratch)
		if err == nil && sum == h.crc {
			end = h.offset + recordSpace(h.length)
		} else if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
	}
	return s.finishSegment(id, f, end)
}

// finishSegment makes an open segment one that takes no more.
func (s *Store) finishSegment(id uint64, f *os.File, end int64) error {
	if err := f.Truncate(end); err != nil {
		return err
	}
	if err := s.disk.rename(s.segment(id, openSuffix), s.segment(id, segmentSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.crash("segment.sealed")
	return s.dropIfEmpty(id)
}
