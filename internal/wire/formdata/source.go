package formdata

import "io"

const (
	// bufferSize is the size of the buffer at the start, and the most that one read into it takes.
	bufferSize = 16 << 10
	// maxEmptyReads is how often the body may return no bytes and no error in a row.
	maxEmptyReads = 100
)

// source reads a body through a small buffer and remembers how the body ended.
//
// The buffer grows in two cases only: a header block that is larger than it, bounded by
// Limits.MaxHeaderBytes, and bytes that keep preserves, bounded by the caller's Read buffer.
type source struct {
	body       io.Reader
	buf        []byte
	head, tail int
	err        error // what ended the body; after it the body is not read again
}

// pending returns the buffered bytes. They are valid until the next call of another method.
func (s *source) pending() []byte { return s.buf[s.head:s.tail] }

// drop forgets the first n pending bytes.
func (s *source) drop(n int) { s.head += n }

func (s *source) ended() bool { return s.err != nil }

// more reads the body once and appends to the pending bytes. It may add nothing, but then the
// body has ended.
func (s *source) more() {
	if s.ended() {
		return
	}
	s.makeRoom()
	s.tail += s.read(s.buf[s.tail:min(len(s.buf), s.tail+bufferSize)])
}

func (s *source) makeRoom() {
	if s.buf == nil {
		s.buf = make([]byte, bufferSize)
	}
	if len(s.buf)-s.tail < bufferSize/4 && s.head > 0 {
		s.tail = copy(s.buf, s.pending())
		s.head = 0
	}
	if s.tail == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf)
		s.buf = grown
	}
}

// read fills p with one read of the body and stores the error for later.
func (s *source) read(p []byte) int {
	for range maxEmptyReads {
		n, err := s.body.Read(p)
		s.err = err
		if n > 0 || err != nil {
			return n
		}
	}
	s.err = io.ErrNoProgress
	return 0
}

// keep makes rest, which must not overlap the buffer, the only pending bytes.
func (s *source) keep(rest []byte) {
	if len(rest) > len(s.buf) {
		s.buf = make([]byte, max(len(rest), bufferSize))
	}
	s.head, s.tail = 0, copy(s.buf, rest)
}
