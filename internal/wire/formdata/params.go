package formdata

import (
	"strings"
	"unicode/utf8"
)

// param is one parameter of a header value. Its name is in lower case, its value has quotes and
// escapes removed and is otherwise raw.
type param struct{ name, value string }

// scanParams splits a header value such as `form-data; name=file; filename="a b.mp4"` without ever
// refusing it. kind is the text before the first semicolon. A bare value runs to the next
// semicolon or the end, blanks around it removed.
func scanParams(s string) (kind string, params []param) {
	first, rest, _ := strings.Cut(s, ";")
	if strings.Contains(first, "=") {
		first, rest = "", s
	}
	kind = strings.TrimSpace(first)
	for rest != "" {
		var p param
		end := strings.IndexAny(rest, ";=")
		if end < 0 || rest[end] == ';' {
			_, rest, _ = strings.Cut(rest, ";")
			continue
		}
		p.name = strings.ToLower(strings.TrimSpace(rest[:end]))
		p.value, rest = paramValue(rest[end+1:])
		params = append(params, p)
	}
	return kind, params
}

// paramValue reads a value and what follows the semicolon, or the closing quote, behind it.
func paramValue(s string) (value, rest string) {
	s = strings.TrimLeft(s, " \t")
	if strings.HasPrefix(s, `"`) {
		value, rest = quoted(s[1:])
		rest = strings.TrimLeft(rest, " \t")
		return value, strings.TrimPrefix(rest, ";")
	}
	value, rest, _ = strings.Cut(s, ";")
	return strings.TrimSpace(value), rest
}

// quoted reads a quoted value behind its opening quote. A backslash is an escape only before a
// quote, so Windows paths survive. A quote closes the value only if a semicolon, the end or
// another parameter follows. Without a closing quote the value is all there is.
func quoted(s string) (value, rest string) {
	run := 0 // backslashes directly before i
	for i := range len(s) {
		if s[i] == '\\' {
			run++
			continue
		}
		if s[i] == '"' && run%2 == 0 && closesQuote(s[i+1:]) {
			return unescape(s[:i]), s[i+1:]
		}
		run = 0
	}
	s = strings.TrimRight(s, " \t")
	return unescape(strings.TrimSuffix(s, `"`)), ""
}

func unescape(s string) string {
	return strings.ReplaceAll(s, `\"`, `"`)
}

// closesQuote reports whether rest can follow a closing quote.
func closesQuote(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	if rest == "" || rest[0] == ';' {
		return true
	}
	i := 0
	for i < len(rest) && isTokenByte(rest[i]) {
		i++
	}
	return i > 0 && strings.HasPrefix(strings.TrimLeft(rest[i:], " \t"), "=")
}

// text takes raw bytes as UTF-8 if they are, else as ISO-8859-1.
func text(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	return latin1(raw)
}

func latin1(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		b.WriteRune(rune(raw[i]))
	}
	return b.String()
}
