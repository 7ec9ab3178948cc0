package soap

import (
	"errors"

	vector "github.com/segmentio/asm/base64"
)

// ErrBase64 says that text is not the base64 form of anything.
var ErrBase64 = errors.New("soap: not valid base64")

// Values of the decoding table beside those of the alphabet.
const (
	skip    = 0x40 // white space
	pad     = 0x41 // '='
	illegal = 0x80 // set in no other value
)

// alphabet maps a byte to its six bits, or to one of the values above.
var alphabet = makeAlphabet()

func makeAlphabet() (t [256]byte) {
	for i := range t {
		t[i] = illegal
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(letters) {
		t[letters[i]] = byte(i)
	}
	for _, b := range []byte(" \t\r\n") {
		t[b] = skip
	}
	t['='] = pad
	return t
}

// decoder turns base64 text that comes in pieces into bytes. White space may stand
// anywhere; padding is required and nothing but white space may follow it.
type decoder struct {
	bits  uint32 // of an unfinished group
	have  int    // characters of it
	pads  int    // padding seen
	ended bool   // a padded group has been decoded
}

// decode appends the bytes of text to dst.
func (d *decoder) decode(dst, text []byte) ([]byte, error) {
	for len(text) > 0 {
		if d.have == 0 && d.pads == 0 && !d.ended {
			var n int
			dst, n = appendGroups(dst, text)
			if text = text[n:]; len(text) == 0 {
				break
			}
		}
		v := alphabet[text[0]]
		text = text[1:]
		switch {
		case v == skip:
		case v == pad:
			if d.have < 2 || d.have+d.pads == 4 {
				return dst, ErrBase64
			}
			if d.pads++; d.have+d.pads == 4 {
				dst = d.finish(dst)
			}
		case v == illegal || d.pads > 0 || d.ended:
			return dst, ErrBase64
		default:
			d.bits, d.have = d.bits<<6|uint32(v), d.have+1
			if d.have == 4 {
				dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
				d.bits, d.have = 0, 0
			}
		}
	}
	return dst, nil
}

// finish appends the bytes of a padded group.
func (d *decoder) finish(dst []byte) []byte {
	bits := d.bits << (6 * d.pads)
	dst = append(dst, byte(bits>>16))
	if d.pads == 1 {
		dst = append(dst, byte(bits>>8))
	}
	d.bits, d.have, d.pads, d.ended = 0, 0, 0, true
	return dst
}

// close reports whether the text ended where a group does.
func (d *decoder) close() error {
	if d.have != 0 || d.pads != 0 {
		return ErrBase64
	}
	return nil
}

// appendGroups appends the bytes of whole groups of four letters, up to the first
// group with something else in it or a little before, and returns how much of the
// text that was. Text without interruption is decoded by vector instructions where
// the processor has them.
func appendGroups(dst, text []byte) ([]byte, int) {
	dst = grow(dst, len(text)/4*3+8)
	at, n := len(dst), 0
	if plain := (len(text) - 4) / 4 * 4; plain >= 64 { // what ends the text may be padded
		if size, err := vector.StdEncoding.Decode(dst[at:cap(dst)], text[:plain]); err == nil && size == plain/4*3 {
			return dst[:at+size], plain
		}
	}
	for len(text)-n >= 4 {
		a, b, c, d := alphabet[text[n]], alphabet[text[n+1]], alphabet[text[n+2]], alphabet[text[n+3]]
		if (a|b|c|d)&(skip|illegal) != 0 {
			break
		}
		dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		n += 4
	}
	return dst, n
}

// grow makes room for n bytes behind dst.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	bigger := make([]byte, len(dst), len(dst)+n+len(dst)/4)
	copy(bigger, dst)
	return bigger
}
