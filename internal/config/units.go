package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes, written like 64KiB, 2GiB, 1.5MB or 4096.
type Size int64

// sizeUnits in the order in which String tries them.
var sizeUnits = [...]unit{
	{"PiB", 1 << 50}, {"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"PB", 1e15}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

// Count is a number of things, written like 100M, 1.5G or 4096; the units are
// powers of 1000.
type Count int64

var countUnits = [...]unit{{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"K", 1e3}}

type unit struct {
	name  string
	times int64
}

// UnmarshalText reads a size; a bare number is in bytes.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := parseUnits(string(text), sizeUnits[:])
	if err != nil {
		return fmt.Errorf("%w; write a size like 4096, 64KiB or 2GiB", err)
	}
	*s = Size(n)
	return nil
}

// MarshalText writes the size in the largest unit that holds it exactly.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Size) String() string { return formatUnits(int64(s), sizeUnits[:]) }

// UnmarshalText reads a count.
func (c *Count) UnmarshalText(text []byte) error {
	n, err := parseUnits(string(text), countUnits[:])
	if err != nil {
		return fmt.Errorf("%w; write a number like 4096, 500k or 100M", err)
	}
	*c = Count(n)
	return nil
}

// MarshalText writes the count in the largest unit that holds it exactly.
func (c Count) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c Count) String() string { return formatUnits(int64(c), countUnits[:]) }

func parseUnits(text string, units []unit) (int64, error) {
	number, name := text, ""
	if i := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }); i >= 0 {
		number, name = text[:i], strings.TrimSpace(text[i:])
	}
	times := int64(0)
	if name == "" {
		times = 1
	}
	for _, u := range units {
		if u.name == name {
			times = u.times
		}
	}
	if times == 0 || number == "" {
		return 0, fmt.Errorf("%q has no known unit", text)
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n > math.MaxInt64/times {
			return 0, fmt.Errorf("%q is too large", text)
		}
		return n * times, nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f*float64(times) >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return int64(f * float64(times)), nil
}

func formatUnits(n int64, units []unit) string {
	for _, u := range units {
		if n != 0 && u.times > 1 && n%u.times == 0 {
			return strconv.FormatInt(n/u.times, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// Duration is a time span, written like 500ms, 30s, 12h, 30d or 1d12h. A day
// has 24 hours.
type Duration time.Duration

const day = 24 * time.Hour

// UnmarshalText reads a duration. A bare number other than 0 is refused, because
// its unit would be a guess.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	var total time.Duration
	if before, after, ok := strings.Cut(s, "d"); ok {
		days, err := strconv.ParseInt(before, 10, 32)
		if err != nil || days < 0 || days > 36500 {
			return d.malformed(s)
		}
		total, s = time.Duration(days)*day, after
		if s == "" {
			*d = Duration(total)
			return nil
		}
	}
	rest, err := time.ParseDuration(s)
	if err != nil || rest < 0 {
		return d.malformed(string(text))
	}
	*d = Duration(total + rest)
	return nil
}

func (*Duration) malformed(s string) error {
	return fmt.Errorf("%q is not a time span; write one like 30s, 12h or 30d", s)
}

// MarshalText writes the duration without zero parts.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string {
	t := time.Duration(d)
	if t == 0 {
		return "0s"
	}
	var b strings.Builder
	if t >= day {
		fmt.Fprintf(&b, "%dd", t/day)
		t %= day
	}
	if t > 0 {
		s := t.String()
		if strings.HasSuffix(s, "m0s") {
			s = strings.TrimSuffix(s, "0s")
		}
		if strings.HasSuffix(s, "h0m") {
			s = strings.TrimSuffix(s, "0m")
		}
		b.WriteString(s)
	}
	return b.String()
}

// Std returns the duration as the standard library's.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// AutoDuration is a time span, or auto (zero) where the server finds one.
type AutoDuration Duration

const auto = "auto"

// UnmarshalText reads a duration or auto.
func (d *AutoDuration) UnmarshalText(text []byte) error {
	if string(text) == auto {
		*d = 0
		return nil
	}
	if err := (*Duration)(d).UnmarshalText(text); err != nil {
		return fmt.Errorf("%w, or auto", err)
	}
	return nil
}

// MarshalText writes the duration, or auto.
func (d AutoDuration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d AutoDuration) String() string {
	if d == 0 {
		return auto
	}
	return Duration(d).String()
}

// Std returns the duration as the standard library's.
func (d AutoDuration) Std() time.Duration { return time.Duration(d) }
