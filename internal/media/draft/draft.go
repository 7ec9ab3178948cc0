// Package draft decodes a JPEG picture straight to a half, a quarter or an eighth of its size. Only the lowest
// frequencies of each block are turned into pixels, so that a thumbnail costs a fraction of a full decode.
//
// It reads what cameras and phones write: sequential Huffman coding, 8 bits, one or three components in one scan; and
// what editors and web servers write: the progressive form of the same. For everything else it returns ErrUnsuited,
// and for damaged data an error; the caller then turns to a full decoder, whose judgement counts. All entropy-coded
// data of a baseline file is read; of a progressive one only the scans on which the result depends, so that damage in
// the others is not noticed.
package draft

import (
	"encoding/binary"
	"errors"
	"image"
)

// ErrUnsuited means that the file may be fine but is of a kind that is not decoded here.
var ErrUnsuited = errors.New("draft: not a baseline JPEG picture of one interleaved scan, nor a usual progressive one")

// errDamaged means that the data breaks the rules of the format.
var errDamaged = errors.New("draft: damaged JPEG data")

// maxSide is the largest block of pixels that a block of coefficients becomes.
const maxSide = 4

// endOfImage is the marker that ends a file.
const endOfImage = 0xd9

// component is one plane.
type component struct {
	id         byte
	h, v       int // blocks across and down in one minimum coded unit
	side       int // pixels that the edge of a block becomes
	place      [64]byte
	last       int // place of the last coefficient that is kept, in zigzag order
	quant      byte
	dc, ac     *huffman
	previousDC int32
	pix        []byte
	stride     int
	grid       *grid // of a progressive picture
}

// decoder holds the tables of one file; ISO/IEC 10918-1 annexes B and F.
type decoder struct {
	width, height int
	side          int // pixels per block edge of the first component in the result: 4, 2 or 1
	quant         [4][64]int32
	seenQuant     [4]bool
	dc, ac        [4]*huffman
	components    []component
	restart       int // minimum coded units between restart markers, 0 for none
	adobeRGB      bool
	jfif          bool
	progressive   bool
}

// Decode decodes file at 1/scale of its size, where scale is 2, 4 or 8. The result has ceil(width/scale) x
// ceil(height/scale) pixels and is an *image.Gray or an *image.YCbCr.
func Decode(file []byte, scale int) (image.Image, error) {
	if scale != 2 && scale != 4 && scale != 8 || len(file) < 4 || file[0] != 0xff || file[1] != 0xd8 {
		return nil, ErrUnsuited
	}
	d := &decoder{side: 8 / scale}
	rest := file[2:]
	for {
		marker, body, after, err := nextSegment(rest)
		if err != nil {
			return nil, err
		}
		switch {
		case marker == 0xda && d.progressive:
			return d.scans(rest)
		case marker == 0xda:
			return d.scan(body, after)
		}
		rest = after
		if err := d.segment(marker, body); err != nil {
			return nil, err
		}
	}
}

// nextSegment splits the next marker segment, or the end of the image, off data. Anything unusual between segments is left to others.
func nextSegment(data []byte) (marker byte, body, rest []byte, err error) {
	for len(data) > 2 && data[0] == 0xff && data[1] == 0xff {
		data = data[1:]
	}
	if len(data) >= 2 && data[0] == 0xff && data[1] == endOfImage {
		return endOfImage, nil, data[2:], nil
	}
	if len(data) < 4 || data[0] != 0xff || data[1] < 0xc0 || data[1] >= 0xd0 && data[1] <= 0xd9 {
		return 0, nil, nil, ErrUnsuited
	}
	length := int(binary.BigEndian.Uint16(data[2:]))
	if length < 2 || 2+length > len(data) {
		return 0, nil, nil, errDamaged
	}
	return data[1], data[4 : 2+length], data[2+length:], nil
}

func (d *decoder) segment(marker byte, body []byte) error {
	switch marker {
	case 0xc0, 0xc1, 0xc2:
		d.progressive = marker == 0xc2
		return d.startOfFrame(body)
	case 0xc4:
		return d.huffmanTables(body)
	case 0xdb:
		return d.quantTables(body)
	case 0xdd:
		if len(body) != 2 {
			return errDamaged
		}
		d.restart = int(binary.BigEndian.Uint16(body))
	case 0xe0:
		d.jfif = d.jfif || len(body) >= 5 && string(body[:5]) == "JFIF\x00"
	case 0xee:
		d.adobeRGB = d.adobeRGB || len(body) >= 12 && string(body[:5]) == "Adobe" && body[11] == 0
	default:
		if marker < 0xe0 {
			return ErrUnsuited // Another kind of frame, arithmetic coding, a number of lines that follows later.
		}
	}
	return nil
}

func (d *decoder) startOfFrame(body []byte) error {
	if d.components != nil || len(body) < 6 || len(body) != 6+3*int(body[5]) || body[0] != 8 {
		return ErrUnsuited
	}
	d.height, d.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	count := int(body[5])
	if d.height == 0 || d.width == 0 || count != 1 && count != 3 {
		return ErrUnsuited
	}
	d.components = make([]component, count)
	for i := range d.components {
		b := body[6+3*i:]
		d.components[i] = component{id: b[0], h: int(b[1] >> 4), v: int(b[1] & 15), quant: b[2]}
		if b[2] > 3 {
			return errDamaged
		}
	}
	if count == 1 {
		d.components[0].h, d.components[0].v = 1, 1 // B.2.3: one component is not interleaved.
		return nil
	}
	if _, ok := d.ratio(); !ok {
		return ErrUnsuited
	}
	return nil
}

// ratio names the sampling of three components.
func (d *decoder) ratio() (image.YCbCrSubsampleRatio, bool) {
	luma, cb, cr := d.components[0], d.components[1], d.components[2]
	if cb.h != 1 || cb.v != 1 || cr.h != 1 || cr.v != 1 {
		return 0, false
	}
	switch [2]int{luma.h, luma.v} {
	case [2]int{1, 1}:
		return image.YCbCrSubsampleRatio444, true
	case [2]int{2, 1}:
		return image.YCbCrSubsampleRatio422, true
	case [2]int{2, 2}:
		return image.YCbCrSubsampleRatio420, true
	case [2]int{1, 2}:
		return image.YCbCrSubsampleRatio440, true
	}
	return 0, false
}

// isRGB follows what full decoders do: Adobe's marker or the components' names say it, unless JFIF forbids it.
func (d *decoder) isRGB() bool {
	c := d.components
	return !d.jfif && (d.adobeRGB || c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B')
}
