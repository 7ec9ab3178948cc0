package raster

import (
	"image"
	"math"
)

// weightBits is the number of binary places of a weight. All weights of a pixel sum to exactly one.
const weightBits = 14

// span is how one pixel of the result is mixed: from is the first pixel of the source, weights those that follow.
type span struct {
	from    int
	weights []int32
}

// spans prepares scaling a row of from pixels down to a row of to pixels with the Catmull-Rom kernel.
func spans(from, to int) []span {
	ratio := float64(from) / float64(to)
	reach := 2 * ratio // The kernel spans two pixels of the result to each side.
	all := make([]span, to)
	for i := range all {
		centre := (float64(i)+0.5)*ratio - 0.5
		first, last := max(0, int(math.Ceil(centre-reach))), min(from-1, int(math.Floor(centre+reach)))
		raw := make([]float64, last-first+1)
		var sum float64
		for j := range raw {
			raw[j] = catmullRom((float64(first+j) - centre) / ratio)
			sum += raw[j]
		}
		weights, left := make([]int32, len(raw)), int32(1<<weightBits)
		for j := range raw {
			weights[j] = int32(math.Round(raw[j] / sum * (1 << weightBits)))
			left -= weights[j]
		}
		weights[len(weights)/2] += left
		all[i] = span{first, weights}
	}
	return all
}

// catmullRom is the cubic kernel with B = 0 and C = 1/2.
func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

// middleBits is how many binary places of a sample are kept between the two directions.
const middleBits = 6

// scaled makes src smaller, first across and then down. Colours are premultiplied with alpha and stay so.
func scaled(src *image.RGBA, width, height int) *image.RGBA {
	across, down := spans(src.Rect.Dx(), width), spans(src.Rect.Dy(), height)
	middle := make([]int32, 4*width*src.Rect.Dy())
	for y := range src.Rect.Dy() {
		scaleRow(middle[4*width*y:][:4*width], src.Pix[y*src.Stride:][:4*src.Rect.Dx()], across)
	}
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	sums := make([]int32, 4*width)
	for y, s := range down {
		clear(sums)
		for i, weight := range s.weights {
			row := middle[4*width*(s.from+i):][:len(sums)]
			for j, sample := range row {
				sums[j] += sample * weight
			}
		}
		settle(dst.Pix[y*dst.Stride:][:4*width], sums)
	}
	return dst
}

func scaleRow(dst []int32, src []byte, across []span) {
	for x, s := range across {
		var r, g, b, a int32
		pixels := src[4*s.from:]
		for _, weight := range s.weights {
			pixel := pixels[:4:4]
			r += int32(pixel[0]) * weight
			g += int32(pixel[1]) * weight
			b += int32(pixel[2]) * weight
			a += int32(pixel[3]) * weight
			pixels = pixels[4:]
		}
		const drop = weightBits - middleBits
		out := dst[4*x:][:4]
		out[0], out[1], out[2], out[3] = r>>drop, g>>drop, b>>drop, a>>drop
	}
}

// settle rounds sums to bytes. The kernel overshoots at edges; no colour may be more than its alpha.
func settle(dst []byte, sums []int32) {
	const places = weightBits + middleBits
	for i := 0; i+4 <= len(sums); i += 4 {
		alpha := clamp(sums[i+3], places, 255)
		dst[i], dst[i+1] = byte(clamp(sums[i], places, alpha)), byte(clamp(sums[i+1], places, alpha))
		dst[i+2], dst[i+3] = byte(clamp(sums[i+2], places, alpha)), byte(alpha)
	}
}

func clamp(sum int32, places int, highest int32) int32 {
	return max(0, min(highest, (sum+1<<(places-1))>>places))
}
