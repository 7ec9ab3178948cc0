package metadata

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// decimal writes a number with at most ten digits that count, without an exponent.
func decimal(n float64) string {
	if math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) > 1e15 {
		return ""
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 10, 64), 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// moment turns a time of EXIF, IPTC or exiftool ("2017:10:27 08:38:52", with or without parts of it and an offset)
// into one of RFC 3339; "" when it is none.
func moment(written, offset string) string {
	written = strings.TrimSpace(written)
	if len(written) < 10 {
		return ""
	}
	date := strings.ReplaceAll(written[:10], ":", "-")
	if _, err := time.Parse(time.DateOnly, date); err != nil || date < "0002" {
		return ""
	}
	clock := strings.TrimLeft(written[10:], " T")
	if at := strings.IndexAny(clock, "+-Z"); at >= 0 {
		clock, offset = clock[:at], clock[at:]
	}
	clock = strings.TrimSpace(clock)
	if clock == "" {
		return date
	}
	for _, layout := range []string{"15:04:05.999999999", "15:04"} {
		if _, err := time.Parse(layout, clock); err == nil {
			return date + "T" + clock + zone(offset)
		}
	}
	return date
}

// zone is an offset from UTC as RFC 3339 writes it; "" when it is none.
func zone(offset string) string {
	offset = strings.TrimSpace(offset)
	if offset == "Z" {
		return offset
	}
	for _, layout := range []string{"-07:00", "-0700"} {
		if at, err := time.Parse(layout, offset); err == nil {
			return at.Format("-07:00")
		}
	}
	return ""
}

// degrees reads a coordinate as XMP writes it, "36,35.85N" or "36,35,51N", or as a decimal number; "" when it is none.
func degrees(written string, most float64) string {
	written = strings.TrimSpace(written)
	if written == "" {
		return ""
	}
	sign := 1.0
	switch written[len(written)-1] {
	case 'S', 'W':
		sign = -1
		fallthrough
	case 'N', 'E':
		written = written[:len(written)-1]
	}
	total, unit := 0.0, 1.0
	for i, part := range strings.Split(written, ",") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || i > 2 || i > 0 && (n < 0 || n > 60) {
			return ""
		}
		total += n / unit
		unit *= 60
	}
	return coordinate(sign*total, most)
}

// coordinate writes degrees; "" when they are none.
func coordinate(n, most float64) string {
	if !(math.Abs(n) <= most) {
		return ""
	}
	return decimal(n)
}

// quotient writes a rational number of XMP ("56/10") as a decimal; anything else stays.
func quotient(written string) string {
	above, below, ok := strings.Cut(written, "/")
	a, errAbove := strconv.ParseInt(above, 10, 64)
	b, errBelow := strconv.ParseInt(below, 10, 64)
	if !ok || errAbove != nil || errBelow != nil || b == 0 {
		return written
	}
	return decimal(float64(a) / float64(b))
}
