package softphone

import (
	"bytes"
	"encoding/json"
	"strings"
)

// jsonPairs reads the members of a JSON object, in their order. Members that are
// arrays give one pair for each element; objects stand as their own text. ok is false
// when data is not a JSON object.
func jsonPairs(data []byte) (list []pair, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, false
		}
		members := memberPairs(name.(string), raw)
		list = append(list, members[:min(len(members), mostPairs-len(list))]...)
	}
	if _, err := d.Token(); err != nil || len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return nil, false
	}
	return list, true
}

func memberPairs(name string, raw json.RawMessage) []pair {
	switch raw[0] {
	case '"':
		var text string
		_ = json.Unmarshal(raw, &text) // the decoder has checked it
		return []pair{{name, text}}
	case '[':
		var list []pair
		elements := json.NewDecoder(bytes.NewReader(raw))
		_, _ = elements.Token() // the bracket
		for elements.More() && len(list) < mostPairs {
			var e json.RawMessage
			_ = elements.Decode(&e)
			if e[0] != '[' {
				list = append(list, memberPairs(name, e)...)
			}
		}
		return list
	case 'n':
		return nil
	}
	return []pair{{name, string(raw)}}
}

// mostBroken is how many members are read of an object that is none: each may look
// through all that follows it.
const mostBroken = 32

// brokenPairs reads what became of a JSON template when the app put texts into it as
// they are, with quotes, backslashes and line ends (section 1). Only names that known
// accepts end a text, so that it may hold quotes and commas. ok is false when data does
// not even look like that. The time is about linear in data.
func brokenPairs(data []byte, known func(name string) bool) (list []pair, ok bool) {
	rest := strings.TrimSpace(string(data))
	if !strings.HasPrefix(rest, "{") {
		return nil, false
	}
	for len(list) < mostBroken {
		if trimmed := strings.TrimLeft(rest, jsonBlanks); trimmed == "" || endsObject(trimmed) {
			return list, len(list) > 0
		}
		name, value, ok := memberAt(rest)
		if !ok {
			return nil, false
		}
		var text string
		if strings.HasPrefix(value, `"`) {
			text, rest = brokenText(value[1:], known)
		} else if text, rest, ok = plainValue(value); !ok {
			return nil, false
		}
		list = append(list, pair{name, text})
	}
	return list, true
}

const jsonBlanks = " \t\r\n"

// endsObject reports whether nothing follows but the end of the object.
func endsObject(s string) bool {
	return strings.HasPrefix(s, "}") && strings.TrimLeft(s[1:], jsonBlanks) == ""
}

// memberAt reads the name of a member, behind what may stand between members, and
// returns what follows its colon.
func memberAt(s string) (name, value string, ok bool) {
	const longest = 64 // bytes
	s = strings.TrimLeft(s, jsonBlanks+",{")
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	end := 1
	for end < len(s) && end <= longest && isNameByte(s[end]) {
		end++
	}
	if end == 1 || !strings.HasPrefix(s[end:], `"`) {
		return "", "", false
	}
	value, ok = strings.CutPrefix(strings.TrimLeft(s[end+1:], jsonBlanks), ":")
	return s[1:end], strings.TrimLeft(value, jsonBlanks), ok
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// plainValue reads a number, true, false or null.
func plainValue(s string) (text, rest string, ok bool) {
	end := strings.IndexAny(s, jsonBlanks+",}")
	if end < 1 || end > 32 || !json.Valid([]byte(s[:end])) {
		return "", "", false
	}
	return s[:end], s[end:], true
}

// brokenText reads a string behind its opening quote. It ends at the first quote behind
// which the object ends or a known member follows; an object in the string, put there
// without escapes, is passed over as a whole.
func brokenText(s string, known func(string) bool) (text, rest string) {
	if strings.HasPrefix(s, "{") {
		d := json.NewDecoder(strings.NewReader(s))
		var raw json.RawMessage
		if d.Decode(&raw) == nil {
			if after := s[d.InputOffset():]; strings.HasPrefix(after, `"`) && memberEnds(after[1:], known) {
				return string(raw), after[1:]
			}
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"' && memberEnds(s[i+1:], known):
			return unescapeLoosely(s[:i]), s[i+1:]
		}
	}
	return unescapeLoosely(strings.TrimRight(s, "\"} \t\r\n")), ""
}

// memberEnds reports whether what follows a quote shows that it closed a value.
func memberEnds(rest string, known func(string) bool) bool {
	trimmed := strings.TrimLeft(rest, jsonBlanks)
	switch {
	case trimmed == "":
		return true
	case trimmed[0] == '}':
		return endsObject(trimmed)
	case trimmed[0] != ',':
		return false
	}
	name, value, ok := memberAt(trimmed)
	if !ok || !known(name) {
		return false
	}
	if strings.HasPrefix(value, `"`) {
		return true
	}
	_, _, ok = plainValue(value)
	return ok
}

// unescapeLoosely decodes the escapes of JSON and leaves every other backslash.
func unescapeLoosely(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		n := 2
		if s[i+1] == 'u' {
			n = 6
			if i+12 <= len(s) && s[i+6] == '\\' && s[i+7] == 'u' {
				n = 12 // may be a surrogate pair
			}
		}
		var decoded string
		if i+n <= len(s) && json.Unmarshal([]byte(`"`+s[i:i+n]+`"`), &decoded) == nil {
			b.WriteString(decoded)
			i += n - 1
			continue
		}
		b.WriteByte('\\')
	}
	return b.String()
}
