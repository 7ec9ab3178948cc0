package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes that reads and prints with a unit.
type byteSize int64

// sizeUnits lists the units, the largest first, so that printing takes the
// largest that divides evenly.
func sizeUnits() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{
		{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3},
	}
}

// String implements flag.Value.
func (s byteSize) String() string {
	for _, u := range sizeUnits()[:3] {
		if int64(s) >= u.bytes && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + " B"
}

// Set implements flag.Value: a whole positive number, then an optional unit.
func (s *byteSize) Set(text string) error {
	digits, scale := text, int64(1)
	for _, u := range sizeUnits() {
		if d, ok := strings.CutSuffix(text, u.name); ok {
			digits, scale = d, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/scale {
		return fmt.Errorf("size %q: want a positive whole number with an optional unit such as 64KiB, 100MB or 2GiB", text)
	}
	*s = byteSize(n * scale)
	return nil
}
