package movie

import "errors"

// bitReader reads the headers of codecs: numbers of a fixed length, and those of ISO/IEC 14496-10 section 9.1.
type bitReader struct {
	data  []byte
	at    int  // in bits
	short bool // more was read than there is
}

// unescaped is the payload of a network abstraction unit after its header, without the bytes that keep it from looking
// like a start code (ISO/IEC 14496-10 section 7.4.1).
func unescaped(unit []byte, header int) *bitReader {
	if len(unit) < header {
		return &bitReader{short: true}
	}
	payload := make([]byte, 0, len(unit))
	zeros := 0
	for _, b := range unit[header:] {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if zeros++; b != 0 {
			zeros = 0
		}
		payload = append(payload, b)
	}
	return &bitReader{data: payload}
}

// fixed reads a number of at most 32 bits.
func (r *bitReader) fixed(bits int) uint64 {
	if r.at+bits > len(r.data)*8 {
		r.short = true
		return 0
	}
	var v uint64
	for range bits {
		v = v<<1 | uint64(r.data[r.at>>3]>>(7-r.at&7)&1)
		r.at++
	}
	return v
}

func (r *bitReader) flag() bool { return r.fixed(1) == 1 }

func (r *bitReader) skip(bits int) {
	if r.at+bits > len(r.data)*8 {
		r.short = true
		return
	}
	r.at += bits
}

// golomb reads an unsigned number of variable length.
func (r *bitReader) golomb() uint64 {
	zeros := 0
	for !r.short && !r.flag() {
		if zeros++; zeros > 32 {
			r.short = true
		}
	}
	if r.short {
		return 0
	}
	return 1<<zeros - 1 + r.fixed(zeros)
}

// signed reads a number that may be negative.
func (r *bitReader) signed() int64 {
	v := r.golomb()
	if v&1 == 1 {
		return int64(v/2 + 1)
	}
	return -int64(v / 2)
}

// pictures is what a header says, unless it ended before.
func (r *bitReader) pictures(width, height uint64, pixels fraction) (coded, error) {
	if r.short || width == 0 || height == 0 || width > maxEdge || height > maxEdge {
		return coded{}, errors.New("a header of the codec that cannot be read")
	}
	return coded{int(width), int(height), pixels}, nil
}

// pixelShape reads the shape of pixels in the words that H.264 and HEVC share (ISO/IEC 14496-10 table E-1).
func (r *bitReader) pixelShape() fraction {
	const extended = 255
	switch code := r.fixed(8); {
	case code == extended:
		width := r.fixed(16)
		return shape(width, r.fixed(16))
	case code < 17:
		known := [...]fraction{
			{}, {1, 1}, {12, 11}, {10, 11}, {16, 11}, {40, 33}, {24, 11}, {20, 11}, {32, 11},
			{80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3}, {3, 2}, {2, 1},
		}
		return known[code]
	}
	return fraction{}
}
