package xmp

import (
	"cmp"
	"slices"
	"strings"

	"sluice/internal/wire/xmltree"
)

// Bytes writes the packet with its wrapper, properties in the order of their names. Packets with
// equal properties and prefixes give equal bytes.
func (p *Packet) Bytes() []byte {
	w := p.write()
	return w.dst
}

// check makes sure that Parse takes what Bytes writes.
func (p *Packet) check() error {
	w := p.write()
	switch {
	case len(w.dst) > MaxBytes:
		return &LimitError{What: "bytes when written", Limit: MaxBytes, Sent: len(w.dst)}
	case w.elements > maxElements:
		return &LimitError{What: "elements when written", Limit: maxElements, Sent: w.elements}
	case w.deepest > maxDepth:
		return &LimitError{What: "levels of elements when written", Limit: maxDepth, Sent: w.deepest}
	}
	return nil
}

// writer writes elements and counts them.
type writer struct {
	packet         *Packet
	dst            []byte
	elements       int
	depth, deepest int // of open elements
}

func (p *Packet) write() *writer {
	properties := slices.Clone(p.properties)
	slices.SortFunc(properties, func(a, b property) int {
		return cmp.Or(cmp.Compare(p.prefix(a.space), p.prefix(b.space)), cmp.Compare(a.local, b.local))
	})
	w := &writer{packet: p}
	w.text("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n")
	w.start("x:xmpmeta", xmltree.Attr{Local: "xmlns:x", Value: spaceMeta})
	w.start("rdf:RDF", xmltree.Attr{Local: "xmlns:rdf", Value: spaceRDF})
	w.start("rdf:Description", append([]xmltree.Attr{{Local: "rdf:about"}}, p.declarations()...)...)
	for _, property := range properties {
		w.text("\n")
		w.property(property)
	}
	w.text("\n")
	w.end("rdf:Description")
	w.end("rdf:RDF")
	w.end("x:xmpmeta")
	w.text("\n<?xpacket end=\"w\"?>")
	return w
}

// declarations declares the namespaces of all properties and of what is in them, in the order of
// their prefixes. They stand in one place: repeating them where they are used would let a small
// packet grow without measure.
func (p *Packet) declarations() []xmltree.Attr {
	used := map[string]bool{"": true, spaceRDF: true, spaceXML: true}
	var all []xmltree.Attr
	use := func(space string) {
		if !used[space] {
			used[space] = true
			all = append(all, xmltree.Attr{Local: "xmlns:" + p.prefix(space), Value: space})
		}
	}
	var walk func(e *xmltree.Element)
	walk = func(e *xmltree.Element) {
		use(e.Space)
		for _, attribute := range e.Attr {
			use(attribute.Space)
		}
		for _, child := range e.Children {
			walk(child)
		}
	}
	for _, property := range p.properties {
		use(property.space)
		if property.element != nil {
			walk(property.element)
		}
	}
	slices.SortFunc(all, func(a, b xmltree.Attr) int { return cmp.Compare(a.Local, b.Local) })
	return all
}

func (w *writer) property(p property) {
	if p.form == raw {
		w.element(p.element)
		return
	}
	tag := w.qualified(p.space, p.local)
	if p.form == simple {
		w.item(tag, p.items[0])
		return
	}
	list := [...]string{bag: "rdf:Bag", seq: "rdf:Seq", alt: "rdf:Alt"}[p.form]
	w.start(tag)
	w.start(list)
	for _, item := range p.items {
		w.item("rdf:li", item)
	}
	w.end(list)
	w.end(tag)
}

func (w *writer) item(tag string, i item) {
	var attributes []xmltree.Attr
	if i.language != "" {
		attributes = append(attributes, xmltree.Attr{Local: "xml:lang", Value: i.language})
	}
	if i.resource {
		attributes = append(attributes, xmltree.Attr{Local: "rdf:resource", Value: i.text})
	}
	w.start(tag, attributes...)
	if !i.resource {
		w.dst = xmltree.AppendText(w.dst, i.text)
	}
	w.end(tag)
}

// element writes an element as it was read. White space between elements means nothing.
func (w *writer) element(e *xmltree.Element) {
	tag := w.qualified(e.Space, e.Local)
	attributes := slices.Clone(e.Attr)
	for i, attribute := range attributes {
		attributes[i].Local = w.qualified(attribute.Space, attribute.Local)
	}
	w.start(tag, attributes...)
	if len(e.Children) == 0 || strings.TrimSpace(e.Text) != "" {
		w.dst = xmltree.AppendText(w.dst, e.Text)
	}
	for _, child := range e.Children {
		w.element(child)
	}
	w.end(tag)
}

// start writes a start tag; names are complete, with their prefixes.
func (w *writer) start(tag string, attributes ...xmltree.Attr) {
	w.elements++
	w.depth++
	w.deepest = max(w.deepest, w.depth)
	w.text("<" + tag)
	for _, attribute := range attributes {
		w.text(" " + attribute.Local + `="`)
		for rest := attribute.Value; ; { // readers turn a line feed or tab in an attribute into a blank
			at := strings.IndexAny(rest, "\n\t")
			if at < 0 {
				w.dst = xmltree.AppendText(w.dst, rest)
				break
			}
			w.dst = xmltree.AppendText(w.dst, rest[:at])
			w.text(map[byte]string{'\n': "&#10;", '\t': "&#9;"}[rest[at]])
			rest = rest[at+1:]
		}
		w.text(`"`)
	}
	w.text(">")
}

func (w *writer) end(tag string) {
	w.depth--
	w.text("</" + tag + ">")
}

func (w *writer) text(s string) { w.dst = append(w.dst, s...) }

func (w *writer) qualified(space, local string) string {
	if space == "" {
		return local
	}
	return w.packet.prefix(space) + ":" + local
}
