package pyramid

import (
	"bytes"
	"image"
	"image/jpeg"

	"github.com/klauspost/compress/zlib"

	"sluice/internal/media/pixels"
)

// picture is a level with its colours side by side.
type picture struct {
	*pixels.Image
	lossy bool
}

func (p picture) size() (width, height int) { return p.Width, p.Height }

func (p picture) half() source { return picture{p.Half(), p.lossy} }

func (p picture) form() form {
	f := form{samples: p.Space.Channels(), compression: packedDeflate, alpha: p.Alpha != nil}
	f.photometric = map[pixels.Space]uint16{pixels.Gray: asGray, pixels.RGB: asRGB, pixels.CMYK: asCMYK}[p.Space]
	if f.alpha {
		f.samples++
	}
	if p.lossy {
		f.compression = packedJPEG
		if p.Space == pixels.RGB {
			f.photometric = asYCbCr
		}
	}
	return f
}

func (p picture) tile(left, top int) ([]byte, error) {
	colours, alpha := square(p.Pix, 4*p.Width, 4, p.Width, p.Height, left, top, Tile, Tile), []byte(nil)
	if p.Alpha != nil {
		alpha = square(p.Alpha, p.Width, 1, p.Width, p.Height, left, top, Tile, Tile)
	}
	if !p.lossy {
		return deflated(colours, alpha, p.Space.Channels())
	}
	whole := image.Rect(0, 0, Tile, Tile)
	if p.Space != pixels.Gray {
		return photographed(&image.RGBA{Pix: colours, Stride: 4 * Tile, Rect: whole})
	}
	gray := image.NewGray(whole)
	for i := range gray.Pix {
		gray.Pix[i] = colours[4*i]
	}
	return photographed(gray)
}

// photographed packs a tile as a JPEG file of its own.
func photographed(tile image.Image) ([]byte, error) {
	var packed bytes.Buffer
	err := jpeg.Encode(&packed, tile, &jpeg.Options{Quality: Quality})
	return packed.Bytes(), err
}

// square cuts a square out of a plane of this width and height in pixels that has size bytes for each pixel.
func square(plane []byte, stride, size, width, height, left, top, across, down int) []byte {
	out := make([]byte, size*across*down)
	width = size * min(across, width-left)
	for y := range down {
		row := out[size*across*y:][:size*across]
		copy(row, plane[min(top+y, height-1)*stride+size*left:][:width])
		for x := width; x < len(row); x++ {
			row[x] = row[x-size]
		}
	}
	return out
}

// deflated packs a tile with deflate after each sample was replaced by its difference to the one left of it; TIFF 6.0
// section 14.
func deflated(colours, alpha []byte, channels int) ([]byte, error) {
	n := channels
	if alpha != nil {
		n++
	}
	raw := make([]byte, Tile*Tile*n)
	for i := range Tile * Tile {
		pixel := raw[n*i:][:n]
		copy(pixel[:channels], colours[4*i:])
		if alpha != nil {
			pixel[channels] = alpha[i]
		}
	}
	for row := raw; len(row) > 0; row = row[Tile*n:] {
		for i := Tile*n - 1; i >= n; i-- {
			row[i] -= row[i-n]
		}
	}
	var packed bytes.Buffer
	w, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
