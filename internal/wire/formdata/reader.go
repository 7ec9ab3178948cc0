package formdata

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Reader goes over the parts of one body. It is not safe for concurrent use.
type Reader struct {
	src   source
	delim delimiter
	opt   Options
	at    cursor
	part  *Part // the one that may be read now
	parts int   // how many have begun
	seen  bool  // a delimiter line was met

	style        lineEnd // of the first delimiter line; noEnd before it
	missingClose bool
	err          error // what Next returns from now on
}

// NewReader returns a reader of body, whose parts are separated by boundary as [Boundary] found
// it. Errors of the boundary are returned by the first call of Next.
func NewReader(body io.Reader, boundary string, opt Options) *Reader {
	opt = opt.withDefaults()
	return &Reader{
		src:   source{body: body},
		delim: newDelimiter(boundary, opt.Mode == Strict),
		opt:   opt,
		at:    cursor{first: true},
		err:   checkBoundary(boundary),
	}
}

func checkBoundary(boundary string) error {
	switch {
	case boundary == "":
		return ErrMissingBoundary
	case len(boundary) > maxBoundaryBytes:
		return &LimitError{Limit: LimitBoundary, Max: maxBoundaryBytes, Got: int64(len(boundary))}
	case strings.ContainsAny(boundary, "\r\n"):
		return fmt.Errorf("%w: line end in boundary", ErrMalformed)
	}
	return nil
}

// MissingClose reports whether the body ended without a closing delimiter and that was accepted.
// It is known when Next has returned io.EOF.
func (r *Reader) MissingClose() bool { return r.missingClose }

// Next goes to the next part; what was not read of the one before is skipped. After the last
// part it returns io.EOF. Other errors are the Err values of this package and *LimitError, or
// wrap what the body's reader returned. An error is final.
func (r *Reader) Next() (*Part, error) {
	if r.err != nil {
		return nil, r.err
	}
	part, err := r.next()
	r.part, r.err = part, err
	return part, err
}

func (r *Reader) next() (*Part, error) {
	for {
		if err := r.skipContent(); err != nil {
			return nil, err
		}
		part, err := r.delimited()
		if part != nil || err != nil {
			return part, err
		}
	}
}

// delimited reads delimiter lines up to one that opens a part, and opens it. It returns neither
// part nor error when a line in the preamble only looked like a delimiter.
func (r *Reader) delimited() (*Part, error) {
	for {
		v, end := r.delimiterLine()
		if r.delim.strict && !r.wellFormed(v, end) {
			if r.parts > 0 {
				return nil, fmt.Errorf("%w: text on the line of a delimiter, or line ends that change", ErrMalformed)
			}
			r.at = cursor{}
			return nil, nil
		}
		r.seen = true
		if v == closing {
			more, err := r.afterClose(end)
			switch {
			case err != nil:
				return nil, err
			case more == delimiterAhead:
				continue
			}
			return r.open()
		}
		if end == noEnd {
			return nil, r.bodyEnd()
		}
		r.settle(end)
		return r.open()
	}
}

// delimiterLine takes a delimiter, with the line end before it, from the head of the buffer, where
// it has been found, so that the verdict is never undecided. A malformed line is taken up to the
// end of its boundary.
func (r *Reader) delimiterLine() (verdict, lineEnd) {
	r.src.drop(bytes.IndexByte(r.src.pending(), '-'))
	dash := len(r.delim.dash())
	v, size, end := r.delim.judge(r.src.pending()[dash:], r.src.ended())
	r.src.drop(dash + size)
	return v, end
}

// wellFormed reports whether a delimiter line is acceptable in strict mode: the first ordinary
// one chooses between CRLF, the rule, and LF; the others must agree with it. The closing one may
// be the very end of the body.
func (r *Reader) wellFormed(v verdict, end lineEnd) bool {
	switch {
	case v == malformed:
		return false
	case v == closing && end == noEnd:
		return true
	case v == ordinary && r.style == noEnd:
		return true
	case r.style == noEnd:
		return end == crlf
	}
	return end == r.style || end == noEnd
}

// settle takes the line end of the first delimiter line as that of the whole body.
func (r *Reader) settle(end lineEnd) {
	if r.style == noEnd && end != noEnd {
		r.style = end
		r.delim.setStyle(end)
	}
}

// ahead is what follows a closing delimiter.
type ahead int

const (
	unknownAhead ahead = iota
	nothingAhead
	headerAhead
	delimiterAhead
)

// afterClose goes behind a closing delimiter. In strict mode that is the end. In tolerant mode the
// body goes on if, behind the line and white space, a header or a delimiter follows. A body that
// was cut off before that is known is refused, as a part may have got lost.
func (r *Reader) afterClose(end lineEnd) (ahead, error) {
	if r.delim.strict {
		if end == noEnd && r.src.err != io.EOF {
			return nothingAhead, readError(r.src.err)
		}
		return nothingAhead, io.EOF
	}
	r.skipLine()
	r.skipSpace()
	for {
		switch a := r.peek(); {
		case a == headerAhead, a == delimiterAhead:
			return a, nil
		case r.src.ended() && r.src.err != io.EOF:
			return nothingAhead, readError(r.src.err)
		case a == nothingAhead:
			return nothingAhead, io.EOF
		}
		r.more()
	}
}

// peek tells what the pending bytes behind a closing delimiter begin with.
func (r *Reader) peek() ahead {
	switch r.delim.headVerdict(r.src.pending(), r.src.ended()) {
	case ordinary, closing:
		return delimiterAhead
	case undecided:
		return unknownAhead
	}
	name, complete := headerName(r.src.pending(), r.src.ended())
	switch {
	case !complete:
		return unknownAhead
	case len(name) > len("content-") && strings.EqualFold(string(name[:len("content-")]), "content-"):
		return headerAhead
	}
	return nothingAhead
}

// skipLine drops the rest of a line and learns the body's line end from it.
func (r *Reader) skipLine() {
	before := byte(0)
	for {
		p := r.src.pending()
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			if i > 0 {
				before = p[i-1]
			}
			r.src.drop(i + 1)
			if before == '\r' {
				r.settle(crlf)
			} else {
				r.settle(lf)
			}
			return
		}
		if len(p) > 0 {
			before = p[len(p)-1]
		}
		r.src.drop(len(p))
		if r.src.ended() {
			return
		}
		r.more()
	}
}

// skipSpace drops white space, line ends included.
func (r *Reader) skipSpace() {
	for {
		p := r.src.pending()
		rest := bytes.TrimLeft(p, " \t\r\n")
		r.src.drop(len(p) - len(rest))
		if len(rest) > 0 || r.src.ended() {
			return
		}
		r.more()
	}
}

// open reads the header block of a part that begins here.
func (r *Reader) open() (*Part, error) {
	if r.parts++; r.parts > r.opt.Limits.MaxParts {
		return nil, &LimitError{Limit: LimitParts, Max: int64(r.opt.Limits.MaxParts), Got: int64(r.parts)}
	}
	read := r.tolerantHeader
	if r.delim.strict {
		read = r.strictHeader
	}
	header, err := read()
	if err != nil {
		return nil, err
	}
	r.at = cursor{first: true}
	return newPart(r, header), nil
}
