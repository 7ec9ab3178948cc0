package xmltree

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// declarationWindow is how many bytes are searched for the end of an XML declaration.
const declarationWindow = 512

// decode turns a document into UTF-8 text. guessed says that the text was taken for UTF-8 without certainty, so that
// the caller falls back to ISO-8859-1 when it is not.
func decode(data []byte) (text string, guessed bool, err error) {
	body := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		if !utf8.Valid(body) {
			return "", false, &Error{Kind: KindEncoding, Msg: "document marked as UTF-8 is not valid UTF-8"}
		}
		return string(body), false, nil
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return utf16Text(body[2:], binary.LittleEndian)
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return utf16Text(body[2:], binary.BigEndian)
	}
	if len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[3] == 0 {
		return utf16Text(data, binary.LittleEndian)
	}
	if len(data) >= 4 && data[0] == 0 && data[1] != 0 && data[2] == 0 {
		return utf16Text(data, binary.BigEndian)
	}
	return declaredText(data, declaredEncoding(body))
}

// declaredText decodes by the name in the XML declaration. A declaration that could be read byte by byte and says
// UTF-16 is wrong about itself (some libraries declare the encoding of their strings, not of their output), so that
// case counts as undeclared.
func declaredText(data []byte, encoding string) (text string, guessed bool, err error) {
	switch encoding {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "utf16":
		return string(data), true, nil
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1":
		return singleByte(data, identity), false, nil
	case "iso-8859-15", "iso8859-15", "iso_8859-15", "latin9", "latin-9":
		return singleByte(data, latin9), false, nil
	case "windows-1252", "cp1252", "cp-1252":
		return singleByte(data, windows1252), false, nil
	}
	return "", false, &Error{Kind: KindEncoding, Msg: "declared encoding is not supported"}
}

// declaredEncoding returns the lower-case encoding name of an XML declaration, empty when there is none.
func declaredEncoding(body []byte) string {
	if !bytes.HasPrefix(body, []byte("<?xml")) {
		return ""
	}
	head := body[:min(len(body), declarationWindow)]
	end := bytes.Index(head, []byte("?>"))
	if end < 0 {
		return ""
	}
	_, rest, found := bytes.Cut(head[:end], []byte("encoding"))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	name, _, found := bytes.Cut(rest[1:], rest[:1])
	if !found {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(string(name)))
}

// utf16Text decodes UTF-16. An odd last byte is dropped: it can only be junk behind the document. Unpaired surrogates
// become U+FFFD.
func utf16Text(data []byte, order binary.ByteOrder) (text string, guessed bool, err error) {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units)), false, nil
}

// singleByte decodes an encoding with one byte a character.
func singleByte(data []byte, table func(byte) rune) string {
	var text strings.Builder
	text.Grow(len(data) + len(data)/8)
	for _, b := range data {
		text.WriteRune(table(b))
	}
	return text.String()
}

// identity is ISO-8859-1.
func identity(b byte) rune { return rune(b) }

// latin9 is ISO-8859-15, which differs from ISO-8859-1 in eight places.
func latin9(b byte) rune {
	switch b {
	case 0xa4:
		return '€'
	case 0xa6:
		return 'Š'
	case 0xa8:
		return 'š'
	case 0xb4:
		return 'Ž'
	case 0xb8:
		return 'ž'
	case 0xbc:
		return 'Œ'
	case 0xbd:
		return 'œ'
	case 0xbe:
		return 'Ÿ'
	}
	return rune(b)
}

// windows1252 differs from ISO-8859-1 in 0x80 to 0x9f. Its five unassigned bytes stay the control characters that they
// are in ISO-8859-1.
func windows1252(b byte) rune {
	const high = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	if b < 0x80 || b > 0x9f {
		return rune(b)
	}
	index := byte(0x80)
	for _, r := range high {
		if index == b {
			return r
		}
		index++
	}
	return rune(b)
}
