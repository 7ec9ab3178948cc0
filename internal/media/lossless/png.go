package lossless

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
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

// filterUp writes the rows as differences to the row above.
func filterUp(w io.Writer, src io.ReaderAt, h Header, gray bool, components int) error {
	raw := make([]byte, h.Width*h.Components)
	row, above := make([]byte, h.Width*components), make([]byte, h.Width*components)
	filtered := make([]byte, 1+len(row))
	filtered[0] = 2 // Up
	for y := range h.Height {
		if n, err := src.ReadAt(raw, int64(y)*int64(len(raw))); n < len(raw) {
			return err
		}
		if gray {
			for i := range row {
				row[i] = raw[3*i]
			}
		} else {
			copy(row, raw)
		}
		difference := filtered[1:]
		for i, value := range row {
			difference[i] = value - above[i]
		}
		if _, err := w.Write(filtered); err != nil {
			return err
		}
		row, above = above, row
	}
	return nil
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
