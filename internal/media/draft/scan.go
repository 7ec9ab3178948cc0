package draft

import "image"

// scan decodes the one scan that follows its header.
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

// allocate makes room for the planes. Where the colours are stored at half the resolution in both directions, their
// blocks are made twice as large as those of the brightness, as far as blocks go, so that no colour is lost.
func (d *decoder) allocate(across, down int) {
	for i := range d.components {
		c := &d.components[i]
		c.side = d.side
		if d.fullColour() && i > 0 {
			c.side = 2 * d.side
		}
		c.place, c.last = place(c.side)
		c.stride = across * c.h * c.side
		c.pix = make([]byte, c.stride*down*c.v*c.side)
	}
}

// fullColour reports whether the result has as many pixels in the colour planes although the file has fewer.
func (d *decoder) fullColour() bool {
	return d.components[0].h == 2 && d.components[0].v == 2 && 2*d.side <= maxSide
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
