package lossless

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/klauspost/compress/zlib"
)

// encodeTIFF writes a TIFF 6.0 file: CMYK in one strip, deflated, each component as the difference to that of the pixel
// on its left. The strip goes before the directory, whose place is then known; the strip is held until it is done.
func encodeTIFF(w io.Writer, src io.ReaderAt, h Header) error {
	var strip bytes.Buffer
	squeezed, err := zlib.NewWriterLevel(&strip, zlib.BestSpeed)
	if err != nil {
		return err
	}
	row := make([]byte, h.Width*h.Components)
	for y := range h.Height {
		if n, err := src.ReadAt(row, int64(y)*int64(len(row))); n < len(row) {
			return err
		}
		for i := len(row) - 1; i >= h.Components; i-- {
			row[i] -= row[i-h.Components]
		}
		if _, err := squeezed.Write(row); err != nil {
			return err
		}
	}
	if err := squeezed.Close(); err != nil {
		return err
	}
	if strip.Len()%2 != 0 {
		strip.WriteByte(0) // directories begin at even places
	}
	const start = 8
	directory := start + strip.Len()
	head := append([]byte("II*\x00"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(head[4:], uint32(directory))
	for _, part := range [][]byte{head, strip.Bytes(), directoryOf(h, start, strip.Len(), directory)} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// field is an entry of a TIFF directory.
type field struct {
	tag, kind uint16
	count     uint32
	value     uint32
}

// Kinds of values in a directory.
const (
	short    = 3
	long     = 4
	rational = 5
)

func directoryOf(h Header, start, length, at int) []byte {
	const entries = 15
	beyond := uint32(at + 2 + entries*12 + 4) // what does not fit an entry follows the directory
	fields := []field{
		{256, long, 1, uint32(h.Width)},
		{257, long, 1, uint32(h.Height)},
		{258, short, 4, beyond}, // bits of each component
		{259, short, 1, 8},      // deflate
		{262, short, 1, 5},      // separated
		{273, long, 1, uint32(start)},
		{274, short, 1, 1},
		{277, short, 1, 4},
		{278, long, 1, uint32(h.Height)},
		{279, long, 1, uint32(length)},
		{282, rational, 1, beyond + 8},
		{283, rational, 1, beyond + 16},
		{284, short, 1, 1},
		{296, short, 1, 2}, // inch
		{317, short, 1, 2}, // horizontal differences
	}
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(fields)))
	for _, f := range fields {
		b = binary.LittleEndian.AppendUint16(b, f.tag)
		b = binary.LittleEndian.AppendUint16(b, f.kind)
		b = binary.LittleEndian.AppendUint32(b, f.count)
		b = binary.LittleEndian.AppendUint32(b, f.value)
	}
	b = binary.LittleEndian.AppendUint32(b, 0)
	for range 4 {
		b = binary.LittleEndian.AppendUint16(b, 8)
	}
	resolution := h.Resolution
	if resolution <= 0 {
		resolution = 72
	}
	for range 2 {
		b = binary.LittleEndian.AppendUint32(b, uint32(math.Round(resolution*1000)))
		b = binary.LittleEndian.AppendUint32(b, 1000)
	}
	return b
}
