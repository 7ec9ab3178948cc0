package mediatest

import (
	"encoding/binary"
	"strings"
)

// Box is a box of the ISO base media file format (ISO/IEC 14496-12, section 4.2) that holds these pieces.
func Box(kind string, pieces ...string) string {
	body := strings.Join(pieces, "")
	return Word(8+len(body)) + kind + body
}

// Word is a number in four bytes, the highest first.
func Word(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// Spatial is the property of a HEIF file that says how large a picture is.
func Spatial(width, height int) string { return Box("ispe", Word(0), Word(width), Word(height)) }

// HEIF is a file of a brand, as heic or avif, that says all about its primary picture, to which the numbered ones of the
// properties belong, and holds no pixels.
func HEIF(brand string, numbers string, properties ...string) []byte {
	return []byte(Box("ftyp", brand, Word(0), "mif1", brand) + Box("meta", Word(0),
		Box("hdlr", Word(0), Word(0), "pict", strings.Repeat("\x00", 13)),
		Box("pitm", Word(0), "\x00\x01"),
		Box("iprp", Box("ipco", properties...), Box("ipma", Word(0), Word(1), "\x00\x01", string(rune(len(numbers))), numbers)),
	) + Box("mdat", "no pixels"))
}
