package nomad

import (
	"bufio"
	"io"
	"mime"
	"strings"
	"unicode/utf8"
)

// sentAsText reports whether the body is one of those that a kit of 2023 sends: the
// bytes of the part as a text, in which each byte of 0x80 and more became two (7.1).
// A right client is not taken for one, as the length of its body is the part's.
func (x *exchange) sentAsText() bool {
	kind, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	return err == nil && !x.Options.PlainText && kind == "text/plain" && strings.EqualFold(params["charset"], "utf-8")
}

// textBytes gives the code points of a UTF-8 text as bytes. It fails when one of them
// is no byte.
type textBytes struct{ text *bufio.Reader }

func newTextBytes(text io.Reader) io.Reader { return &textBytes{bufio.NewReaderSize(text, 64<<10)} }

func (t *textBytes) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if n > 0 && t.text.Buffered() < utf8.UTFMax {
			return n, nil // what comes next may be long in coming
		}
		c, size, err := t.text.ReadRune()
		if err != nil {
			return n, err
		}
		if c > 0xff || c == utf8.RuneError && size == 1 {
			return n, invalid("The body is longer than the part, and not its bytes sent as a text.")
		}
		p[n] = byte(c)
		n++
	}
	return n, nil
}
