// Package decoder decodes HEIC, AVIF and JPEG XL pictures without a tool. The decoders are programs in WebAssembly that
// a build with the tag nodynamic holds; without that tag the modules that bring them would load libraries of the system
// into the process, so a build without it has no decoder at all.
//
// It is meant for a process that is about to be confined for good: Open turns the program of one decoder into machine
// code, which needs memory that can be executed, and what it returns then decodes inside the box.
package decoder

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"strings"

	"sluice/internal/media/extent"
	"sluice/internal/media/fault"
)

// Name is that of a decoder.
type Name string

// Names of the decoders. None reads nothing.
const (
	None Name = ""
	HEIC Name = "heic"
	AVIF Name = "avif"
	JXL  Name = "jxl"
)

// For names the decoder of this build for a type of files; None when there is none.
func For(contentType string) Name {
	name := None
	switch contentType {
	case "image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence":
		name = HEIC
	case "image/avif":
		name = AVIF
	case "image/jxl":
		name = JXL
	}
	if _, ok := programs()[name]; !ok {
		return None
	}
	return name
}

// program is one decoder: prepare must be called once before decode.
type program struct {
	prepare func()
	decode  func(io.Reader) (image.Image, error)
}

// Decoder decodes one picture after the other. It is not safe for concurrent use.
type Decoder struct {
	name   Name
	decode func(io.Reader) (image.Image, error)
}

// Open makes a decoder ready.
func Open(name Name) (*Decoder, error) {
	p, ok := programs()[name]
	if !ok {
		return nil, fmt.Errorf("decoder: this build has no decoder %q", name)
	}
	p.prepare()
	return &Decoder{name, p.decode}, nil
}

// narrowest is the least width in pixels of a HEIC picture that is decoded: the rows of narrower ones are padded in a
// way that the module does not expect.
const narrowest = 128

// Lacking says what of a picture a decoder does not get right; "" when it gets all of it.
func Lacking(name Name, traits extent.Traits, size extent.Size) string {
	switch {
	case name == HEIC && traits.Alpha:
		return "its transparency"
	case name == HEIC && (size.Width < narrowest || size.Height < narrowest):
		return "pictures with fewer than 128 pixels at an edge, or of unknown size,"
	case name == HEIC && !Known(traits.Colours):
		return "its colours"
	case name == AVIF && traits.Cut:
		return "pictures that are cut"
	case name == JXL && !traits.SRGB:
		return "colours other than sRGB"
	}
	return ""
}

// Decode decodes the picture in a file as a picture that is to be turned by the orientation in its traits. Whatever is
// wrong with the file is an error of class Corrupt.
func (d *Decoder) Decode(src io.Reader, traits extent.Traits) (*Picture, error) {
	if d.name == HEIC {
		src = named(src)
	}
	img, err := d.decode(src)
	if err != nil {
		return nil, &fault.Error{Class: fault.Corrupt, Op: "decoder.Decode", Msg: "the picture in the file could not be decoded", Err: err}
	}
	p := &Picture{Profile: traits.Profile}
	orientation := 1
	if d.name == AVIF { // the others have done it
		orientation = traits.Orientation
	}
	if err := p.take(img, traits.Colours, orientation); err != nil {
		return nil, &fault.Error{Class: fault.Corrupt, Op: "decoder.Decode", Msg: err.Error()}
	}
	return p, nil
}

// named is a HEIF file with the brand heic in front: the module looks at the first brand only, where some cameras write
// a more general one.
func named(src io.Reader) io.Reader {
	head := make([]byte, len("size")+len("ftyp")+len("heic"))
	n, err := io.ReadFull(src, head)
	if err != nil {
		return bytes.NewReader(head[:n])
	}
	copy(head[8:], "heic")
	return io.MultiReader(bytes.NewReader(head), src)
}

// String is how people call the format.
func (n Name) String() string {
	if n == JXL {
		return "JPEG XL"
	}
	return strings.ToUpper(string(n))
}

// Memory is about what decoding a picture of a size takes, in bytes, as measured with pictures of 12 and 48 million
// pixels. The limit of the process, which has room to spare, holds whatever comes.
func Memory(name Name, size extent.Size) int64 {
	perPixel := map[Name]int64{HEIC: 20, AVIF: 64, JXL: 20}[name]
	return base + perPixel*size.Width*size.Height
}

// base is what a decoder takes whatever the picture is.
const base = 64 << 20
