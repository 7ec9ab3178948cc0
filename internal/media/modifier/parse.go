package modifier

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/media/fault"
)

const (
	// MaxText is the longest modifier text in bytes (tier 3 contract, section 10).
	MaxText = 64 << 10
	// maxWarnings is how many warnings are kept; the last one counts the others.
	maxWarnings = 50
	// maxShown is how many bytes of a command a warning repeats.
	maxShown = 80
	// maxNumber keeps sums and products of the numbers of a command far from the limits of 64 bits.
	maxNumber = 1e7
)

// Parse reads a modifier: commands joined by &, names without case, values percent-encoded. Of commands given twice the
// later one counts. What is not known or cannot be understood is skipped, and numbers out of range are moved to the
// nearest end of it; the warnings say so. Macros must have been expanded.
//
// It fails with a *fault.Error of class Invalid when the text is longer than MaxText or asks for a format that
// cannot be written.
func Parse(text string) (Commands, []string, error) {
	if len(text) > MaxText {
		return Commands{}, nil, refuse(fault.Invalid, "modifier.Parse", "the modifier has %d bytes, the limit is %d", len(text), MaxText)
	}
	var p parser
	setters := setters()
	for part := range strings.SplitSeq(strings.TrimLeft(text, "?&"), "&") {
		name, raw, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" && raw == "" {
			continue
		}
		set, known := setters[name]
		if !known {
			p.warn("the command %s is not known and was skipped", shown(part))
			continue
		}
		value, err := url.PathUnescape(raw)
		if err == nil {
			err = set(&p, strings.ToLower(strings.TrimSpace(value)))
		}
		if fault.ClassOf(err) != "" {
			return Commands{}, nil, err
		}
		if err != nil {
			p.warn("the command %s was skipped: %v", shown(part), err)
			continue
		}
		p.Known = true
	}
	if over := p.dropped; over > 0 {
		p.warnings = append(p.warnings, fmt.Sprintf("%d more commands were skipped or changed", over))
	}
	return p.Commands, p.warnings, nil
}

// parser collects what a text says.
type parser struct {
	Commands
	warnings []string
	dropped  int
}

func (p *parser) warn(format string, args ...any) {
	if len(p.warnings) >= maxWarnings {
		p.dropped++
		return
	}
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// shown quotes a command for a warning.
func shown(part string) string {
	if len(part) > maxShown {
		return strconv.Quote(part[:maxShown]) + "…"
	}
	return strconv.Quote(part)
}

func refuse(class fault.Class, op, format string, args ...any) error {
	return &fault.Error{Class: class, Op: op, Msg: fmt.Sprintf(format, args...)}
}

// numbers reads least to most numbers joined by commas. An empty one is 0.
func numbers(value string, least, most int) ([]float64, error) {
	parts := strings.SplitN(value, ",", most+1)
	if value == "" || len(parts) < least || len(parts) > most {
		if least == most {
			return nil, fmt.Errorf("it takes %d number(s)", most)
		}
		return nil, fmt.Errorf("it takes %d to %d numbers", least, most)
	}
	all := make([]float64, most)
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" && len(parts) > 1 {
			continue
		}
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || math.IsNaN(n) {
			return nil, errors.New("a value is not a number")
		}
		if math.Abs(n) > maxNumber {
			return nil, fmt.Errorf("a number is beyond %d", int(maxNumber))
		}
		all[i] = n
	}
	return all, nil
}

// within moves a number into a range and warns when it had to.
func (p *parser) within(name string, n, low, high float64) float64 {
	if n >= low && n <= high {
		return n
	}
	moved := min(high, max(low, n))
	p.warn("the value %v of %s is out of range; %v was used", n, name, moved)
	return moved
}

// flag reads 0 or 1.
func flag(value string) (bool, error) {
	switch value {
	case "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	}
	return false, errors.New("it takes 0 or 1")
}

// oneOf returns the value when it is in the list.
func oneOf(value string, list ...string) (string, error) {
	for _, known := range list {
		if value == known {
			return value, nil
		}
	}
	return "", fmt.Errorf("it takes one of %s", strings.Join(list, ", "))
}

// colour reads r,g,b or six hexadecimal digits, which may stand behind # or 0x.
func colour(value string) (*color.RGBA, error) {
	if strings.Contains(value, ",") {
		parts, err := numbers(value, 3, 3)
		if err != nil {
			return nil, err
		}
		c := color.RGBA{A: 255}
		for i, channel := range []*uint8{&c.R, &c.G, &c.B} {
			*channel = uint8(math.Round(min(255, max(0, parts[i]))))
		}
		return &c, nil
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(value, "#"), "0x")
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		return nil, errors.New("it takes r,g,b or six hexadecimal digits")
	}
	return &color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}, nil
}
