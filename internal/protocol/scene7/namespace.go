package scene7

import "strings"

// BaseNamespace is the namespace without a version. Faults are always in it.
const BaseNamespace = "http://www.scene7.com/IpsApi/xsd"

// Level is a stage of the schema: fields appear on the wire from a level on.
type Level int

// The schema levels, named after the year of the first schema that has them.
const (
	Level13 Level = 13 // 2013-02-15, and everything before it
	Level16 Level = 16 // 2016-01-14-beta
	Level21 Level = 21 // 2021-01-11-beta
)

// Namespace is the namespace of a request's operation element, in which the answer is written.
type Namespace struct {
	uri  string
	date string // yyyy-mm-dd, empty for the base namespace
}

// ParseNamespace accepts the base namespace, the base namespace with a date that may end in "-beta", either with a
// slash behind it, and no namespace at all.
func ParseNamespace(uri string) (Namespace, bool) {
	if uri == "" {
		return Namespace{}, true
	}
	rest, ok := strings.CutPrefix(uri, BaseNamespace)
	if !ok {
		return Namespace{}, false
	}
	rest = strings.TrimSuffix(rest, "/")
	if rest == "" {
		return Namespace{uri: uri}, true
	}
	date := strings.TrimSuffix(strings.TrimPrefix(rest, "/"), "-beta")
	if rest[0] != '/' || !isDate(date) {
		return Namespace{}, false
	}
	return Namespace{uri: uri, date: date}, true
}

// isDate reports whether a string has the shape of a date, four, two and two digits.
func isDate(s string) bool {
	const shape = "dddd-dd-dd"
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if shape[i] == '-' && s[i] != '-' || shape[i] == 'd' && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// Answer is the namespace name to answer in: the one of the request as it was written, the base namespace when the
// request had none.
func (n Namespace) Answer() string {
	if n.uri == "" {
		return BaseNamespace
	}
	return n.uri
}

// Date is the version of the namespace as yyyy-mm-dd, empty for the base namespace.
func (n Namespace) Date() string { return n.date }

// Level is the schema level of answers to this namespace. Dates between two levels belong to the lower one, because
// strict generated clients stop at elements that they do not know.
func (n Namespace) Level() Level {
	switch {
	case n.date >= "2021-01-01":
		return Level21
	case n.date >= "2015-01-01":
		return Level16
	}
	return Level13
}
