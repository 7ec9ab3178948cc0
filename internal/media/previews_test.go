package media

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

// inDesign makes a file as InDesign does as far as others read it: two master pages, and one object that is an XMP
// packet with pictures of the pages, or with a thumbnail.
func inDesign(list string, pictures ...[]byte) []byte {
	items := ""
	for i, picture := range pictures {
		items += fmt.Sprintf(`<rdf:li rdf:parseType="Resource"><xmpTPg:PageNumber>%d</xmpTPg:PageNumber><xmpGImg:format>JPEG</xmpGImg:format><xmpGImg:width>256</xmpGImg:width><xmpGImg:height>256</xmpGImg:height><xmpGImg:image>%s</xmpGImg:image></rdf:li>`,
			i+1, base64.StdEncoding.EncodeToString(picture))
	}
	kind := "Seq"
	if list == "Thumbnails" {
		kind = "Alt"
	}
	packet := "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpTPg="http://ns.adobe.com/xap/1.0/t/pg/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/">` +
		fmt.Sprintf("<xmp:%s><rdf:%s>%s</rdf:%s></xmp:%s>", list, kind, items, kind, list) + `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
	master := make([]byte, 4096)
	copy(master, indesignMagic+"DOCUMENT\x01")
	binary.LittleEndian.PutUint64(master[264:], 1)
	binary.LittleEndian.PutUint32(master[280:], 2)
	header := []byte("\xde\x39\x39\x79\x51\x88\x4b\x6c\x8e\x63\xee\xf8\xae\xe0\xdd\x38")
	trailer := []byte("\xfd\xce\xdb\x70\xf7\x86\x4b\x4f\xa4\xd3\xc7\x28\xb3\x41\x71\x06")
	rest := make([]byte, 16)
	binary.LittleEndian.PutUint32(rest[8:], uint32(len(packet)+4))
	var b bytes.Buffer
	b.Write(master)
	b.Write(master)
	b.Write(append(header, rest...))
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(packet))))
	b.WriteString(packet)
	b.Write(append(trailer, rest...))
	b.Write(make([]byte, 4096-b.Len()%4096))
	return b.Bytes()
}

func TestInDesignPreviews(t *testing.T) {
	needTools(t, "exiftool")
	small, large := mediatest.JPEG(mediatest.Picture(30, 20)), mediatest.JPEG(mediatest.Picture(60, 40))
	for name, tt := range map[string]struct {
		file  []byte
		want  []image.Point
		class fault.Class
	}{
		"pages":      {inDesign("PageInfo", small, large), []image.Point{{30, 20}, {60, 40}}, ""},
		"one page":   {inDesign("PageInfo", large), []image.Point{{60, 40}}, ""},
		"thumbnail":  {inDesign("Thumbnails", small), []image.Point{{30, 20}}, ""},
		"none":       {inDesign("PageInfo"), nil, fault.Unsupported},
		"no picture": {inDesign("PageInfo", []byte("text")), nil, fault.Unsupported},
		"no file":    {[]byte("text"), nil, fault.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			var got []image.Point
			err := newRunner(t, "media-worker").Previews(t.Context(), bytes.NewReader(tt.file), int64(len(tt.file)), "a.indd", func(p PageImage) error {
				got = append(got, image.Pt(p.Width, p.Height))
				if p.Page != len(got) || p.ContentType != "image/jpeg" || p.Extension != "jpg" {
					t.Errorf("page %d is %s", p.Page, p.ContentType)
				}
				return nil
			})
			if fault.ClassOf(err) != tt.class || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("pictures %v, error %v", got, err)
			}
		})
	}
	t.Setenv("PATH", t.TempDir())
	file := inDesign("PageInfo", small)
	err := newRunner(t, "media-worker").Previews(t.Context(), bytes.NewReader(file), int64(len(file)), "a.indd", nil)
	if want := "no previews were read, because exiftool is not installed: apt-get install libimage-exiftool-perl"; fault.ClassOf(err) != fault.Missing || err.Error() != want {
		t.Errorf("error %v", err)
	}
}

// The first page of any document becomes its thumbnail.
func TestPosterOfDocuments(t *testing.T) {
	needTools(t, "gs", "pdftoppm", "exiftool")
	r := newRunner(t, "media-worker")
	for name, tt := range map[string]struct {
		file string
		want image.Point
	}{
		"a.eps":  {eps, image.Pt(100, 50)},
		"b.ps":   {brochure(2), image.Pt(300, 200)},
		"c.ai":   {string(asPDF(t, brochure(1))), image.Pt(320, 213)},
		"d.ai":   {eps, image.Pt(100, 50)},
		"e.indd": {string(inDesign("PageInfo", mediatest.JPEG(mediatest.Picture(60, 40)))), image.Pt(60, 40)},
	} {
		got, err := r.Poster(t.Context(), bytes.NewReader([]byte(tt.file)), int64(len(tt.file)), name, ThumbnailSpec{})
		if err != nil || got.Thumbnail == nil || image.Pt(got.Thumbnail.Width, got.Thumbnail.Height) != tt.want {
			t.Errorf("%s: %+v, %v", name, got.Thumbnail, err)
		}
	}
}
