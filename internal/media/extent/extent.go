// Package extent reads how large the picture in a HEIC, AVIF, JPEG XL or JPEG 2000 file is from the boxes and headers at
// its head, without decoding anything. It believes nothing else: it looks at a limited number of small pieces of the
// file, allocates nothing by lengths that the file claims, and what it does not find is simply unknown.
package extent

import (
	"bytes"
	"io"
)

// Size is the width and the height of a picture in pixels; each is below 2^32.
type Size struct{ Width, Height int64 }

// Beyond reports whether there are more pixels than so many.
func (s Size) Beyond(pixels int64) bool { return s.Height > 0 && s.Width > pixels/s.Height }

// larger is the one of two sizes with more pixels.
func larger(a, b Size) Size {
	if uint64(b.Width)*uint64(b.Height) > uint64(a.Width)*uint64(a.Height) {
		return b
	}
	return a
}

// Extent is what the head of a file says.
type Extent struct {
	Shown Size // of the picture that readers show, upright; zero = unknown
	Most  Size // the one with the most pixels of all that the file claims to hold; a decoder may need memory for it
}

// Signatures at the start of files: ISO/IEC 18181-2 annex A and ISO/IEC 15444-1 annexes A and I. The first four bytes of
// a box are its length.
const (
	jxlContainer = "\x00\x00\x00\x0cJXL \r\n\x87\n"
	jxlBare      = "\xff\x0a"
	jp2Container = "\x00\x00\x00\x0cjP  \r\n\x87\n"
	jp2Bare      = "\xff\x4f\xff\x51"
)

// Of reads the extent of the picture in a file of so many bytes. What is not found is zero.
func Of(src io.ReaderAt, size int64) Extent {
	r := &pieces{src: src, size: size, left: mostPieces}
	head := make([]byte, min(len(jxlContainer), int(min(size, 1<<10))))
	if !r.read(head, 0) {
		return Extent{}
	}
	starts := func(signature string) bool { return bytes.HasPrefix(head, []byte(signature)) }
	switch {
	case starts(jxlContainer):
		return r.jxlBoxes()
	case starts(jxlBare):
		return jxlHeader(r.upTo(mostCodestream, 0, size))
	case starts(jp2Container):
		return r.jp2Boxes()
	case starts(jp2Bare):
		size, _ := r.siz(0)
		return Extent{Shown: size, Most: size}
	case len(head) >= 8 && string(head[4:8]) == "ftyp":
		return r.heif()
	}
	return Extent{}
}
