package mediatest

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
)

// Coefficients is a JPEG picture as it is before it is packed, so that the same can be packed in several ways.
type Coefficients struct {
	Width, Height int
	Planes        []CoefficientPlane // 1 or 3
	Quant         byte               // of all frequencies
}

// CoefficientPlane is one component.
type CoefficientPlane struct {
	H, V         int // blocks in a minimum coded unit
	Stride, Rows int // blocks, in whole units
	Across, Down int // blocks that have a part of the picture
	Blocks       [][64]int16
}

// EmptyCoefficients is a grey picture of so many planes; the first one has h x v times as many samples as the others.
func EmptyCoefficients(width, height, planes, h, v int) *Coefficients {
	c := &Coefficients{Width: width, Height: height, Quant: 8}
	for i := range planes {
		p := CoefficientPlane{H: 1, V: 1}
		if i == 0 && planes > 1 {
			p.H, p.V = h, v
		}
		wide, tall := 8*h, 8*v
		if planes == 1 {
			wide, tall = 8, 8
		}
		p.Stride, p.Rows = (width+wide-1)/wide*p.H, (height+tall-1)/tall*p.V
		p.Across, p.Down = (width*p.H+wide-1)/wide, (height*p.V+tall-1)/tall
		p.Blocks = make([][64]int16, p.Stride*p.Rows)
		c.Planes = append(c.Planes, p)
	}
	return c
}

// CoefficientsOf transforms a picture; beyond its edges the last row and column are repeated.
func CoefficientsOf(m image.Image, planes, h, v int) *Coefficients {
	bounds := m.Bounds()
	c := EmptyCoefficients(bounds.Dx(), bounds.Dy(), planes, h, v)
	for i := range c.Planes {
		p := &c.Planes[i]
		wide, tall := c.Planes[0].H/p.H, c.Planes[0].V/p.V // pixels that a sample stands for
		sample := func(x, y int) float64 {
			sum := 0
			for j := range wide * tall {
				at := m.At(bounds.Min.X+min(x*wide+j%wide, bounds.Dx()-1), bounds.Min.Y+min(y*tall+j/wide, bounds.Dy()-1))
				colour := color.YCbCrModel.Convert(at).(color.YCbCr)
				sum += int([3]uint8{colour.Y, colour.Cb, colour.Cr}[i])
			}
			return float64(sum)/float64(wide*tall) - 128
		}
		for at := range p.Blocks {
			p.Blocks[at] = transformed(float64(c.Quant), func(x, y int) float64 {
				return sample(at%p.Stride*8+x, at/p.Stride*8+y)
			})
		}
	}
	return c
}

// transformed is the cosine transform of a block; ISO/IEC 10918-1 section A.3.3.
func transformed(quant float64, sample func(x, y int) float64) (out [64]int16) {
	var waves [8][8]float64 // of each frequency
	for u := range waves {
		for x := range waves[u] {
			waves[u][x] = math.Cos(float64(2*x+1)*float64(u)*math.Pi/16) / 2
			if u == 0 {
				waves[u][x] /= math.Sqrt2
			}
		}
	}
	var samples [64]float64
	for i := range samples {
		samples[i] = sample(i%8, i/8)
	}
	for k, at := range zigzag() {
		sum := 0.0
		for i, s := range samples {
			sum += s * waves[at%8][i%8] * waves[at/8][i/8]
		}
		out[k] = int16(math.Round(sum / quant))
	}
	return out
}

// zigzag gives row times eight plus column of each frequency; figure A.6.
func zigzag() (at [64]int) {
	i := 0
	for diagonal := range 15 {
		for step := range diagonal + 1 {
			row, column := diagonal-step, step
			if diagonal%2 == 1 {
				row, column = column, row
			}
			if row < 8 && column < 8 {
				at[i] = 8*row + column
				i++
			}
		}
	}
	return at
}

// CoefficientScan is one scan: a band of frequencies in zigzag order and its bits. High is 0 in the first of a band.
type CoefficientScan struct {
	Planes                 []int
	First, Last, High, Low int
}

// UsualScans is the order that most encoders write.
func UsualScans(planes int) []CoefficientScan {
	if planes == 1 {
		return []CoefficientScan{
			{[]int{0}, 0, 0, 0, 1}, {[]int{0}, 1, 5, 0, 2}, {[]int{0}, 6, 63, 0, 2}, {[]int{0}, 1, 63, 2, 1},
			{[]int{0}, 0, 0, 1, 0}, {[]int{0}, 1, 63, 1, 0},
		}
	}
	all := []int{0, 1, 2}
	return []CoefficientScan{
		{all, 0, 0, 0, 1}, {[]int{0}, 1, 5, 0, 2}, {[]int{2}, 1, 63, 0, 1}, {[]int{1}, 1, 63, 0, 1},
		{[]int{0}, 6, 63, 0, 2}, {[]int{0}, 1, 63, 2, 1}, {all, 0, 0, 1, 0}, {[]int{2}, 1, 63, 1, 0},
		{[]int{1}, 1, 63, 1, 0}, {[]int{0}, 1, 63, 1, 0},
	}
}

// Baseline packs the picture in one scan. Restart markers stand between so many units; 0 = none.
func (c *Coefficients) Baseline(restart int) []byte {
	all := []int{0, 1, 2}[:len(c.Planes)]
	return append(c.scan(c.header(0xc0, restart), CoefficientScan{all, 0, 63, 0, 0}, restart), 0xff, 0xd9)
}

// Progressive packs the picture in several scans.
func (c *Coefficients) Progressive(restart int, scans []CoefficientScan) []byte {
	out := c.header(0xc2, restart)
	for _, s := range scans {
		out = c.scan(out, s, restart)
	}
	return append(out, 0xff, 0xd9)
}

// header is all up to the first scan.
func (c *Coefficients) header(frame byte, restart int) []byte {
	segment := func(out []byte, marker byte, body ...byte) []byte {
		return append(binary.BigEndian.AppendUint16(append(out, 0xff, marker), uint16(2+len(body))), body...)
	}
	out := []byte{0xff, 0xd8}
	quant := make([]byte, 65)
	for i := range 64 {
		quant[1+i] = c.Quant
	}
	out = segment(out, 0xdb, quant...)
	size := binary.BigEndian.AppendUint16([]byte{8}, uint16(c.Height))
	size = append(binary.BigEndian.AppendUint16(size, uint16(c.Width)), byte(len(c.Planes)))
	for i, p := range c.Planes {
		size = append(size, byte(i+1), byte(p.H<<4|p.V), 0)
	}
	out = segment(out, frame, size...)
	if restart > 0 {
		out = segment(out, 0xdd, binary.BigEndian.AppendUint16(nil, uint16(restart))...)
	}
	var means [17]byte
	means[meanBits] = 16
	out = segment(out, 0xc4, append(means[:], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)...)
	counts, values := codes()
	return segment(out, 0xc4, append(append([]byte{0x10}, counts[:]...), values...)...)
}

// meanBits is the length of all codes of mean values.
const meanBits = 5

// codes is a table of the other frequencies with a code for every symbol, the usual ones shorter: so many of each length from 1 to 16.
func codes() (counts [16]byte, values []byte) {
	counts[3], counts[5], counts[7], counts[9], counts[11] = 8, 16, 32, 64, 136
	for weight := range 31 { // short runs and small values first
		for symbol := range 256 {
			if symbol>>4+symbol&15 == weight {
				values = append(values, byte(symbol))
			}
		}
	}
	return counts, values
}
