package mediatest

import mathbits "math/bits"

// scanWriter packs one scan; ISO/IEC 10918-1 annexes F and G.
type scanWriter struct {
	out     []byte
	scan    CoefficientScan
	code    [256]uint32
	length  [256]int
	acc     uint64
	n       int
	dc      [3]int
	run     int    // blocks that have nothing more and are not yet written
	pending []byte // bits that correct coefficients of these, one each
}

func (c *Coefficients) scan(out []byte, s CoefficientScan, restart int) []byte {
	out = append(out, 0xff, 0xda, 0, byte(6+2*len(s.Planes)), byte(len(s.Planes)))
	for _, i := range s.Planes {
		out = append(out, byte(i+1), 0)
	}
	w := &scanWriter{out: append(out, byte(s.First), byte(s.Last), byte(s.High<<4|s.Low)), scan: s}
	w.table()
	units := c.units(s.Planes)
	for i, unit := range units {
		if restart > 0 && i > 0 && i%restart == 0 {
			w.flush()
			w.out = append(w.out, 0xff, 0xd0+byte((i/restart-1)&7))
			w.dc = [3]int{}
		}
		for _, b := range unit {
			w.block(b.plane, &c.Planes[b.plane].Blocks[b.at])
		}
	}
	w.flush()
	return w.out
}

type placed struct{ plane, at int }

// units lists the blocks of the minimum coded units of a scan; section A.2.
func (c *Coefficients) units(planes []int) (units [][]placed) {
	if len(planes) == 1 {
		p := c.Planes[planes[0]]
		for i := range p.Across * p.Down {
			units = append(units, []placed{{planes[0], i/p.Across*p.Stride + i%p.Across}})
		}
		return units
	}
	across := c.Planes[0].Stride / c.Planes[0].H
	for i := range across * (c.Planes[0].Rows / c.Planes[0].V) {
		var unit []placed
		for _, plane := range planes {
			p := c.Planes[plane]
			for j := range p.H * p.V {
				unit = append(unit, placed{plane, (i/across*p.V+j/p.H)*p.Stride + i%across*p.H + j%p.H})
			}
		}
		units = append(units, unit)
	}
	return units
}

func (w *scanWriter) table() {
	counts, values := codes()
	code, i := uint32(0), 0
	for length, count := range counts {
		for range count {
			w.code[values[i]], w.length[values[i]] = code, length+1
			code++
			i++
		}
		code <<= 1
	}
}

func (w *scanWriter) bits(value uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		w.acc = w.acc<<1 | uint64(value>>i&1)
		if w.n++; w.n == 8 {
			w.out = append(w.out, byte(w.acc))
			if byte(w.acc) == 0xff {
				w.out = append(w.out, 0)
			}
			w.n = 0
		}
	}
}

func (w *scanWriter) symbol(run, size int) {
	s := run<<4 | size
	w.bits(w.code[s], w.length[s])
}

// number writes the last bits of v, as many as it has; table F.1.
func (w *scanWriter) number(v int) {
	size := sizeOf(v)
	if v < 0 {
		v += 1<<size - 1
	}
	w.bits(uint32(v), size)
}

func sizeOf(v int) int { return mathbits.Len(uint(max(v, -v))) }

// flush writes what is not yet written and fills the last byte with ones.
func (w *scanWriter) flush() {
	w.endRun()
	if w.n > 0 {
		w.bits(0xff, 8-w.n)
	}
}

func (w *scanWriter) endRun() {
	if w.run > 0 {
		size := mathbits.Len(uint(w.run)) - 1
		w.symbol(size, 0)
		w.bits(uint32(w.run), size)
	}
	w.corrections(w.pending)
	w.run, w.pending = 0, nil
}

func (w *scanWriter) corrections(all []byte) {
	for _, bit := range all {
		w.bits(uint32(bit), 1)
	}
}

func (w *scanWriter) block(plane int, b *[64]int16) {
	s := w.scan
	if s.First == 0 {
		mean := int(b[0]) >> s.Low
		if s.High > 0 {
			w.bits(uint32(mean), 1)
		} else {
			w.bits(uint32(sizeOf(mean-w.dc[plane])), meanBits)
			w.number(mean - w.dc[plane])
			w.dc[plane] = mean
		}
	}
	switch {
	case s.Last == 0:
	case s.High > 0:
		w.refine(b)
	default:
		w.begin(b)
	}
	// Only progressive scans can have ends that count for more than one block.
	if w.run == 0x7fff || s.First == 0 || len(w.pending) > 900 {
		w.endRun()
	}
}

// magnitude is what a scan of other frequencies than the mean knows of a value.
func (w *scanWriter) magnitude(v int16) int { return max(int(v), -int(v)) >> w.scan.Low }

func (w *scanWriter) begin(b *[64]int16) {
	zeros := 0
	for k := max(1, w.scan.First); k <= w.scan.Last; k++ {
		v := w.magnitude(b[k])
		if v == 0 {
			zeros++
			continue
		}
		w.endRun()
		for ; zeros > 15; zeros -= 16 {
			w.symbol(15, 0)
		}
		if b[k] < 0 {
			v = -v
		}
		w.symbol(zeros, sizeOf(v))
		w.number(v)
		zeros = 0
	}
	if zeros > 0 {
		w.run++
	}
}

func (w *scanWriter) refine(b *[64]int16) {
	last, zeros := 0, 0
	for k := w.scan.First; k <= w.scan.Last; k++ {
		if w.magnitude(b[k]) == 1 {
			last = k
		}
	}
	var passed []byte
	for k := w.scan.First; k <= w.scan.Last; k++ {
		v := w.magnitude(b[k])
		if v == 0 {
			zeros++
			continue
		}
		for zeros > 15 && k <= last {
			w.endRun()
			w.symbol(15, 0)
			w.corrections(passed)
			passed, zeros = nil, zeros-16
		}
		if v > 1 {
			passed = append(passed, byte(v&1))
			continue
		}
		w.endRun()
		w.symbol(zeros, 1)
		sign := uint32(1)
		if b[k] < 0 {
			sign = 0
		}
		w.bits(sign, 1)
		w.corrections(passed)
		passed, zeros = nil, 0
	}
	if zeros > 0 || len(passed) > 0 {
		w.run++
		w.pending = append(w.pending, passed...)
	}
}
