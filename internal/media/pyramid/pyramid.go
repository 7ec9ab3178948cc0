// Package pyramid writes optimised images: tiled TIFF files that hold a picture at its full size and at every half of
// it, down to one tile, so that a viewer reads only the tiles of the part and size that it shows. It works on pictures
// that were decoded from untrusted bytes and therefore runs only in the confined media worker.
package pyramid

import (
	"fmt"
	"image"
	"math"

	"sluice/internal/media/fault"
	"sluice/internal/media/pixels"
)

// Options says how a file is written.
type Options struct {
	Profile     []byte  // ICC profile of the colours; nil = none
	Orientation int     // EXIF orientation of the picture, 1..8; 0 is 1
	Resolution  float64 // pixels per inch; 0 = not known
	Lossless    bool    // pack opaque pictures without loss, too
	MaxBytes    int64   // of the file; 0 = no limit but that of the format, 4 GiB
}

// Tile is the edge of a tile in pixels, the quality of opaque ones that of JPEG.
const (
	Tile    = 256
	Quality = 90
)

// source is one level of a picture.
type source interface {
	size() (width, height int)
	form() form
	half() source
	// tile packs the tile at a place. What lies beyond the picture repeats its last pixels.
	tile(left, top int) ([]byte, error)
}

// form is how the tiles of a picture are packed; TIFF 6.0 sections 8, 15, 18 and 22.
type form struct {
	samples     int
	alpha       bool // the last of the samples is unassociated alpha
	compression uint16
	photometric uint16
}

// Values of the fields Compression and PhotometricInterpretation.
const (
	packedJPEG    = 7
	packedDeflate = 8

	asGray  = 1
	asRGB   = 2
	asCMYK  = 5
	asYCbCr = 6
)

// Encode writes a picture as a TIFF 6.0 file and returns it in pieces. Opaque gray and RGB pictures are packed as
// JPEG unless that is refused, all others without loss (deflate). The levels are a chain of directories from the full
// size down, each but the first marked as a reduced copy. It fails with class TooLarge when the file would be longer
// than the limit.
func Encode(img *pixels.Image, o Options) ([][]byte, error) {
	return encode(picture{img, img.Space != pixels.CMYK && img.Alpha == nil && !o.Lossless}, o)
}

// EncodeYCbCr is Encode for a picture as JPEG files have it, without a detour through other colours. It returns false
// when the planes of the picture stand in an unusual ratio.
func EncodeYCbCr(img *image.YCbCr, o Options) (pieces [][]byte, ok bool, err error) {
	if _, ok := ratios(img); !ok || img.Rect.Min != (image.Point{}) {
		return nil, false, nil
	}
	pieces, err = encode(planes{img}, o)
	return pieces, true, err
}

func encode(img source, o Options) ([][]byte, error) {
	f := &file{opts: o}
	f.add([]byte("II*\x00\x00\x00\x00\x00"))
	link := int64(4) // where the offset of the next directory goes
	for level, reduced := img, false; ; level, reduced = level.half(), true {
		offsets, lengths, err := f.tiles(level)
		if err != nil {
			return nil, err
		}
		if f.written%2 == 1 { // A directory begins on a word boundary.
			f.add([]byte{0})
		}
		f.patch(link, uint32(f.written))
		dir := f.directory(level, reduced, offsets, lengths)
		link = f.written + int64(dir.link)
		f.add(dir.bytes)
		if width, height := level.size(); width <= Tile && height <= Tile {
			return f.pieces, f.tooLong()
		}
	}
}

// file is a file that grows.
type file struct {
	opts    Options
	pieces  [][]byte
	starts  []int64 // of the pieces
	written int64
}

func (f *file) add(piece []byte) {
	f.pieces, f.starts = append(f.pieces, piece), append(f.starts, f.written)
	f.written += int64(len(piece))
}

// patch puts a number into the last piece that begins at or before a place.
func (f *file) patch(at int64, value uint32) {
	for i := len(f.pieces) - 1; i >= 0; i-- {
		if f.starts[i] <= at {
			order.PutUint32(f.pieces[i][at-f.starts[i]:], value)
			return
		}
	}
}

func (f *file) tooLong() error {
	limit := int64(math.MaxUint32)
	if f.opts.MaxBytes > 0 {
		limit = min(limit, f.opts.MaxBytes)
	}
	if f.written <= limit {
		return nil
	}
	return &fault.Error{Class: fault.TooLarge, Op: "pyramid.Encode",
		Msg: fmt.Sprintf("the optimised image has more than %d bytes, the limit", limit)}
}
