package xmp

import (
	"slices"
	"strings"

	"sluice/internal/wire/xmltree"
)

// form is how a property's values stand in the packet.
type form int

const (
	simple form = iota
	bag
	seq
	alt
	raw // a structure or what else is kept as it is
)

// name is the name of a property.
type name struct{ space, local string }

// item is one value.
type item struct {
	text     string
	language string // xml:lang, "" for none
	resource bool   // it is a URI that stands in rdf:resource
}

// property is one property of the file. Properties are never changed, only replaced, so packets
// may share them.
type property struct {
	name
	form    form
	items   []item           // one of a simple property, none of a raw one
	element *xmltree.Element // of a raw property
}

// read reads a property that is an element (ISO 16684-1, section 7).
func read(e *xmltree.Element) property {
	p := property{name: name{e.Space, e.Local}}
	if value, ok := leaf(e); ok {
		p.items = []item{value}
		return p
	}
	if len(e.Children) == 1 && len(e.Attr) == 0 {
		if form, items, ok := list(e.Children[0]); ok {
			p.form, p.items = form, items
			return p
		}
	}
	p.form, p.element = raw, e
	return p
}

// list reads a list of simple values. The default of a language alternative is moved to its
// place, the first.
func list(e *xmltree.Element) (form, []item, bool) {
	forms := map[string]form{"Bag": bag, "Seq": seq, "Alt": alt}
	form, ok := forms[e.Local]
	if !ok || e.Space != spaceRDF || len(e.Attr) > 0 {
		return 0, nil, false
	}
	items := make([]item, 0, len(e.Children))
	for _, child := range e.Children {
		value, ok := leaf(child)
		if !ok || child.Space != spaceRDF || child.Local != "li" {
			return 0, nil, false
		}
		items = append(items, value)
	}
	if usual := slices.IndexFunc(items, func(i item) bool { return i.language == "x-default" }); form == alt && usual > 0 {
		value := items[usual]
		items = slices.Insert(slices.Delete(items, usual, usual+1), 0, value)
	}
	return form, items, true
}

// leaf reads an element that has no parts. An attribute of another namespace than those of RDF
// and XML is a field of a structure that is written short.
func leaf(e *xmltree.Element) (item, bool) {
	value := item{text: e.Text}
	for _, attribute := range e.Attr {
		switch {
		case attribute.Space == spaceRDF && attribute.Local == "resource":
			value.text, value.resource = attribute.Value, true
		case attribute.Space == spaceXML && attribute.Local == "lang":
			value.language = attribute.Value
		default:
			return item{}, false
		}
	}
	return value, len(e.Children) == 0
}

// usualForm is how a property with so many values is written (ISO 16684-1, section 8).
func usualForm(dotted string, values int) form {
	switch dotted {
	case "dc.title", "dc.description", "dc.rights", "xmpRights.UsageTerms":
		return alt
	case "dc.subject", "dc.contributor", "dc.language", "dc.publisher", "dc.relation", "dc.type", "xmp.Identifier", "xmpRights.Owner":
		return bag
	case "dc.creator", "dc.date":
		return seq
	}
	if values > 1 {
		return bag
	}
	return simple
}

// clean replaces what XML cannot carry.
func clean(value string) string {
	if xmltree.IsText(value) {
		return value
	}
	return strings.Map(func(r rune) rune {
		if !xmltree.IsText(string(r)) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(value, "\uFFFD"))
}
