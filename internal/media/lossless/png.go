package lossless

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"

	"github.com/klauspost/compress/zlib"
)

// encodePNG writes a PNG file (ISO/IEC 15948). Every row is filtered by the one above it, which suits pages: their rows
// resemble each other, and trying all filters would cost more than the rest.
func encodePNG(w io.Writer, src io.ReaderAt, h Header, gray bool) error {
	components := h.Components
	if gray {
		components = 1
	}
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := out.WriteString("\x89PNG\r\n\x1a\n"); err != nil {
		return err
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(h.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(h.Height))
	colour := map[int]byte{1: 0, 3: 2, 4: 6}[components]
	head = append(head, 8, colour, 0, 0, 0)
	if err := chunk(out, "IHDR", head); err != nil {
		return err
	}
	if h.Resolution > 0 {
		perMetre := uint32(math.Round(h.Resolution / 0.0254))
		size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, perMetre), perMetre)
		if err := chunk(out, "pHYs", append(size, 1)); err != nil {
			return err
		}
	}
	pixels := &chunks{out: out, name: "IDAT"}
	squeezed, err := zlib.NewWriterLevel(pixels, zlib.BestSpeed)
	if err != nil {
		return err
	}
	if err := filterUp(squeezed, src, h, gray, components); err != nil {
		return err
	}
	if err := squeezed.Close(); err != nil {
		return err
	}
	if err := pixels.flush(); err != nil {
		return err
	}
	if err := chunk(out, "IEND", nil); err != nil {
		return err
	}
	return out.Flush()
}

// filterUp writes the rows as differences to the row above. Of many pages most rows are as the one above, which shows
// faster than their differences could be formed.
func filterUp(w io.Writer, src io.ReaderAt, h Header, gray bool, components int) error {
	length := h.Width * h.Components
	rows, same := [2][]byte{make([]byte, length), make([]byte, length)}, make([]byte, 1+h.Width*components)
	filtered := make([]byte, len(same))
	filtered[0], same[0] = 2, 2 // Up
	for y := range h.Height {
		row, above := rows[y%2], rows[(y+1)%2]
		if n, err := src.ReadAt(row, int64(y)*int64(length)); n < length {
			return err
		}
		line := same
		if !bytes.Equal(row, above) {
			line = filtered
			if gray {
				for i := range line[1:] {
					line[1+i] = row[3*i] - above[3*i]
				}
			} else {
				subtract(line[1:], row, above)
			}
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// subtract sets each byte of out to a minus b; all have the same length.
func subtract(out, a, b []byte) {
	const highs = 0x8080808080808080
	for len(out) >= 8 && len(a) >= 8 && len(b) >= 8 {
		x, y := binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)
		// The borrow of a byte ends in its highest bit, which is then set right.
		binary.LittleEndian.PutUint64(out, ((x|highs)-(y&^highs))^((x^^y)&highs))
		out, a, b = out[8:], a[8:], b[8:]
	}
	for i := range out {
		out[i] = a[i] - b[i]
	}
}

// chunks collects what is written into chunks of a name.
type chunks struct {
	out  io.Writer
	name string
	held []byte
}

// chunkBytes is the length of the chunks that pixels are split into.
const chunkBytes = 256 << 10

func (c *chunks) Write(p []byte) (int, error) {
	c.held = append(c.held, p...)
	if len(c.held) >= chunkBytes {
		return len(p), c.flush()
	}
	return len(p), nil
}

func (c *chunks) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	err := chunk(c.out, c.name, c.held)
	c.held = c.held[:0]
	return err
}

func chunk(w io.Writer, name string, body []byte) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	head = append(head, name...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	sum := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, body)
	_, err := w.Write(binary.BigEndian.AppendUint32(nil, sum))
	return err
}
