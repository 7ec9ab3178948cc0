package xmltree

import (
	"strings"
	"unicode/utf8"
)

// scanner walks decoded text once, from left to right, with an explicit stack of open elements.
type scanner struct {
	src      string
	pos      int
	limits   Limits
	root     *Element
	open     []frame
	bindings []binding
	elements int
	attrs    []rawAttr // attributes of the start tag at hand, reused
}

// frame is an element whose end tag has not been seen.
type frame struct {
	element  *Element
	name     string // with prefix, as written
	text     []byte
	bindings int // length of scanner.bindings outside the element
}

type rawAttr struct {
	name  string
	value string
}

func (s *scanner) fail(kind Kind, msg string) error {
	return &Error{Kind: kind, Offset: s.pos, Msg: msg}
}

// document reads up to and including the root's end tag.
func (s *scanner) document() (*Element, error) {
	for s.root == nil || len(s.open) > 0 {
		if err := s.text(); err != nil {
			return nil, err
		}
		if err := s.markup(); err != nil {
			return nil, err
		}
	}
	return s.root, nil
}

// text consumes character data up to the next "<".
func (s *scanner) text() error {
	length := strings.IndexByte(s.src[s.pos:], '<')
	if length < 0 {
		s.pos = len(s.src)
		return s.fail(KindSyntax, "document ends early")
	}
	run := s.src[s.pos : s.pos+length]
	if len(s.open) == 0 {
		if strings.Trim(run, " \t\r\n\ufeff") != "" {
			return s.fail(KindSyntax, "text before the root element")
		}
		s.pos += length
		return nil
	}
	top := &s.open[len(s.open)-1]
	var err error
	if top.text, err = s.expand(top.text, run, false); err != nil {
		return err
	}
	s.pos += length
	return nil
}

// markup consumes what begins with "<".
func (s *scanner) markup() error {
	rest := s.src[s.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return s.skipPast(4, "-->", "comment is not closed")
	case strings.HasPrefix(rest, "<?"):
		return s.skipPast(2, "?>", "processing instruction is not closed")
	case strings.HasPrefix(rest, "<![CDATA["):
		return s.cdata()
	case strings.HasPrefix(rest, "<!"):
		return s.declaration(rest[2:])
	case strings.HasPrefix(rest, "</"):
		return s.endTag()
	}
	return s.startTag()
}

func (s *scanner) skipPast(prefix int, end, unclosed string) error {
	at := strings.Index(s.src[s.pos+prefix:], end)
	if at < 0 {
		return s.fail(KindSyntax, unclosed)
	}
	s.pos += prefix + at + len(end)
	return nil
}

func (s *scanner) cdata() error {
	const start, end = "<![CDATA[", "]]>"
	if len(s.open) == 0 {
		return s.fail(KindSyntax, "CDATA outside the root element")
	}
	content := s.src[s.pos+len(start):]
	length := strings.Index(content, end)
	if length < 0 {
		return s.fail(KindSyntax, "CDATA section is not closed")
	}
	top := &s.open[len(s.open)-1]
	if len(top.text)+length > s.limits.Text {
		return limitError(len(top.text)+length, "bytes of text in one element", s.limits.Text, s.pos)
	}
	top.text = appendLines(top.text, content[:length])
	s.pos += len(start) + length + len(end)
	return nil
}

// declaration refuses everything that belongs to a document type definition, in whatever case it is written.
func (s *scanner) declaration(rest string) error {
	for _, word := range []string{"DOCTYPE", "ENTITY", "ELEMENT", "ATTLIST", "NOTATION"} {
		if len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
			return s.fail(KindDTD, "document type and entity declarations are refused")
		}
	}
	return s.fail(KindSyntax, "unknown declaration")
}

func (s *scanner) endTag() error {
	s.pos += 2
	name, err := s.name()
	if err != nil {
		return err
	}
	s.skipBlanks()
	if !strings.HasPrefix(s.src[s.pos:], ">") {
		return s.fail(KindSyntax, "end tag is not closed")
	}
	if len(s.open) == 0 || s.open[len(s.open)-1].name != name {
		return s.fail(KindSyntax, "end tag does not match the open element")
	}
	s.pos++
	s.pop()
	return nil
}

func (s *scanner) startTag() error {
	if s.elements++; s.elements > s.limits.Elements {
		return limitError(s.elements, "elements", s.limits.Elements, s.pos)
	}
	if len(s.open) >= s.limits.Depth {
		return limitError(len(s.open)+1, "levels of nesting", s.limits.Depth, s.pos)
	}
	s.pos++
	name, err := s.name()
	if err != nil {
		return err
	}
	if err := s.attributes(); err != nil {
		return err
	}
	if err := s.push(name); err != nil {
		return err
	}
	if strings.HasPrefix(s.src[s.pos:], "/>") {
		s.pos += 2
		s.pop()
		return nil
	}
	s.pos++ // attributes stopped at ">" or "/>"
	return nil
}

// attributes reads up to, not including, the ">" or "/>" of a start tag into s.attrs.
func (s *scanner) attributes() error {
	s.attrs = s.attrs[:0]
	for {
		spaced := s.skipBlanks()
		rest := s.src[s.pos:]
		switch {
		case rest == "":
			return s.fail(KindSyntax, "start tag is not closed")
		case rest[0] == '>', strings.HasPrefix(rest, "/>"):
			return nil
		case !spaced:
			return s.fail(KindSyntax, "attributes must be separated by white space")
		case len(s.attrs) >= s.limits.Attributes:
			return limitError(s.limits.Attributes+1, "attributes of one element", s.limits.Attributes, s.pos)
		}
		if err := s.attribute(); err != nil {
			return err
		}
	}
}

func (s *scanner) attribute() error {
	name, err := s.name()
	if err != nil {
		return err
	}
	for _, attr := range s.attrs {
		if attr.name == name {
			return s.fail(KindSyntax, "attribute is given twice")
		}
	}
	s.skipBlanks()
	if !strings.HasPrefix(s.src[s.pos:], "=") {
		return s.fail(KindSyntax, "attribute has no value")
	}
	s.pos++
	s.skipBlanks()
	rest := s.src[s.pos:]
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return s.fail(KindSyntax, "attribute value is not quoted")
	}
	length := strings.IndexByte(rest[1:], rest[0])
	if length < 0 {
		return s.fail(KindSyntax, "attribute value is not closed")
	}
	raw := rest[1 : 1+length]
	if strings.IndexByte(raw, '<') >= 0 {
		return s.fail(KindSyntax, "attribute value holds a less-than sign")
	}
	value, err := s.expand(nil, raw, true)
	if err != nil {
		return err
	}
	s.pos += length + 2
	s.attrs = append(s.attrs, rawAttr{name: name, value: string(value)})
	return nil
}

// name reads a qualified name: at most one colon, with something on both sides of it.
func (s *scanner) name() (string, error) {
	rest := s.src[s.pos:]
	length := 0
	for length < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[length:])
		if length == 0 && !nameStart(r) || !nameChar(r) || r == utf8.RuneError && size == 1 {
			break
		}
		if length += size; length > maxName {
			return "", limitError(maxName+1, "bytes of a name", maxName, s.pos)
		}
	}
	if length == 0 {
		return "", s.fail(KindSyntax, "name expected")
	}
	name := rest[:length]
	if prefix, local, ok := strings.Cut(name, ":"); ok && (prefix == "" || local == "" || strings.Contains(local, ":")) {
		return "", s.fail(KindSyntax, "name has a misplaced colon")
	}
	s.pos += length
	return name, nil
}

func (s *scanner) skipBlanks() bool {
	start := s.pos
	for s.pos < len(s.src) && blank(s.src[s.pos]) {
		s.pos++
	}
	return s.pos > start
}
