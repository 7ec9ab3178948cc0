package xmp

import (
	"errors"
	"fmt"

	"sluice/internal/wire/xmltree"
)

// Parse reads a packet: x:xmpmeta around rdf:RDF or rdf:RDF alone, with or without the wrapper of
// processing instructions. Of two properties of one name the later counts.
//
// A packet that is over a limit of this package is a *LimitError, one that is no XML or over a
// limit of the reader of documents an *xmltree.Error. No error quotes a value.
func Parse(packet []byte) (*Packet, error) {
	if len(packet) > MaxBytes {
		return nil, &LimitError{What: "bytes", Limit: MaxBytes, Sent: len(packet)}
	}
	root, err := xmltree.Parse(packet, xmltree.Limits{
		Bytes: MaxBytes, Depth: maxDepth, Elements: maxElements, Attributes: maxAttributes,
	})
	if err != nil {
		return nil, err
	}
	rdf := root
	if rdf.Local != "RDF" {
		rdf = root.Child("RDF")
	}
	if rdf == nil || rdf.Space != spaceRDF {
		return nil, errors.New("there is no rdf:RDF element")
	}
	p, hints := New(), declaredPrefixes(packet)
	for _, description := range rdf.Children {
		if description.Local != "Description" || description.Space != spaceRDF {
			continue
		}
		if err := p.describe(description, hints); err != nil {
			return nil, err
		}
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// describe takes over the properties of an rdf:Description: attributes, then elements.
func (p *Packet) describe(description *xmltree.Element, hints map[string]string) error {
	if err := sound(description); err != nil {
		return err
	}
	for _, attribute := range description.Attr {
		if !isProperty(attribute.Space) {
			continue
		}
		fresh := property{name: name{attribute.Space, attribute.Local}, items: []item{{text: attribute.Value}}}
		if err := p.put(fresh, hints); err != nil {
			return err
		}
	}
	for _, child := range description.Children {
		if !isProperty(child.Space) {
			continue
		}
		if err := p.put(read(child), hints); err != nil {
			return err
		}
	}
	return nil
}

// isProperty reports whether the names of a namespace are properties.
func isProperty(space string) bool {
	return space != "" && space != spaceRDF && space != spaceXML
}

// sound refuses names that would be others, or none, if they were written with another prefix.
func sound(e *xmltree.Element) error {
	seen := make(map[name]bool, len(e.Attr))
	for _, attribute := range e.Attr {
		full := name{attribute.Space, attribute.Local}
		if !isLocal(full.local) || full == (name{local: "xmlns"}) || seen[full] {
			return fmt.Errorf("an attribute of %s has no sound name, or that of another", e.Local)
		}
		seen[full] = true
	}
	for _, child := range e.Children {
		if !isLocal(child.Local) {
			return fmt.Errorf("an element in %s has no sound name", e.Local)
		}
		if err := sound(child); err != nil {
			return err
		}
	}
	return nil
}
