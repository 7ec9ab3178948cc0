package scene7

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	maxLocale     = 35 // bytes
	defaultLocale = "en"
)

// isLocale reports whether s looks like ll, ll-CC, ll_CC or a longer language tag.
func isLocale(s string) bool {
	if s == "" || len(s) > maxLocale {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (s[i] < '0' || s[i] > '9') && s[i] != '-' && s[i] != '_') {
			return false
		}
	}
	return true
}

// locale is the language that the caller wants: that of the parameters, else of
// the auth header, else the most wanted of Accept-Language, else English.
func (u *upload) locale() string {
	for _, locale := range []string{u.params.Locale, u.auth.Locale, acceptedLocale(u.r.Header)} {
		if isLocale(locale) {
			return locale
		}
	}
	return defaultLocale
}

// acceptedLocale is the language of Accept-Language with the highest weight, the
// first of several, or "".
func acceptedLocale(h http.Header) string {
	best, highest := "", 0.0
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept-Language"), ","), ",") {
		name, params, weighted := strings.Cut(item, ";")
		name = strings.TrimSpace(name)
		q := 1.0
		if weighted {
			weight, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q=")
			parsed, err := strconv.ParseFloat(weight, 64)
			if !ok || err != nil || !(parsed >= 0 && parsed <= 1) {
				continue
			}
			q = parsed
		}
		if q > highest && isLocale(name) {
			best, highest = name, q
		}
	}
	return best
}
