package movie

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/abema/go-mp4"
)

// one is 1 in the numbers of a matrix (ISO/IEC 14496-12 section 6.2.2); last is 1 in its last column.
const (
	one  = 1 << 16
	last = 1 << 30
)

// header reads the header of the movie, whose duration is that of the file.
func (m *movie) header(r *reader, b box) error {
	if m.duration != 0 {
		return errors.New("two headers of the movie")
	}
	var h mp4.Mvhd
	if err := r.unmarshal(b, &h); err != nil {
		return err
	}
	length := h.DurationV1
	if h.GetVersion() == 0 {
		length = uint64(h.DurationV0)
	}
	if length == 0 || length >= maxTime || length == 1<<32-1 || h.Timescale == 0 {
		return fmt.Errorf("a duration of %d in a time scale of %d", length, h.Timescale)
	}
	if h.Matrix != [9]int32{one, 0, 0, 0, one, 0, 0, 0, last} {
		return errors.New("a matrix of the movie")
	}
	high, low := bits.Mul64(length, 1_000_000)
	low, carry := bits.Add64(low, uint64(h.Timescale)/2, 0) // to the nearest, as ffmpeg rounds
	if high += carry; high >= uint64(h.Timescale) {
		return fmt.Errorf("a duration of %d in a time scale of %d", length, h.Timescale)
	}
	micros, _ := bits.Div64(high, low, uint64(h.Timescale))
	if micros == 0 || micros >= maxTime {
		return fmt.Errorf("a duration of %d in a time scale of %d", length, h.Timescale)
	}
	m.duration = int64(micros)
	return nil
}

// turn is by how many degrees clockwise a matrix turns pictures. Matrices that mirror, stretch or slant are an error.
func turn(m [9]int32) (int, error) {
	if m[2] == 0 && m[5] == 0 && m[8] == last {
		switch [4]int32{m[0], m[1], m[3], m[4]} {
		case [4]int32{one, 0, 0, one}:
			return 0, nil
		case [4]int32{0, one, -one, 0}:
			return 90, nil
		case [4]int32{-one, 0, 0, -one}:
			return 180, nil
		case [4]int32{0, -one, one, 0}:
			return 270, nil
		}
	}
	return 0, errors.New("a matrix that does more than turning")
}

// reduced is a fraction in its lowest terms, or the nearest one whose terms are not above most, by the rule of
// ffmpeg: a convergent of its continued fraction, or what lies between two of them.
func reduced(above, below, most uint64) (uint64, uint64) {
	for a, b := above, below; ; a, b = b, a%b {
		if b == 0 {
			if a > 0 {
				above, below = above/a, below/a
			}
			break
		}
	}
	if above <= most && below <= most {
		return above, below
	}
	before, now := [2]uint64{0, 1}, [2]uint64{1, 0}
	for below != 0 {
		x := above / below
		if x > most || x*now[0]+before[0] > most || x*now[1]+before[1] > most {
			if now[0] != 0 {
				x = (most - before[0]) / now[0]
			}
			if now[1] != 0 {
				x = min(x, (most-before[1])/now[1])
			}
			leftHigh, leftLow := bits.Mul64(below, 2*x*now[1]+before[1])
			rightHigh, rightLow := bits.Mul64(above, now[1])
			if leftHigh > rightHigh || leftHigh == rightHigh && leftLow > rightLow {
				now = [2]uint64{x*now[0] + before[0], x*now[1] + before[1]}
			}
			break
		}
		before, now = now, [2]uint64{x*now[0] + before[0], x*now[1] + before[1]}
		above, below = below, above%below
	}
	return now[0], now[1]
}
