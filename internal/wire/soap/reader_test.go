package soap

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/wire/xmltree"
)

const envelope = "http://schemas.xmlsoap.org/soap/envelope/"

// append11 is a message whose operation has the content.
func append11(content string) string {
	return `<?xml version="1.0"?><s:Envelope xmlns:s="` + envelope + `"><s:Header><o:Security xmlns:o="urn:o"><o:Username>a/b</o:Username></o:Security></s:Header>` +
		`<s:Body><AppendChunk xmlns="urn:x">` + content + `</AppendChunk></s:Body></s:Envelope>`
}

// result is what is made of a message.
type result struct {
	operation string
	names     string // children of the operation and their text
	data      string
	diverted  int
}

// read reads a message to its end.
func read(src io.Reader, limit int64) (got result, err error) {
	r := NewReader(src, limit)
	root, err := r.Open()
	if err != nil {
		return got, err
	}
	if body := root.Child("Body"); body != nil && len(body.Children) > 0 {
		got.operation = body.Children[0].Local
	}
	var data []byte
	for {
		diverted, err := r.Next(func(local string) bool { return local == "data" })
		if err != nil {
			return got, err
		}
		if !diverted {
			break
		}
		got.diverted++
		for {
			if data, err = r.Data(data); err == io.EOF {
				break
			}
			if err != nil {
				return got, err
			}
		}
	}
	got.data = string(data)
	if root, err = r.Tree(); err != nil {
		return got, err
	}
	if err := r.Rest(); err != nil {
		return got, err
	}
	if body := root.Child("Body"); body != nil && len(body.Children) > 0 {
		for _, child := range body.Children[0].Children {
			got.names += child.Local + "=" + strings.TrimSpace(child.Text)
			if len(child.Children) > 0 {
				got.names += "<" + child.Children[0].Local + ">"
			}
			got.names += ";"
		}
	}
	return got, nil
}

func TestReader(t *testing.T) {
	hello := base64.StdEncoding.EncodeToString([]byte("hello, world"))
	for name, tt := range map[string]struct {
		message string
		want    result
	}{
		"data in the middle":      {append11("<uploadToken>t</uploadToken><data>" + hello + "</data><offset>5</offset>"), result{"AppendChunk", "uploadToken=t;data=;offset=5;", "hello, world", 1}},
		"data first and prefixed": {append11(`<x:data xmlns:x="urn:x" a='>'>` + "\n " + hello[:5] + "\r\n" + hello[5:] + "\n</x:data ><offset>5</offset>"), result{"AppendChunk", "data=;offset=5;", "hello, world", 1}},
		"CDATA and references":    {append11("<data>&#13;&#xA;<![CDATA[" + hello[:8] + "]]><!-- no --->" + hello[8:] + "&#32;</data>"), result{"AppendChunk", "data=;", "hello, world", 1}},
		"nil":                     {append11(`<data i:nil="true" xmlns:i="urn:i"/><offset>0</offset>`), result{"AppendChunk", "data=;offset=0;", "", 0}},
		"empty":                   {append11(`<data></data><offset>0</offset>`), result{"AppendChunk", "data=;offset=0;", "", 1}},
		"Include":                 {append11("<data> <xop:Include xmlns:xop='urn:xop' href='cid:1'/></data><offset>1</offset>"), result{"AppendChunk", "data=<Include>;offset=1;", "", 0}},
		"no data":                 {append11("<uploadToken>t</uploadToken>"), result{"AppendChunk", "uploadToken=t;", "", 0}},
		"operation without content": {`<s:Envelope xmlns:s="` + envelope + `"><s:Body><GetIt/></s:Body></s:Envelope>`,
			result{"GetIt", "", "", 0}},
		"comments and white space": {"\ufeff<!-- < > -->\n" + strings.TrimPrefix(append11("<!--<data>--><offset> 5 </offset>"), `<?xml version="1.0"?>`) + "\n\n", result{"AppendChunk", "offset=5;", "", 0}},
		"empty body":               {`<s:Envelope xmlns:s="` + envelope + `"><s:Body/></s:Envelope>`, result{}},
		"no envelope":              {`<a/>`, result{}},
		"data deeper is no value":  {append11("<args><data>AAAA</data></args>"), result{"AppendChunk", "args=<data>;", "", 0}},
	} {
		for what, src := range map[string]io.Reader{"": strings.NewReader(tt.message), " byte by byte": iotest.OneByteReader(strings.NewReader(tt.message))} {
			got, err := read(src, 1<<20)
			if err != nil || got != tt.want {
				t.Errorf("%s%s: %+v, %v\nwant %+v", name, what, got, err, tt.want)
			}
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	kind := func(k xmltree.Kind) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*xmltree.Error](err)
			return ok && e.Kind == k
		}
	}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	long := func(err error) bool { _, ok := errors.AsType[*TooLongError](err); return ok }
	for name, tt := range map[string]struct {
		message string
		want    func(error) bool
	}{
		"document type":         {`<!DOCTYPE a [<!ENTITY x "y">]>` + append11(""), is(ErrDoctype)},
		"bad base64":            {append11("<data>AAA</data>"), is(ErrBase64)},
		"reference in the data": {append11("<data>AAA&#65;</data>"), is(ErrBase64)},
		"entity in the data":    {append11("<data>AAA&amp;</data>"), is(ErrBase64)},
		"element in the data":   {append11("<data>AAAA<b/></data>"), is(ErrBase64)},
		"cut in a tag":          {append11("<data>AAAA</data>")[:80], is(io.ErrUnexpectedEOF)},
		"cut in the data":       {append11("<data>AAAA</data>")[:strings.Index(append11("<data>AAAA</data>"), "AAAA")+2], is(io.ErrUnexpectedEOF)},
		"cut behind it":         {append11("<data>AAAA</data><offset>1</offset>")[:250], is(io.ErrUnexpectedEOF)},
		"nothing":               {"", is(io.ErrUnexpectedEOF)},
		"tags that do not fit":  {append11("<a></b>"), kind(xmltree.KindSyntax)},
		"unknown entity":        {append11("<a>&secret;</a>"), kind(xmltree.KindEntity)},
		"too deep":              {append11(strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70)), kind(xmltree.KindLimit)},
		"too long":              {append11("<a>" + strings.Repeat("x", 1<<20) + "</a>"), long},
		"too long in the data":  {append11("<data>" + strings.Repeat("A", 1<<20) + "</data>"), long},
		"too long behind":       {append11("") + strings.Repeat(" ", 1<<20), long},
		"a header too long":     {strings.Replace(append11(""), "a/b", strings.Repeat("x", mostHead), 1), long},
	} {
		if got, err := read(strings.NewReader(tt.message), 1<<20); err == nil || !tt.want(err) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A message may be exactly as long as its limit.
func TestLimitToTheByte(t *testing.T) {
	message := append11("<data>" + strings.Repeat("QUJD", 1000) + "</data><offset>0</offset>")
	if _, err := read(strings.NewReader(message), int64(len(message))); err != nil {
		t.Errorf("as long as allowed: %v", err)
	}
	if _, err := read(strings.NewReader(message), int64(len(message))-1); err == nil {
		t.Error("one byte too long was taken")
	}
}

// A document in UTF-16 is read as a whole; what is in it is the same.
func TestUTF16(t *testing.T) {
	message := append11("<data>QUJD</data><offset>7</offset>")
	wide := []byte{0xff, 0xfe}
	for _, b := range []byte(message) {
		wide = append(wide, b, 0)
	}
	got, err := read(bytes.NewReader(wide), 1<<20)
	if want := (result{"AppendChunk", "data=QUJD;offset=7;", "", 0}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMTOM(t *testing.T) {
	root := append11(`<offset>3</offset><data><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:a%40b"/></data>`)
	part := func(headers, body string) string { return "--B\r\n" + headers + "\r\n\r\n" + body + "\r\n" }
	const kind = `multipart/related; type="application/xop+xml"; boundary=B; start="<root>"`
	for name, tt := range map[string]struct {
		body string
		want string
		err  error
	}{
		"binary":         {part("Content-ID: <root>", root) + part("Content-ID: <a@b>\r\nContent-Transfer-Encoding: binary", "\x00bytes\r\n\xff") + "--B--", "\x00bytes\r\n\xff", nil},
		"base64":         {part("Content-ID: <root>", root) + part("Content-ID: <a@b>\r\nContent-Transfer-Encoding: base64", "aGVs\r\nbG8=") + "--B--", "hello", nil},
		"wrong part":     {part("Content-ID: <root>", root) + part("Content-ID: <c@d>", "x") + "--B--", "", ErrParts},
		"no part":        {part("Content-ID: <root>", root) + "--B--", "", ErrParts},
		"root not first": {part("Content-ID: <a@b>", "x") + part("Content-ID: <root>", root) + "--B--", "", ErrParts},
		"cut":            {part("Content-ID: <root>", root) + "--B\r\nContent-ID: <a@b>\r\n\r\nhalf", "", io.ErrUnexpectedEOF},
	} {
		got, err := func() (string, error) {
			r, parts, err := OpenMTOM(kind, strings.NewReader(tt.body))
			if err != nil {
				return "", err
			}
			if _, err := read(r, 1<<20); err != nil {
				return "", err
			}
			value, err := parts.Find("cid:a%40b")
			if err != nil {
				return "", err
			}
			b, err := io.ReadAll(value)
			return string(b), err
		}()
		if !errors.Is(err, tt.err) || err == nil && got != tt.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if !MTOM(kind) || MTOM("text/xml") || MTOM("") {
		t.Error("MTOM is not recognised")
	}
}

// FuzzReader: cutting the value out gives what parsing the whole document gives.
func FuzzReader(f *testing.F) {
	f.Add([]byte(append11("<data>QUJD</data><offset>1</offset>")), uint8(3))
	f.Add([]byte(append11("<data><![CDATA[QUJD]]></data>")), uint8(1))
	f.Add([]byte("<!DOCTYPE a><a/>"), uint8(9))
	f.Fuzz(func(t *testing.T, message []byte, piece uint8) {
		got, err := read(&pieces{message, int(piece%16) + 1}, 1<<16)
		if err != nil {
			return
		}
		root, err := xmltree.Parse(message, xmltree.Limits{Bytes: 1 << 17, Elements: mostParts, Text: 1 << 17})
		if err != nil {
			t.Fatalf("taken here, refused as a whole: %v\n%q", err, message)
		}
		operation := ""
		if body := root.Child("Body"); body != nil && len(body.Children) > 0 {
			operation = body.Children[0].Local
		}
		if operation != got.operation {
			t.Fatalf("operation %q, as a whole %q\n%q", got.operation, operation, message)
		}
	})
}

// pieces gives a few bytes at a time.
type pieces struct {
	rest []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

func BenchmarkReader(b *testing.B) {
	message := []byte(append11("<uploadToken>t</uploadToken><data>" + base64.StdEncoding.EncodeToString(make([]byte, 256<<10)) + "</data><offset>5</offset>"))
	buf := make([]byte, 0, 300<<10)
	b.SetBytes(256 << 10)
	for b.Loop() {
		r := NewReader(bytes.NewReader(message), 1<<20)
		if _, err := r.Open(); err != nil {
			b.Fatal(err)
		}
		if ok, err := r.Next(func(local string) bool { return local == "data" }); err != nil || !ok {
			b.Fatal(ok, err)
		}
		var err error
		for out := buf; err == nil; {
			out, err = r.Data(out)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}
