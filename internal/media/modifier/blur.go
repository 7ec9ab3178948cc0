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
	from, to []int32
}

const blurWeightBits = 14

func newBlur(radius float64, longest int) *blur {
	b := &blur{from: make([]int32, 4*longest), to: make([]int32, 4*longest)}
	if radius > smallBlur {
		b.means = meanReaches(radius)
		return b
	}
	reach := int(math.Ceil(3 * radius))
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
	from, to := b.from[:4*n], b.to[:4*n]
	for i := range n {
		pixel := pix[i*stride:][:4]
		for channel := range 4 {
			from[4*i+channel] = int32(pixel[channel]) << lineBits
		}
	}
	if b.weights != nil {
		b.curve(to, from, n)
	} else {
		mean(to, from, n, b.means[0])
		mean(from, to, n, b.means[1])
		mean(to, from, n, b.means[2])
	}
	for i := range n {
		pixel := pix[i*stride:][:4]
		for channel := range 4 {
			pixel[channel] = byte((to[4*i+channel] + 1<<(lineBits-1)) >> lineBits)
		}
	}
}

func (b *blur) curve(to, from []int32, n int) {
	for i := range n {
		out, own := to[4*i:][:4], from[4*i:][:4]
		for channel := range 4 {
			sum := own[channel] * b.weights[0]
			for far, weight := range b.weights[1:] {
				before, after := max(0, i-far-1), min(n-1, i+far+1)
				sum += weight * (from[4*before+channel] + from[4*after+channel])
			}
			out[channel] = (sum + 1<<(blurWeightBits-1)) >> blurWeightBits
		}
	}
}

// mean replaces every pixel by the mean of those up to reach away.
func mean(to, from []int32, n, reach int) {
	length := int32(2*reach + 1)
	for channel := range 4 {
		at := func(i int) int32 { return from[4*max(0, min(n-1, i))+channel] }
		var sum int32
		for i := -reach; i <= reach; i++ {
			sum += at(i)
		}
		for i := range n {
			to[4*i+channel] = (sum + length/2) / length
			sum += at(i+reach+1) - at(i-reach)
		}
	}
}
