package xmp

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
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
	p.AddSubjects("new", "shoe", " ", "new")
	if err := p.Set("dc.description", "A boot"); err != nil {
		t.Fatal(err)
	}
	if err := p.Set("photoshop.City"); err != nil {
		t.Fatal(err)
	}
	if err := p.Set("nowhere.City", "x"); err == nil {
		t.Error("an unknown prefix was taken")
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
	p.Merge(template)
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
	for name, data := range map[string][]byte{"bomb": bomb, "cut": Pack(plain)[:20], "four layers": zipped(zipped(zipped(zipped(plain))))} {
		if _, err := Unpack(data); err == nil {
			t.Errorf("%s was unpacked", name)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, data := range map[string]string{
		"no XML": "hello", "no RDF": "<a/>", "another RDF": "<RDF xmlns='urn:x'/>",
		"a long value": `<rdf:RDF xmlns:rdf="` + spaceRDF + `" xmlns:a="urn:a"><rdf:Description><a:b>` + string(bytes.Repeat([]byte("x"), maxValue+1)) + `</a:b></rdf:Description></rdf:RDF>`,
	} {
		if _, err := Parse([]byte(data)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(photo))
	f.Add(New().Bytes())
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
	})
}
