package draft

import "encoding/binary"

// lookupBits is the longest code that is resolved with one look into a table.
const lookupBits = 10

// huffman is a table of codes; ISO/IEC 10918-1 annex C and section F.2.2.3.
type huffman struct {
	// lookup holds, for each value of the next lookupBits bits, the code's length in the high byte and its symbol in
	// the low byte; 0 when the code is longer.
	lookup [1 << lookupBits]uint16
	// limit is, for each length, the first value of a 16-bit window that belongs to a longer code.
	limit  [17]uint32
	offset [17]int32 // added to a code of this length gives the index of its symbol
	values []byte
	steps  *[1 << stepBits]step // made when it is needed
}

// stepBits is how many bits are looked at when codes are skipped.
const stepBits = 12

// step is what the next stepBits bits say to who does not need the values: the codes in them, each with the value
// behind it. The last value may reach beyond.
type step struct {
	bits         uint8 // of the codes and values
	coefficients uint8 // that they stand for, with endOfBlock when the last code is that; 0: the first code is longer
}

// endOfBlock is added to the number of coefficients when no more follow in the block.
const endOfBlock = 64

// prepare makes the steps.
func (t *huffman) prepare() {
	if t.steps != nil {
		return
	}
	t.steps = new([1 << stepBits]step)
	for window := range t.steps {
		s := &t.steps[window]
		for s.bits < stepBits {
			symbol, length, ok := t.first(uint64(window) << (64 - stepBits) << s.bits)
			run := symbol>>4 + 1 // for 0xf0, sixteen zeros, it is right as well
			if !ok || int(s.bits)+length > stepBits || s.coefficients+run >= endOfBlock {
				break
			}
			s.bits += uint8(length) + symbol&15
			if symbol&15 == 0 && symbol != 0xf0 {
				s.coefficients += endOfBlock
				break
			}
			s.coefficients += run
		}
	}
}

// first resolves the code at the top of acc.
func (t *huffman) first(acc uint64) (symbol byte, length int, ok bool) {
	if entry := t.lookup[acc>>(64-lookupBits)]; entry != 0 {
		return byte(entry), int(entry >> 8), true
	}
	return t.long(acc)
}

func newHuffman(counts, values []byte) (*huffman, error) {
	t := &huffman{values: values}
	code, index := uint32(0), int32(0)
	for length := 1; length <= 16; length++ {
		t.offset[length] = index - int32(code)
		for range counts[length-1] {
			if code >= 1<<length {
				return nil, errDamaged
			}
			if length <= lookupBits {
				first := code << (lookupBits - length)
				for i := range uint32(1) << (lookupBits - length) {
					t.lookup[first+i] = uint16(length)<<8 | uint16(values[index])
				}
			}
			code++
			index++
		}
		t.limit[length] = code << (16 - length)
		code <<= 1
	}
	return t, nil
}

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

// long resolves a code of more than lookupBits bits at the top of acc.
func (t *huffman) long(acc uint64) (symbol byte, length int, ok bool) {
	window := uint32(acc >> 48)
	for length := lookupBits + 1; length <= 16; length++ {
		if window < t.limit[length] {
			index := int32(window>>(16-length)) + t.offset[length]
			if index < 0 || int(index) >= len(t.values) {
				return 0, 0, false
			}
			return t.values[index], length, true
		}
	}
	return 0, 0, false
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
