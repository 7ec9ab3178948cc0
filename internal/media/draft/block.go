package draft

import "image"

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

// outside marks coefficients that are not kept.
const outside = 255

// place says for each coefficient, in zigzag order, where it stands in a corner of maxSide x maxSide low
// frequencies: row times maxSide plus column. Only side x side of them are kept, none behind last. ISO/IEC 10918-1
// figure A.6.
func place(side int) (at [64]byte, last int) {
	i := 0
	for diagonal := range 15 {
		for step := range diagonal + 1 {
			row, column := diagonal-step, step
			if diagonal%2 == 1 {
				row, column = column, row
			}
			if row > 7 || column > 7 {
				continue
			}
			if at[i] = outside; row < side && column < side {
				at[i], last = byte(row*maxSide+column), i
			}
			i++
		}
	}
	return at, last
}

// pixels turns side x side low frequencies of a block into as many pixels: the inverse cosine transform of that size,
// scaled by side/8 because the coefficients are those of a transform of 8 x 8.
func pixels(out []byte, stride, side int, f *[maxSide * maxSide]int32) {
	switch side {
	case 1:
		out[0] = sample(int(f[0]), 3)
	case 2:
		sum, difference := int(f[0])+int(f[1]), int(f[0])-int(f[1])
		lowSum, lowDifference := int(f[maxSide])+int(f[maxSide+1]), int(f[maxSide])-int(f[maxSide+1])
		out[0], out[1] = sample(sum+lowSum, 3), sample(difference+lowDifference, 3)
		out[stride], out[stride+1] = sample(sum-lowSum, 3), sample(difference-lowDifference, 3)
	case 4:
		pixels4(out, stride, f)
	}
}

// Constants of the transform of four points, in units of 1/4096.
const (
	unitBits = 12
	even     = 1448 // cos(pi/4) / 2
	oddLong  = 1892 // cos(pi/8) / 2
	oddShort = 784  // cos(3 pi/8) / 2
)

func pixels4(out []byte, stride int, f *[maxSide * maxSide]int32) {
	var half [maxSide * maxSide]int
	for column := range 4 {
		a, b, c, e := four(int(f[column]), int(f[4+column]), int(f[8+column]), int(f[12+column]))
		half[column], half[4+column], half[8+column], half[12+column] = a, b, c, e
	}
	for row := range 4 {
		line := out[row*stride:][:4]
		a, b, c, e := four(half[4*row], half[4*row+1], half[4*row+2], half[4*row+3])
		line[0], line[1] = sample(a, 2*unitBits), sample(b, 2*unitBits)
		line[2], line[3] = sample(c, 2*unitBits), sample(e, 2*unitBits)
	}
}

// four transforms one row or column.
func four(f0, f1, f2, f3 int) (a, b, c, d int) {
	outer, inner := even*(f0+f2), even*(f0-f2)
	long, short := oddLong*f1+oddShort*f3, oddShort*f1-oddLong*f3
	return outer + long, inner + short, inner - short, outer - long
}

// sample rounds v, which has so many binary places, and shifts it from around 0 to around 128.
func sample(v, places int) byte {
	v = (v+1<<(places-1))>>places + 128
	return byte(max(0, min(255, v)))
}

// picture cuts the planes to the size of the picture.
func (d *decoder) picture() image.Image {
	scale := 8 / d.side
	bounds := image.Rect(0, 0, (d.width+scale-1)/scale, (d.height+scale-1)/scale)
	luma := d.components[0]
	if len(d.components) == 1 {
		return &image.Gray{Pix: luma.pix, Stride: luma.stride, Rect: bounds}
	}
	ratio, _ := d.ratio()
	if d.fullColour() {
		ratio = image.YCbCrSubsampleRatio444
	}
	cb, cr := d.components[1], d.components[2]
	return &image.YCbCr{
		Y: luma.pix, Cb: cb.pix, Cr: cr.pix,
		YStride: luma.stride, CStride: cb.stride,
		SubsampleRatio: ratio, Rect: bounds,
	}
}
