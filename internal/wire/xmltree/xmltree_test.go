package xmltree

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want *Element
	}{
		{"empty element", `<a/>`, &Element{Local: "a"}},
		{"blanks in tags", "<a \n></a\t>", &Element{Local: "a"}},
		{"default namespace", `<a xmlns="urn:x"><b/></a>`,
			&Element{Space: "urn:x", Local: "a", Children: []*Element{{Space: "urn:x", Local: "b"}}}},
		{"prefix", `<p:a xmlns:p='urn:x'><b p:c="1" d='2'/></p:a>`,
			&Element{Space: "urn:x", Local: "a", Children: []*Element{
				{Local: "b", Attr: []Attr{{"urn:x", "c", "1"}, {"", "d", "2"}}}}}},
		{"undeclared prefix", `<tns:a><q:b/></tns:a>`, &Element{Local: "a", Children: []*Element{{Local: "b"}}}},
		{"inner scope ends", `<a xmlns="urn:x"><b xmlns="urn:y"/><c xmlns=""/><d/></a>`,
			&Element{Space: "urn:x", Local: "a", Children: []*Element{
				{Space: "urn:y", Local: "b"}, {Local: "c"}, {Space: "urn:x", Local: "d"}}}},
		{"xml prefix", `<a xml:lang="en"/>`, &Element{Local: "a", Attr: []Attr{{xmlSpace, "lang", "en"}}}},
		{"declaration and prolog", "\ufeff<?xml version='1.0'?>\n<!-- <b> -->\n<?pi ?><a>1</a>", &Element{Local: "a", Text: "1"}},
		{"white space before the declaration", " \r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>é</a>", &Element{Local: "a", Text: "é"}},
		{"white space before the mark", "\n \ufeff <a/>", &Element{Local: "a"}},
		{"stray quote behind the root", `<a>1</a>"`, &Element{Local: "a", Text: "1"}},
		{"second root behind the root", `<a/><!DOCTYPE b><b>&</b>`, &Element{Local: "a"}},
		{"forbidden characters behind the root", "<a>é</a>\x00\xff", &Element{Local: "a", Text: "é"}},
		{"references", `<a b="&lt;&#65;">&amp;&lt;&gt;&quot;&apos;&#x20AC;&#0000065;</a>`,
			&Element{Local: "a", Attr: []Attr{{"", "b", "<A"}}, Text: `&<>"'€A`}},
		{"CDATA", `<a>x<![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>`, &Element{Local: "a", Text: "x<b>&amp;]]>"}},
		{"text around children", `<a>1<b/>2<!-- c -->3</a>`, &Element{Local: "a", Text: "123", Children: []*Element{{Local: "b"}}}},
		{"line ends", "<a b=\"x\r\ny\tz\">1\r\n2\r3<![CDATA[\r\n]]>&#13;</a>",
			&Element{Local: "a", Attr: []Attr{{"", "b", "x y z"}}, Text: "1\n2\n3\n\r"}},
		{"references in attributes keep white space", `<a b="&#10;"/>`, &Element{Local: "a", Attr: []Attr{{"", "b", "\n"}}}},
		{"names beyond ASCII", "<größe ä-1.x·='1'/>", &Element{Local: "größe", Attr: []Attr{{"", "ä-1.x·", "1"}}}},
		{"comment with dashes", `<a><!-- a -- b ---></a>`, &Element{Local: "a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse([]byte(test.in), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseEncodings(t *testing.T) {
	wide := func(s string, big bool) string {
		var out []byte
		for _, unit := range utf16.Encode([]rune(s)) {
			low, high := byte(unit), byte(unit>>8)
			if big {
				low, high = high, low
			}
			out = append(out, low, high)
		}
		return string(out)
	}
	tests := []struct{ name, in, want string }{
		{"UTF-8 with mark", "\xef\xbb\xbf<a>€</a>", "€"},
		{"UTF-16LE with mark", "\xff\xfe" + wide("<a>€𝄞</a>", false), "€𝄞"},
		{"UTF-16BE with mark", "\xfe\xff" + wide("<a>€𝄞</a>", true), "€𝄞"},
		{"UTF-16LE without mark", wide("<?xml version='1.0' encoding='UTF-16'?><a>é</a>", false), "é"},
		{"UTF-16BE without mark", wide(" <a>é</a>", true), "é"},
		{"UTF-16 with an odd byte behind", "\xff\xfe" + wide("<a>é</a>", false) + "\"", "é"},
		{"UTF-16 declared, bytes are UTF-8", "<?xml version='1.0' encoding='utf-16'?><a>é</a>", "é"},
		{"ISO-8859-1 declared", "<?xml version='1.0' encoding = \"ISO-8859-1\" ?><a>\xe9\xa4</a>", "é¤"},
		{"ISO-8859-15 declared", "<?xml version='1.0' encoding='iso-8859-15'?><a>\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe\xe9</a>", "€ŠšŽžŒœŸé"},
		{"windows-1252 declared", "<?xml version='1.0' encoding='Windows-1252'?><a>\x80\x92\x9f\x81\xe9</a>", "€’Ÿ\u0081é"},
		{"US-ASCII declared", "<?xml version='1.0' encoding='US-ASCII'?><a>x</a>", "x"},
		{"nothing declared, not UTF-8", "<a>caf\xe9</a>", "café"},
		{"UTF-8 declared, not UTF-8", "<?xml version='1.0' encoding='UTF-8'?><a>caf\xe9</a>", "café"},
		{"not UTF-8 only behind the root", "<a>caf\u00e9</a>\xe9", "café"},
		{"element name not UTF-8", "<r\xe9sum\xe9>1</r\xe9sum\xe9>", "1"},
		{"encoding without value", "<?xml version='1.0' encoding ?><a>é</a>", "é"},
		{"encoding without quotes", "<?xml version='1.0' encoding=latin1 ?><a>é</a>", "é"},
		{"encoding not closed", "<?xml version='1.0' encoding='latin1 ?><a>é</a>", "é"},
		{"no encoding", "<?xml version='1.0'?><a>é</a>", "é"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse([]byte(test.in), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != test.want {
				t.Errorf("text %q, want %q", got.Text, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat("<a>", 65)
	tests := []struct {
		name string
		in   string
		want Kind
	}{
		{"nothing", "", KindSyntax},
		{"blanks only", " \n ", KindSyntax},
		{"text only", "hello", KindSyntax},
		{"text before the root", "x<a/>", KindSyntax},
		{"doctype", `<!DOCTYPE a><a/>`, KindDTD},
		{"doctype in lower case", `<!doctype a><a/>`, KindDTD},
		{"external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, KindDTD},
		{"doctype inside the root", `<a><!DOCTYPE b></a>`, KindDTD},
		{"entity inside the root", `<a><!ENTITY b "c"></a>`, KindDTD},
		{"entity bomb", `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>`, KindDTD},
		{"unknown declaration", `<a><!FOO></a>`, KindSyntax},
		{"unknown entity", `<a>&nbsp;</a>`, KindEntity},
		{"unknown entity in an attribute", `<a b="&x;"/>`, KindEntity},
		{"bare ampersand", `<a>a & b</a>`, KindSyntax},
		{"ampersand far from a semicolon", `<a>&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;</a>`, KindSyntax},
		{"reference without number", `<a>&#x;</a>`, KindSyntax},
		{"reference to NUL", `<a>&#0;</a>`, KindCharacter},
		{"reference to a control character", `<a>&#x1b;</a>`, KindCharacter},
		{"reference to a surrogate", `<a>&#xD800;</a>`, KindCharacter},
		{"reference beyond Unicode", `<a>&#x110000;</a>`, KindCharacter},
		{"reference beyond 32 bits", `<a>&#99999999999;</a>`, KindSyntax},
		{"NUL in text", "<a>\x00</a>", KindCharacter},
		{"control character in text", "<a>\x08</a>", KindCharacter},
		{"control character in CDATA", "<a><![CDATA[\x1f]]></a>", KindCharacter},
		{"control character in a comment", "<a><!--\x01--></a>", KindCharacter},
		{"control character in an attribute", "<a b='\x02'/>", KindCharacter},
		{"noncharacter", "<a>\ufffe</a>", KindCharacter},
		{"unknown encoding", "<?xml version='1.0' encoding='EBCDIC'?><a/>", KindEncoding},
		{"mark of UTF-8, not UTF-8", "\xef\xbb\xbf<a>\xe9</a>", KindEncoding},
		{"root not closed", "<a>", KindSyntax},
		{"wrong end tag", "<a></b>", KindSyntax},
		{"wrong prefix in the end tag", "<p:a></q:a>", KindSyntax},
		{"end tag alone", "</a>", KindSyntax},
		{"end tag cut", "<a></a", KindSyntax},
		{"end tag without name", "<a></>", KindSyntax},
		{"start tag cut", "<a b='1'", KindSyntax},
		{"name missing", "< a/>", KindSyntax},
		{"name begins with a digit", "<1/>", KindSyntax},
		{"two colons", "<a:b:c/>", KindSyntax},
		{"colon first", "<:a/>", KindSyntax},
		{"colon last", "<a:/>", KindSyntax},
		{"attribute without value", "<a b/>", KindSyntax},
		{"attribute without quotes", "<a b=1/>", KindSyntax},
		{"attribute cut after the equals sign", "<a b=", KindSyntax},
		{"attribute value not closed", "<a b='1>", KindSyntax},
		{"attribute twice", "<a b='1' b='2'/>", KindSyntax},
		{"attributes not separated", "<a b='1'c='2'/>", KindSyntax},
		{"attribute name bad", "<a 1='1'/>", KindSyntax},
		{"less-than sign in an attribute", "<a b='<'/>", KindSyntax},
		{"comment not closed", "<a><!-- </a>", KindSyntax},
		{"processing instruction not closed", "<?xml <a/>", KindSyntax},
		{"CDATA not closed", "<a><![CDATA[ </a>", KindSyntax},
		{"CDATA before the root", "<![CDATA[x]]><a/>", KindSyntax},
		{"too deep", deep, KindLimit},
		{"name too long", "<" + strings.Repeat("n", 513) + "/>", KindLimit},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root, err := Parse([]byte(test.in), Limits{})
			var refused *Error
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, %v", root, err)
			}
			if refused.Kind != test.want {
				t.Errorf("refused as %v, want %v: %v", refused.Kind, test.want, err)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	tests := []struct {
		name   string
		limits Limits
		fits   string
		beyond string
	}{
		{"bytes", Limits{Bytes: 10}, "<a>123</a>", "<a>1234</a>"},
		{"depth", Limits{Depth: 2}, "<a><b/></a>", "<a><b><c/></b></a>"},
		{"elements", Limits{Elements: 3}, "<a><b/><b/></a>", "<a><b/><b/><b/></a>"},
		{"attributes", Limits{Attributes: 2}, "<a b='' xmlns:c=''/>", "<a b='' xmlns:c='' d=''/>"},
		{"text", Limits{Text: 3}, "<a>12<b>123</b>3</a>", "<a>12<b/>34</a>"},
		{"text in references", Limits{Text: 2}, "<a>&amp;&lt;</a>", "<a>&amp;&lt;&gt;</a>"},
		{"CDATA", Limits{Text: 3}, "<a>1<![CDATA[23]]></a>", "<a>1<![CDATA[234]]></a>"},
		{"attribute value", Limits{Text: 3}, "<a b='123'/>", "<a b='1234'/>"},
		{"default text", Limits{Bytes: 4 << 20}, "<a>" + many(1<<20, "x") + "</a>", "<a>" + many(1<<20+1, "x") + "</a>"},
		{"default elements", Limits{}, "<a>" + many(49_999, "<b/>") + "</a>", "<a>" + many(50_000, "<b/>") + "</a>"},
		{"declarations in force", Limits{}, many(64, "<a xmlns:b='' xmlns:c='' xmlns:d='' xmlns:e=''>") + many(64, "</a>"),
			many(64, "<a xmlns:b='' xmlns:c='' xmlns:d='' xmlns:e='' xmlns:f=''>") + many(64, "</a>")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Parse([]byte(test.fits), test.limits); err != nil {
				t.Errorf("document at the limit: %v", err)
			}
			_, err := Parse([]byte(test.beyond), test.limits)
			var refused *Error
			if !errors.As(err, &refused) || refused.Kind != KindLimit {
				t.Errorf("document beyond the limit: %v", err)
			}
		})
	}
}

func TestErrorQuotesNothing(t *testing.T) {
	_, err := Parse([]byte("<a><password>s3cret</b></a>"), Limits{})
	if got, want := err.Error(), "xml: end tag does not match the open element at byte 22"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestKindNames(t *testing.T) {
	names := map[string]Kind{}
	for kind := KindSyntax; kind <= KindLimit+1; kind++ {
		if other, taken := names[kind.String()]; taken {
			t.Errorf("kinds %d and %d share the name %q", kind, other, kind)
		}
		names[kind.String()] = kind
	}
	if got := (KindLimit + 1).String(); got != "kind(7)" {
		t.Errorf("unknown kind is called %q", got)
	}
}

func TestElementLookups(t *testing.T) {
	root, err := Parse([]byte(`<a b="1" x:c="2"><d>first</d><d>second</d></a>`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := root.Child("d"); got == nil || got.Text != "first" {
		t.Errorf("child d is %v", got)
	}
	if got := root.Child("e"); got != nil {
		t.Errorf("child e is %v", got)
	}
	if value, ok := root.Attribute("c"); !ok || value != "2" {
		t.Errorf("attribute c is %q, %v", value, ok)
	}
	if _, ok := root.Attribute("d"); ok {
		t.Error("attribute d was found")
	}
	var none *Element
	if _, ok := none.Attribute("a"); ok || none.Child("a") != nil {
		t.Error("a nil element has content")
	}
}

func TestAppendText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain é€𝄞", "plain é€𝄞"},
		{`<a b="c" d='e'>&`, "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;"},
		{"1\r\n2\t3", "1&#13;\n2\t3"},
		{"a\x00b\x1b\ufffe", "a\ufffdb\ufffd\ufffd"},
		{"\xff\xc3", "\ufffd\ufffd"},
	}
	for _, test := range tests {
		if got := string(AppendText(nil, test.in)); got != test.want {
			t.Errorf("%q became %q, want %q", test.in, got, test.want)
		}
	}
}

func TestIsText(t *testing.T) {
	for in, want := range map[string]bool{"": true, "a\tb\r\n€": true, "a\x00": false, "\xff": false, "\uffff": false} {
		if got := IsText(in); got != want {
			t.Errorf("IsText(%q) = %v", in, got)
		}
	}
}
