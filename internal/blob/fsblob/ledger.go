package fsblob

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math"
	"os"

	"sluice/internal/ingest"
)

// A ledger is a row of records of 32 bytes, in big-endian order:
//
//	0  'L'      8  offset       24  index of the record, mod 2^32
//	1  kind    16  length       28  CRC-32C of bytes 0 to 27
//	2  0, 0
//	4  CRC-32C of the window
//
// It is read up to the first record that does not check; what follows is cut off.
const recordSize = 32

type recordKind byte

const (
	bootRecord    recordKind = 'b' // offset and length hold the mark of the boot that appends from here on
	windowRecord  recordKind = 'w' // a window has arrived
	missingRecord recordKind = 'm' // windows that touch this range no longer count
	syncedRecord  recordKind = 's' // windows recorded before ledger position offset are on stable storage
	damagedRecord recordKind = 'd' // a sync failed: nothing of the stage can be trusted
)

// entry is one ledger record.
type entry struct {
	kind recordKind
	ingest.Window
}

func (e entry) encode(position int64) []byte {
	rec := make([]byte, recordSize)
	rec[0], rec[1] = 'L', byte(e.kind)
	binary.BigEndian.PutUint32(rec[4:], e.CRC32C)
	binary.BigEndian.PutUint64(rec[8:], uint64(e.Offset))
	binary.BigEndian.PutUint64(rec[16:], uint64(e.Length))
	binary.BigEndian.PutUint32(rec[24:], uint32(position/recordSize))
	binary.BigEndian.PutUint32(rec[28:], crcOf(rec[:28]))
	return rec
}

func decodeEntry(rec []byte, position int64) (entry, bool) {
	e := entry{kind: recordKind(rec[1])}
	e.CRC32C = binary.BigEndian.Uint32(rec[4:])
	e.Offset = int64(binary.BigEndian.Uint64(rec[8:]))
	e.Length = int64(binary.BigEndian.Uint64(rec[16:]))
	ok := rec[0] == 'L' && rec[2]|rec[3] == 0 &&
		binary.BigEndian.Uint32(rec[24:]) == uint32(position/recordSize) &&
		binary.BigEndian.Uint32(rec[28:]) == crcOf(rec[:28])
	if e.kind == windowRecord || e.kind == missingRecord {
		ok = ok && e.Offset >= 0 && e.Length > 0 && e.Offset <= math.MaxInt64-e.Length
	}
	return e, ok
}

// bootMark is what a boot record holds of a boot id. The mark of an unknown boot
// equals none.
func bootMark(id string) ingest.Window {
	sum := sha256.Sum256([]byte(id))
	return ingest.Window{
		Offset: int64(binary.BigEndian.Uint64(sum[:8])),
		Length: int64(binary.BigEndian.Uint64(sum[8:16])),
	}
}

// ledger is an open ledger file.
type ledger struct {
	f   *os.File
	end int64 // bytes that are good
}

// replay reads the file from the start, gives every good record to fn with its
// position, and cuts off what follows the last one.
func (l *ledger) replay(fn func(e entry, position int64)) error {
	r := bufio.NewReaderSize(io.NewSectionReader(l.f, 0, math.MaxInt64), 64<<10)
	rec := make([]byte, recordSize)
	l.end = 0
	for {
		_, err := io.ReadFull(r, rec)
		if err == io.EOF {
			return nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		e, ok := decodeEntry(rec, l.end)
		if err == io.ErrUnexpectedEOF || !ok {
			return l.f.Truncate(l.end)
		}
		fn(e, l.end)
		l.end += recordSize
	}
}

// append writes one record behind the last and returns its position. When that
// fails the ledger is as it was.
func (l *ledger) append(d disk, e entry) (int64, error) {
	position := l.end
	if _, err := d.writeAt(l.f, e.encode(position), position); err != nil {
		_ = l.f.Truncate(position)
		return 0, err
	}
	l.end += recordSize
	return position, nil
}
