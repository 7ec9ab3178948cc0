package raster

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"

	"sluice/internal/media/draft"
	"sluice/internal/media/fault"
)

func isJPEG(head []byte) bool { return strings.HasPrefix(string(head), "\xff\xd8\xff") }

// jpegHeader is what the segments before the first scan say; ISO/IEC 10918-1 annex B.
type jpegHeader struct {
	in         *bufio.Reader
	p          *picture
	frame      byte // the last byte of the start-of-frame marker, 0 until it was seen
	components int
	samples    int64 // samples of all components in one sampling unit
	unit       int64 // pixels in one sampling unit
	adobe      bool
	transform  byte // Adobe's colour transform
	seenExif   bool
}

// maxDraftBytes is the longest JPEG file that is read into memory to be decoded at a reduced size.
const maxDraftBytes = 64 << 20

func openJPEG(src *io.SectionReader, _ Limits, p *picture) error {
	h := &jpegHeader{in: bufio.NewReader(io.NewSectionReader(src, 2, src.Size()-2)), p: p}
	if err := h.read(); err != nil {
		return err
	}
	pixels := int64(p.Width) * int64(p.Height)
	planes := pixels * h.samples / max(1, h.unit)
	p.memory = planes
	if h.frame == 0xc2 {
		// The coefficients of all scans, 4 bytes each. The reduced decoder needs no more than a byte for each sample.
		p.memory += 4 * planes
	}
	switch h.components {
	case 1:
		p.ColorModel = "gray"
	case 3:
		p.ColorModel = "ycbcr"
		if h.adobe && h.transform == 0 {
			p.ColorModel = "rgb"
			p.memory += 4 * pixels
		}
	case 4:
		p.ColorModel = "cmyk"
		p.memory += 4 * pixels
	}
	p.decode = func(maxEdge int) (image.Image, error) { return h.decode(src, maxEdge) }
	return nil
}

// read walks the segments up to the start of the first scan.
func (h *jpegHeader) read() error {
	for {
		marker, err := h.marker()
		if err != nil {
			return err
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			continue // Markers without a segment.
		}
		if marker == 0xd9 {
			return jpeg.FormatError("it ends before the first scan")
		}
		var size [2]byte
		if _, err := io.ReadFull(h.in, size[:]); err != nil {
			return err
		}
		length := int(binary.BigEndian.Uint16(size[:])) - 2
		if length < 0 {
			return jpeg.FormatError("short segment length")
		}
		if marker == 0xda {
			if h.frame == 0 {
				return jpeg.FormatError("a scan stands before the frame header")
			}
			return nil
		}
		if err := h.segment(marker, length); err != nil {
			return err
		}
	}
}

// marker reads the next marker; any number of fill bytes may stand before it.
func (h *jpegHeader) marker() (byte, error) {
	b, err := h.in.ReadByte()
	if err != nil {
		return 0, err
	}
	for b != 0xff { // Garbage between segments is skipped, as other decoders do.
		if b, err = h.in.ReadByte(); err != nil {
			return 0, err
		}
	}
	for b == 0xff {
		if b, err = h.in.ReadByte(); err != nil {
			return 0, err
		}
	}
	return b, nil
}

func (h *jpegHeader) segment(marker byte, length int) error {
	isFrame := marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
	if !isFrame && marker != 0xe0 && marker != 0xe1 && marker != 0xee {
		_, err := h.in.Discard(length)
		return err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(h.in, body); err != nil {
		return err
	}
	switch {
	case isFrame:
		return h.startOfFrame(marker, body)
	case marker == 0xe0 && len(body) >= 12 && bytes.HasPrefix(body, []byte("JFIF\x00")):
		if density := jfifResolution(body[7], binary.BigEndian.Uint16(body[8:])); density > 0 {
			h.p.Resolution = density
		}
	case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) && !h.seenExif:
		h.seenExif = true
		h.p.readExif(bytes.NewReader(body[6:]))
	case marker == 0xee && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
		h.adobe, h.transform = true, body[11]
	}
	return nil
}

// jfifResolution reads the density of a JFIF segment; ISO/IEC 10918-5 section 10.1. Unit 0 gives a shape only.
func jfifResolution(unit byte, density uint16) float64 {
	switch unit {
	case 1:
		return perInch(float64(density))
	case 2:
		return perInch(float64(density) * 2.54)
	}
	return 0
}

func (h *jpegHeader) startOfFrame(marker byte, body []byte) error {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) || body[5] == 0 {
		return jpeg.FormatError("short frame header")
	}
	h.frame, h.components = marker, int(body[5])
	h.p.BitDepth = int(body[0])
	h.p.Height, h.p.Width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	var widest, tallest int64
	for i := range h.components {
		sampling := body[6+3*i+1]
		across, down := int64(sampling>>4), int64(sampling&15)
		h.samples += across * down
		widest, tallest = max(widest, across), max(tallest, down)
	}
	h.unit = widest * tallest
	switch {
	case marker > 0xc2:
		return refuse(fault.Unsupported,
			"the JPEG file is lossless, hierarchical or arithmetic coded; save it as baseline or progressive JPEG")
	case h.p.BitDepth != 8:
		return refuse(fault.Unsupported, "the JPEG file has %d bits per channel, 8 are read here", h.p.BitDepth)
	case h.p.Height == 0:
		return refuse(fault.Unsupported, "the JPEG file does not give its height in the header")
	}
	return nil
}

// decode prefers the reduced decoder, and falls back to the standard one for what that does not do or finds damaged.
func (h *jpegHeader) decode(src *io.SectionReader, maxEdge int) (image.Image, error) {
	scale := draftScale(max(h.p.Width, h.p.Height), maxEdge)
	if scale > 1 && h.components != 4 && src.Size() <= maxDraftBytes {
		file, err := inMemory(src)
		if err != nil {
			return nil, err
		}
		if img, err := draft.Decode(file, scale); err == nil {
			return img, nil
		}
	}
	whole := io.NewSectionReader(src, 0, src.Size())
	if h.components == 4 && !h.adobe {
		return decodePlainCMYK(whole)
	}
	return jpeg.Decode(bufio.NewReaderSize(whole, 64<<10))
}

// inMemory returns a file that is read only: a copy, unless it is in memory as it is.
func inMemory(src *io.SectionReader) ([]byte, error) {
	outer, at, length := src.Outer()
	if held, ok := outer.(interface{ Bytes() []byte }); ok && at+length <= int64(len(held.Bytes())) {
		return held.Bytes()[at : at+length], nil
	}
	file := make([]byte, src.Size())
	if _, err := src.ReadAt(file, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return file, nil
}

// draftScale is the largest of 8, 4, 2 and 1 that leaves the edge at least one and a half times as long as wanted. What
// the reduced decoder makes is an average of the pixels, so that nothing more is needed for a smooth picture.
func draftScale(edge, maxEdge int) int {
	for scale := 8; scale > 1; scale /= 2 {
		if 2*(edge/scale) >= 3*maxEdge {
			return scale
		}
	}
	return 1
}

// decodePlainCMYK reads a picture of four inks without Adobe's marker. The standard decoder wants the marker and then
// takes the inks as inverted, which Adobe writes and others do not; so the marker is put in and the inversion undone.
func decodePlainCMYK(file *io.SectionReader) (image.Image, error) {
	const marked = "\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	rest := io.NewSectionReader(file, 2, file.Size()-2)
	img, err := jpeg.Decode(bufio.NewReader(io.MultiReader(strings.NewReader(marked), rest)))
	if err != nil {
		return nil, err
	}
	if inks, ok := img.(*image.CMYK); ok {
		for i, ink := range inks.Pix {
			inks.Pix[i] = 255 - ink
		}
	}
	return img, nil
}
