package draft

import mathbits "math/bits"

// restarted reads the restart marker in front of a unit, if one is due there.
func (s *scan) restarted(r *bitReader, unit int) (due, ok bool) {
	if s.restart == 0 || unit == 0 || unit%s.restart != 0 {
		return false, true
	}
	r.fill()
	return true, r.restart(unit/s.restart - 1)
}

// means decodes a scan of mean values, of one or more components; ISO/IEC 10918-1 section G.1.2.1. The size is that of
// the picture in minimum coded units.
func (s *scan) means(across, down int) bool {
	alone := len(s.components) == 1
	if alone {
		across, down = s.components[0].grid.across, s.components[0].grid.down
	}
	r := &bitReader{data: s.data}
	for _, c := range s.components {
		c.previousDC = 0
	}
	for unit := range across * down {
		due, ok := s.restarted(r, unit)
		if !ok {
			return false
		}
		for i, c := range s.components {
			if due {
				c.previousDC = 0
			}
			h, v := c.h, c.v
			if alone {
				h, v = 1, 1
			}
			for j := range h * v {
				at := (unit/across*v+j/h)*c.grid.stride + unit%across*h + j%h
				if !s.mean(r, i, &c.grid.block(at)[0]) {
					return false
				}
			}
		}
		if r.overrun() {
			return false
		}
	}
	return true
}

// mean decodes the mean value of one block of component i of the scan, or one more bit of it.
func (s *scan) mean(r *bitReader, i int, value *int16) bool {
	if r.n < 32 {
		r.fill()
	}
	if s.refines {
		*value |= int16(r.acc >> 63 << s.low)
		r.skip(1)
		return true
	}
	size, ok := r.symbol(s.dc[i])
	if !ok || size > 15 {
		return false
	}
	c := s.components[i]
	if size > 0 {
		c.previousDC += r.value(size)
	}
	*value = int16(c.previousDC << s.low)
	return fits(c.previousDC) && fits(c.previousDC<<s.low)
}

// bandReader reads a scan of frequencies of one component.
type bandReader struct {
	bitReader
	table       *huffman
	first, last int
	band        uint64 // the set from first to last
	kept        uint64 // as in grid
	low         int
	run         int       // blocks that have nothing more, after an end of band that counts for more than one
	slot        *[64]byte // as in grid
}

// frequencies decodes a scan of a band of one component; sections G.1.2.2 and G.1.2.3.
func (s *scan) frequencies() bool {
	g := s.components[0].grid
	r := &bandReader{
		bitReader: bitReader{data: s.data}, table: s.ac,
		first: s.first, last: s.last, band: s.band(), low: s.low, kept: g.kept, slot: &g.slot,
	}
	var unremembered uint64
	for unit, y := 0, 0; y < g.down; y++ {
		for i := y * g.stride; i < y*g.stride+g.across; i++ {
			due, ok := s.restarted(&r.bitReader, unit)
			if due {
				r.run = 0
			}
			nonzero := &unremembered
			if g.remembers {
				nonzero = &g.nonzero[i]
			}
			switch {
			case !ok:
				return false
			case s.refines && r.run > 0:
				r.run--
				r.correct(g.block(i), *nonzero&r.band)
			case s.refines:
				ok = r.refine(g.block(i), nonzero)
			case r.run > 0:
				r.run--
			default:
				ok = r.begin(g.block(i), nonzero)
			}
			if !ok {
				return false
			}
			unit++
		}
		if r.overrun() {
			return false
		}
	}
	return true
}

// begin decodes the first scan of a band in one block. As in decoder.block, the bits are worked on in variables of
// their own.
func (r *bandReader) begin(block []int16, nonzero *uint64) bool {
	acc, n := r.acc, r.n
	set := *nonzero
	for k := r.first; k <= r.last; k++ {
		if n < 32 { // A code of 16 bits and a value of 15.
			acc, n = r.refill(acc, n)
		}
		symbol, length, ok := r.table.first(acc)
		if !ok {
			return false
		}
		size, zeros := int(symbol&15), int(symbol>>4)
		if size == 0 && zeros < 15 {
			acc, n = r.end(acc<<(length&63), n-length, zeros)
			break
		}
		value := acc << (length & 63)
		acc, n = value<<size, n-length-size
		if k += zeros; size == 0 {
			continue
		}
		if k > r.last {
			return false
		}
		bit := uint64(1) << (k & 63)
		if set |= bit; r.kept&bit != 0 {
			v := extended(value, uint(size)) << (r.low & 15)
			if !fits(v) {
				return false
			}
			block[r.slot[k&63]] = int16(v)
		}
	}
	r.acc, r.n, *nonzero = acc, n, set
	return true
}

// end reads for how many blocks an end of band counts, of which this one is done. It returns the bits that are left.
func (r *bandReader) end(acc uint64, n, size int) (uint64, int) {
	r.run = 1<<(size&15) - 1 + int(acc>>1>>(63-size))
	return acc << (size & 15), n - size
}

// refill is fill for who has the bits in variables of his own.
func (r *bandReader) refill(acc uint64, n int) (uint64, int) {
	r.acc, r.n = acc, n
	r.fill()
	return r.acc, r.n
}

// refine adds a bit to each coefficient of a band that is not zero in one block, and sets others of which it is the
// first bit. A code says how many zeros stand in front of the latter; bits for all others that are passed on the way
// follow behind it.
func (r *bandReader) refine(block []int16, nonzero *uint64) bool {
	before, set, rest := *nonzero, *nonzero, r.band
	acc, n := r.acc, r.n
	for k := r.first; k <= r.last; k++ {
		if n < 32 {
			acc, n = r.refill(acc, n)
		}
		symbol, length, ok := r.table.first(acc)
		size, zeros := int(symbol&15), int(symbol>>4)
		if !ok || size > 1 {
			return false
		}
		acc, n = acc<<(length&63), n-length
		if size == 0 && zeros < 15 {
			r.acc, r.n = r.end(acc, n, zeros)
			r.correct(block, before&rest)
			*nonzero = set
			return true
		}
		sign := int16(acc >> 63)
		acc, n = acc<<size, n-size
		passed := r.pass(before&rest, k, zeros)
		count := mathbits.OnesCount64(passed)
		if k += zeros + count; k > r.last {
			return false
		}
		if n < count {
			acc, n = r.refill(acc, n)
		}
		if n < count { // They are more than fit at once.
			r.correct(block, passed)
			acc, n = r.acc, r.n
		} else {
			r.move(block, passed, acc)
			acc, n = acc<<(count&63), n-count
		}
		bit := uint64(1) << (k & 63)
		rest &= -bit
		if size > 0 {
			if set |= bit; r.kept&bit != 0 {
				block[r.slot[k&63]] = (sign<<1 - 1) << (r.low & 15)
			}
		}
	}
	r.acc, r.n, *nonzero = acc, n, set
	return true
}

// pass finds those of a set, which begins at k, that stand in front of the zero behind so many others.
func (r *bandReader) pass(set uint64, k, zeros int) uint64 {
	to := k + zeros
	for {
		passed := set & (1<<(to&63)<<1 - 1)
		next := k + zeros + mathbits.OnesCount64(passed)
		if next == to || next > r.last {
			return passed
		}
		to = next
	}
}

// correct reads a bit for each of a set of coefficients that are not zero.
func (r *bandReader) correct(block []int16, set uint64) {
	const half = 1<<32 - 1
	for _, part := range [2]uint64{set & half, set &^ half} {
		n := mathbits.OnesCount64(part)
		if r.n < n {
			r.fill()
		}
		r.move(block, part, r.acc)
		r.skip(n)
	}
}

// move moves those of a set of coefficients that are kept away from zero, each if its bit is set. The first bit is the
// highest.
func (r *bandReader) move(block []int16, set, bits uint64) {
	for ; set&r.kept != 0; set &= set - 1 {
		k := mathbits.TrailingZeros64(set)
		if at := r.slot[k&63]; at != outside {
			sign := block[at] >> 15 // 0 or -1
			block[at] += (1<<(r.low&15) ^ sign - sign) & -int16(bits>>63)
		}
		bits <<= 1
	}
}
