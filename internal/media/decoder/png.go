package decoder

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"io"
)

// A picture goes on as a PNG file that is not packed at all: it is read once, by another process, and thrown away. Its
// length is known before the first row is.

const (
	pngStart = "\x89PNG\r\n\x1a\n"
	// maxStored is the most that a block of the format holds as it is (RFC 1951, section 3.2.4).
	maxStored = 0xffff
	// chunkRoom is the length, the kind and the checksum of a chunk.
	chunkRoom = 12
)

// PNGBytes is the length of the file that WritePNG writes.
func (p *Picture) PNGBytes() int64 {
	row := int64(p.rowBytes())
	blocks := (row + maxStored - 1) / maxStored
	total := int64(len(pngStart)) + chunkRoom + 13 + chunkRoom + 2 + int64(p.Height)*(chunkRoom+row+5*blocks) + chunkRoom + 5 + 4 + chunkRoom
	if profile := p.packedProfile(); profile != nil {
		total += chunkRoom + int64(len(profile))
	}
	return total
}

func (p *Picture) channels() int {
	if p.Alpha {
		return 4
	}
	return 3
}

// rowBytes is the length of a row with its filter in front.
func (p *Picture) rowBytes() int { return 1 + p.channels()*p.Width }

// packedProfile is the body of the chunk of the profile.
func (p *Picture) packedProfile() []byte {
	if p.Profile == nil {
		return nil
	}
	out := bytes.NewBufferString("ICC\x00\x00")
	w := zlib.NewWriter(out)
	_, _ = w.Write(p.Profile) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// WritePNG writes the picture.
func (p *Picture) WritePNG(w io.Writer) error {
	out := &chunks{w: w}
	out.write([]byte(pngStart))
	kind := byte(2)
	if p.Alpha {
		kind = 6
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(p.Width))
	header = binary.BigEndian.AppendUint32(header, uint32(p.Height))
	out.chunk("IHDR", append(header, 8, kind, 0, 0, 0))
	if profile := p.packedProfile(); profile != nil {
		out.chunk("iCCP", profile)
	}
	out.chunk("IDAT", []byte{0x78, 0x01}) // RFC 1950, section 2.2: the fastest way, a window of 32 KiB
	sum := adler32.New()
	pixels, row := make([]byte, 4*p.Width), make([]byte, p.rowBytes())
	for y := range p.Height {
		p.row(y, pixels)
		if p.Alpha {
			copy(row[1:], pixels)
		} else {
			for x := range p.Width {
				copy(row[1+3*x:], pixels[4*x:4*x+3])
			}
		}
		out.stored(row, sum)
	}
	out.chunk("IDAT", binary.BigEndian.AppendUint32([]byte{1, 0, 0, 0xff, 0xff}, sum.Sum32()))
	out.chunk("IEND", nil)
	return out.err
}

// chunks writes PNG chunks until something goes wrong.
type chunks struct {
	w    io.Writer
	body []byte
	err  error
}

func (c *chunks) write(b []byte) {
	if c.err == nil {
		_, c.err = c.w.Write(b)
	}
}

func (c *chunks) chunk(kind string, body []byte) {
	head := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind...)
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(kind)), crc32.IEEETable, body)
	c.write(head)
	c.write(body)
	c.write(binary.BigEndian.AppendUint32(nil, sum))
}

// stored writes a row in blocks of what it holds as it is.
func (c *chunks) stored(row []byte, sum hash.Hash32) {
	_, _ = sum.Write(row) // never fails
	c.body = c.body[:0]
	for len(row) > 0 {
		n := min(len(row), maxStored)
		c.body = append(c.body, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		c.body = append(c.body, row[:n]...)
		row = row[n:]
	}
	c.chunk("IDAT", c.body)
}
