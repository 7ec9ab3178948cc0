package modifier

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"

	"sluice/internal/media/fault"
)

// Source is what encoding has to know of the file that the pixels came from.
type Source struct {
	Format  string // jpeg, png, gif, webp, bmp, tiff or psd: what is written when the commands name no format
	Gray    bool   // the file has no colours
	Profile []byte // the ICC profile that it carries; nil: none
}

// Encoded is a finished file.
type Encoded struct {
	Pieces      [][]byte // the file, in pieces
	ContentType string
	Extension   string // jpg, png, gif, tif or bmp
	Alpha       bool   // a pixel of it is not opaque
	Warnings    []string
}

// Bytes is the length of the file.
func (e Encoded) Bytes() int64 { return bytesIn(e.Pieces) }

const (
	// defaultQuality is the JPEG quality when none was asked for, 1..100.
	defaultQuality = 85
	// maxCodedEdge is the longest edge in pixels that JPEG and GIF can express.
	maxCodedEdge = 65535
)

// Encode writes a picture in the format of the commands, or in that of its source. A form without an alpha channel is
// laid over the background colour, white when there is none. It may change img. It fails with a *fault.Error of class
// TooLarge when the file would have more than maxBytes bytes (0: no limit), or the picture is too large for the format.
func Encode(img *image.RGBA, c Commands, from Source, maxBytes int64) (Encoded, error) {
	e := encoder{img: img, c: c, from: from, out: &pieces{limit: maxBytes}}
	reclaim(int64(len(img.Pix)))
	e.chooseFormat()
	if err := e.checkEdges(); err != nil {
		return Encoded{}, err
	}
	if !e.mayBeClear {
		flatten(img, c.Background)
	}
	e.done.Alpha = e.mayBeClear && !img.Opaque()
	if c.Gray {
		takeColours(img)
	}
	if err := e.write(); err != nil {
		var full *fault.Error
		if errors.As(err, &full) {
			return Encoded{}, full
		}
		return Encoded{}, &fault.Error{Class: fault.TooLarge, Op: "modifier.Encode",
			Msg: fmt.Sprintf("the picture cannot be written as %s", e.format), Err: err}
	}
	e.done.Pieces = e.out.all
	return e.done, nil
}

type encoder struct {
	img        *image.RGBA
	c          Commands
	from       Source
	format     string
	mayBeClear bool // the form has an alpha channel or a transparent colour
	out        *pieces
	done       Encoded
}

func (e *encoder) warn(format string, args ...any) {
	e.done.Warnings = append(e.done.Warnings, fmt.Sprintf(format, args...))
}

func (e *encoder) chooseFormat() {
	e.format, e.mayBeClear = e.c.Format, e.c.Alpha
	if e.format == "" {
		e.format, e.mayBeClear = e.from.Format, true
		switch e.from.Format {
		case "tiff":
			e.format = "tif"
		case "webp", "psd":
			e.format = "png"
			e.warn("%s files are not written here; the result is a PNG file", map[string]string{"webp": "WebP", "psd": "PSD"}[e.from.Format])
		}
	}
	switch e.format {
	case "jpeg", "bmp":
		e.mayBeClear = false
	}
	kinds := map[string][2]string{
		"jpeg": {"image/jpeg", "jpg"}, "png": {"image/png", "png"}, "png8": {"image/png", "png"},
		"gif": {"image/gif", "gif"}, "tif": {"image/tiff", "tif"}, "bmp": {"image/bmp", "bmp"},
	}
	e.done.ContentType, e.done.Extension = kinds[e.format][0], kinds[e.format][1]
}

func (e *encoder) checkEdges() error {
	width, height := e.img.Rect.Dx(), e.img.Rect.Dy()
	if (e.format == "jpeg" || e.format == "gif") && max(width, height) > maxCodedEdge {
		return refuse(fault.TooLarge, "modifier.Encode", "the result has %d x %d pixels, an edge of a %s file has at most %d",
			width, height, e.format, maxCodedEdge)
	}
	return nil
}

func (e *encoder) write() error {
	gray := e.c.Gray || e.from.Gray && !e.done.Alpha && isGray(e.img)
	profile := e.profile(gray)
	switch e.format {
	case "jpeg":
		if e.c.FullChroma {
			e.warn("qlt: colours of JPEG files are always kept at half the resolution")
		}
		quality := e.c.Quality
		if quality == 0 {
			quality = defaultQuality
		}
		e.out.splice(2, jpegProfile(profile))
		return jpeg.Encode(e.out, e.plain(gray), &jpeg.Options{Quality: quality})
	case "png":
		e.out.splice(33, pngProfile(profile)) // behind the signature and the header chunk
		return png.Encode(e.out, e.plain(gray))
	case "png8":
		e.out.splice(33, pngProfile(profile))
		return png.Encode(e.out, paletted(e.img))
	case "gif":
		few := paletted(e.img)
		return gif.Encode(e.out, few, &gif.Options{NumColors: len(few.Palette), Quantizer: nil})
	case "tif":
		return writeTIFF(e.out, e.img, gray && !e.done.Alpha, e.done.Alpha, profile)
	}
	return bmp.Encode(e.out, e.img)
}

// plain is the picture, in one channel when it has no colours and no alpha.
func (e *encoder) plain(gray bool) image.Image {
	if !gray || e.done.Alpha {
		return e.img
	}
	one := image.NewGray(e.img.Rect)
	for y := range e.img.Rect.Dy() {
		row := e.img.Pix[y*e.img.Stride:]
		for x := range e.img.Rect.Dx() {
			one.Pix[y*one.Stride+x] = row[4*x]
		}
	}
	return one
}

// flatten lays the picture over a colour, white when there is none.
func flatten(img *image.RGBA, background *color.RGBA) {
	if img.Opaque() {
		return
	}
	under := color.RGBA{255, 255, 255, 255}
	if background != nil {
		under = *background
	}
	levels := [4]int{int(under.R), int(under.G), int(under.B), 255}
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			clear := 255 - int(row[3])
			for i, level := range levels {
				row[i] += byte((level*clear + 127) / 255)
			}
		}
	}
}

// isGray reports whether no pixel has a colour.
func isGray(img *image.RGBA) bool {
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			if row[0] != row[1] || row[1] != row[2] {
				return false
			}
		}
	}
	return true
}

// takeColours leaves the brightness of every pixel.
func takeColours(img *image.RGBA) {
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for ; len(row) > 0; row = row[4:] {
			grey := byte(luma(float64(row[0]), float64(row[1]), float64(row[2])) + 0.5)
			row[0], row[1], row[2] = grey, grey, grey
		}
	}
}
