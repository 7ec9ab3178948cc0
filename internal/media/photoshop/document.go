package photoshop

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"sluice/internal/media/fault"
)

// Colour modes of a file; Adobe Photoshop File Formats Specification, "File Header Section".
const (
	modeBitmap    = 0
	modeGrayscale = 1
	modeRGB       = 3
	modeCMYK      = 4
)

const (
	// MaxEdge is the longest edge of a PSD file in pixels.
	MaxEdge = 30_000
	// maxChannels is how many channels a file or a layer may have.
	maxChannels = 56
	// maxBlocks is the most bytes of image resource blocks that are read.
	maxBlocks = 32 << 20
)

// Document is what the sections of a PSD file say, without its pixels.
type Document struct {
	Width      int
	Height     int
	Channels   int     // of the merged image, alpha channels included
	Depth      int     // bits of a channel: 1, 8 or 16
	Mode       string  // bitmap, gray, rgb or cmyk
	Resolution float64 // horizontal, in pixels per inch; 0 when the file does not say
	// Alpha says that a channel of the merged image holds its transparency.
	Alpha bool
	// Merged says that the file has a merged image. Photoshop leaves it white when it is told to save without one.
	Merged bool
	// Profile is the ICC profile of the pixels; nil when the file carries none.
	Profile []byte
	// Inks, when it is set, turns pixels of cyan, magenta, yellow and black, where 255 is full ink, into pixels of red,
	// green, blue and anything, in place. Without it the conversion knows no profile.
	Inks func(pix []byte)

	matted bool // the merged image lies over white, as Photoshop writes it
	mode   int
	src    *io.SectionReader
	info   *cursor // the records of the layers; nil when there are none
	merged int64   // where the merged image is
}

// Open reads the sections of a PSD file. It fails with a *fault.Error of class Refused for what the library does not
// take (PSB; colour modes other than CMYK, RGB, Grayscale and Bitmap; more than 16 bits), of class Corrupt, or of class
// TooLarge.
func Open(src *io.SectionReader) (*Document, error) {
	d := &Document{src: src, Merged: true}
	c := &cursor{src: src, end: src.Size()}
	if err := d.header(c); err != nil {
		return nil, err
	}
	c.skip(int64(c.u32())) // colour mode data, of indexed and duotone files
	if err := d.resources(c); err != nil {
		return nil, err
	}
	length := int64(c.u32())
	if c.err != nil {
		return nil, c.broken()
	}
	d.merged = c.at + length
	if d.merged > c.end {
		return nil, cutOff()
	}
	d.findLayers(&cursor{src: src, at: c.at, end: d.merged})
	return d, nil
}

// header reads the first 26 bytes.
func (d *Document) header(c *cursor) error {
	head := c.bytes(26)
	if c.err != nil {
		return c.broken()
	}
	version, depth, mode := binary.BigEndian.Uint16(head[4:]), binary.BigEndian.Uint16(head[22:]), binary.BigEndian.Uint16(head[24:])
	height, width := binary.BigEndian.Uint32(head[14:]), binary.BigEndian.Uint32(head[18:])
	d.Channels = int(binary.BigEndian.Uint16(head[12:]))
	names := map[uint16]string{modeBitmap: "bitmap", modeGrayscale: "gray", modeRGB: "rgb", modeCMYK: "cmyk"}
	switch {
	case string(head[:4]) != "8BPS":
		return failure(fault.Unsupported, "the content is not a Photoshop file, whatever its name says")
	case version == 2:
		return failure(fault.Refused, "large Photoshop documents (PSB) are not taken")
	case version != 1:
		return failure(fault.Corrupt, "the Photoshop file has the unknown version %d", version)
	case names[mode] == "":
		return failure(fault.Refused, "Photoshop files in colour mode %d are not taken; save it in RGB, CMYK or gray", mode)
	case depth > 16:
		return failure(fault.Refused, "Photoshop files of %d bits for each channel are not taken, the limit is 16", depth)
	case depth != 1 && depth != 8 && depth != 16, (depth == 1) != (mode == modeBitmap):
		return failure(fault.Corrupt, "the Photoshop file claims %d bits for each channel in %s mode", depth, names[mode])
	case width < 1 || height < 1 || width > MaxEdge || height > MaxEdge:
		return failure(fault.Corrupt, "the header gives a size of %d x %d pixels", width, height)
	case d.Channels < colours(int(mode)) || d.Channels > maxChannels:
		return failure(fault.Corrupt, "the Photoshop file claims %d channels in %s mode", d.Channels, names[mode])
	}
	d.Width, d.Height, d.Depth, d.mode, d.Mode = int(width), int(height), int(depth), int(mode), names[mode]
	return nil
}

// colours is how many channels of a mode are not alpha channels.
func colours(mode int) int {
	switch mode {
	case modeRGB:
		return 3
	case modeCMYK:
		return 4
	}
	return 1
}

// Ids of image resources; "Image Resource IDs".
const (
	resolutionInfo = 1005
	iccProfile     = 1039
	alphaIDs       = 1053
	versionInfo    = 1057
)

// resources takes what counts here out of the image resource blocks.
func (d *Document) resources(c *cursor) error {
	length := int64(c.u32())
	if length > maxBlocks {
		return failure(fault.TooLarge, "the image resources have %d bytes, the limit is %d", length, maxBlocks)
	}
	blocks := c.bytes(length)
	if c.err != nil {
		return c.broken()
	}
	d.Alpha = true // unless the ids of the channels tell
	for _, r := range resources(blocks) {
		switch {
		case r.id == resolutionInfo && len(r.data) >= 4: // pixels per inch in 16.16 fixed point, whatever unit is shown
			d.Resolution = float64(binary.BigEndian.Uint32(r.data)) / (1 << 16)
		case r.id == iccProfile && len(r.data) >= 128 && string(r.data[36:40]) == "acsp": // ICC.1 section 7.2
			d.Profile = r.data
		case r.id == alphaIDs:
			d.Alpha = false
			for ids := r.data; len(ids) >= 4; ids = ids[4:] {
				d.Alpha = d.Alpha || binary.BigEndian.Uint32(ids) == 0
			}
			d.matted = d.Alpha
		case r.id == versionInfo && len(r.data) >= 5:
			d.Merged = r.data[4] != 0
		}
	}
	d.Alpha = d.Alpha && d.Channels > colours(d.mode)
	return nil
}

// failure builds an error of this package.
func failure(class fault.Class, format string, args ...any) *fault.Error {
	return &fault.Error{Class: class, Op: "photoshop.Open", Msg: fmt.Sprintf(format, args...)}
}

func cutOff() *fault.Error {
	return failure(fault.Corrupt, "the Photoshop file ends before the picture is complete; upload it again in full")
}

// cursor reads big-endian numbers from a part of a file. After the first failure it gives zeros.
type cursor struct {
	src io.ReaderAt
	at  int64
	end int64
	err error
}

// bytes reads n bytes. The caller has bounded n.
func (c *cursor) bytes(n int64) []byte {
	if c.err == nil && (n < 0 || n > c.end-c.at) {
		c.err = io.ErrUnexpectedEOF
	}
	if c.err != nil {
		return make([]byte, min(max(n, 0), 32))
	}
	out := make([]byte, n)
	if read, err := c.src.ReadAt(out, c.at); read < len(out) {
		c.err = err
	}
	c.at += n
	return out
}

func (c *cursor) u8() byte    { return c.bytes(1)[0] }
func (c *cursor) u16() uint16 { return binary.BigEndian.Uint16(c.bytes(2)) }
func (c *cursor) u32() uint32 { return binary.BigEndian.Uint32(c.bytes(4)) }

// skip passes over n bytes.
func (c *cursor) skip(n int64) {
	if c.err == nil && (n < 0 || n > c.end-c.at) {
		c.err = io.ErrUnexpectedEOF
	}
	if c.err == nil {
		c.at += n
	}
}

// part takes the next n bytes out as a cursor of their own.
func (c *cursor) part(n int64) *cursor {
	p := &cursor{src: c.src, at: c.at, end: c.at + n}
	c.skip(n)
	p.err = c.err
	return p
}

// left is how many bytes are left.
func (c *cursor) left() int64 { return c.end - c.at }

// broken turns what went wrong into words for the person who uploaded the file.
func (c *cursor) broken() error {
	if errors.Is(c.err, io.EOF) || errors.Is(c.err, io.ErrUnexpectedEOF) {
		return cutOff()
	}
	return &fault.Error{Class: fault.Corrupt, Op: "photoshop.Open", Msg: "the Photoshop file is damaged", Err: c.err}
}

// stream reads a part of the file from its beginning.
func (d *Document) stream(at, length int64) *bufio.Reader {
	return bufio.NewReaderSize(io.NewSectionReader(d.src, at, length), 64<<10)
}
