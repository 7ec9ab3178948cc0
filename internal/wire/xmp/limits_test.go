package xmp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/wire/xmltree"
)

// described wraps the content of an rdf:Description; declarations go into its tag.
func described(declarations, content string) []byte {
	return []byte(`<rdf:RDF xmlns:rdf="` + spaceRDF + `" xmlns:m="` + spaceOf("xmpMM") + `"><rdf:Description ` + declarations + `>` + content +
		`</rdf:Description></rdf:RDF>`)
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		what string
	}{
		"bytes":      {make([]byte, MaxBytes+1), "bytes"},
		"properties": {described("", numbered(maxProperties+1, "<m:p%d/>")), "properties"},
		"value":      {described("", "<m:p>"+strings.Repeat("x", maxValue+1)+"</m:p>"), "bytes in a value of p"},
		"list value": {described("", "<m:p><rdf:Bag><rdf:li>"+strings.Repeat("x", maxValue+1)+"</rdf:li></rdf:Bag></m:p>"), "bytes in a value of p"},
		"attribute":  {described(`m:p="`+strings.Repeat("x", maxValue+1)+`"`, ""), "bytes in a value of p"},
		"namespaces": {described(numbered(maxNamespaces+1, ` xmlns:q%[1]d="urn:%[1]d" q%[1]d:p="1"`), ""), "namespaces"},
		"grows":      {described("", numbered(60, "<m:p%d>"+strings.Repeat("'", maxValue-100)+"</m:p%[1]d>")), "bytes when written"},
		"levels":     {described("", strings.Repeat("<m:p>", maxDepth-2)+strings.Repeat("</m:p>", maxDepth-2)), "levels of elements when written"},
	} {
		_, err := Parse(c.data)
		var limit *LimitError
		if !errors.As(err, &limit) || limit.What != c.what {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{
		"depth":    described("", strings.Repeat("<m:p>", 70)+strings.Repeat("</m:p>", 70)),
		"elements": described("", "<m:p><rdf:Bag>"+strings.Repeat("<rdf:li/>", maxElements)+"</rdf:Bag></m:p>"),
	} {
		_, err := Parse(data)
		var refused *xmltree.Error
		if !errors.As(err, &refused) || refused.Kind != xmltree.KindLimit {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := parse(t, described("", numbered(maxProperties, "<m:p%d>v</m:p%[1]d>")))
	if n := len(parse(t, full.Bytes()).Values()); n != maxProperties {
		t.Errorf("%d of %d properties came back", n, maxProperties)
	}
}

func TestLimitErrorText(t *testing.T) {
	for want, e := range map[string]*LimitError{
		"it has more than 200 namespaces":       {What: "namespaces", Limit: 200},
		"it has 5000000 bytes, the limit is 42": {What: "bytes", Limit: 42, Sent: 5_000_000},
	} {
		if e.Error() != want {
			t.Errorf("%q, want %q", e, want)
		}
	}
}

// TestWrittenSize has a long namespace and many elements: a namespace is written once.
func TestWrittenSize(t *testing.T) {
	data := described(`xmlns:a="`+strings.Repeat("u", 10_000)+`"`, "<m:p>"+strings.Repeat("<a:y/>", 10_000)+"</m:p>")
	if written := len(parse(t, data).Bytes()); written > 4*len(data) {
		t.Errorf("%d bytes became %d", len(data), written)
	}
}

// TestOverLimitChanges makes sure that a refused change changes nothing.
func TestOverLimitChanges(t *testing.T) {
	p := parse(t, described(numbered(150, ` xmlns:q%[1]d="urn:%[1]d" q%[1]d:p="1"`), ""))
	before := string(p.Bytes())
	template := parse(t, described(numbered(150, ` xmlns:q%[1]d="urn:other:%[1]d" q%[1]d:p="1"`), ""))
	for name, err := range map[string]error{
		"Merge":       p.Merge(template),
		"Set":         p.Set("dc.source", strings.Repeat("x", maxValue+1)),
		"AddSubjects": p.AddSubjects("fine", strings.Repeat("x", maxValue+1)),
		"Set many":    p.Set("dc.subject", make([]string, maxElements)...),
	} {
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, string(p.Bytes())); diff != "" {
		t.Errorf("the packet changed (-before +after):\n%s", diff)
	}
}
