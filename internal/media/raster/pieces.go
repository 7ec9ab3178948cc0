package raster

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
)

// maxPiece is the most bytes of one block of metadata that are read.
const maxPiece = 8 << 20

// Pieces are the blocks of metadata in a file, as they stand there; nil = it has none. Of several blocks of a kind the
// first counts.
type Pieces struct {
	EXIF      io.ReadSeeker // a TIFF structure; that of a TIFF file is the file itself
	Resources []byte        // Photoshop image resource blocks, which hold IPTC records
	Records   []byte        // IPTC records that stand in no resource
	XMP       []byte        // a packet
	Profile   []byte        // an ICC profile, of WebP files; Profile finds those of others
}

// MetadataPieces finds the metadata in a JPEG, PNG, GIF, WebP, TIFF or PSD file; a file of another kind has none. It
// decodes no pixel. What is damaged or longer than 8 MiB is left out, and so is what stands behind it.
func MetadataPieces(src *io.SectionReader) Pieces {
	head := make([]byte, min(HeadBytes, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Pieces{}
	}
	var p Pieces
	switch {
	case isJPEG(head):
		p.readJPEG(src)
	case isPNG(head):
		p.readPNG(src)
	case isGIF(head):
		p.readGIF(src)
	case isWebP(head):
		p.readWebP(src)
	case isTIFF(head):
		p.readTIFF(src)
	case isPSD(head):
		if found, err := psdResources(src); err == nil {
			p.Resources = found.Blocks
		}
	}
	return p
}

func (p *Pieces) takeEXIF(block []byte) {
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00")) // WebP files have it in spite of their specification
	if p.EXIF == nil && len(block) > 8 {
		p.EXIF = bytes.NewReader(block)
	}
}

func (p *Pieces) takeXMP(packet []byte) {
	if p.XMP == nil && len(packet) > 0 {
		p.XMP = packet
	}
}

// readJPEG walks the segments in front of the first scan: EXIF 2.32 section 4.7, XMP specification part 3 section 1.1.3.
// A block of EXIF data or of resources that fills its segment goes on in the next one with the same mark.
func (p *Pieces) readJPEG(src *io.SectionReader) {
	h := &jpegHeader{in: bufio.NewReader(io.NewSectionReader(src, 2, src.Size()-2))}
	const exifMark, xmpMark, resourceMark = "Exif\x00\x00", "http://ns.adobe.com/xap/1.0/\x00", "Photoshop 3.0\x00"
	var exif []byte
	defer func() { p.takeEXIF(exif) }()
	for {
		marker, err := h.marker()
		if err != nil || marker == 0xda || marker == 0xd9 {
			return
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			continue
		}
		var size [2]byte
		if _, err := io.ReadFull(h.in, size[:]); err != nil {
			return
		}
		length := int(binary.BigEndian.Uint16(size[:])) - 2
		if marker != 0xe1 && marker != 0xed || length <= 0 {
			if _, err := h.in.Discard(max(0, length)); err != nil {
				return
			}
			continue
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(h.in, body); err != nil {
			return
		}
		switch text := string(body); {
		case marker == 0xe1 && strings.HasPrefix(text, xmpMark):
			p.takeXMP(body[len(xmpMark):])
		case marker == 0xe1 && strings.HasPrefix(text, exifMark) && len(exif)+length <= maxPiece:
			exif = append(exif, body[len(exifMark):]...)
		case marker == 0xed && strings.HasPrefix(text, resourceMark) && len(p.Resources)+length <= maxPiece:
			p.Resources = append(p.Resources, body[len(resourceMark):]...)
		}
	}
}

// readPNG walks the chunks; PNG, third edition, section 11.3. Programs that know no eXIf chunk write "raw profiles" in
// hexadecimal digits into texts.
func (p *Pieces) readPNG(src *io.SectionReader) {
	at := int64(len(pngSignature))
	for range maxChunks {
		var head [8]byte
		if _, err := src.ReadAt(head[:], at); err != nil {
			return
		}
		length, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		switch kind {
		case "IEND":
			return
		case "eXIf", "iTXt", "zTXt", "tEXt":
			if length > maxPiece || length > src.Size() {
				return
			}
			body, err := readBlock(src, block{at + 8, length})
			if err != nil {
				return
			}
			p.takeChunk(kind, body)
		}
		at += 12 + length
	}
}

func (p *Pieces) takeChunk(kind string, body []byte) {
	if kind == "eXIf" {
		p.takeEXIF(body)
		return
	}
	keyword, rest, ok := bytes.Cut(body, []byte{0})
	profile, raw := strings.CutPrefix(string(keyword), "Raw profile type ")
	if !ok || !raw && string(keyword) != "XML:com.adobe.xmp" {
		return
	}
	packed := kind == "zTXt"
	switch {
	case packed && len(rest) > 0:
		rest = rest[1:] // the method, of which there is one
	case kind == "iTXt" && len(rest) > 2: // flag and method of the compression, language, translated keyword
		packed = rest[0] == 1
		for range 2 {
			_, after, ok := bytes.Cut(rest[2:], []byte{0})
			if !ok {
				return
			}
			rest = append([]byte{0, 0}, after...)
		}
		rest = rest[2:]
	}
	if packed {
		in, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return
		}
		if rest, err = io.ReadAll(io.LimitReader(in, 2*maxPiece)); err != nil {
			return
		}
	}
	if !raw {
		p.takeXMP(rest)
		return
	}
	p.takeRaw(profile, rest)
}

// takeRaw reads what ImageMagick began to write: a line with the name, one with the length, and lines of digits.
func (p *Pieces) takeRaw(profile string, text []byte) {
	lines := bytes.SplitN(bytes.TrimLeft(text, "\n"), []byte("\n"), 3)
	if len(lines) < 3 {
		return
	}
	digits := bytes.Join(bytes.Fields(lines[2]), nil)
	body := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(body, digits); err != nil {
		return
	}
	switch {
	case profile == "exif", profile == "APP1" && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
		p.takeEXIF(body)
	case profile == "xmp":
		p.takeXMP(body)
	case profile == "iptc" && p.Resources == nil && p.Records == nil:
		if bytes.HasPrefix(body, []byte("8BIM")) {
			p.Resources = body
		} else {
			p.Records = body
		}
	}
}

// readGIF walks the blocks up to the application extension that holds the packet, whose bytes are no sub-blocks: XMP
// specification part 3 section 1.1.2. A trailer of 258 bytes ends them.
func (p *Pieces) readGIF(src *io.SectionReader) {
	const mark, trailer = "XMP DataXMP", "\x01\xff\xfe\xfd"
	in := bufio.NewReader(io.NewSectionReader(src, 0, min(src.Size(), maxEmbedded)))
	var screen [13]byte
	if _, err := io.ReadFull(in, screen[:]); err != nil || !skipColors(in, screen[10]) {
		return
	}
	for {
		switch kind, err := in.ReadByte(); {
		case err != nil:
			return
		case kind == 0x2c: // a picture: its descriptor, colours, the code size, and sub-blocks
			var descriptor [9]byte
			if _, err := io.ReadFull(in, descriptor[:]); err != nil || !skipColors(in, descriptor[8]) {
				return
			}
			if _, err := in.Discard(1); err != nil || !skipBlocks(in) {
				return
			}
		case kind == 0x21:
			label, err := in.ReadByte()
			if err != nil {
				return
			}
			if next, _ := in.Peek(12); label == 0xff && len(next) == 12 && string(next[1:]) == mark {
				_, _ = in.Discard(12)
				rest, err := io.ReadAll(io.LimitReader(in, maxPiece))
				if end := bytes.Index(rest, []byte(trailer)); err == nil && end > 0 {
					p.takeXMP(rest[:end])
				}
				return
			}
			if !skipBlocks(in) {
				return
			}
		default:
			return
		}
	}
}

// skipColors leaves out the table of colours that the flags announce.
func skipColors(in *bufio.Reader, flags byte) bool {
	if flags&0x80 == 0 {
		return true
	}
	_, err := in.Discard(3 << (flags&7 + 1))
	return err == nil
}

// skipBlocks leaves out sub-blocks and their end.
func skipBlocks(in *bufio.Reader) bool {
	for {
		length, err := in.ReadByte()
		if err != nil || length == 0 {
			return err == nil
		}
		if _, err := in.Discard(int(length)); err != nil {
			return false
		}
	}
}

// readWebP walks the chunks; WebP container specification, "Metadata".
func (p *Pieces) readWebP(src *io.SectionReader) {
	at := int64(12)
	for range maxChunks {
		var head [8]byte
		if _, err := src.ReadAt(head[:], at); err != nil {
			return
		}
		length, kind := int64(binary.LittleEndian.Uint32(head[4:])), string(head[:4])
		if kind == "EXIF" || kind == "XMP " || kind == "ICCP" {
			if length > maxPiece {
				return
			}
			body, err := readBlock(src, block{at + 8, length})
			switch {
			case err != nil:
				return
			case kind == "EXIF":
				p.takeEXIF(body)
			case kind == "ICCP":
				p.Profile = body
			default:
				p.takeXMP(body)
			}
		}
		at += 8 + length + length&1
	}
}

// readTIFF finds the blocks that the first directory points to.
func (p *Pieces) readTIFF(src *io.SectionReader) {
	dirs, err := newIFDReader(src)
	if err != nil {
		return
	}
	if _, err := dirs.read(); err != nil {
		return
	}
	p.EXIF = io.NewSectionReader(src, 0, src.Size())
	for tag, piece := range map[uint16]*[]byte{tagXMP: &p.XMP, tagIPTC: &p.Records, tagPhotoshop: &p.Resources} {
		if place, ok := dirs.blobs[tag]; ok && place.length <= maxPiece {
			*piece, _ = readBlock(src, place)
		}
	}
}
