package raster

import (
	"image"
	"image/color"
	"image/draw"
)

// placed puts the top left corner of an animation's frame at x, y of a transparent canvas. A frame that covers the
// canvas is returned as it is.
func placed(frame image.Image, x, y, width, height int) image.Image {
	canvas := image.Rect(0, 0, width, height)
	bounds := frame.Bounds()
	if bounds == canvas && x == 0 && y == 0 {
		return frame
	}
	whole := image.NewRGBA(canvas)
	draw.Draw(whole, image.Rect(x, y, x+bounds.Dx(), y+bounds.Dy()), frame, bounds.Min, draw.Src)
	return whole
}

// hasAlpha reports whether pictures of this colour model can be other than opaque.
func hasAlpha(model color.Model) bool {
	switch m := model.(type) {
	case color.Palette:
		for _, entry := range m {
			if _, _, _, alpha := entry.RGBA(); alpha != 0xffff {
				return true
			}
		}
		return false
	default:
		switch m {
		case color.NRGBAModel, color.NRGBA64Model, color.NYCbCrAModel:
			return true
		}
	}
	return false
}

// turned applies an EXIF orientation: the result is the picture as a person should see it.
func turned(src *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return src
	}
	width, height := src.Rect.Dx(), src.Rect.Dy()
	size := image.Rect(0, 0, width, height)
	if orientation >= 5 {
		size = image.Rect(0, 0, height, width)
	}
	dst := image.NewRGBA(size)
	for y := range height {
		for x := range width {
			toX, toY := turnedPoint(x, y, width, height, orientation)
			copy(dst.Pix[dst.PixOffset(toX, toY):][:4], src.Pix[y*src.Stride+4*x:][:4])
		}
	}
	return dst
}

// turnedPoint says where the stored pixel x, y is seen; EXIF 2.32 section 4.6.4 A, tag Orientation.
func turnedPoint(x, y, width, height, orientation int) (toX, toY int) {
	right, bottom := width-1-x, height-1-y
	switch orientation {
	case 2:
		return right, y
	case 3:
		return right, bottom
	case 4:
		return x, bottom
	case 5:
		return y, x
	case 6:
		return bottom, x
	case 7:
		return bottom, right
	case 8:
		return y, right
	}
	return x, y
}
