package mediatest

import (
	"encoding/binary"
	"math"
)

// Resource is one image resource block of Photoshop.
func Resource(id uint16, name string, data []byte) []byte {
	out := binary.BigEndian.AppendUint16([]byte("8BIM"), id)
	out = append(append(out, byte(len(name))), name...)
	if len(out)%2 == 1 {
		out = append(out, 0)
	}
	out = append(binary.BigEndian.AppendUint32(out, uint32(len(data))), data...)
	if len(data)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

// PathRecords is one line of a path whose control points lie on its knots. The knots are given as x, y in parts of
// the width and height.
func PathRecords(closed bool, knots ...[2]float64) []byte {
	kinds := [2]uint16{3, 4}
	if closed {
		kinds = [2]uint16{0, 1}
	}
	out := binary.BigEndian.AppendUint16(nil, kinds[0])
	out = binary.BigEndian.AppendUint16(out, uint16(len(knots)))
	out = append(out, make([]byte, 22)...)
	for _, k := range knots {
		out = binary.BigEndian.AppendUint16(out, kinds[1])
		for range 3 {
			for _, part := range [2]float64{k[1], k[0]} {
				out = binary.BigEndian.AppendUint32(out, uint32(int32(math.Round(part*(1<<24)))))
			}
		}
	}
	return out
}

// PSD is a file that says its size and holds image resource blocks, and no pixels.
func PSD(width, height uint32, blocks []byte) []byte {
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = binary.BigEndian.AppendUint16(out, 3)
	out = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, height), width)
	out = append(out, 0, 8, 0, 3, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint32(out, uint32(len(blocks))), blocks...)
}

// WithSegment puts a segment with a marker (its last byte) behind the start of a JPEG file.
func WithSegment(file []byte, marker byte, body []byte) []byte {
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(append(out, body...), file[2:]...)
}

// WithResources puts image resource blocks into a JPEG file, in segments of at most part bytes of them.
func WithResources(file, blocks []byte, part int) []byte {
	var parts [][]byte
	for len(blocks) > part {
		parts, blocks = append(parts, blocks[:part]), blocks[part:]
	}
	parts = append(parts, blocks)
	for i := len(parts) - 1; i >= 0; i-- {
		file = WithSegment(file, 0xed, append([]byte("Photoshop 3.0\x00"), parts[i]...))
	}
	return file
}

// TIFFWith is a little-endian TIFF file without pixels that says a size and holds the bytes of one more tag.
func TIFFWith(width, height uint32, tag, kind uint16, count uint32, value []byte) []byte {
	out := []byte("II*\x00\x08\x00\x00\x00\x03\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, tag), kind)
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, count), value)
	}
	entry(256, 4, 1, width)
	entry(257, 4, 1, height)
	entry(tag, kind, count, 10+3*12+4)
	return append(append(out, 0, 0, 0, 0), value...)
}
