package scene7

import "testing"

func TestParseNamespace(t *testing.T) {
	const base = BaseNamespace
	tests := []struct {
		uri    string
		ok     bool
		answer string
		level  Level
	}{
		{"", true, base, Level13},
		{base, true, base, Level13},
		{base + "/", true, base + "/", Level13},
		{base + "/2008-01-15", true, base + "/2008-01-15", Level13},
		{base + "/2014-04-03", true, base + "/2014-04-03", Level13},
		{base + "/2014-04-03/", true, base + "/2014-04-03/", Level13},
		{base + "/2013-08-29-beta", true, base + "/2013-08-29-beta", Level13},
		{base + "/2016-01-14-beta", true, base + "/2016-01-14-beta", Level16},
		{base + "/2017-10-29-beta", true, base + "/2017-10-29-beta", Level16},
		{base + "/2021-01-11-beta", true, base + "/2021-01-11-beta", Level21},
		{base + "/2023-01-15", true, base + "/2023-01-15", Level21},
		{base + "2014-04-03", false, "", 0},
		{base + "/2014-4-3", false, "", 0},
		{base + "/2014-04-03-gamma", false, "", 0},
		{base + "/2014-04-03//", false, "", 0},
		{base + "//", false, "", 0},
		{base + "/20a4-04-03", false, "", 0},
		{base + "/2014+04-03", false, "", 0},
		{"http://www.scene7.com/IpsApi", false, "", 0},
		{"https://www.scene7.com/IpsApi/xsd", false, "", 0},
		{"urn:other", false, "", 0},
	}
	for _, test := range tests {
		got, ok := ParseNamespace(test.uri)
		if ok != test.ok {
			t.Errorf("%q: accepted %v", test.uri, ok)
			continue
		}
		if ok && (got.Answer() != test.answer || got.Level() != test.level) {
			t.Errorf("%q: answer %q at level %d", test.uri, got.Answer(), got.Level())
		}
	}
}
