package sqlstore

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestAfterPrefix(t *testing.T) {
	for _, test := range []struct {
		prefix, want string
		ok           bool
	}{
		{"a", "b", true},
		{"shoes/", "shoes0", true},
		{"a\x7f", "a\u0080", true},
		{"aÿ", "aĀ", true},
		{"a\ud7ff", "a\ue000", true},
		{"a\U0010ffff", "b", true},
		{"\U0010ffff\U0010ffff", "", false},
		{"", "", false},
		{"a\xfe", "a\xff", true}, // not UTF-8
		{"a\xff", "b", true},
	} {
		got, ok := afterPrefix(test.prefix)
		if got != test.want || ok != test.ok {
			t.Errorf("afterPrefix(%q) = %q, %v, want %q, %v", test.prefix, got, ok, test.want, test.ok)
		}
		if ok && (got <= test.prefix || got <= test.prefix+"\x7f") {
			t.Errorf("afterPrefix(%q) = %q is not after all strings that start so", test.prefix, got)
		}
	}
}

// TestPlaceholders: they rise by one from the first to the last, as databases
// without numbered ones need it.
func TestPlaceholders(t *testing.T) {
	var q query
	q.add("SELECT 1 WHERE a = ? AND ", 1)
	in(&q, "b", []string{"x", "y"})
	q.add(" AND ")
	q.prefix("c", "p")
	q.add(" LIMIT ?", 9)
	want := "SELECT 1 WHERE a = $1 AND b IN ($2,$3) AND c >= $4 AND c < $5 LIMIT $6"
	if diff := cmp.Diff(want, q.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{1, "x", "y", "p", "q", 9}, q.args); diff != "" {
		t.Error(diff)
	}
}

func TestCompanyArms(t *testing.T) {
	type numbers = []ingest.Number
	seventeen := make(numbers, perCompany+1)
	for _, test := range []struct {
		in   numbers
		want []numbers
	}{
		{nil, []numbers{nil}},
		{numbers{}, []numbers{}},
		{numbers{3, 4}, []numbers{{3}, {4}}},
		{seventeen, []numbers{seventeen}},
	} {
		if diff := cmp.Diff(test.want, companyArms(test.in)); diff != "" {
			t.Errorf("companyArms(%v): %s", test.in, diff)
		}
	}
}
