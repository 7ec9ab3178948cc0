package xmltree

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse checks that Parse answers with a sound tree or a typed error, and that a tree survives being written and
// read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`<?xml version='1.0' encoding='UTF-8'?><uploadPostReturn xmlns="urn:x"><jobHandle>j|2101||NAME|54091</jobHandle></uploadPostReturn>`,
		`<uploadPostParam xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><companyHandle>c|2101</companyHandle></uploadPostParam>"`,
		"\ufeff <!-- c --><p:a xmlns:p='u' p:b=\"&lt;\"><![CDATA[<>&]]>&#x20;</p:a>",
		`<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>`,
		`<a>&x;</a>`,
		strings.Repeat("<a>", 70),
		strings.Repeat("<a xmlns:b='c'>", 63) + strings.Repeat("</a>", 63),
		"\xff\xfe<\x00a\x00>\x00<\x00/\x00a\x00>\x00",
		"\xfe\xff\x00<\x00a\x00/\x00>",
		"<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>",
		"<a>caf\xe9</a>",
		"<a>" + strings.Repeat("x", 1<<16) + "</a>", // 1 MiB stands in TestLimits; mutating it here would only be slow
		"<a>" + strings.Repeat("&#65;", 1000) + "</a>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := Limits{Elements: 1000, Text: 1 << 16}
		root, err := Parse(data, limits)
		if err != nil {
			var refused *Error
			if !errors.As(err, &refused) || refused.Kind < KindSyntax || refused.Kind > KindLimit || root != nil {
				t.Fatalf("refused with %v, %v", root, err)
			}
			return
		}
		sound(t, root, 1)
		again, err := Parse(write(nil, root), Limits{Bytes: 64 << 20})
		if err != nil {
			t.Fatalf("written tree is refused: %v", err)
		}
		// cmp would compare nested slices twice on every level, which never ends on deep trees.
		if !reflect.DeepEqual(plain(root), plain(again)) {
			t.Fatalf("tree changed by writing and reading:\n%q\n%q", write(nil, root), write(nil, again))
		}
	})
}

func sound(t *testing.T, e *Element, depth int) {
	if depth > 64 || e.Local == "" || len(e.Text) > 1<<16 {
		t.Fatalf("unsound element %q at depth %d", e.Local, depth)
	}
	for _, s := range append([]string{e.Space, e.Local, e.Text}, values(e)...) {
		if !IsText(s) {
			t.Fatalf("forbidden character in %q", s)
		}
	}
	for _, child := range e.Children {
		sound(t, child, depth+1)
	}
}

func values(e *Element) []string {
	var all []string
	for _, attr := range e.Attr {
		all = append(all, attr.Space, attr.Local, attr.Value)
	}
	return all
}

// write writes an element with its attributes' namespaces left out and all of its text before its children.
func write(dst []byte, e *Element) []byte {
	dst = append(append(dst, '<'), e.Local...)
	dst = append(AppendText(append(dst, ` xmlns="`...), strings.NewReplacer("\n", " ", "\t", " ").Replace(e.Space)), '"')
	dst = AppendText(append(dst, '>'), e.Text)
	for _, child := range e.Children {
		dst = write(dst, child)
	}
	return append(append(append(dst, "</"...), e.Local...), '>')
}

// plain strips what write leaves out.
func plain(e *Element) *Element {
	bare := &Element{Local: e.Local, Text: e.Text, Space: strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(e.Space)}
	for _, child := range e.Children {
		bare.Children = append(bare.Children, plain(child))
	}
	return bare
}
