package soap

import (
	"encoding/binary"
	"errors"
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

// places maps a letter at each of the eight places of two groups to its bits there, in
// the upper 48 of 64; everything else to 1.
var places = makePlaces()

func makePlaces() (t [8][256]uint64) {
	for place := range t {
		for b, v := range alphabet {
			t[place][b] = 1
			if v < 64 {
				t[place][b] = uint64(v) << (58 - 6*place)
			}
		}
	}
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
// group with something else in it, and returns how much of the text that was.
func appendGroups(dst, text []byte) ([]byte, int) {
	at := len(dst)
	dst = grow(dst, len(text)/4*3+8)
	out := dst[at:cap(dst)]
	n, o := 0, 0
	for len(text)-n >= 8 && len(out)-o >= 8 {
		s := text[n : n+8 : n+8]
		v := places[0][s[0]] | places[1][s[1]] | places[2][s[2]] | places[3][s[3]] |
			places[4][s[4]] | places[5][s[5]] | places[6][s[6]] | places[7][s[7]]
		if v&1 != 0 {
			break
		}
		binary.BigEndian.PutUint64(out[o:], v) // two bytes more than there are; the next ones go over them
		n, o = n+8, o+6
	}
	return dst[:at+o], n
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
