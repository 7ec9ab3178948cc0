package metadata

import (
	"bytes"
	"io"
	"strings"

	"github.com/bep/imagemeta"

	"sluice/internal/media/photoshop"
	"sluice/internal/media/raster"
)

// Read reads the metadata of a JPEG, PNG, GIF, WebP, TIFF or PSD file; of others nothing is found. resolution is in
// pixels per inch as the file states it, 0 when it does not.
func Read(src *io.SectionReader, resolution float64) (m *Metadata) {
	m = &Metadata{}
	defer func() {
		// A decoder that gives up on a block leaves what was read before.
		_ = recover()
		m = m.Bounded()
	}()
	pieces := raster.MetadataPieces(src)
	if pieces.XMP == nil {
		pieces.XMP = photoshop.Resource(pieces.Resources, resourceXMP)
	}
	if pieces.EXIF == nil {
		if block := photoshop.Resource(pieces.Resources, resourceEXIF); block != nil {
			pieces.EXIF = bytes.NewReader(block)
		}
	}
	if records := photoshop.Resource(pieces.Resources, resourceIPTC); records != nil && pieces.Records == nil {
		pieces.Records = records
	}
	m.packet(pieces.XMP)
	m.iptc(pieces.Records)
	if resolution > 0 {
		m.replace("tiff.XResolution", decimal(resolution))
		m.replace("tiff.ResolutionUnit", "2") // inch
	}
	if pieces.Profile == nil {
		pieces.Profile = raster.Profile(src)
	}
	m.replace("photoshop.ICCProfile", profileName(pieces.Profile))
	if pieces.EXIF != nil {
		m.exif(readEXIF(pieces.EXIF, imagemeta.TIFF, nil))
	}
	return m
}

// formats maps the types of other files whose metadata is read without a tool to what the library calls them.
func formats() map[string]imagemeta.ImageFormat {
	return map[string]imagemeta.ImageFormat{
		"image/heic": imagemeta.HEIF, "image/heif": imagemeta.HEIF, "image/heic-sequence": imagemeta.HEIF, "image/heif-sequence": imagemeta.HEIF,
		"image/avif": imagemeta.AVIF, "image/x-adobe-dng": imagemeta.DNG, "image/x-canon-cr2": imagemeta.CR2, "image/x-nikon-nef": imagemeta.NEF,
		"image/x-sony-arw": imagemeta.ARW, "image/x-pentax-pef": imagemeta.PEF,
	}
}

// Readable reports whether ReadOther reads files of a type.
func Readable(contentType string) bool { return formats()[contentType] != 0 }

// ReadOther reads the metadata of a HEIC or AVIF picture or of a camera's raw file.
func ReadOther(src *io.SectionReader, contentType string) (m *Metadata) {
	m = &Metadata{}
	defer func() {
		_ = recover()
		m = m.Bounded()
	}()
	format := formats()[contentType]
	if format == 0 {
		return m
	}
	var packet []byte
	found := readEXIF(src, format, func(body []byte) {
		if packet == nil {
			packet = body
		}
	})
	m.packet(packet)
	if strings.HasPrefix(contentType, "image/x-") { // raw files are TIFF structures
		if pieces := raster.MetadataPieces(src); pieces.Records != nil {
			m.iptc(pieces.Records)
		}
	}
	m.exif(found)
	return m
}

// profileName is what an ICC profile calls itself: a description of version 2 (ICC.1:2001 section 6.5.17) or of version 4
// (ICC.1:2022 section 10.15); "" when it does not.
func profileName(profile []byte) string {
	const header, entry = 128, 12
	if len(profile) < header+4 {
		return ""
	}
	for i := range min(int(number(profile[header:])), 100) {
		at := header + 4 + i*entry
		if len(profile) < at+entry {
			return ""
		}
		if string(profile[at:at+4]) != "desc" {
			continue
		}
		offset, size := int64(number(profile[at+4:])), int64(number(profile[at+8:]))
		if offset+size > int64(len(profile)) || size < 16 {
			return ""
		}
		return description(profile[offset : offset+size])
	}
	return ""
}

func description(tag []byte) string {
	switch string(tag[:4]) {
	case "desc":
		length := int64(number(tag[8:]))
		if length > int64(len(tag)-12) {
			return ""
		}
		return string(bytes.TrimRight(tag[12:12+length], "\x00"))
	case "mluc":
		if len(tag) < 28 {
			return ""
		}
		length, offset := int64(number(tag[20:])), int64(number(tag[24:]))
		if offset+length > int64(len(tag)) {
			return ""
		}
		return utf16Text(tag[offset : offset+length])
	}
	return ""
}

func utf16Text(b []byte) string {
	var out strings.Builder
	for ; len(b) >= 2 && out.Len() < MaxValue; b = b[2:] {
		out.WriteRune(rune(b[0])<<8 | rune(b[1]))
	}
	return out.String()
}

// number reads a big-endian number of four bytes.
func number(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
