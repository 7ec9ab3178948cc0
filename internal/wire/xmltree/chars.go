package xmltree

// legal reports whether a character may stand in an XML 1.0 document (production 2).
func legal(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r <= 0xd7ff:
		return true
	case r >= 0xe000 && r <= 0xfffd:
		return true
	}
	return r >= 0x10000 && r <= 0x10ffff
}

// blank reports whether a byte is white space in XML (production 3).
func blank(b byte) bool {
	return b == ' ' || b == '\t' || b == '\n' || b == '\r'
}

// nameStart reports whether a character may begin a name (XML 1.0 fifth edition, production 4; the colon included).
func nameStart(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_', r == ':':
		return true
	case r < 0xc0, r == 0xd7, r == 0xf7:
		return false
	case r <= 0x2ff, r >= 0x370 && r <= 0x37d, r >= 0x37f && r <= 0x1fff, r == 0x200c, r == 0x200d:
		return true
	case r >= 0x2070 && r <= 0x218f, r >= 0x2c00 && r <= 0x2fef, r >= 0x3001 && r <= 0xd7ff:
		return true
	case r >= 0xf900 && r <= 0xfdcf, r >= 0xfdf0 && r <= 0xfffd:
		return true
	}
	return r >= 0x10000 && r <= 0xeffff
}

// nameChar reports whether a character may stand in a name (production 4a).
func nameChar(r rune) bool {
	switch {
	case nameStart(r), r >= '0' && r <= '9', r == '-', r == '.', r == 0xb7:
		return true
	}
	return r >= 0x300 && r <= 0x36f || r == 0x203f || r == 0x2040
}
