package decoder

import (
	"image"

	"sluice/internal/media/extent"
)

// converter turns luma and chroma into red, green and blue by ITU-T H.273, section 8.3, with numbers of 16 fractional
// bits.
type converter struct {
	luma                                    [256]int32
	redOfCr, greenOfCb, greenOfCr, blueOfCb [256]int32
}

// weights are those of red and blue in the luma of a matrix.
func weights(matrix int) (red, blue float64, ok bool) {
	switch matrix {
	case 1:
		return 0.2126, 0.0722, true
	case 2, 5, 6: // not said: what cameras use
		return 0.299, 0.114, true
	case 9:
		return 0.2627, 0.0593, true
	}
	return 0, 0, false
}

// Known reports whether pictures of these colours are converted here.
func Known(c extent.Colours) bool {
	_, _, ok := weights(c.Matrix)
	return ok
}

func converterOf(c extent.Colours) *converter {
	red, blue, _ := weights(c.Matrix)
	black, lumaScale, chromaScale := 0.0, 1.0, 1.0
	if !c.Full {
		black, lumaScale, chromaScale = 16, 255.0/219, 255.0/224
	}
	const one = 1 << 16
	green := 1 - red - blue
	t := new(converter)
	for i := range 256 {
		chroma := (float64(i) - 128) * chromaScale
		t.luma[i] = int32((float64(i) - black) * lumaScale * one)
		t.redOfCr[i] = int32(2 * (1 - red) * chroma * one)
		t.blueOfCb[i] = int32(2 * (1 - blue) * chroma * one)
		t.greenOfCr[i] = int32(-2 * (1 - red) * red / green * chroma * one)
		t.greenOfCb[i] = int32(-2 * (1 - blue) * blue / green * chroma * one)
	}
	return t
}

// row converts one row. Each chroma sample counts for all pixels that it covers.
func (t *converter) row(img *image.YCbCr, y int, pixels []byte) {
	luma := img.Y[img.YOffset(0, y):]
	at := img.COffset(0, y)
	cb, cr := img.Cb[at:], img.Cr[at:]
	shift := 1
	if img.SubsampleRatio == image.YCbCrSubsampleRatio444 {
		shift = 0
	}
	for x := range len(pixels) / 4 {
		level, blue, red := t.luma[luma[x]], cb[x>>shift], cr[x>>shift]
		pixels[4*x] = eight(level + t.redOfCr[red])
		pixels[4*x+1] = eight(level + t.greenOfCb[blue] + t.greenOfCr[red])
		pixels[4*x+2] = eight(level + t.blueOfCb[blue])
		pixels[4*x+3] = 0xff
	}
}

// eight rounds to eight bits.
func eight(v int32) byte { return byte(max(0, min(0xff, (v+1<<15)>>16))) }
