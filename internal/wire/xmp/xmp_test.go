package xmp

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const photo = `<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.6">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:acme="http://example.com/acme/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmp:CreatorTool="Adobe Photoshop &amp; Co" acme:shelf="B 7">
   <dc:title><rdf:Alt><rdf:li xml:lang="de">Stiefel</rdf:li><rdf:li xml:lang="x-default">Boot</rdf:li></rdf:Alt></dc:title>
   <dc:subject><rdf:Bag><rdf:li>shoe</rdf:li><rdf:li>brown &lt;dark&gt;</rdf:li></rdf:Bag></dc:subject>
   <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator>
   <xmpMM:History><rdf:Seq><rdf:li rdf:parseType="Resource"><stEvt:action>saved</stEvt:action></rdf:li></rdf:Seq></xmpMM:History>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"><photoshop:City>Köln</photoshop:City></rdf:Description>
 </rdf:RDF>
</x:xmpmeta><?xpacket end="w"?>`

func photoValues() map[string][]string {
	return map[string][]string{
		"xmp.CreatorTool": {"Adobe Photoshop & Co"}, "acme.shelf": {"B 7"}, "dc.title": {"Boot", "Stiefel"},
		"dc.subject": {"shoe", "brown <dark>"}, "dc.creator": {"Ada"}, "photoshop.City": {"Köln"},
	}
}

func parse(t *testing.T, data []byte) *Packet {
	t.Helper()
	p, err := Parse(data)
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, data)
	}
	return p
}

func TestRoundTrip(t *testing.T) {
	p := parse(t, []byte(photo))
	if diff := cmp.Diff(photoValues(), p.Values()); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	written := p.Bytes()
	again := parse(t, written)
	if diff := cmp.Diff(photoValues(), again.Values()); diff != "" {
		t.Errorf("values after writing differ (-want +got):\n%s", diff)
	}
	if !bytes.Contains(written, []byte("saved")) || !bytes.Contains(written, []byte(`rdf:parseType="Resource"`)) {
		t.Errorf("the structure is lost:\n%s", written)
	}
	if !bytes.Equal(again.Bytes(), written) {
		t.Errorf("writing again gives\n%s\nafter\n%s", again.Bytes(), written)
	}
}

func TestChanges(t *testing.T) {
	p := parse(t, []byte(photo))
	if err := p.AddSubjects("new", "shoe", " ", "new"); err != nil {
		t.Fatal(err)
	}
	if err := p.Set("dc.description", "A boot"); err != nil {
		t.Fatal(err)
	}
	if err := p.Set("photoshop.City"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nowhere.City", "City", "dc", "dc.", "rdf.about", "xml.lang", "x.xmptk", "dc.a><dc:b", "dc.a b", "dc.a:b", "dc.1", "dc." + strings.Repeat("a", 500)} {
		if err := p.Set(name, "x"); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	want := photoValues()
	want["dc.subject"] = append(want["dc.subject"], "new")
	want["dc.description"] = []string{"A boot"}
	delete(want, "photoshop.City")
	if diff := cmp.Diff(want, parse(t, p.Bytes()).Values()); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	template := New()
	for name, value := range map[string]string{"dc.rights": "ACME", "photoshop.City": "Bonn"} {
		if err := template.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	p := parse(t, []byte(photo))
	if err := p.Merge(template); err != nil {
		t.Fatal(err)
	}
	want := photoValues()
	want["dc.rights"], want["photoshop.City"] = []string{"ACME"}, []string{"Bonn"}
	if diff := cmp.Diff(want, parse(t, p.Bytes()).Values()); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
}

func TestPacking(t *testing.T) {
	zipped := func(data []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(data)
		w.Close()
		return b.Bytes()
	}
	deflated := func(data []byte) []byte {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		w.Write(data)
		w.Close()
		return b.Bytes()
	}
	plain := []byte(photo)
	if !bytes.Equal(zipped(deflated(plain))[:2], Pack(plain)[:2]) {
		t.Error("Pack gives something else than gzip")
	}
	for name, data := range map[string][]byte{"packed": Pack(plain), "zlib": deflated(plain), "gzip": zipped(plain), "plain": plain} {
		got, err := Unpack(data)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %v, %d bytes", name, err, len(got))
		}
	}
	bomb := Pack(make([]byte, MaxBytes+1))
	for name, data := range map[string][]byte{"bomb": bomb, "cut": Pack(plain)[:20], "a long document": make([]byte, MaxBytes+1), "four layers": zipped(zipped(zipped(zipped(plain))))} {
		_, err := Unpack(data)
		if err == nil {
			t.Errorf("%s was unpacked", name)
		}
		var limit *LimitError
		if over := name == "bomb" || name == "a long document"; errors.As(err, &limit) != over {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, data := range map[string]string{
		"a name with two colons":                   string(described("", "<m:p><q:xmp:foo/><m:x/></m:p>")),
		"an attribute given twice":                 string(described("", `<m:p xmlns:n="`+spaceOf("xmpMM")+`" m:a="1" n:a="2"/>`)),
		"a default namespace made of an attribute": string(described("", `<m:p><m:x q:xmlns="urn:x"/></m:p>`)),
		"no XML": "hello", "no RDF": "<a/>", "another RDF": "<RDF xmlns='urn:x'/>",
		"a long value": `<rdf:RDF xmlns:rdf="` + spaceRDF + `" xmlns:a="urn:a"><rdf:Description><a:b>` + string(bytes.Repeat([]byte("x"), maxValue+1)) + `</a:b></rdf:Description></rdf:RDF>`,
	} {
		if _, err := Parse([]byte(data)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// TestMergePrefixes merges packets that use one prefix for different namespaces, and different
// prefixes for one namespace.
func TestMergePrefixes(t *testing.T) {
	p := parse(t, described(`xmlns:acme="urn:a" xmlns:b="urn:b" acme:v="1" b:w="2"`, ""))
	template := parse(t, described(`xmlns:acme="urn:c" xmlns:z="urn:b" acme:v="3" z:w="4"`, ""))
	if err := p.Merge(template); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"acme.v": {"1"}, "b.w": {"4"}, "ns1.v": {"3"}}
	if diff := cmp.Diff(want, parse(t, p.Bytes()).Values()); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string{"acme.v": {"3"}, "z.w": {"4"}}, template.Values()); diff != "" {
		t.Errorf("the template changed (-want +got):\n%s", diff)
	}
}

func TestPrefixes(t *testing.T) {
	for name, c := range map[string]struct {
		declarations string
		want         map[string][]string
	}{
		"usual prefix of another namespace": {`xmlns:dc="urn:dc" dc:title="t"`, map[string][]string{"ns1.title": {"t"}}},
		"other prefix of a usual namespace": {`xmlns:q="` + spaceOf("dc") + `" q:source="t"`, map[string][]string{"dc.source": {"t"}}},
		"quotes in a namespace":             {`xmlns:q="urn:'a'&amp;b&#10;c" q:c="t"`, map[string][]string{"q.c": {"t"}}},
		"prefix with a dot":                 {`xmlns:a.b="urn:ab" a.b:c="t"`, map[string][]string{"ns1.c": {"t"}}},
		"prefix that is made up elsewhere":  {`xmlns:ns1="urn:one" xmlns:a.b="urn:ab" ns1:c="1" a.b:c="2"`, map[string][]string{"ns1.c": {"1"}, "ns2.c": {"2"}}},
	} {
		if diff := cmp.Diff(c.want, parse(t, described(c.declarations, "")).Values()); diff != "" {
			t.Errorf("%s: values differ (-want +got):\n%s", name, diff)
		}
	}
}

func TestForms(t *testing.T) {
	p := New()
	for name, values := range map[string][]string{
		"dc.title": {"T"}, "dc.creator": {"B", "A"}, "dc.subject": {"s"}, "dc.source": {"x\x00y\xff"}, "photoshop.City": {"one", "two"},
	} {
		if err := p.Set(name, values...); err != nil {
			t.Fatal(err)
		}
	}
	written := string(p.Bytes())
	for _, want := range []string{
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">T</rdf:li></rdf:Alt></dc:title>`,
		`<dc:creator><rdf:Seq><rdf:li>B</rdf:li><rdf:li>A</rdf:li></rdf:Seq></dc:creator>`,
		`<dc:subject><rdf:Bag><rdf:li>s</rdf:li></rdf:Bag></dc:subject>`,
		"<dc:source>x\uFFFDy\uFFFD</dc:source>",
		`<photoshop:City><rdf:Bag><rdf:li>one</rdf:li><rdf:li>two</rdf:li></rdf:Bag></photoshop:City>`,
	} {
		if !strings.Contains(written, want) {
			t.Errorf("%s is not in\n%s", want, written)
		}
	}
	if diff := cmp.Diff(p.Values(), parse(t, []byte(written)).Values()); diff != "" {
		t.Errorf("values differ (-before +after):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(photo))
	f.Add(recorded(f))
	f.Add(New().Bytes())
	for _, seed := range []string{
		`<m:p><q:xmp:foo q:xmlns="x"/><q:1/></m:p>`,
		`<m:p m:a="1" rdf:parseType="Resource"/><m:p xml:lang="de">x</m:p><m:q rdf:resource="a&#10;b"/>`,
		`<m:p><rdf:Alt><rdf:li xml:lang="de">a</rdf:li><rdf:li xml:lang="x-default">b</rdf:li></rdf:Alt></m:p>`,
		`<m:p><rdf:Bag><rdf:li m:a="1"/></rdf:Bag>text<m:b xmlns="urn:d"><c d=""/></m:b></m:p>`,
		`<n:p xmlns:n="urn:a&#13;&#10;b" xmlns:o="urn:a&#13;&#10;b" o:a="1" n:a="2"/>`,
	} {
		f.Add(described("", seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			return
		}
		again, err := Parse(p.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, p.Bytes())
		}
		if diff := cmp.Diff(p.Values(), again.Values()); diff != "" {
			t.Fatalf("values differ (-before +after):\n%s\n%s", diff, p.Bytes())
		}
		if diff := cmp.Diff(string(p.Bytes()), string(again.Bytes())); diff != "" {
			t.Fatalf("writing differs (-first +second):\n%s", diff)
		}
	})
}
