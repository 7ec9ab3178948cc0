package sqlstore

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"

	"sluice/internal/ingest"
)

// query collects a statement piece by piece.
type query struct {
	text strings.Builder
	args []any
}

// add appends text. Each '?' in it becomes the next numbered placeholder.
func (q *query) add(text string, args ...any) {
	n := len(q.args)
	for {
		before, after, found := strings.Cut(text, "?")
		q.text.WriteString(before)
		if !found {
			break
		}
		n++
		q.text.WriteByte('$')
		q.text.WriteString(strconv.Itoa(n))
		text = after
	}
	q.args = append(q.args, args...)
}

func (q *query) String() string { return q.text.String() }

// in appends "column IN (…)". The list is filled up to a power of two with its last
// value, so that lists of many lengths share few statements.
func in[T any](q *query, column string, values []T) {
	if len(values) == 0 {
		q.add("1 = 0")
		return
	}
	q.add(column + " IN (")
	for i := range 1 << bits.Len(uint(len(values)-1)) {
		if i > 0 {
			q.add(",")
		}
		q.add("?", values[min(i, len(values)-1)])
	}
	q.add(")")
}

// prefix appends the condition that a column starts with p, as a range that an
// index can serve.
func (q *query) prefix(column, p string) {
	q.add(column+" >= ?", p)
	if end, ok := afterPrefix(p); ok {
		q.add(" AND "+column+" < ?", end)
	}
}

// afterPrefix returns the smallest string that is greater than every string
// starting with p, and false when there is none. Strings compare byte by byte,
// which for UTF-8 is the order of code points.
func afterPrefix(p string) (string, bool) {
	for p != "" {
		r, size := utf8.DecodeLastRuneInString(p)
		rest := p[:len(p)-size]
		switch {
		case r == utf8.RuneError && size == 1:
			if last := p[len(p)-1]; last < 0xff {
				return rest + string([]byte{last + 1}), true
			}
		case r == 0xd7ff: // the surrogates that follow are not characters
			return rest + "\ue000", true
		case r < utf8.MaxRune:
			return rest + string(r+1), true
		}
		p = rest
	}
	return "", false
}

// perCompany is the number of companies up to which a list reads each company's
// index on its own, in order, instead of sorting all of their rows.
const perCompany = 16

// companyArms splits the companies of a filter into those that one SELECT of a
// list covers each. A nil arm does not restrict.
func companyArms(companies []ingest.Number) [][]ingest.Number {
	if companies == nil {
		return [][]ingest.Number{nil}
	}
	if len(companies) > perCompany {
		return [][]ingest.Number{companies}
	}
	arms := make([][]ingest.Number, len(companies))
	for i := range companies {
		arms[i] = companies[i : i+1]
	}
	return arms
}

// limit returns the row limit of a page; a page without one is empty.
func limit(p ingest.Page) int { return max(p.Limit, 0) }
