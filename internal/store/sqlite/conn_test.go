package sqlite

import "testing"

func TestPositional(t *testing.T) {
	for _, test := range []struct {
		query, want string
		ok          bool
	}{
		{"SELECT 1", "SELECT 1", true},
		{"a = $1 AND b IN ($2,$3)", "a = ? AND b IN (?,?)", true},
		{"$1$2$3$4$5$6$7$8$9$10$11", "???????????", true},
		{"a = $1 AND b = $1", "", false},
		{"a = $2 AND b = $1", "", false},
		{"a = $", "", false},
	} {
		got, err := positional(test.query)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("positional(%q) = %q, %v, want %q", test.query, got, err, test.want)
		}
	}
}
