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
	*scan
	*grid
	run int // blocks that end where they are, after an end of band that counts for more than one
}

// frequencies decodes a scan of a band of one component; section G.1.2.2 and G.1.2.3.
func (s *scan) frequencies() bool {
	r := &bandReader{bitReader: bitReader{data: s.data}, scan: s, grid: s.components[0].grid}
	var unremembered uint64
	for unit, y := 0, 0; y < r.down; y++ {
		for i := y * r.stride; i < y*r.stride+r.across; i++ {
			due, ok := s.restarted(&r.bitReader, unit)
			if due {
				r.run = 0
			}
			nonzero := &unremembered
			if r.remembers {
				nonzero = &r.nonzero[i]
			}
			switch {
			case !ok:
				return false
			case s.refines:
				ok = r.refine(r.block(i), nonzero)
			case r.run > 0:
				r.run--
			default:
				ok = r.begin(r.block(i), nonzero)
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

// begin decodes the first scan of a band in one block.
func (r *bandReader) begin(block []int16, nonzero *uint64) bool {
	for k := r.first; k <= r.last; {
		if r.n < 32 { // A code of 16 bits and a value of 15.
			r.fill()
		}
		acc := r.acc
		symbol, length, ok := r.ac.first(acc)
		if !ok {
			return false
		}
		size := symbol & 15
		if size == 0 && symbol != 0xf0 {
			r.skip(length)
			r.end(symbol >> 4)
			r.run--
			return true
		}
		r.skip(length + int(size))
		k += int(symbol >> 4)
		if size > 0 {
			if k > r.last {
				return false
			}
			*nonzero |= 1 << k
			if at := r.slot[k&63]; at != outside {
				v := extended(acc<<(length&63), uint(size)) << r.low
				if !fits(v) {
					return false
				}
				block[at] = int16(v)
			}
		}
		k++
	}
	return true
}

// end reads for how many blocks an end of band counts, this one among them.
func (r *bandReader) end(size byte) {
	r.run = 1 << size
	if size > 0 {
		r.run += int(r.acc >> (64 - size))
		r.skip(int(size))
	}
}

// refine adds a bit to each coefficient of a band that is not zero in one block, and sets others of which it is the
// first bit. A code says how many zeros stand in front of the latter; bits for all others that are passed on the way
// follow behind it.
func (r *bandReader) refine(block []int16, nonzero *uint64) bool {
	before, rest := *nonzero, r.band()
	for r.run == 0 && rest != 0 {
		if r.n < 32 {
			r.fill()
		}
		symbol, ok := r.symbol(r.ac)
		if !ok || symbol&15 > 1 {
			return false
		}
		if symbol&15 == 0 && symbol != 0xf0 {
			r.end(symbol >> 4)
			break
		}
		fresh := int16(0)
		if symbol&15 == 1 {
			fresh = int16(r.acc>>63<<1-1) << r.low
			r.skip(1)
		}
		zeros := rest &^ before
		for range symbol >> 4 {
			zeros &= zeros - 1
		}
		if zeros == 0 {
			return false
		}
		k := mathbits.TrailingZeros64(zeros)
		passed := before & rest & (1<<k - 1)
		rest &= ^uint64(0) << k << 1
		r.correct(block, passed)
		if fresh != 0 {
			*nonzero |= 1 << k
			if at := r.slot[k]; at != outside {
				block[at] = fresh
			}
		}
	}
	if r.run > 0 {
		r.correct(block, before&rest)
		r.run--
	}
	return true
}

// correct reads a bit for each of a set of coefficients that are not zero and moves those that are kept away from zero
// if it is set.
func (r *bandReader) correct(block []int16, set uint64) {
	n := mathbits.OnesCount64(set)
	if n == 0 {
		return
	}
	if n > 48 {
		const half = 1<<32 - 1
		r.correct(block, set&half)
		r.correct(block, set&^half)
		return
	}
	if r.n < n {
		r.fill()
	}
	bits := r.acc
	r.skip(n)
	for left := set & r.kept; left != 0; left &= left - 1 {
		k := mathbits.TrailingZeros64(left)
		if bits<<mathbits.OnesCount64(set&(1<<k-1))>>63 == 0 {
			continue
		}
		v := &block[r.slot[k]]
		if *v < 0 {
			*v -= 1 << r.low
		} else {
			*v += 1 << r.low
		}
	}
}
