package draft

import "encoding/binary"

// bitReader reads the entropy-coded data: bits from the highest down, 0xff 0x00 standing for 0xff, ended by a marker.
type bitReader struct {
	data []byte
	pos  int
	acc  uint64 // the next bits, left-aligned
	n    int    // how many bits of acc count
	pad  int    // how many of these were made up after the end of the data
}

// fill provides at least 48 bits. After the end of the data it makes up zeros, which overrun detects.
func (r *bitReader) fill() {
	if r.pos+8 <= len(r.data) {
		next := binary.BigEndian.Uint64(r.data[r.pos:])
		const ones, highs = 0x0101010101010101, 0x8080808080808080
		if (^next-ones)&next&highs == 0 { // No byte is 0xff.
			r.acc |= next >> r.n
			bytes := (64 - r.n) >> 3
			r.pos += bytes
			r.n += bytes * 8
			return
		}
	}
	for r.n <= 56 {
		var b byte
		switch {
		case r.pos < len(r.data) && r.data[r.pos] != 0xff:
			b = r.data[r.pos]
			r.pos++
		case r.pos+1 < len(r.data) && r.data[r.pos+1] == 0:
			b = 0xff
			r.pos += 2
		default:
			// Bits of a byte that was looked at without being taken must not stay behind the made-up zeros.
			r.acc &= ^uint64(0) << (64 - r.n)
			r.pad += 8
		}
		r.acc |= uint64(b) << (56 - r.n)
		r.n += 8
	}
}

func (r *bitReader) skip(bits int) {
	r.acc <<= bits
	r.n -= bits
}

// overrun reports whether made-up bits were used.
func (r *bitReader) overrun() bool { return r.n < r.pad }

// symbol reads one code. At least 16 bits must be there.
func (r *bitReader) symbol(t *huffman) (byte, bool) {
	if entry := t.lookup[r.acc>>(64-lookupBits)]; entry != 0 {
		r.skip(int(entry >> 8))
		return byte(entry), true
	}
	symbol, length, ok := t.long(r.acc)
	r.skip(length)
	return symbol, ok
}

// value reads a number of size bits, 1..15.
func (r *bitReader) value(size byte) int32 {
	v := extended(r.acc, uint(size))
	r.skip(int(size))
	return v
}

// extended is the number in the upper size bits of acc, 1..15, in the form of table F.1: the lower half of the codes
// is negative.
func extended(acc uint64, size uint) int32 {
	v := int32(acc >> ((64 - size) & 63))
	if acc>>63 == 0 {
		v += -1<<(size&31) + 1
	}
	return v
}

// restart drops the rest of the bits and moves behind restart marker number i, modulo 8. Filling stops at a marker, so
// the position is at the marker already unless there is too much data in front of it.
func (r *bitReader) restart(i int) bool {
	if r.overrun() || r.n-r.pad >= 8 {
		return false
	}
	for r.pos+1 < len(r.data) && r.data[r.pos] == 0xff && r.data[r.pos+1] == 0xff {
		r.pos++
	}
	if r.pos+1 >= len(r.data) || r.data[r.pos] != 0xff || r.data[r.pos+1] != 0xd0+byte(i&7) {
		return false
	}
	r.pos += 2
	r.acc, r.n, r.pad = 0, 0, 0
	return true
}
