package draft

import "image"

// scan decodes the one scan of a baseline picture, which follows its header; ISO/IEC 10918-1 annex F.
func (d *decoder) scan(header, data []byte) (image.Image, error) {
	if err := d.scanHeader(header); err != nil {
		return nil, err
	}
	across, down := d.units()
	// A unit takes at least two bits per block, so short data cannot claim a large picture.
	if int64(len(data))*8 < 2*int64(across)*int64(down) {
		return nil, errDamaged
	}
	d.allocate(across, down)
	bits := &bitReader{data: data}
	for unit := range across * down {
		if d.restart > 0 && unit > 0 && unit%d.restart == 0 {
			bits.fill()
			if !bits.restart(unit/d.restart - 1) {
				return nil, errDamaged
			}
			for i := range d.components {
				d.components[i].previousDC = 0
			}
		}
		if !d.unit(bits, unit%across, unit/across) {
			return nil, errDamaged
		}
	}
	return d.picture(), nil
}

// scanHeader wants all components, in the order of the frame header, with all coefficients; B.2.3.
func (d *decoder) scanHeader(header []byte) error {
	n := len(d.components)
	if n == 0 || len(header) != 4+2*n || int(header[0]) != n || n == 3 && d.isRGB() {
		return ErrUnsuited
	}
	if end := header[1+2*n:]; end[0] != 0 || end[1] != 63 || end[2] != 0 {
		return ErrUnsuited
	}
	for i := range d.components {
		c := &d.components[i]
		tables := header[2+2*i]
		if header[1+2*i] != c.id || tables>>4 > 3 || tables&15 > 3 {
			return ErrUnsuited
		}
		c.dc, c.ac = d.dc[tables>>4], d.ac[tables&15]
		if c.dc == nil || c.ac == nil || !d.seenQuant[c.quant] {
			return errDamaged
		}
		c.ac.prepare()
	}
	return nil
}

// units is the number of minimum coded units in both directions.
func (d *decoder) units() (across, down int) {
	width, height := 8*d.components[0].h, 8*d.components[0].v
	return (d.width + width - 1) / width, (d.height + height - 1) / height
}

func (d *decoder) unit(bits *bitReader, x, y int) bool {
	for i := range d.components {
		c := &d.components[i]
		for row := range c.v {
			at := c.side * ((y*c.v+row)*c.stride + x*c.h)
			for range c.h {
				if c.side == 1 {
					difference, ok := bits.mean(c.dc, c.ac)
					if !ok {
						return false
					}
					c.previousDC += difference
					c.pix[at] = sample(int(c.previousDC*d.quant[c.quant][0]), 3)
					at++
					continue
				}
				var coefficients [maxSide * maxSide]int32
				if !d.block(bits, c, &coefficients) {
					return false
				}
				pixels(c.pix[at:], c.stride, c.side, &coefficients)
				at += c.side
			}
		}
	}
	return true
}

// block decodes one block and keeps its low frequencies, multiplied by the quantisation table; section F.2.2. What
// stands behind the last of these is only skipped, several codes at a time.
func (d *decoder) block(bits *bitReader, c *component, out *[maxSide * maxSide]int32) bool {
	quant := &d.quant[c.quant]
	if bits.n < 32 {
		bits.fill()
	}
	size, ok := bits.symbol(c.dc)
	if !ok || size > 15 {
		return false
	}
	if size > 0 {
		c.previousDC += bits.value(size)
	}
	out[0] = c.previousDC * quant[0]
	k := 1
	for k <= c.last {
		if bits.n < 32 { // A code of 16 bits and a value of 15.
			bits.fill()
		}
		// The bits are worked on in variables of their own; this loop is where the time goes.
		acc := bits.acc
		entry := c.ac.lookup[acc>>(64-lookupBits)]
		if entry == 0 {
			symbol, length, ok := c.ac.long(acc)
			if !ok {
				return false
			}
			entry = uint16(length)<<8 | uint16(symbol)
		}
		length, size := uint(entry>>8), uint(entry&15)
		bits.acc = acc << ((length + size) & 63)
		bits.n -= int(length + size)
		if size == 0 {
			if entry&0xff != 0xf0 {
				return !bits.overrun()
			}
			k += 16
			continue
		}
		if k += int(entry >> 4 & 15); k > 63 {
			return false
		}
		if at := c.place[k&63]; at < maxSide*maxSide {
			out[at] = extended(acc<<(length&63), size) * quant[k&63]
		}
		k++
	}
	return bits.skipBlock(c.ac, k) && !bits.overrun()
}

// skipBlock reads to the end of a block, from coefficient k on.
func (r *bitReader) skipBlock(t *huffman, k int) bool {
	acc, n := r.acc, r.n
	for k < 64 {
		if n < 32 {
			r.acc, r.n = acc, n
			r.fill()
			acc, n = r.acc, r.n
		}
		step := t.steps[acc>>(64-stepBits)]
		if step.coefficients == 0 || k+int(step.coefficients&^endOfBlock) > 63 {
			symbol, length, ok := t.first(acc)
			if !ok {
				return false
			}
			step.bits = uint8(length) + symbol&15
			switch {
			case symbol&15 > 0:
				step.coefficients = symbol>>4 + 1
				if k+int(step.coefficients) > 64 {
					return false
				}
			case symbol == 0xf0:
				step.coefficients = 16
			default:
				step.coefficients = endOfBlock
			}
		}
		acc <<= step.bits & 63
		n -= int(step.bits)
		if step.coefficients >= endOfBlock {
			break
		}
		k += int(step.coefficients)
	}
	r.acc, r.n = acc, n
	return true
}

// mean decodes a block of which the mean value only is kept: it returns the difference of that to the one before, and
// skips the rest. This is most of the work on large photographs, so it is done in variables of its own.
func (r *bitReader) mean(dc, ac *huffman) (difference int32, ok bool) {
	if r.n < 32 {
		r.fill()
	}
	acc, n := r.acc, r.n
	size, length, ok := dc.first(acc)
	if !ok || size > 15 {
		return 0, false
	}
	if size > 0 {
		difference = extended(acc<<(length&63), uint(size))
	}
	acc <<= (uint(length) + uint(size)) & 63
	n -= length + int(size)
	for k := 1; k < 64; {
		if n < 32 {
			r.acc, r.n = acc, n
			r.fill()
			acc, n = r.acc, r.n
		}
		step := ac.steps[acc>>(64-stepBits)]
		if step.coefficients == 0 || k+int(step.coefficients&^endOfBlock) > 63 {
			r.acc, r.n = acc, n
			return difference, r.skipBlock(ac, k) && !r.overrun()
		}
		acc <<= step.bits & 63
		n -= int(step.bits)
		if step.coefficients >= endOfBlock {
			break
		}
		k += int(step.coefficients)
	}
	r.acc, r.n = acc, n
	return difference, n >= r.pad
}
