package mediatest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
)

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

// PlanarTIFF is a big-endian TIFF file whose samples stand in a plane each, in strips of rows lines that are packed by
// zlib. The samples have 8 bits, or 16 where a plane has two bytes for each pixel. extra is what a sample behind the
// colours is (TIFF 6.0 section 18), 0 without one.
func PlanarTIFF(width, height, rows, photometric, extra int, planes ...[]byte) []byte {
	bytesEach := len(planes[0]) / (width * height)
	out := []byte("MM\x00*\x00\x00\x00\x00")
	var places, lengths []byte
	for _, plane := range planes {
		for top := 0; top < height; top += rows {
			line := width * bytesEach
			var packed bytes.Buffer
			w := zlib.NewWriter(&packed)
			_, _ = w.Write(plane[top*line : min(height, top+rows)*line]) // into memory
			_ = w.Close()
			places = binary.BigEndian.AppendUint32(places, uint32(len(out)))
			lengths = binary.BigEndian.AppendUint32(lengths, uint32(packed.Len()))
			out = append(out, packed.Bytes()...)
		}
	}
	kept := func(list []byte) uint32 { // lists of more than 4 bytes stand before the directory
		at := uint32(len(out))
		out = append(out, list...)
		return at
	}
	var bits []byte
	for range planes {
		bits = binary.BigEndian.AppendUint16(bits, uint16(8*bytesEach))
	}
	atPlaces, atLengths, atBits := kept(places), kept(lengths), kept(bits)
	if len(planes) == 2 { // so short a list stands in the entry itself
		atBits = binary.BigEndian.Uint32(bits)
	}
	entries := 0
	var dir []byte
	entry := func(tag, kind uint16, count, value uint32) {
		if kind == 3 && count == 1 {
			value <<= 16
		}
		dir = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dir, tag), kind)
		dir = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dir, count), value)
		entries++
	}
	strips := uint32(len(places) / 4)
	entry(256, 4, 1, uint32(width))
	entry(257, 4, 1, uint32(height))
	entry(258, 3, uint32(len(planes)), atBits)
	entry(259, 3, 1, 8)
	entry(262, 3, 1, uint32(photometric))
	entry(273, 4, strips, atPlaces)
	entry(277, 3, 1, uint32(len(planes)))
	entry(278, 4, 1, uint32(rows))
	entry(279, 4, strips, atLengths)
	entry(284, 3, 1, 2)
	if extra > 0 {
		entry(338, 3, 1, uint32(extra))
	}
	binary.BigEndian.PutUint32(out[4:], uint32(len(out)))
	return append(append(binary.BigEndian.AppendUint16(out, uint16(entries)), dir...), 0, 0, 0, 0)
}
