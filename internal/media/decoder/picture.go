package decoder

import (
	"errors"
	"fmt"
	"image"

	"sluice/internal/media/extent"
)

// Picture is a decoded picture of eight bits for each channel, upright.
type Picture struct {
	Width, Height int
	Alpha         bool   // a pixel is not opaque
	Profile       []byte // ICC profile; nil when there is none

	row func(y int, pixels []byte) // fills in a row of red, green, blue and opacity, not premultiplied
}

// take makes a picture of what a decoder gave.
func (p *Picture) take(img image.Image, colours extent.Colours, orientation int) error {
	size := img.Bounds()
	if size.Min != (image.Point{}) || size.Dx() <= 0 || size.Dy() <= 0 {
		return fmt.Errorf("the decoder gave a picture with the corners %v and %v", size.Min, size.Max)
	}
	p.Width, p.Height = size.Dx(), size.Dy()
	mend(img)
	switch img := img.(type) {
	case *image.YCbCr:
		convert := converterOf(colours)
		p.row = func(y int, pixels []byte) { convert.row(img, y, pixels) }
	case *image.Gray:
		p.row = func(y int, pixels []byte) { grayRow(img, y, pixels) }
	case *image.RGBA:
		p.row = func(y int, pixels []byte) { premultipliedRow(img.Pix[y*img.Stride:], pixels) }
		p.Alpha = !opaque(img.Pix, 4)
	case *image.NRGBA:
		p.row = func(y int, pixels []byte) { copy(pixels, img.Pix[y*img.Stride:]) }
		p.Alpha = !opaque(img.Pix, 4)
	case *image.RGBA64:
		narrow(img.Pix)
		p.row = func(y int, pixels []byte) { premultipliedRow(img.Pix[y*p.Width*4:], pixels) }
		p.Alpha = !opaque(img.Pix[:p.Width*p.Height*4], 4)
	case *image.NRGBA64:
		narrow(img.Pix)
		p.row = func(y int, pixels []byte) { copy(pixels, img.Pix[y*p.Width*4:]) }
		p.Alpha = !opaque(img.Pix[:p.Width*p.Height*4], 4)
	default:
		return fmt.Errorf("the decoder gave a picture of the kind %T", img)
	}
	if p.Alpha && p.empty() {
		return errors.New("the decoder gave no picture")
	}
	p.turn(orientation)
	return nil
}

// overwritten is how many bytes at the start of the pixels are not to be trusted: the module frees the memory before it
// returns it, and what frees memory writes there, six words of four bytes at most.
const overwritten = 24

// mend takes the first bytes of the first row from the second one.
func mend(img image.Image) {
	below := func(pixels []byte, stride int) {
		if stride >= overwritten && len(pixels) >= 2*stride {
			copy(pixels[:overwritten], pixels[stride:])
		}
	}
	switch img := img.(type) {
	case *image.YCbCr:
		below(img.Y, img.YStride)
	case *image.Gray:
		below(img.Pix, img.Stride)
	case *image.RGBA:
		below(img.Pix, img.Stride)
	case *image.NRGBA:
		below(img.Pix, img.Stride)
	case *image.NRGBA64:
		below(img.Pix, img.Stride)
	}
}

// narrow halves channels of two bytes in place. The modules give them without padding.
func narrow(pixels []byte) {
	for i := range len(pixels) / 2 {
		pixels[i] = pixels[2*i]
	}
}

// opaque reports whether the last of so many channels is full everywhere.
func opaque(pixels []byte, channels int) bool {
	for i := channels - 1; i < len(pixels); i += channels {
		if pixels[i] != 0xff {
			return false
		}
	}
	return true
}

// empty reports whether nothing is to be seen. That is what a decoder gives of a file that ends too early.
func (p *Picture) empty() bool {
	row := make([]byte, 4*p.Width)
	for y := range p.Height {
		p.row(y, row)
		for i := 3; i < len(row); i += 4 {
			if row[i] != 0 {
				return false
			}
		}
	}
	return true
}

func grayRow(img *image.Gray, y int, pixels []byte) {
	for x, level := range img.Pix[y*img.Stride:][:len(pixels)/4] {
		pixels[4*x], pixels[4*x+1], pixels[4*x+2], pixels[4*x+3] = level, level, level, 0xff
	}
}

func premultipliedRow(from, pixels []byte) {
	copy(pixels, from)
	for i := 0; i < len(pixels); i += 4 {
		alpha := int(pixels[i+3])
		if alpha == 0 || alpha == 0xff {
			continue
		}
		for c := range 3 {
			pixels[i+c] = byte(min(0xff, (int(pixels[i+c])*0xff+alpha/2)/alpha))
		}
	}
}

// turn turns the picture by an EXIF orientation (1..8).
func (p *Picture) turn(orientation int) {
	if orientation <= 1 || orientation > 8 {
		return
	}
	stored, width, height := p.row, p.Width, p.Height
	all := make([]byte, 4*width*height)
	for y := range height {
		stored(y, all[4*width*y:][:4*width])
	}
	if orientation >= 5 {
		p.Width, p.Height = height, width
	}
	p.row = func(y int, pixels []byte) {
		for x := range p.Width {
			fromX, fromY := x, y
			if orientation >= 5 {
				fromX, fromY = y, x
			}
			switch orientation {
			case 2, 3, 7, 8:
				fromX = width - 1 - fromX
			}
			switch orientation {
			case 3, 4, 6, 7:
				fromY = height - 1 - fromY
			}
			copy(pixels[4*x:4*x+4], all[4*(fromY*width+fromX):])
		}
	}
}
