package softphone

import (
	"encoding/hex"
	"strings"
)

// pair is one parameter of a query or of a form body.
type pair struct{ name, text string }

// mostPairs is how many parameters are read.
const mostPairs = 256

// formPairs takes a query or an urlencoded body apart, in its order. Templates are
// written by people: what is not percent-encoded properly stands for itself.
func formPairs(text string) []pair {
	var list []pair
	for field := range strings.SplitSeq(text, "&") {
		if field == "" {
			continue
		}
		if len(list) == mostPairs {
			break
		}
		name, value, _ := strings.Cut(field, "=")
		if !unexpanded.MatchString(value) { // %account[…]% would decode to rubbish
			value = unescape(value)
		}
		list = append(list, pair{unescape(name), value})
	}
	return list
}

// unescape decodes plus signs and %XX.
func unescape(s string) string {
	if !strings.ContainsAny(s, "+%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s):
			c, err := hex.DecodeString(s[i+1 : i+3])
			if err != nil {
				b.WriteByte('%')
				continue
			}
			b.WriteByte(c[0])
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
