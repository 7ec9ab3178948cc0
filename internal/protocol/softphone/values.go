package softphone

import (
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// place is where in a request a value stood. A higher one is trusted more (section 1).
type place uint8

const (
	inHeader place = iota
	inQuery
	inBody
	places = 3
)

// value is one value of a request that means something.
type value struct {
	of   meaning
	name string // folded
	at   place
	text string
}

// values are what a request says, by meaning.
type values struct {
	names aliases
	list  []value
}

// unexpanded matches a variable that an app did not know and sent as it is.
var unexpanded = regexp.MustCompile(`^%[A-Za-z_]+(\[[A-Za-z_]+\])?%$`)

// add notes a value. Empty ones, unexpanded variables and names without a meaning
// are passed over; of several values under one name at one place the first counts,
// but recipients add up.
func (v *values) add(at place, name, text string) {
	table := v.names.parameters
	if at == inHeader {
		table = v.names.headers
	}
	m, ok := table[fold(name)]
	if ok {
		v.put(at, fold(name), m, text)
	}
}

func (v *values) put(at place, name string, m meaning, text string) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || unexpanded.MatchString(trimmed) && (m != meanText || trimmed == "%sms_body%") {
		return // a text between percent signs may be what somebody wrote
	}
	switch m {
	case meanUser:
		text = withPlus(text)
	case meanRecipient: // a list, which may begin with a plus sign that got lost
		v.list = append(v.list, value{of: m, name: name, at: at, text: text})
		return
	case meanText, meanDescription, meanPassword, meanPreview: // as they are
	default:
		text = trimmed
	}
	taken := func(o value) bool { return o.of == m && o.at == at && o.name == name }
	if !slices.ContainsFunc(v.list, taken) {
		v.list = append(v.list, value{of: m, name: name, at: at, text: text})
	}
}

// splitRecipients takes a list apart at its commas. Blanks stand for plus signs that got
// lost if the list begins with one.
func splitRecipients(text string) iter.Seq[string] {
	lost := withPlus(text) != strings.TrimSpace(text)
	return func(yield func(string) bool) {
		for one := range strings.SplitSeq(text, ",") {
			if lost {
				one = withPlus(one)
			}
			if one = strings.TrimSpace(one); one != "" && !yield(one) {
				return
			}
		}
	}
}

// withPlus restores the plus sign before a phone number that was sent raw in a query
// and became a space.
func withPlus(text string) string {
	if rest, ok := strings.CutPrefix(text, " "); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		return "+" + strings.TrimSpace(rest)
	}
	return strings.TrimSpace(text)
}

// header notes what the request's header says, HTTP authentication included.
func (v *values) header(r *http.Request) {
	if c, ok := guard.Credentials(r); ok {
		v.put(inHeader, "authorization", meanUser, c.Login)
		v.put(inHeader, "authorization", meanPassword, c.Password+c.Token)
	}
	for name, list := range r.Header {
		for _, text := range list {
			v.add(inHeader, name, text)
		}
	}
}

// query notes what the request's query says.
func (v *values) query(r *http.Request) {
	for _, p := range formPairs(r.URL.RawQuery) {
		v.add(inQuery, p.name, p.text)
	}
}

// get returns the value of a meaning at the place that is trusted most, "" for none.
func (v *values) get(m meaning) string {
	best := value{}
	found := false
	for _, o := range v.list {
		if o.of == m && (!found || o.at > best.at) {
			best, found = o, true
		}
	}
	return best.text
}

// differ reports whether the request has different values for a meaning.
func (v *values) differ(m meaning) bool {
	first, found := "", false
	for _, o := range v.list {
		switch {
		case o.of != m:
		case !found:
			first, found = o.text, true
		case o.text != first && !(m == meanUser && strings.EqualFold(o.text, first)):
			return true
		}
	}
	return false
}

// recipients returns those of the place that is trusted most, each once. Of more than
// the engine takes it returns one too many.
func (v *values) recipients() []string {
	for at := range places {
		var list []string
		for _, o := range v.list {
			if o.of != meanRecipient || o.at != place(places-1-at) {
				continue
			}
			for one := range splitRecipients(o.text) {
				if !slices.Contains(list, one) {
					list = append(list, one)
				}
				if len(list) > engine.MaxMessageRecipients {
					return list
				}
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// size is the declared size in bytes, -1 when there is none or it is no number.
func (v *values) size() int64 {
	n, err := strconv.ParseInt(v.get(meanSize), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// credentials returns user and password, and whether both are there. Contradictory
// ones are Invalid.
func (v *values) credentials() (user, password string, complete bool, err error) {
	if v.differ(meanUser) || v.differ(meanPassword) {
		return "", "", false, &ingest.Error{Kind: ingest.Invalid, Op: "softphone.credentials", Code: codeContradiction,
			Msg: "the request has different credentials in different places"}
	}
	user, password = v.get(meanUser), v.get(meanPassword)
	return user, password, user != "" && password != "", nil
}
