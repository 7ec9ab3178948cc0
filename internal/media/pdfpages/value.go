package pdfpages

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

// Values of a PDF file (ISO 32000-1, section 7.3): float64, bool, name, text, array, dict, ref, nil. Other words are
// kept as word.
type (
	name  string
	text  string
	word  string
	array []any
	dict  map[name]any
	ref   int // number of an object
)

// deepest is how far arrays and dictionaries may be nested.
const deepest = 64

var errSyntax = errors.New("the file does not follow the syntax of PDF")

// parser reads values from bytes.
type parser struct {
	data []byte
	at   int
}

func blank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func delimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

// skip passes over blanks and comments.
func (p *parser) skip() {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case blank(c):
			p.at++
		case c == '%':
			for p.at < len(p.data) && p.data[p.at] != '\n' && p.data[p.at] != '\r' {
				p.at++
			}
		default:
			return
		}
	}
}

// value reads one value. References are recognised by the R behind two numbers.
func (p *parser) value(depth int) (any, error) {
	p.skip()
	if p.at >= len(p.data) || depth > deepest {
		return nil, errSyntax
	}
	rest := p.data[p.at:]
	switch c := rest[0]; {
	case c == '/':
		p.at++
		return p.name(), nil
	case c == '(':
		return p.literal()
	case bytes.HasPrefix(rest, []byte("<<")):
		p.at += 2
		return p.dict(depth)
	case c == '<':
		return p.hex()
	case c == '[':
		p.at++
		return p.array(depth)
	case delimiter(c):
		return nil, errSyntax
	}
	return p.atom(), nil
}

func (p *parser) regular() string {
	start := p.at
	for p.at < len(p.data) && !blank(p.data[p.at]) && !delimiter(p.data[p.at]) {
		p.at++
	}
	return string(p.data[start:p.at])
}

func (p *parser) name() name {
	raw := p.regular()
	if !bytes.ContainsRune([]byte(raw), '#') {
		return name(raw)
	}
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if v, err := strconv.ParseUint(raw[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return name(out)
}

// atom reads a number, a reference or a word.
func (p *parser) atom() any {
	first := p.regular()
	switch first {
	case "true", "false":
		return first == "true"
	case "null":
		return nil
	}
	number, err := strconv.ParseFloat(first, 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return word(first)
	}
	if n, err := strconv.Atoi(first); err == nil && n >= 0 {
		back := p.at
		p.skip()
		if _, err := strconv.ParseUint(p.regular(), 10, 16); err == nil {
			p.skip()
			if p.regular() == "R" {
				return ref(n)
			}
		}
		p.at = back
	}
	return number
}

func (p *parser) array(depth int) (array, error) {
	var list array
	for {
		p.skip()
		if p.at < len(p.data) && p.data[p.at] == ']' {
			p.at++
			return list, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

func (p *parser) dict(depth int) (dict, error) {
	d := dict{}
	for {
		p.skip()
		if bytes.HasPrefix(p.data[p.at:], []byte(">>")) {
			p.at += 2
			return d, nil
		}
		key, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		k, ok := key.(name)
		if !ok {
			return nil, errSyntax
		}
		if d[k], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
}

func (p *parser) hex() (text, error) {
	end := bytes.IndexByte(p.data[p.at:], '>')
	if end < 0 {
		p.at = len(p.data) // all of it was looked at
		return "", errSyntax
	}
	var out []byte
	half := -1
	for _, c := range p.data[p.at+1 : p.at+end] {
		v, err := strconv.ParseUint(string(c), 16, 8)
		switch {
		case err != nil:
		case half < 0:
			half = int(v)
		default:
			out = append(out, byte(half<<4|int(v)))
			half = -1
		}
	}
	if half >= 0 {
		out = append(out, byte(half<<4))
	}
	p.at += end + 1
	return text(out), nil
}

// literal reads a string in parentheses.
func (p *parser) literal() (text, error) {
	var out []byte
	open := 0
	for ; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; c {
		case '(':
			if open++; open == 1 {
				continue
			}
			out = append(out, c)
		case ')':
			if open--; open == 0 {
				p.at++
				return text(out), nil
			}
			out = append(out, c)
		case '\\':
			out = p.escape(out)
		default:
			out = append(out, c)
		}
	}
	return "", errSyntax
}

// escape reads what follows a backslash; at stays on its last byte.
func (p *parser) escape(out []byte) []byte {
	if p.at++; p.at >= len(p.data) {
		return out
	}
	c := p.data[p.at]
	if at := bytes.IndexByte([]byte("nrtbf"), c); at >= 0 {
		return append(out, "\n\r\t\b\f"[at])
	}
	switch {
	case c == '\r':
		if p.at+1 < len(p.data) && p.data[p.at+1] == '\n' {
			p.at++
		}
		return out
	case c == '\n':
		return out
	case c < '0' || c > '7':
		return append(out, c)
	}
	v, n := 0, 0
	for ; n < 3 && p.at+n < len(p.data) && p.data[p.at+n] >= '0' && p.data[p.at+n] <= '7'; n++ {
		v = v<<3 | int(p.data[p.at+n]-'0')
	}
	p.at += n - 1
	return append(out, byte(v))
}
