package draft

import "image"

// allocate makes room for the planes.
func (d *decoder) allocate(across, down int) {
	for i := range d.components {
		c := &d.components[i]
		c.side = d.planeSide(i)
		c.place, c.last = place(c.side)
		c.stride = across * c.h * c.side
		c.pix = make([]byte, c.stride*down*c.v*c.side)
	}
}

// planeSide is how many pixels the edge of a block of component i becomes. Where the colours are stored at half the
// resolution in both directions, their blocks are made twice as large as those of the brightness, as far as blocks go,
// so that no colour is lost.
func (d *decoder) planeSide(i int) int {
	if i > 0 && d.fullColour() {
		return 2 * d.side
	}
	return d.side
}

// fullColour reports whether the result has as many pixels in the colour planes although the file has fewer.
func (d *decoder) fullColour() bool {
	return d.components[0].h == 2 && d.components[0].v == 2 && 2*d.side <= maxSide
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
