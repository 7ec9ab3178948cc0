package xmltree

import (
	"strings"
	"unicode/utf8"
)

// AppendText appends s escaped for element content and for attribute values in either kind of quotes. What XML 1.0
// cannot carry, invalid UTF-8 included, becomes U+FFFD. A carriage return is written as a reference, because a reader
// would turn it into a line feed otherwise.
func AppendText(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"':
			dst = append(dst, "&quot;"...)
		case r == '\'':
			dst = append(dst, "&apos;"...)
		case r == '\r':
			dst = append(dst, "&#13;"...)
		case r == utf8.RuneError, !legal(r):
			dst = append(dst, "\ufffd"...)
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

// IsText reports whether XML 1.0 can carry s unchanged.
func IsText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !legal(r) }) < 0
}
