package xmp

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func recorded(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "photoshop.xmp"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func recordedValues() map[string][]string {
	return map[string][]string{
		"xmp.CreatorTool":       {"Adobe Photoshop 25.4 (Macintosh)"},
		"xmp.CreateDate":        {"2024-03-05T10:20:30+01:00"},
		"xmp.Rating":            {"4"},
		"dc.format":             {"image/tiff"},
		"dc.title":              {"Boot, red", "Stiefel, rot"},
		"dc.creator":            {"Ada Marlow", "Björn Ek"},
		"dc.subject":            {"boot", "red <dark>"},
		"dc.source":             {"studio"},
		"photoshop.ColorMode":   {"3"},
		"photoshop.ICCProfile":  {"Adobe RGB (1998)"},
		"photoshop.Headline":    {`Boots & "more"`},
		"xmpMM.DocumentID":      {"adobe:docid:photoshop:0b1c"},
		"xmpMM.InstanceID":      {"xmp.iid:77aa"},
		"shop.sku":              {"B-7/42"},
		"shop.page":             {"https://shop.example/b7?a=1&b=2"},
		"tiff.Orientation":      {"1"},
		"tiff.BitsPerSample":    {"8", "8", "8"},
		"exif.PixelXDimension":  {"4000"},
		"xmpRights.Marked":      {"True"},
		"Iptc4xmpCore.Location": {"Halle 3"},
	}
}

func TestPhotoshopPacket(t *testing.T) {
	p := parse(t, recorded(t))
	if diff := cmp.Diff(recordedValues(), p.Values()); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	written := p.Bytes()
	for _, kept := range []string{
		`<rdf:li stEvt:action="created" stEvt:instanceID="xmp.iid:66aa" stEvt:when="2024-03-05T10:20:30+01:00"></rdf:li>`,
		`<rdf:li rdf:parseType="Resource"><stEvt:action>saved</stEvt:action><stEvt:changed>/</stEvt:changed></rdf:li>`,
		`<xmpMM:DerivedFrom stRef:instanceID="xmp.iid:55aa" stRef:documentID="adobe:docid:photoshop:0a0a"></xmpMM:DerivedFrom>`,
		`photoshop:LayerText="12,50&#10;EUR"`,
		`<Iptc4xmpCore:CreatorContactInfo rdf:parseType="Resource"><Iptc4xmpCore:CiAdrCity>Köln</Iptc4xmpCore:CiAdrCity>`,
		`<shop:page rdf:resource="https://shop.example/b7?a=1&amp;b=2"></shop:page>`,
		`<dc:source xml:lang="en">studio</dc:source>`,
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Boot, red</rdf:li><rdf:li xml:lang="de-DE">Stiefel, rot</rdf:li></rdf:Alt></dc:title>`,
		`<dc:creator><rdf:Seq><rdf:li>Ada Marlow</rdf:li>`,
		`<dc:subject><rdf:Bag><rdf:li>boot</rdf:li>`,
	} {
		if !strings.Contains(string(written), kept) {
			t.Errorf("written packet lacks %s", kept)
		}
	}
	if !bytes.HasPrefix(written, []byte("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>")) ||
		!bytes.HasSuffix(written, []byte(`<?xpacket end="w"?>`)) {
		t.Errorf("no wrapper:\n%s", written)
	}
	if again := parse(t, written).Bytes(); !bytes.Equal(again, written) {
		t.Errorf("writing again gives\n%s\nafter\n%s", again, written)
	}
}

// TestSamePacketOtherwise reads the packet without its wrapper, without x:xmpmeta and in UTF-16.
func TestSamePacketOtherwise(t *testing.T) {
	whole := string(recorded(t))
	meta := whole[strings.Index(whole, "<x:xmpmeta") : strings.Index(whole, "</x:xmpmeta>")+len("</x:xmpmeta>")]
	bare := whole[strings.Index(whole, "<rdf:RDF") : strings.Index(whole, "</rdf:RDF>")+len("</rdf:RDF>")]
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(bare)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, data := range map[string][]byte{"x:xmpmeta": []byte(meta), "rdf:RDF": []byte(bare), "UTF-16": wide} {
		if diff := cmp.Diff(recordedValues(), parse(t, data).Values()); diff != "" {
			t.Errorf("%s: values differ (-want +got):\n%s", name, diff)
		}
	}
}
