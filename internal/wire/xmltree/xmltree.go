// Package xmltree reads small XML documents from untrusted clients into a light tree and writes escaped text.
//
// It promises: no document type declarations, no external entities, no network or file access, bounded depth, element
// count, attribute count and text, time linear in the input for all practical purposes, and no character that XML 1.0
// forbids in anything it returns. It does not validate against a schema, does not keep comments, processing
// instructions or prefixes, and does not stream: the caller bounds the document, Parse works on bytes in memory.
//
// It is tolerant where clients in the field are careless: white space, byte order marks and comments may precede the
// root element, whatever follows the root's end tag is ignored, prefixes need not be declared, and the encoding may be
// wrongly declared as long as the bytes can be made sense of.
package xmltree

import "unicode/utf8"

// Element is one element of a document. Space is the namespace name, empty when there is none or when the prefix was
// never declared. Text is the character data that stands directly in the element, white space included, with CDATA
// sections and references resolved; the text of child elements is not part of it.
type Element struct {
	Space    string
	Local    string
	Attr     []Attr
	Children []*Element
	Text     string
}

// Attr is one attribute. Namespace declarations are not listed: they are applied while reading.
type Attr struct {
	Space string
	Local string
	Value string
}

// Child returns the first child with the given local name in any namespace, or nil. A nil element has no children.
func (e *Element) Child(local string) *Element {
	if e == nil {
		return nil
	}
	for _, child := range e.Children {
		if child.Local == local {
			return child
		}
	}
	return nil
}

// Attribute returns the value of the first attribute with the given local name in any namespace.
func (e *Element) Attribute(local string) (value string, ok bool) {
	if e == nil {
		return "", false
	}
	for _, attr := range e.Attr {
		if attr.Local == local {
			return attr.Value, true
		}
	}
	return "", false
}

// Parse reads the root element of a document. Zero limits take their defaults. Every error is an *Error.
//
// The encoding follows from a byte order mark, else from NUL bytes that only UTF-16 has in those places, else from the
// XML declaration, else it is UTF-8. Text that claims to be UTF-8 or US-ASCII, or claims nothing, and is not valid UTF-8
// is read as ISO-8859-1. Bytes behind the root's end tag take no part in that decision.
func Parse(data []byte, limits Limits) (*Element, error) {
	limits = limits.withDefaults()
	if len(data) > limits.Bytes {
		return nil, limitError(len(data), "bytes", limits.Bytes, 0)
	}
	text, guessed, err := decode(data)
	if err != nil {
		return nil, err
	}
	root, end, err := parseText(text, limits)
	if guessed && !utf8.ValidString(text[:end]) {
		root, end, err = parseText(singleByte(data, identity), limits)
	}
	if err != nil {
		return nil, err
	}
	return root, nil
}

// parseText parses decoded text and returns how far the document reaches: the offset behind the root element, or the
// whole text when it could not be parsed.
func parseText(text string, limits Limits) (*Element, int, error) {
	s := scanner{src: text, limits: limits}
	root, err := s.document()
	if err != nil {
		return nil, len(text), err
	}
	for i, r := range text[:s.pos] {
		if !legal(r) {
			return nil, s.pos, &Error{Kind: KindCharacter, Offset: i, Msg: "character is not allowed in XML"}
		}
	}
	return root, s.pos, nil
}
