package xmltree

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxReference is the longest reference in bytes, leading zeros of a character number included.
const maxReference = 32

// expand appends character data to dst with references resolved and line ends normalised to "\n" (XML 1.0, 2.11); in
// an attribute value every white space character becomes a blank (3.3.3). Characters that come from references are
// never normalised.
func (s *scanner) expand(dst []byte, run string, attribute bool) ([]byte, error) {
	if len(dst)+len(run) > s.limits.Text && len(dst)+expandedLeast(run) > s.limits.Text {
		return nil, limitError(len(dst)+expandedLeast(run), "bytes of text in one element", s.limits.Text, s.pos)
	}
	for run != "" {
		plain, rest := run, ""
		if at := strings.IndexByte(run, '&'); at >= 0 {
			plain, rest = run[:at], run[at:]
		}
		start := len(dst)
		dst = appendLines(dst, plain)
		if attribute {
			blanks(dst[start:])
		}
		if rest == "" {
			break
		}
		r, length, err := s.reference(rest)
		if err != nil {
			return nil, err
		}
		dst = utf8.AppendRune(dst, r)
		run = rest[length:]
	}
	if len(dst) > s.limits.Text {
		return nil, limitError(len(dst), "bytes of text in one element", s.limits.Text, s.pos)
	}
	return dst, nil
}

// expandedLeast is a lower bound of the length of expanded character data: a reference is at most maxReference bytes
// long and stands for at least one, CR LF stands for one.
func expandedLeast(run string) int {
	return len(run) - (maxReference-1)*strings.Count(run, "&") - strings.Count(run, "\r")
}

// reference resolves the reference that text begins with and returns its length in bytes.
func (s *scanner) reference(text string) (rune, int, error) {
	end := strings.IndexByte(text[:min(len(text), maxReference)], ';')
	if end < 0 {
		return 0, 0, s.fail(KindSyntax, "ampersand does not begin a reference")
	}
	name := text[1:end]
	if number, ok := strings.CutPrefix(name, "#"); ok {
		r, err := s.number(number)
		return r, end + 1, err
	}
	switch name {
	case "amp":
		return '&', end + 1, nil
	case "lt":
		return '<', end + 1, nil
	case "gt":
		return '>', end + 1, nil
	case "quot":
		return '"', end + 1, nil
	case "apos":
		return '\'', end + 1, nil
	}
	return 0, 0, s.fail(KindEntity, "unknown entity reference")
}

func (s *scanner) number(digits string) (rune, error) {
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	value, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 0, s.fail(KindSyntax, "character reference is not a number")
	}
	if value > utf8.MaxRune || !legal(rune(value)) {
		return 0, s.fail(KindCharacter, "character reference to a character that is not allowed in XML")
	}
	return rune(value), nil
}

// appendLines appends text with CR LF and lone CR turned into LF.
func appendLines(dst []byte, text string) []byte {
	for {
		at := strings.IndexByte(text, '\r')
		if at < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:at]...), '\n')
		text = strings.TrimPrefix(text[at+1:], "\n")
	}
}

func blanks(text []byte) {
	for i, b := range text {
		if blank(b) {
			text[i] = ' '
		}
	}
}
