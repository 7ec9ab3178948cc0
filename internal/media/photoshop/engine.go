package photoshop

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf16"
)

// parseEngine reads the data of Photoshop's text engine, which are objects of PDF (ISO 32000-1:2008 section 7.3) without
// references. Dictionaries become map[string]any, arrays []any, numbers float64; texts and names become string. Reading
// ends at what is malformed.
func parseEngine(data []byte) any {
	p := &engineParser{in: data, items: 20 * maxItems}
	return p.value(0)
}

type engineParser struct {
	in    []byte
	items int // that may still be read
}

const engineBlanks = " \t\r\n\f\x00"

// value reads one object; nil at the end of anything, and for null.
func (p *engineParser) value(depth int) any {
	p.in = bytes.TrimLeft(p.in, engineBlanks)
	if p.items--; depth > maxNested || p.items < 0 {
		p.in = nil
	}
	switch {
	case len(p.in) == 0:
		return nil
	case bytes.HasPrefix(p.in, []byte("<<")):
		p.in = p.in[2:]
		return p.dictionary(depth)
	case p.in[0] == '[':
		p.in = p.in[1:]
		list := []any{}
		for p.more("]") {
			list = append(list, p.value(depth+1))
		}
		return list
	case p.in[0] == '(':
		p.in = p.in[1:]
		return p.text()
	case p.in[0] == '/':
		p.in = p.in[1:]
		return p.word()
	}
	word := p.word()
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "": // a character that begins no object
		p.in = p.in[1:]
	}
	if number, err := strconv.ParseFloat(word, 64); err == nil {
		return number
	}
	return nil
}

func (p *engineParser) dictionary(depth int) any {
	fields := map[string]any{}
	for p.more(">>") {
		if p.in[0] != '/' {
			p.in = nil
			break
		}
		p.in = p.in[1:]
		key := p.word()
		fields[key] = p.value(depth + 1)
	}
	return fields
}

// more reports whether something stands before the end of a dictionary or array, and passes over the end.
func (p *engineParser) more(end string) bool {
	p.in = bytes.TrimLeft(p.in, engineBlanks)
	if rest, ok := bytes.CutPrefix(p.in, []byte(end)); ok {
		p.in = rest
		return false
	}
	return len(p.in) > 0
}

// word reads up to a blank or a delimiter.
func (p *engineParser) word() string {
	end := bytes.IndexAny(p.in, engineBlanks+"()<>[]/")
	if end < 0 {
		end = len(p.in)
	}
	word := string(p.in[:end])
	p.in = p.in[end:]
	return word
}

// text reads to the closing bracket. A backslash takes the byte behind it as it is. Texts are UTF-16 behind a byte
// order mark, as the engine writes them, or else taken as they are.
func (p *engineParser) text() string {
	var stored []byte
	for len(p.in) > 0 && p.in[0] != ')' {
		if p.in[0] == '\\' && len(p.in) > 1 {
			p.in = p.in[1:]
		}
		stored = append(stored, p.in[0])
		p.in = p.in[1:]
	}
	if len(p.in) > 0 {
		p.in = p.in[1:]
	}
	if !bytes.HasPrefix(stored, []byte("\xfe\xff")) {
		return string(stored)
	}
	units := make([]uint16, len(stored)/2-1)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(stored[2*i+2:])
	}
	return string(utf16.Decode(units))
}
