package raster

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	"sluice/internal/media/fault"
)

// thumbnailQuality is the JPEG quality of a thumbnail, 1..100.
const thumbnailQuality = 82

// thumbnailSize is the size of a thumbnail before it is turned. It has the shape of the picture, which one that was
// decoded at a reduced size has only nearly.
func (p *picture) thumbnailSize(decoded image.Rectangle, maxEdge int) image.Point {
	width, height := fit(p.Width, p.Height, maxEdge)
	if width > decoded.Dx() || height > decoded.Dy() {
		width, height = fit(decoded.Dx(), decoded.Dy(), maxEdge)
	}
	return image.Pt(width, height)
}

// makeThumbnail scales src down to a size, turns it upright and encodes it.
func makeThumbnail(src image.Image, size image.Point, orientation int) (*Thumbnail, error) {
	bounds, width, height := src.Bounds(), size.X, size.Y
	small := inRGBA(boxed(src, factor(bounds.Dx(), bounds.Dy(), width, height)))
	if small.Rect.Dx() != width || small.Rect.Dy() != height {
		small = Scale(small, width, height, CatmullRom())
	}
	small = turned(small, orientation)
	thumbnail := &Thumbnail{ContentType: "image/jpeg", Width: small.Rect.Dx(), Height: small.Rect.Dy()}
	var encoded bytes.Buffer
	var err error
	if small.Opaque() {
		err = jpeg.Encode(&encoded, small, &jpeg.Options{Quality: thumbnailQuality})
	} else {
		thumbnail.ContentType = "image/png"
		err = png.Encode(&encoded, small)
	}
	if err != nil {
		return nil, &fault.Error{Class: fault.TooLarge, Op: "raster.makeThumbnail",
			Msg: "the thumbnail cannot be encoded", Err: err}
	}
	thumbnail.Bytes = encoded.Bytes()
	return thumbnail, nil
}

// inRGBA converts a picture; its upper left corner becomes the origin.
func inRGBA(src image.Image) *image.RGBA {
	bounds := src.Bounds()
	if m, ok := src.(*image.RGBA); ok && bounds.Min == (image.Point{}) {
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(m, m.Rect, src, bounds.Min, draw.Src)
	return m
}

// fit returns the size of the thumbnail: the same shape, no edge longer than maxEdge, none shorter than one pixel.
func fit(width, height, maxEdge int) (int, int) {
	longer := max(width, height)
	if longer <= maxEdge {
		return width, height
	}
	scaled := func(edge int) int {
		return max(1, int((int64(edge)*int64(maxEdge)+int64(longer)/2)/int64(longer)))
	}
	return scaled(width), scaled(height)
}

// maxFactor keeps the sum of a square of bytes within 32 bits.
const maxFactor = 4096

// factor is how many pixels in both directions can be averaged into one and still leave twice what is wanted.
func factor(width, height, toWidth, toHeight int) int {
	return max(1, min(width/(2*toWidth), height/(2*toHeight), maxFactor))
}
