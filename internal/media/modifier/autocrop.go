package modifier

import (
	"image"

	"sluice/internal/media/fault"
)

// AutoCrop is the rectangle that is left of a picture when the rows and columns at its border are trimmed all pixels
// of which have the colour of a corner (contract section 6.2). corner is UpperLeft, UpperRight, BottomLeft or
// BottomRight; any other is refused with class Invalid. tolerance is the part of the range of a channel by which it
// may differ: 0 is exact, 1 takes any. A picture that is all of that colour is left whole.
func AutoCrop(img *image.RGBA, corner string, tolerance float64) (image.Rectangle, error) {
	b := img.Rect
	var at image.Point
	switch corner {
	case "UpperLeft":
		at = b.Min
	case "UpperRight":
		at = image.Pt(b.Max.X-1, b.Min.Y)
	case "BottomLeft":
		at = image.Pt(b.Min.X, b.Max.Y-1)
	case "BottomRight":
		at = image.Pt(b.Max.X-1, b.Max.Y-1)
	default:
		return b, refuse(fault.Invalid, "modifier.AutoCrop", "the corner %s is not known", shown(corner))
	}
	if b.Empty() {
		return b, nil
	}
	allowed := allowance(tolerance)
	colour := [4]byte(img.Pix[img.PixOffset(at.X, at.Y):][:4])
	return trim(img, func(pixel []byte) bool {
		for i, level := range colour {
			if difference := int(pixel[i]) - int(level); difference > allowed || -difference > allowed {
				return false
			}
		}
		return true
	}), nil
}

// AutoCropAlpha is the rectangle that is left when the rows and columns at the border are trimmed that are
// transparent: with tolerance 0 fully, up to 1, which takes any pixel as transparent. A picture that is all
// transparent is left whole.
func AutoCropAlpha(img *image.RGBA, tolerance float64) image.Rectangle {
	allowed := allowance(tolerance)
	return trim(img, func(pixel []byte) bool { return int(pixel[3]) <= allowed })
}

// allowance is a tolerance in levels of a channel.
func allowance(tolerance float64) int { return int(max(0, min(1, tolerance))*255 + 1e-9) }

// trim drops the rows and then the columns at the border that hold nothing but pixels to be dropped.
func trim(img *image.RGBA, drop func(pixel []byte) bool) image.Rectangle {
	r := img.Rect
	empty := func(part image.Rectangle) bool {
		for y := part.Min.Y; y < part.Max.Y; y++ {
			row := img.Pix[img.PixOffset(part.Min.X, y):][:4*part.Dx()]
			for ; len(row) > 0; row = row[4:] {
				if !drop(row[:4]) {
					return false
				}
			}
		}
		return true
	}
	for r.Min.Y < r.Max.Y && empty(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1)) {
		r.Min.Y++
	}
	if r.Empty() {
		return img.Rect
	}
	for empty(image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y)) {
		r.Max.Y--
	}
	for empty(image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y)) {
		r.Min.X++
	}
	for empty(image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y)) {
		r.Max.X--
	}
	return r
}
