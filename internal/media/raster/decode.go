package raster

import (
	"image"
	"io"

	"sluice/internal/media/fault"
)

// bytesPerPixel is what a pixel of an *image.RGBA takes.
const bytesPerPixel = 4

// Decode reads the whole first picture of src as it is stored: the orientation is not applied. It refuses what exceeds
// the limits by the header; of the memory, the decoded picture and a copy of four bytes for each pixel must have room
// side by side. On failure it returns a *fault.Error of class TooLarge, Corrupt, Unsupported or Refused, together
// with whatever the header said until then.
func Decode(src *io.SectionReader, lim Limits) (Report, image.Image, error) {
	p, err := openPicture(src, lim)
	if err != nil {
		return p.Report, nil, classify(p, err)
	}
	if err := checkSize(p, lim); err != nil {
		return p.Report, nil, err
	}
	needed := p.memory + bytesPerPixel*int64(p.Width)*int64(p.Height)
	if lim.MemoryBytes > 0 && (needed > lim.MemoryBytes || needed < 0) {
		return p.Report, nil, refuse(fault.TooLarge,
			"working on the %s picture of %d x %d pixels needs about %d MiB, the memory limit is %d MiB",
			p.Format, p.Width, p.Height, needed>>20, lim.MemoryBytes>>20)
	}
	img, err := p.decode(max(p.Width, p.Height))
	if err != nil {
		return p.Report, nil, classify(p, err)
	}
	if paletted, ok := img.(*image.Paletted); ok {
		img = withFullPalette(paletted)
	}
	return p.Report, img, nil
}

// Upright applies an EXIF orientation (1..8): the result is the picture as a person should see it.
func Upright(src *image.RGBA, orientation int) *image.RGBA { return turned(src, orientation) }
