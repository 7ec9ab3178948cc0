package mediatest

import "encoding/binary"

// TIFFHeader is a little-endian TIFF file with pages directories that say nothing but a size and an orientation, and
// hold no pixels.
func TIFFHeader(width, height uint32, orientation uint16, pages int) []byte {
	out := []byte("II*\x00\x08\x00\x00\x00")
	entry := func(tag, kind uint16, value uint32) {
		out = binary.LittleEndian.AppendUint16(out, tag)
		out = binary.LittleEndian.AppendUint16(out, kind)
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = binary.LittleEndian.AppendUint32(out, value)
	}
	for page := range pages {
		out = binary.LittleEndian.AppendUint16(out, 3)
		entry(256, 4, width)
		entry(257, 4, height)
		entry(274, 3, uint32(orientation))
		next := uint32(len(out) + 4)
		if page == pages-1 {
			next = 0
		}
		out = binary.LittleEndian.AppendUint32(out, next)
	}
	return out
}
