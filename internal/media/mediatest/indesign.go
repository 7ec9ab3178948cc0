package mediatest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// InDesign makes a file as InDesign does as far as others read it: two master pages, and one object that is an XMP
// packet with JPEG pictures in a list: PageInfo, of the pages, or Thumbnails.
func InDesign(list string, pictures ...[]byte) []byte {
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
	copy(master, "\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1dDOCUMENT\x01")
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
