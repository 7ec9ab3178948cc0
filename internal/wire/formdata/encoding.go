package formdata

import (
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"
)

// newDecoder returns a reader that removes a Content-Transfer-Encoding from raw, nil if there is
// nothing to remove. Unknown encodings count as none.
func newDecoder(encoding string, raw io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &base64Filter{raw: raw})
	case "quoted-printable":
		return quotedprintable.NewReader(raw)
	}
	return nil
}

// rawContent is the encoded content of a part.
type rawContent struct{ part *Part }

func (c rawContent) Read(b []byte) (int, error) {
	n, err := c.part.reader.readContent(b)
	c.part.readErr = err
	return n, err
}

// base64Filter drops what is not of the base64 alphabet, as RFC 2045 section 6.8 demands, adds
// padding that was left out, and refuses characters behind the padding.
type base64Filter struct {
	raw     io.Reader
	count   int  // characters handed out, padding included
	padded  bool // padding was met
	padding int  // still to be added
	err     error
}

var errBehindPadding = errors.New("data behind the base64 padding")

func (f *base64Filter) Read(b []byte) (int, error) {
	for len(b) > 0 {
		switch {
		case f.padding > 0:
			b[0] = '='
			f.padding--
			return 1, nil
		case f.err != nil:
			return 0, f.err
		}
		n, err := f.raw.Read(b)
		f.err = err
		kept := f.filter(b[:n])
		if f.err == io.EOF && f.count%4 > 1 {
			f.padding = 4 - f.count%4
		}
		if kept > 0 {
			return kept, nil
		}
	}
	return 0, nil
}

// filter moves the characters to be decoded to the front of b and returns how many they are.
func (f *base64Filter) filter(b []byte) int {
	n := 0
	for _, c := range b {
		switch {
		case c == '=':
			f.padded = true
		case !isBase64Byte(c):
			continue
		case f.padded:
			f.err = errBehindPadding
			return n
		}
		b[n] = c
		n++
		f.count++
	}
	return n
}

func isBase64Byte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '+' || c == '/'
}
