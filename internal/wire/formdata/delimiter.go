package formdata

import "bytes"

// verdict is what a place in the body that begins with "--boundary" turned out to be.
type verdict int

const (
	undecided verdict = iota // more bytes are needed
	content                  // no delimiter
	malformed                // strict mode: a delimiter line with something else on it
	ordinary                 // "--boundary"
	closing                  // "--boundary--"
)

// lineEnd is how a delimiter line ended.
type lineEnd int

const (
	noEnd lineEnd = iota // the body ended first
	lf
	crlf
)

// delimiter finds delimiter lines (RFC 2046 section 5.1.1).
type delimiter struct {
	line   []byte // CR LF "--" boundary
	end    int    // where the line end starts that belongs to a delimiter: 0 for CRLF, 1 for LF
	strict bool
	search search
}

func newDelimiter(boundary string, strict bool) delimiter {
	line := []byte("\r\n--" + boundary)
	return delimiter{line: line, end: 1, strict: strict, search: newSearch(line)}
}

// full is the delimiter with the line end before it.
func (d *delimiter) full() []byte { return d.line[d.end:] }

// dash is the delimiter alone, "--boundary".
func (d *delimiter) dash() []byte { return d.line[2:] }

// setStyle fixes the line end that belongs to a delimiter. Until it is called that is LF, so
// that the first delimiter is found after either.
func (d *delimiter) setStyle(e lineEnd) {
	d.end = 0
	if e == lf {
		d.end = 1
	}
}

// judge decides on tail, the bytes behind "--boundary", and returns how many of them belong to
// the delimiter line. In tolerant mode the size of a closing delimiter ends behind its hyphens.
func (d *delimiter) judge(tail []byte, ended bool) (v verdict, size int, end lineEnd) {
	v = ordinary
	if len(tail) > 0 && tail[0] == '-' {
		switch {
		case len(tail) > 1 && tail[1] == '-':
			v, size = closing, 2
		case len(tail) > 1 || ended && d.strict:
			return content, 0, noEnd
		case !ended:
			return undecided, 0, noEnd
		default: // half a closing delimiter at the end closes nothing
			return ordinary, 1, noEnd
		}
		if !d.strict {
			return v, size, noEnd
		}
	}
	rest := tail[size:]
	blanks := countBlanks(rest)
	size += blanks
	switch rest = rest[blanks:]; {
	case blanks > maxPadding:
	case len(rest) == 0 && ended:
		return v, size, noEnd
	case len(rest) == 0, len(rest) == 1 && rest[0] == '\r' && !ended:
		return undecided, 0, noEnd
	case rest[0] == '\n':
		return v, size + 1, lf
	case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
		return v, size + 2, crlf
	case len(rest) == 1 && rest[0] == '\r' && !d.strict:
		return v, size + 1, noEnd
	case blanks == 0 && rest[0] != '\r' && v == ordinary:
		return content, 0, noEnd
	}
	if d.strict {
		return malformed, 0, noEnd
	}
	return content, 0, noEnd
}

// scan splits data, bytes of a part. data[:n] is content. If found, a delimiter starts at
// data[n], else data[n:] may be the beginning of one and must be looked at again with the bytes
// that follow. first says that data begins the part, where a delimiter needs no line end before
// it; ended says that no bytes follow.
func (d *delimiter) scan(data []byte, first, ended bool) (n int, found bool) {
	if first {
		switch d.headVerdict(data, ended) {
		case undecided:
			return 0, false
		case malformed, ordinary, closing:
			return 0, true
		}
	}
	full := d.full()
	for {
		i := d.search.index(data[n:], full)
		if i < 0 {
			break
		}
		at := n + i
		switch v, _, _ := d.judge(data[at+len(full):], ended); v {
		case undecided:
			return at, false
		case content:
			n = at + len(full)
		default:
			return at, true
		}
	}
	if ended {
		return len(data), false
	}
	// The first byte of a delimiter occurs in it only once, so only its last occurrence in data
	// can begin an unfinished one.
	n = max(n, len(data)-len(full)+1)
	if i := bytes.LastIndexByte(data[n:], full[0]); i >= 0 && bytes.HasPrefix(full, data[n+i:]) {
		return n + i, false
	}
	return len(data), false
}

// headVerdict decides whether data begins with a delimiter that has no line end before it.
func (d *delimiter) headVerdict(data []byte, ended bool) verdict {
	if bytes.HasPrefix(data, d.dash()) {
		v, _, _ := d.judge(data[len(d.dash()):], ended)
		return v
	}
	if !ended && bytes.HasPrefix(d.dash(), data) {
		return undecided
	}
	return content
}

func countBlanks(b []byte) int {
	for i, c := range b {
		if c != ' ' && c != '\t' {
			return i
		}
	}
	return len(b)
}
