package xmp

import (
	"cmp"
	"slices"

	"sluice/internal/wire/xmltree"
)

// Bytes writes the packet with its wrapper. Equal packets give equal bytes.
func (p *Packet) Bytes() []byte {
	properties := slices.Clone(p.properties)
	slices.SortStableFunc(properties, func(a, b property) int {
		return cmp.Or(cmp.Compare(p.prefix(a.space), p.prefix(b.space)), cmp.Compare(a.local, b.local))
	})
	dst := []byte("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" +
		`<x:xmpmeta xmlns:x="` + spaceMeta + `"><rdf:RDF xmlns:rdf="` + spaceRDF + `"><rdf:Description rdf:about=""`)
	var declared []string
	for _, property := range properties {
		if !slices.Contains(declared, property.space) {
			declared = append(declared, property.space)
			dst = append(dst, ` xmlns:`+p.prefix(property.space)+`="`...)
			dst = append(xmltree.AppendText(dst, property.space), '"')
		}
	}
	dst = append(dst, '>')
	for _, property := range properties {
		dst = p.appendProperty(dst, property)
	}
	return append(dst, `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`...)
}

func (p *Packet) appendProperty(dst []byte, property property) []byte {
	if property.form == structure {
		return p.appendElement(dst, property.element)
	}
	name := p.prefix(property.space) + ":" + property.local
	dst = append(dst, '<')
	dst = append(append(dst, name...), '>')
	list := map[form]string{bag: "rdf:Bag", seq: "rdf:Seq", alt: "rdf:Alt"}[property.form]
	if list == "" {
		dst = xmltree.AppendText(dst, property.values[0])
	} else {
		dst = append(append(append(dst, '<'), list...), '>')
		for i, value := range property.values {
			dst = append(dst, "<rdf:li"...)
			if language := property.languages[i]; property.form == alt && language != "" {
				dst = append(dst, ` xml:lang="`...)
				dst = append(xmltree.AppendText(dst, language), '"')
			}
			dst = append(dst, '>')
			dst = append(xmltree.AppendText(dst, value), "</rdf:li>"...)
		}
		dst = append(append(append(dst, "</"...), list...), '>')
	}
	return append(append(append(dst, "</"...), name...), '>')
}

// appendElement writes an element as it was read; every one declares its own namespaces.
func (p *Packet) appendElement(dst []byte, e *xmltree.Element) []byte {
	name := e.Local
	var declarations []byte
	var declared []string
	declare := func(space string) string {
		switch space {
		case "":
			return ""
		case spaceXML:
			return "xml:"
		case spaceRDF:
			return "rdf:"
		}
		prefix := p.prefix(space)
		text := append([]byte(` xmlns:`+prefix+`="`), xmltree.AppendText(nil, space)...)
		text = append(text, '"')
		if !slices.Contains(declared, space) {
			declared, declarations = append(declared, space), append(declarations, text...)
		}
		return prefix + ":"
	}
	name = declare(e.Space) + name
	var attributes []byte
	for _, attribute := range e.Attr {
		attributes = append(append(attributes, ' '), declare(attribute.Space)+attribute.Local+`="`...)
		attributes = append(xmltree.AppendText(attributes, attribute.Value), '"')
	}
	dst = append(append(dst, '<'), name...)
	dst = append(append(dst, declarations...), attributes...)
	dst = append(dst, '>')
	if len(e.Children) == 0 {
		dst = xmltree.AppendText(dst, e.Text)
	}
	for _, child := range e.Children {
		dst = p.appendElement(dst, child)
	}
	return append(append(append(dst, "</"...), name...), '>')
}
