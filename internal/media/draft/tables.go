package draft

import "encoding/binary"

func (d *decoder) quantTables(body []byte) error {
	for len(body) > 0 {
		table, wide := body[0]&15, body[0]>>4
		size := 64 * (int(wide) + 1)
		if table > 3 || wide > 1 || len(body) < 1+size {
			return errDamaged
		}
		for i := range 64 {
			if wide == 1 {
				d.quant[table][i] = int32(binary.BigEndian.Uint16(body[1+2*i:]))
			} else {
				d.quant[table][i] = int32(body[1+i])
			}
		}
		d.seenQuant[table] = true
		body = body[1+size:]
	}
	return nil
}

func (d *decoder) huffmanTables(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 || body[0]&15 > 3 || body[0]>>4 > 1 {
			return errDamaged
		}
		total := 0
		for _, n := range body[1:17] {
			total += int(n)
		}
		if total > 256 || len(body) < 17+total {
			return errDamaged
		}
		table, err := newHuffman(body[1:17], body[17:17+total])
		if err != nil {
			return err
		}
		if body[0]>>4 == 0 {
			d.dc[body[0]&15] = table
		} else {
			d.ac[body[0]&15] = table
		}
		body = body[17+total:]
	}
	return nil
}

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
