package formdata

import "io"

// directMin is how much room beyond the held-back bytes a caller's buffer must have, in bytes,
// for the body to be read straight into it.
const directMin = 4 << 10

// cursor is where the reader stands in the content of a part or in the preamble.
type cursor struct {
	first   bool // nothing of the content has been passed yet
	scanned bool // the pending bytes have been looked at; ready and found hold
	ready   int  // so many pending bytes are content
	found   bool // behind them stands a delimiter
}

// look finds out what the pending bytes are, unless that is known.
func (r *Reader) look() {
	if !r.at.scanned {
		r.at.ready, r.at.found = r.delim.scan(r.src.pending(), r.at.first, r.src.ended())
		r.at.scanned = true
	}
}

func (r *Reader) more() {
	r.src.more()
	r.at.scanned = false
}

// pass goes over n content bytes.
func (r *Reader) pass(n int) {
	if n > 0 {
		r.src.drop(n)
		r.at.ready -= n
		r.at.first = false
	}
}

// readContent hands out content of the part: first what is buffered, then, when p has room for
// it, bytes read from the body into p. It returns as soon as it has one byte of content, and
// io.EOF at the delimiter.
func (r *Reader) readContent(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		r.look()
		switch {
		case r.at.ready > 0:
			n := copy(p, r.src.pending()[:r.at.ready])
			r.pass(n)
			return n, nil
		case r.at.found:
			return 0, io.EOF
		case r.src.ended():
			return 0, r.bodyEnd()
		case len(p) >= len(r.src.pending())+directMin:
			if n := r.readDirect(p); n > 0 {
				return n, nil
			}
		default:
			r.more()
		}
	}
}

// readDirect moves the pending bytes, which are the possible beginning of a delimiter, to the
// front of p and reads the body once into the rest of p. It returns how many bytes of p are
// content. What may be a delimiter, and everything behind one, goes back into the buffer.
func (r *Reader) readDirect(p []byte) int {
	held := copy(p, r.src.pending())
	r.src.drop(held)
	data := p[:held+r.src.read(p[held:])]
	n, found := r.delim.scan(data, r.at.first, r.src.ended())
	r.src.keep(data[n:])
	r.at = cursor{first: r.at.first && n == 0, scanned: true, found: found}
	return n
}

// skipContent goes to the next delimiter. io.EOF means that the body ended without one and that
// this is accepted.
func (r *Reader) skipContent() error {
	for {
		r.look()
		r.pass(r.at.ready)
		switch {
		case r.at.found:
			return nil
		case r.src.ended():
			return r.bodyEnd()
		}
		r.more()
	}
}

// bodyEnd judges a body that ended where a delimiter was still to come.
func (r *Reader) bodyEnd() error {
	switch {
	case r.src.err != io.EOF:
		return readError(r.src.err)
	case !r.seen:
		return ErrNoDelimiter
	case !r.opt.AcceptMissingClose:
		return ErrMissingClose
	}
	r.missingClose = true
	return io.EOF
}
