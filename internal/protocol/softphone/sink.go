package softphone

import (
	"io"
	"unicode/utf8"
)

// sinkBytes is about how much of an answer is held before it is written, and how much
// of a text is escaped at once.
const sinkBytes = 32 << 10

// sink writes an answer piece by piece and counts it. After a failure it writes nothing.
type sink struct {
	w       io.Writer
	buf     []byte
	written int64
	err     error
}

func (s *sink) text(texts ...string) {
	for _, t := range texts {
		s.buf = append(s.buf, t...)
	}
	s.flushFull()
}

// pieces writes a text that escape makes fit for where it stands. Characters are never
// cut apart.
func (s *sink) pieces(text string, escape func([]byte, string) []byte) {
	for len(text) > 0 {
		n := min(len(text), sinkBytes)
		for cut := n; n < len(text) && cut > n-utf8.UTFMax && cut > 0; cut-- {
			if utf8.RuneStart(text[cut]) {
				n = cut
				break
			}
		}
		s.buf = escape(s.buf, text[:n])
		text = text[n:]
		s.flushFull()
	}
}

func (s *sink) flushFull() {
	if len(s.buf) >= sinkBytes {
		s.flush()
	}
}

func (s *sink) flush() {
	if s.err == nil {
		_, s.err = s.w.Write(s.buf)
	}
	s.written += int64(len(s.buf))
	s.buf = s.buf[:0]
}

// end writes what is left and returns how many bytes there were.
func (s *sink) end() (written int64, err error) {
	s.flush()
	return s.written, s.err
}
