package soap

import (
	"bytes"
	"io"
	"strconv"
)

// value is the text that is being diverted.
type value struct {
	decoder decoder
	cdata   bool
	err     error
}

// opensText skips white space and reports whether text follows, or the end of the
// element, rather than other elements.
func (r *Reader) opensText() (bool, error) {
	for {
		ahead, err := r.src.Peek(2)
		if len(ahead) < 2 {
			return false, unexpected(err)
		}
		switch {
		case alphabet[ahead[0]] == skip:
			if err := r.drop(1); err != nil {
				return false, err
			}
		case ahead[0] == '<':
			return ahead[1] == '/' || ahead[1] == '!', nil
		default:
			return true, nil
		}
	}
}

// drop passes over bytes that were peeked at.
func (r *Reader) drop(n int) error {
	r.read += int64(n)
	if r.read > r.limit {
		return &TooLongError{r.limit}
	}
	_, err := r.src.Discard(n)
	return err
}

// Data appends decoded bytes of the diverted text to dst, about a buffer's worth at a
// time. io.EOF comes at the end of the text, without bytes; ErrBase64 when it is not
// valid.
func (r *Reader) Data(dst []byte) ([]byte, error) {
	v := r.inside
	if v == nil {
		return dst, io.EOF
	}
	if v.err != nil {
		return dst, v.err
	}
	had := len(dst)
	for len(dst) == had && v.err == nil {
		dst, v.err = r.decodeSome(dst)
	}
	if v.err == io.EOF {
		r.inside = nil
	}
	if len(dst) > had && v.err == nil {
		return dst, nil
	}
	return dst, v.err
}

// decodeSome decodes what is in the buffer up to the next markup or reference.
func (r *Reader) decodeSome(dst []byte) ([]byte, error) {
	if _, err := r.src.Peek(1); err != nil {
		return dst, unexpected(err)
	}
	chunk, _ := r.src.Peek(r.src.Buffered())
	stop := bytes.IndexByte(chunk, '<')
	if r.inside.cdata {
		stop = bytes.IndexByte(chunk, ']')
	}
	if stop < 0 {
		stop = len(chunk)
	}
	if !r.inside.cdata {
		if at := bytes.IndexByte(chunk[:stop], '&'); at >= 0 {
			stop = at
		}
	}
	if stop == 0 {
		return dst, r.interruption(chunk[0])
	}
	dst, err := r.inside.decoder.decode(dst, chunk[:stop])
	if err != nil {
		return dst, err
	}
	return dst, r.drop(stop)
}

// interruption deals with what is not text: references to white space, comments,
// CDATA sections, and the end, which is io.EOF.
func (r *Reader) interruption(first byte) error {
	v := r.inside
	if v.cdata {
		if ahead, _ := r.src.Peek(3); string(ahead) != "]]>" {
			return ErrBase64
		}
		v.cdata = false
		return r.drop(3)
	}
	if first == '&' {
		return r.reference()
	}
	ahead, err := r.src.Peek(2)
	if len(ahead) < 2 {
		return unexpected(err)
	}
	if ahead[1] == '/' {
		if err := v.decoder.close(); err != nil {
			return err
		}
		return io.EOF
	}
	ahead, _ = r.src.Peek(9)
	switch {
	case string(ahead) == "<![CDATA[":
		v.cdata = true
		return r.drop(9)
	case bytes.HasPrefix(ahead, []byte("<!--")):
		return r.comment()
	}
	return ErrBase64
}

// reference passes over a character reference, which can only be white space here.
func (r *Reader) reference() error {
	ahead, _ := r.src.Peek(12)
	end := bytes.IndexByte(ahead, ';')
	if end < 3 || ahead[1] != '#' {
		return ErrBase64
	}
	digits, base := string(ahead[2:end]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	number, err := strconv.ParseUint(digits, base, 8)
	if err != nil || alphabet[number] != skip {
		return ErrBase64
	}
	return r.drop(end + 1)
}

func (r *Reader) comment() error {
	if err := r.drop(4); err != nil {
		return err
	}
	for {
		ahead, err := r.src.Peek(3)
		if len(ahead) < 3 {
			return unexpected(err)
		}
		if string(ahead) == "-->" {
			return r.drop(3)
		}
		if err := r.drop(1); err != nil {
			return err
		}
	}
}

// DecodeText decodes base64 text that is at hand.
func DecodeText(text string) ([]byte, error) {
	var d decoder
	out, err := d.decode(nil, []byte(text))
	if err != nil {
		return nil, err
	}
	return out, d.close()
}
