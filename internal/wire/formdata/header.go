package formdata

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/textproto"
	"strings"
)

// headerLine is one line of a header block, given by its place in the pending bytes.
type headerLine struct {
	text []byte // without its line end
	next int    // where the next line begins; -1 if the line has no end
	cut  bool   // the line has no end because the limit was reached, not the end of the body
}

// lineAt returns the line that begins at offset off of the pending bytes, reading on as needed.
func (r *Reader) lineAt(off int) headerLine {
	limit := r.opt.Limits.MaxHeaderBytes
	for {
		p := r.src.pending()
		window := p[min(off, len(p)):min(len(p), max(off, limit))]
		if i := bytes.IndexByte(window, '\n'); i >= 0 {
			return headerLine{text: bytes.TrimRight(window[:i], "\r"), next: off + i + 1}
		}
		if len(p) > limit || r.src.ended() {
			return headerLine{text: window, next: -1, cut: len(p) > limit}
		}
		r.more()
	}
}

// unfinished is the error of a header block that ended, or ran into the limit, without a
// separator line. A body that ends there is never accepted.
func (r *Reader) unfinished(l headerLine) error {
	if l.cut {
		limit := int64(r.opt.Limits.MaxHeaderBytes)
		return &LimitError{Limit: LimitHeaderBytes, Max: limit, Got: limit + 1}
	}
	if r.src.err != io.EOF {
		return readError(r.src.err)
	}
	return fmt.Errorf("%w, inside the header of part %d", ErrMissingClose, r.parts)
}

// strictHeader takes a header block as net/textproto understands it.
func (r *Reader) strictHeader() (textproto.MIMEHeader, error) {
	size := 0
	for {
		l := r.lineAt(size)
		if l.next < 0 {
			return nil, r.unfinished(l)
		}
		line := r.src.pending()[size : l.next-1]
		size = l.next
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			break
		}
	}
	block := bufio.NewReaderSize(bytes.NewReader(r.src.pending()[:size]), size)
	header, err := textproto.NewReader(block).ReadMIMEHeader()
	if err != nil {
		return nil, fmt.Errorf("%w: header of part %d: %w", ErrMalformed, r.parts, err)
	}
	r.src.drop(size)
	return header, nil
}

// tolerantHeader takes a header block with the deviations that the package comment lists.
func (r *Reader) tolerantHeader() (textproto.MIMEHeader, error) {
	header := textproto.MIMEHeader{}
	last, off := "", 0
	separated := false // a blank line is known to follow; asked once for it, so that the time stays linear
	for {
		if r.delimiterAt(off) {
			break
		}
		l := r.lineAt(off)
		blank := isBlank(l.text)
		key, value, ok := cutHeader(l.text, last)
		switch {
		case l.next < 0 && (ok || blank || len(header) == 0 && !l.cut):
			return nil, r.unfinished(l)
		case blank:
			start := 0
			if len(header) == 0 {
				start = r.headerBehindBlanks(l.next)
			}
			if start == 0 {
				r.src.drop(l.next)
				return header, nil
			}
			off, separated = start, false
			continue
		case ok && last != "" && key == last && startsBlank(l.text):
			values := header[key]
			values[len(values)-1] += " " + value
		case ok:
			header[key] = append(header[key], value)
			last = key
		case !ok && !separated:
			if separated = l.next >= 0 && r.separatorBehind(off); !separated {
				r.src.drop(off)
				return header, nil
			}
		}
		off = l.next
	}
	r.src.drop(off)
	return header, nil
}

// cutHeader splits a header line. A line that begins with a blank continues the header named
// last, if there is one; its key is then last. It refuses lines that are not `token ":" value`,
// and lines with control bytes unless they are certainly headers.
func cutHeader(line []byte, last string) (key, value string, ok bool) {
	trimmed := bytes.Trim(line, " \t\r")
	if startsBlank(line) && last != "" {
		return last, string(trimmed), !hasControl(line)
	}
	name, complete := headerName(trimmed, true)
	if !complete || len(name) == 0 {
		return "", "", false
	}
	key = textproto.CanonicalMIMEHeaderKey(string(name))
	_, rest, _ := bytes.Cut(trimmed, []byte(":"))
	if hasControl(rest) && !strings.HasPrefix(key, "Content-") {
		return "", "", false
	}
	return key, string(bytes.Trim(rest, " \t\r")), true
}

// headerName returns the name that b begins with if it is followed by a colon, blanks before it
// allowed. If b begins with no header the name is empty. complete is false if that cannot be
// known yet, which ended rules out.
func headerName(b []byte, ended bool) (name []byte, complete bool) {
	i := 0
	for i < len(b) && isTokenByte(b[i]) {
		i++
	}
	rest := b[i:]
	rest = rest[countBlanks(rest):]
	switch {
	case len(rest) == 0 && !ended && len(b) < defaultMaxHeaderBytes:
		return nil, false
	case len(rest) > 0 && rest[0] == ':':
		return b[:i], true
	}
	return nil, true
}

// delimiterAt reports whether a delimiter stands at offset off of the pending bytes.
func (r *Reader) delimiterAt(off int) bool {
	for {
		p := r.src.pending()
		switch v := r.delim.headVerdict(p[min(off, len(p)):], r.src.ended()); v {
		case undecided:
			r.more()
		default:
			return v != content
		}
	}
}

// headerBehindBlanks returns where the first line at or behind off that is not blank begins, if it
// is a Content-Disposition or Content-Type header, else 0.
func (r *Reader) headerBehindBlanks(off int) int {
	for {
		l := r.lineAt(off)
		if l.next < 0 {
			return 0
		}
		if !isBlank(l.text) {
			key, _, _ := cutHeader(l.text, "")
			if key == "Content-Disposition" || key == "Content-Type" {
				return off
			}
			return 0
		}
		off = l.next
	}
}

// separatorBehind reports whether a blank line follows the line at off within the limit and
// before the next delimiter, with nothing in between that cannot stand in a header block.
func (r *Reader) separatorBehind(off int) bool {
	for !r.delimiterAt(off) {
		l := r.lineAt(off)
		switch {
		case l.next < 0, hasControl(l.text):
			return false
		case isBlank(l.text):
			return true
		}
		off = l.next
	}
	return false
}

func isBlank(line []byte) bool {
	return len(bytes.Trim(line, " \t\r")) == 0
}

func startsBlank(line []byte) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
}

// hasControl reports whether b has control bytes other than tabs.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// isTokenByte reports whether c may stand in a header name (RFC 9110 section 5.6.2).
func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
