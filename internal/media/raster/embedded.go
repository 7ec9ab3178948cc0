package raster

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"sluice/internal/media/fault"
	"sluice/internal/media/photoshop"
)

// maxEmbedded is the most bytes of one embedded block (image resources, a colour profile) that are read.
const maxEmbedded = 32 << 20

// Resources are the image resource blocks that Photoshop keeps in a file, together with the size of the picture that
// what they hold refers to.
type Resources struct {
	Blocks []byte // nil when the file has none
	Width  int    // stored pixels
	Height int
}

// PhotoshopResources finds the image resource blocks in a PSD, JPEG or TIFF file; in a file of another kind there are
// none. It decodes no pixel. On failure it returns a *fault.Error of class TooLarge, Corrupt or Unsupported.
func PhotoshopResources(src *io.SectionReader, lim Limits) (Resources, error) {
	var head [4]byte
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return Resources{}, nil // Too short to be any of them.
	}
	if string(head[:]) == "8BPS" {
		found, err := psdResources(src)
		return found, classify(&picture{Report: Report{Format: "PSD"}}, err)
	}
	if !isJPEG(head[:]) && !isTIFF(head[:]) {
		return Resources{}, nil
	}
	p, err := openPicture(src, lim)
	if err != nil {
		return Resources{}, classify(p, err)
	}
	found := Resources{Width: p.Width, Height: p.Height}
	if p.Format == "jpeg" {
		found.Blocks, err = jpegSegments(src, 0xed, "Photoshop 3.0\x00", 0)
	} else {
		found.Blocks, err = tiffBlob(src, tagPhotoshop)
	}
	return found, classify(p, err)
}

// psdResources reads the third section of a PSD or PSB file; Adobe Photoshop File Formats Specification, "Photoshop
// File Format": header of 26 bytes, colour mode data, image resources.
func psdResources(src *io.SectionReader) (Resources, error) {
	var header [30]byte
	if _, err := src.ReadAt(header[:], 0); err != nil {
		return Resources{}, err
	}
	height, width := binary.BigEndian.Uint32(header[14:]), binary.BigEndian.Uint32(header[18:])
	if version := binary.BigEndian.Uint16(header[4:]); version != 1 && version != 2 || width > 300_000 || height > 300_000 {
		return Resources{}, errors.New("its header is malformed")
	}
	at := 30 + int64(binary.BigEndian.Uint32(header[26:]))
	var length [4]byte
	if _, err := src.ReadAt(length[:], at); err != nil {
		return Resources{}, err
	}
	blocks, err := readBlock(src, block{at + 4, int64(binary.BigEndian.Uint32(length[:]))})
	return Resources{Blocks: blocks, Width: int(width), Height: int(height)}, err
}

// readBlock reads a block as far as the file has it.
func readBlock(src *io.SectionReader, b block) ([]byte, error) {
	length := min(b.length, max(0, src.Size()-b.at))
	if length > maxEmbedded {
		return nil, refuse(fault.TooLarge, "an embedded block has %d bytes, the limit is %d", length, maxEmbedded)
	}
	body := make([]byte, length)
	if n, err := src.ReadAt(body, b.at); err != nil && (n < len(body) || !errors.Is(err, io.EOF)) {
		return nil, err
	}
	return body, nil
}

// jpegSegments joins the bodies of all segments with this marker and mark that stand before the first scan, in file
// order, without the mark and skip bytes after it.
func jpegSegments(src *io.SectionReader, wanted byte, mark string, skip int) ([]byte, error) {
	h := &jpegHeader{in: bufio.NewReader(io.NewSectionReader(src, 2, src.Size()-2))}
	var joined []byte
	for {
		marker, err := h.marker()
		if err != nil {
			return nil, err
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			continue
		}
		if marker == 0xda || marker == 0xd9 {
			return joined, nil
		}
		var size [2]byte
		if _, err := io.ReadFull(h.in, size[:]); err != nil {
			return nil, err
		}
		length := int(binary.BigEndian.Uint16(size[:])) - 2
		if marker != wanted || length < len(mark)+skip {
			if _, err := h.in.Discard(max(0, length)); err != nil {
				return nil, err
			}
			continue
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(h.in, body); err != nil {
			return nil, err
		}
		if rest, ok := bytes.CutPrefix(body, []byte(mark)); ok {
			joined = append(joined, rest[skip:]...)
		}
		if len(joined) > maxEmbedded {
			return nil, refuse(fault.TooLarge, "the embedded blocks have more than %d bytes", maxEmbedded)
		}
	}
}

// tiffBlob reads the bytes of an entry of the first directory; nil when there is none.
func tiffBlob(src *io.SectionReader, tag uint16) ([]byte, error) {
	dirs, err := newIFDReader(src)
	if err != nil {
		return nil, err
	}
	if _, err := dirs.read(); err != nil {
		return nil, err
	}
	place, ok := dirs.blobs[tag]
	if !ok {
		return nil, nil
	}
	return readBlock(src, place)
}

// Profile reads the ICC profile that a JPEG, PNG, TIFF or PSD file carries; nil when it carries none that can be read.
func Profile(src *io.SectionReader) []byte {
	head := make([]byte, min(HeadBytes, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	var profile []byte
	var err error
	switch {
	case isJPEG(head): // ICC.1 annex B.4: a mark, and two bytes that count the segments.
		profile, err = jpegSegments(src, 0xe2, "ICC_PROFILE\x00", 2)
	case isPNG(head):
		profile, err = pngProfile(src)
	case isTIFF(head):
		profile, err = tiffBlob(src, tagProfile)
	case isPSD(head):
		var d *photoshop.Document
		if d, err = photoshop.Open(src); err == nil && !(d.Alpha && d.Mode == "cmyk") { // those are decoded as RGB
			profile = d.Profile
		}
	}
	// ICC.1 section 7.2: a header of 128 bytes with a signature at 36.
	if err != nil || len(profile) < 128 || string(profile[36:40]) != "acsp" {
		return nil
	}
	return profile
}

// pngProfile unpacks the iCCP chunk; PNG, third edition, section 11.3.2.3: a name, a zero, the method, zlib data.
func pngProfile(src *io.SectionReader) ([]byte, error) {
	at := int64(len(pngSignature)) + 25
	for range maxChunks {
		var head [8]byte
		if _, err := src.ReadAt(head[:], at); err != nil {
			return nil, err
		}
		length := int64(binary.BigEndian.Uint32(head[:]))
		switch string(head[4:]) {
		case "IDAT", "IEND":
			return nil, nil
		case "iCCP":
			body, err := readBlock(src, block{at + 8, length})
			if err != nil {
				return nil, err
			}
			_, packed, ok := strings.Cut(string(body), "\x00")
			if !ok || len(packed) < 1 {
				return nil, nil
			}
			in, err := zlib.NewReader(strings.NewReader(packed[1:]))
			if err != nil {
				return nil, err
			}
			return io.ReadAll(io.LimitReader(in, maxEmbedded))
		}
		at += 12 + length
	}
	return nil, nil
}
