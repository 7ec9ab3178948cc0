package modifier

import (
	"image"
	"math"
)

// lineBits is the number of binary places of a sample while a line is blurred.
const lineBits = 6

// smallBlur is the radius up to which the Gaussian curve itself is used; above, three running means come close to it
// at the same cost for any radius.
const smallBlur = 2.0

// Blur softens a picture in place with a Gaussian curve whose standard deviation is the radius in pixels. Beyond its
// edges the picture is taken to go on as its last pixels. A radius of 0 or less changes nothing.
func Blur(img *image.RGBA, radius float64) {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	if radius <= 0 || width == 0 || height == 0 {
		return
	}
	b := newBlur(radius, max(width, height))
	for y := range height {
		b.line(img.Pix[y*img.Stride:], width, 4)
	}
	for x := range width {
		b.line(img.Pix[4*x:], height, img.Stride)
	}
}

// blur works on one line after the other.
type blur struct {
	weights  []int32 // of the pixels from the middle outwards, 14 binary places; nil when means are taken
	means    [3]int  // how far each mean reaches to both sides
	margin   int     // pixels before and after the line in both buffers
	from, to []int32
}

const blurWeightBits = 14

func newBlur(radius float64, longest int) *blur {
	b := &blur{}
	if radius > smallBlur {
		b.means = meanReaches(radius)
		b.buffers(longest, b.means[2]+1) // The last one is the longest.
		return b
	}
	reach := int(math.Ceil(3 * radius))
	b.buffers(longest, reach)
	curve := make([]float64, reach+1)
	sum := 0.0
	for i := range curve {
		curve[i] = math.Exp(-float64(i*i) / (2 * radius * radius))
		sum += curve[i] * float64(min(i, 1)+1)
	}
	b.weights = make([]int32, reach+1)
	left := int32(1 << blurWeightBits)
	for i := reach; i > 0; i-- {
		b.weights[i] = int32(math.Round(curve[i] / sum * (1 << blurWeightBits)))
		left -= 2 * b.weights[i]
	}
	b.weights[0] = left
	return b
}

func (b *blur) buffers(longest, margin int) {
	b.margin = margin
	b.from, b.to = make([]int32, 4*(longest+2*margin)), make([]int32, 4*(longest+2*margin))
}

// extended repeats the first and the last of n pixels in the margins around them.
func (b *blur) extended(line []int32, n int) []int32 {
	first, last := 4*b.margin, 4*(b.margin+n)
	for i := 0; i < first; i += 4 {
		copy(line[i:], line[first:first+4])
		copy(line[last+i:], line[last-4:last])
	}
	return line
}

// meanReaches chooses three means of odd lengths whose variances add up to that of the curve.
func meanReaches(radius float64) [3]int {
	ideal := math.Sqrt(4*radius*radius + 1)
	short := int(ideal)
	if short%2 == 0 {
		short--
	}
	n := float64(short)
	shorter := int(math.Round((12*radius*radius - 3*n*n - 12*n - 9) / (-4*n - 4)))
	var reaches [3]int
	for i := range reaches {
		reaches[i] = short / 2
		if i >= shorter {
			reaches[i]++
		}
	}
	return reaches
}

// line blurs n pixels that stand stride bytes apart.
func (b *blur) line(pix []byte, n, stride int) {
	own := b.from[4*b.margin:][:4*n]
	for i := range n {
		pixel, out := pix[i*stride:][:4], own[4*i:][:4]
		out[0], out[1] = int32(pixel[0])<<lineBits, int32(pixel[1])<<lineBits
		out[2], out[3] = int32(pixel[2])<<lineBits, int32(pixel[3])<<lineBits
	}
	if b.weights != nil {
		b.curve(n)
	} else {
		b.mean(b.to, b.from, n, b.means[0])
		b.mean(b.from, b.to, n, b.means[1])
		b.mean(b.to, b.from, n, b.means[2])
	}
	done := b.to[4*b.margin:][:4*n]
	for i := range n {
		pixel, in := pix[i*stride:][:4], done[4*i:][:4]
		const half = 1 << (lineBits - 1)
		pixel[0], pixel[1] = byte((in[0]+half)>>lineBits), byte((in[1]+half)>>lineBits)
		pixel[2], pixel[3] = byte((in[2]+half)>>lineBits), byte((in[3]+half)>>lineBits)
	}
}

func (b *blur) curve(n int) {
	from := b.extended(b.from, n)
	to := b.to[4*b.margin:][:4*n]
	// One weight after the other over the whole line: the sums of a sample stay within 31 bits.
	for far, weight := range b.weights {
		before, after := from[4*(b.margin-far):][:len(to)], from[4*(b.margin+far):][:len(to)]
		if far == 0 {
			for i, sample := range before {
				to[i] = sample * weight
			}
			continue
		}
		for i, sample := range before {
			to[i] += (sample + after[i]) * weight
		}
	}
	for i, sum := range to {
		to[i] = (sum + 1<<(blurWeightBits-1)) >> blurWeightBits
	}
}

// mean replaces every pixel by the mean of those up to reach away.
func (b *blur) mean(to, from []int32, n, reach int) {
	from = b.extended(from, n)
	length := int32(2*reach + 1)
	scale := (1<<32 + int64(length)/2) / int64(length)
	var sums [4]int32
	for i := b.margin - reach; i <= b.margin+reach; i++ {
		for channel := range sums {
			sums[channel] += from[4*i+channel]
		}
	}
	leaving, coming := from[4*(b.margin-reach):][:4*n], from[4*(b.margin+reach+1):][:4*n]
	out := to[4*b.margin:][:4*n]
	for i := 0; i < 4*n; i += 4 {
		for channel := range 4 {
			out[i+channel] = int32((int64(sums[channel]+length/2) * scale) >> 32)
			sums[channel] += coming[i+channel] - leaving[i+channel]
		}
	}
}
