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

// Kernel is a function for mixing pixels: At is its value at a distance from the centre, in pixels of the coarser of
// the two pictures, and Reach is the distance from which on it is zero.
type Kernel struct {
	Reach float64
	At    func(x float64) float64
}

// CatmullRom is the cubic kernel with B = 0 and C = 1/2.
func CatmullRom() Kernel { return Cubic(-0.5) }

// Cubic is the kernel of cubic convolution; a is its slope at distance 1, and the lower it is the sharper the result.
func Cubic(a float64) Kernel {
	return Kernel{Reach: 2, At: func(x float64) float64 {
		x = math.Abs(x)
		switch {
		case x < 1:
			return ((a+2)*x-(a+3))*x*x + 1
		case x < 2:
			return ((a*x-5*a)*x+8*a)*x - 4*a
		}
		return 0
	}}
}

// Triangle is the kernel of bilinear interpolation.
func Triangle() Kernel {
	return Kernel{Reach: 1, At: func(x float64) float64 { return max(0, 1-math.Abs(x)) }}
}

// Lanczos is the windowed sinc function with three lobes.
func Lanczos() Kernel {
	return Kernel{Reach: 3, At: func(x float64) float64 {
		x = math.Abs(x)
		switch {
		case x < 1e-6:
			return 1
		case x >= 3:
			return 0
		}
		px := math.Pi * x
		return 3 * math.Sin(px) * math.Sin(px/3) / (px * px)
	}}
}

// spans prepares scaling a row of from pixels to a row of to pixels.
func spans(from, to int, kernel Kernel) []span {
	ratio := float64(from) / float64(to)
	stretch := max(1, ratio) // Making smaller mixes all pixels that fall into one.
	reach := kernel.Reach * stretch
	all := make([]span, to)
	for i := range all {
		centre := (float64(i)+0.5)*ratio - 0.5
		first, last := max(0, int(math.Ceil(centre-reach))), min(from-1, int(math.Floor(centre+reach)))
		raw := make([]float64, last-first+1)
		var sum float64
		for j := range raw {
			raw[j] = kernel.At((float64(first+j) - centre) / stretch)
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

// middleBits is how many binary places of a sample are kept between the two directions.
const middleBits = 6

// boxFrom is the factor from which on squares of pixels are averaged first.
const boxFrom = 4

// Resize gives a picture another size. What becomes very much smaller is averaged in squares first, as for thumbnails.
func Resize(src *image.RGBA, width, height int, kernel Kernel) *image.RGBA {
	if k := factor(src.Rect.Dx(), src.Rect.Dy(), width, height); k >= boxFrom {
		src = inRGBA(boxed(src, k))
	}
	return Scale(src, width, height, kernel)
}

// Scale gives a picture another size, first across and then down. Colours are premultiplied with alpha and stay so.
// Beside the result it needs as many rows of sixteen bytes for a pixel as are mixed into one.
func Scale(src *image.RGBA, width, height int, kernel Kernel) *image.RGBA {
	across, down := spans(src.Rect.Dx(), width, kernel), spans(src.Rect.Dy(), height, kernel)
	most := 1
	for _, s := range down {
		most = max(most, len(s.weights))
	}
	// Row y of the source, scaled across, is kept in place y modulo most until it is not needed any more.
	kept := make([]int32, 4*width*most)
	row := func(y int) []int32 { return kept[4*width*(y%most):][:4*width] }
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	sums := make([]int32, 4*width)
	next := 0
	for y, s := range down {
		for next = max(next, s.from); next < s.from+len(s.weights); next++ {
			scaleRow(row(next), src.Pix[next*src.Stride:][:4*src.Rect.Dx()], across)
		}
		clear(sums)
		for i, weight := range s.weights {
			samples := row(s.from + i)[:len(sums)]
			for j := range sums {
				sums[j] += samples[j] * weight
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
			pixel := (*[4]byte)(pixels)
			r += int32(pixel[0]) * weight
			g += int32(pixel[1]) * weight
			b += int32(pixel[2]) * weight
			a += int32(pixel[3]) * weight
			pixels = pixels[4:]
		}
		const drop = weightBits - middleBits
		out := (*[4]int32)(dst[4*x:])
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
