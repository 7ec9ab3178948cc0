// Package mediatest makes small media files for tests: every format, its variants, and files that lie or are cut off.
package mediatest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Corner is the colour of the upper left quarter of a Picture.
func Corner() color.RGBA { return color.RGBA{R: 220, G: 30, B: 40, A: 255} }

// Rest is the colour of the other three quarters of a Picture.
func Rest() color.RGBA { return color.RGBA{R: 30, G: 60, B: 200, A: 255} }

// Picture draws the test picture: a red quarter at the upper left, blue elsewhere. It shows turning and mirroring.
func Picture(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(m, m.Rect, image.NewUniform(Rest()), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 0, width/2, height/2), image.NewUniform(Corner()), image.Point{}, draw.Src)
	return m
}

// Into copies the picture into another kind of image, for instance an *image.Gray or an *image.NRGBA64.
func Into(dst draw.Image, src image.Image) draw.Image {
	draw.Draw(dst, dst.Bounds(), src, src.Bounds().Min, draw.Src)
	return dst
}

// JPEG encodes m as a baseline JPEG file.
func JPEG(m image.Image) []byte {
	return encoded(func(out *bytes.Buffer) error { return jpeg.Encode(out, m, &jpeg.Options{Quality: 92}) })
}

// PNG encodes m as a PNG file.
func PNG(m image.Image) []byte {
	return encoded(func(out *bytes.Buffer) error { return png.Encode(out, m) })
}

// BMP encodes m as a BMP file.
func BMP(m image.Image) []byte {
	return encoded(func(out *bytes.Buffer) error { return bmp.Encode(out, m) })
}

// TIFF encodes m as a TIFF file, compressed with deflate and a predictor.
func TIFF(m image.Image) []byte {
	return encoded(func(out *bytes.Buffer) error {
		return tiff.Encode(out, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
	})
}

// Paletted is the picture with a palette of four colours, the last of them transparent and not used.
func Paletted(width, height int) *image.Paletted {
	palette := color.Palette{Rest(), Corner(), color.RGBA{A: 255}, color.RGBA{}}
	m := image.NewPaletted(image.Rect(0, 0, width, height), palette[:3])
	Into(m, Picture(width, height))
	return m
}

// GIF encodes frames copies of the picture as an animated GIF file.
func GIF(width, height, frames int) []byte {
	animation := &gif.GIF{}
	for range frames {
		animation.Image = append(animation.Image, Paletted(width, height))
		animation.Delay = append(animation.Delay, 5)
	}
	return encoded(func(out *bytes.Buffer) error { return gif.EncodeAll(out, animation) })
}

// encoded panics on errors: encoding a picture made here into memory does not fail.
func encoded(encode func(*bytes.Buffer) error) []byte {
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Exif is an EXIF block (a TIFF structure) that says nothing but the orientation.
func Exif(orientation uint16) []byte {
	block := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	block = binary.LittleEndian.AppendUint16(block, orientation)
	return append(block, 0, 0, 0, 0, 0, 0)
}

// WithOrientation puts an EXIF segment behind the start of a JPEG file.
func WithOrientation(file []byte, orientation uint16) []byte {
	segment := append([]byte("Exif\x00\x00"), Exif(orientation)...)
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), file[2:]...)
}

// Claim changes the size in the frame header of a baseline JPEG file.
func Claim(file []byte, width, height uint16) []byte {
	out := bytes.Clone(file)
	at := bytes.Index(out, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(out[at+5:], height)
	binary.BigEndian.PutUint16(out[at+7:], width)
	return out
}

// PNGChunk is one chunk of a PNG file.
func PNGChunk(kind string, body []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(append(chunk, kind...), body...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

// PNGHeader is the start of a PNG file of 8-bit RGBA pixels that claims a size.
func PNGHeader(width, height uint32) []byte {
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	return append([]byte("\x89PNG\r\n\x1a\n"), PNGChunk("IHDR", append(size, 8, 6, 0, 0, 0))...)
}

// InsertPNGChunks puts chunks behind the header of a PNG file.
func InsertPNGChunks(file []byte, chunks ...[]byte) []byte {
	const header = 8 + 25
	out := append([]byte{}, file[:header]...)
	for _, chunk := range chunks {
		out = append(out, chunk...)
	}
	return append(out, file[header:]...)
}

// Photograph draws a picture with the grain and detail of a camera's, so that its files are about as long.
func Photograph(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	grain := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			wave := 90*math.Sin(float64(x)/37) + 60*math.Cos(float64(y)/11+float64(x)/201)
			level := func(base float64) uint8 {
				return uint8(max(0, min(255, base+wave/2+float64(grain.IntN(24)))))
			}
			m.SetRGBA(x, y, color.RGBA{level(120), level(100), level(float64(y * 200 / height)), 255})
		}
	}
	return m
}
