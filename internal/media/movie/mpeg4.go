package movie

import (
	"bytes"
	"errors"
	"math/bits"
)

// mpeg4Visual is the type of objects that MPEG-4 part 2 codes.
const mpeg4Visual = 0x20

// mpeg4 reads the video object layer of MPEG-4 part 2 (ISO/IEC 14496-2 section 6.2.3).
func mpeg4(header []byte) (coded, error) {
	at := -1
	for i := 0; i+4 <= len(header); i++ {
		if bytes.HasPrefix(header[i:], []byte{0, 0, 1}) && header[i+3]>>4 == 2 {
			if at >= 0 {
				return coded{}, errors.New("two video object layers")
			}
			at = i + 4
		}
	}
	if at < 0 {
		return coded{}, errors.New("no video object layer")
	}
	r := &bitReader{data: header[at:]}
	r.skip(9)
	if r.flag() {
		r.skip(7)
	}
	var pixels fraction
	switch code := r.fixed(4); code {
	case 1, 2, 3, 4, 5:
		pixels = [...]fraction{{}, {1, 1}, {12, 11}, {10, 11}, {16, 11}, {40, 33}}[code]
	case 15:
		width := r.fixed(8)
		pixels = shape(width, r.fixed(8))
	}
	if r.flag() {
		r.skip(3)
		if r.flag() {
			r.skip(79)
		}
	}
	if r.fixed(2) != 0 {
		return coded{}, errors.New("pictures that are not rectangles")
	}
	r.skip(1)
	resolution := r.fixed(16)
	r.skip(1)
	if r.flag() {
		r.skip(max(1, bits.Len64(max(resolution, 1)-1)))
	}
	marked := r.flag()
	width := r.fixed(13)
	marked = r.flag() && marked
	height := r.fixed(13)
	if marked = r.flag() && marked; !marked || resolution == 0 {
		return coded{}, errors.New("a video object layer that cannot be read")
	}
	return r.pictures(width, height, pixels)
}
