package archive

import (
	"encoding/binary"
	"io"
)

// Records at the end of a ZIP file (APPNOTE 6.3.10, sections 4.3.14 to 4.3.16), and their lengths in bytes.
const (
	endRecord       = "PK\x05\x06"
	endBytes        = 22 // and a comment
	end64Locator    = "PK\x06\x07"
	end64LocBytes   = 20
	end64Record     = "PK\x06\x06"
	end64Bytes      = 56
	longestEndBytes = 65 << 10
)

// claimedRecords is how many records the end of a ZIP file says that its directory has; 0 when there is no end. It looks
// where archive/zip looks, which reserves room for as many as fit the size of the file before it has read any.
func claimedRecords(src io.ReaderAt, size int64) (uint64, error) {
	end, at, err := zipEnd(src, size)
	if err != nil || end == nil {
		return 0, err
	}
	records := uint64(binary.LittleEndian.Uint16(end[10:]))
	length, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	if records != 0xffff && length != 0xffff && offset != 0xffffffff {
		return records, nil
	}
	locator, err := partAt(src, at-end64LocBytes, end64LocBytes)
	if err != nil || string(locator[:4]) != end64Locator {
		return records, err
	}
	long, err := partAt(src, int64(binary.LittleEndian.Uint64(locator[8:])), end64Bytes)
	if err != nil || string(long[:4]) != end64Record {
		return records, err
	}
	return max(records, binary.LittleEndian.Uint64(long[32:])), nil
}

// zipEnd finds the last record of a ZIP file: first near its end, and then as far in front of it as a comment is long.
func zipEnd(src io.ReaderAt, size int64) (end []byte, at int64, err error) {
	for _, length := range []int64{1 << 10, longestEndBytes} {
		length = min(length, size)
		tail, err := partAt(src, size-length, int(length))
		if err != nil {
			return nil, 0, err
		}
		for i := len(tail) - endBytes; i >= 0; i-- {
			if string(tail[i:i+4]) == endRecord {
				return tail[i:], size - length + int64(i), nil
			}
		}
	}
	return nil, 0, nil
}

// partAt reads a part of a file. What lies outside of it is zero.
func partAt(src io.ReaderAt, at int64, length int) ([]byte, error) {
	part := make([]byte, length)
	if at < 0 {
		return part, nil
	}
	if _, err := src.ReadAt(part, at); err != nil && err != io.EOF {
		return nil, err
	}
	return part, nil
}
