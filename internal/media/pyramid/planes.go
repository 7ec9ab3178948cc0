package pyramid

import (
	"image"

	"sluice/internal/media/raster"
)

// planes is a level with its brightness and its colours apart.
type planes struct{ *image.YCbCr }

// ratios is how many pixels across and down share a sample of a colour.
func ratios(img *image.YCbCr) (r image.Point, ok bool) {
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		return image.Pt(1, 1), true
	case image.YCbCrSubsampleRatio422:
		return image.Pt(2, 1), true
	case image.YCbCrSubsampleRatio420:
		return image.Pt(2, 2), true
	case image.YCbCrSubsampleRatio440:
		return image.Pt(1, 2), true
	}
	return r, false
}

func (p planes) size() (width, height int) { return p.Rect.Dx(), p.Rect.Dy() }

func (p planes) form() form {
	return form{samples: 3, compression: packedJPEG, photometric: asYCbCr}
}

func (p planes) half() source {
	smaller, _ := raster.Half(p.YCbCr) // the ratio was looked at before the first level
	// Where an edge is odd, its last row or column has no partner and is left out.
	width, height := p.size()
	smaller.Rect.Max = image.Pt(max(1, width/2), max(1, height/2))
	return planes{smaller}
}

func (p planes) tile(left, top int) ([]byte, error) {
	width, height := p.size()
	r, _ := ratios(p.YCbCr)
	cut := func(plane []byte, stride int) []byte {
		return square(plane, stride, 1, (width+r.X-1)/r.X, (height+r.Y-1)/r.Y, left/r.X, top/r.Y, Tile/r.X, Tile/r.Y)
	}
	return photographed(&image.YCbCr{
		Y:  square(p.Y, p.YStride, 1, width, height, left, top, Tile, Tile),
		Cb: cut(p.Cb, p.CStride), Cr: cut(p.Cr, p.CStride),
		YStride: Tile, CStride: Tile / r.X, SubsampleRatio: p.SubsampleRatio, Rect: image.Rect(0, 0, Tile, Tile),
	})
}
