package nomad

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// count is a whole number that clients also send as a text or with a fraction (2).
type count struct {
	value float64
	given bool
}

// UnmarshalJSON implements json.Unmarshaler. Null and the empty text mean none.
func (c *count) UnmarshalJSON(b []byte) error {
	text := strings.TrimSpace(strings.Trim(string(b), `"`))
	if text == "null" || text == "" {
		*c = count{}
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1<<53 {
		return invalid("%s is not a number.", clip(text))
	}
	*c = count{v, true}
	return nil
}

// whole is the number if it has no fraction.
func (c count) whole() (int64, bool) { return int64(c.value), c.value == math.Trunc(c.value) }

// up is the number, rounded up.
func (c count) up() int64 { return int64(math.Ceil(c.value)) }

// word is a value of an enumeration: its name in any case, or its number (5).
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(b []byte) error {
	var text string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	} else if text = string(b); text == "null" {
		text = ""
	}
	*w = word(strings.TrimSpace(text))
	return nil
}

// words are the values of an enumeration in the vendor's order.
type words []string

// find returns the name of a value, given by name or by its number counted from
// first. It is false for values that there are not.
func (list words) find(w word, first int) (name string, ok bool) {
	if n, err := strconv.Atoi(string(w)); err == nil {
		if n < first || n-first >= len(list) {
			return "", false
		}
		return list[n-first], true
	}
	for _, name := range list {
		if strings.EqualFold(name, string(w)) {
			return name, true
		}
	}
	return "", false
}

// number is the place of a name, counted from first.
func (list words) number(name string, first int) int {
	for i, n := range list {
		if n == name {
			return i + first
		}
	}
	return 0
}

// oneOrMore is a list that clients also send as a single value (9).
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler. Numbers and booleans are taken as texts.
func (l *oneOrMore) UnmarshalJSON(b []byte) error {
	*l = nil
	var list []json.RawMessage
	if json.Unmarshal(b, &list) != nil {
		list = []json.RawMessage{b}
	}
	for _, raw := range list {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if text != "" && text != "null" {
			*l = append(*l, text)
		}
	}
	return nil
}

// uuid reads a UUID that a client sent; the empty text means none (2).
func uuid(text, what string) (ingest.UUID, error) {
	text = strings.ToLower(strings.Trim(strings.TrimSpace(text), "{}"))
	if text == "" || text == "00000000-0000-0000-0000-000000000000" {
		return "", nil
	}
	if len(text) != 36 || strings.Trim(text, "0123456789abcdef-") != "" || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' || strings.Count(text, "-") != 4 {
		return "", invalid("%s is not a UUID: %s.", what, clip(text))
	}
	return ingest.UUID(text), nil
}
