package xmp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/wire/xmltree"
)

// Limits of one packet.
const (
	maxProperties = 10_000
	maxValue      = 64 << 10 // bytes
)

const (
	spaceRDF  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	spaceMeta = "adobe:ns:meta/"
	spaceXML  = "http://www.w3.org/XML/1998/namespace"
)

// form is how a property's values stand in the packet.
type form int

const (
	simple form = iota
	bag
	seq
	alt
	structure
)

// property is one property of the file.
type property struct {
	space, local string
	form         form
	values       []string
	languages    []string         // of an alt's values
	element      *xmltree.Element // of a structure, as it was
}

// Packet is the metadata of one file. It is not safe for concurrent use.
type Packet struct {
	properties []property
	prefixes   map[string]string // namespace to prefix, of namespaces that are not known
}

// New returns a packet without properties.
func New() *Packet { return &Packet{prefixes: map[string]string{}} }

// Parse reads a packet with or without its wrapper.
func Parse(data []byte) (*Packet, error) {
	if len(data) > MaxBytes {
		return nil, tooLong()
	}
	root, err := xmltree.Parse(data, xmltree.Limits{Bytes: MaxBytes, Attributes: 1000})
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
	p := New()
	p.prefixes = declaredPrefixes(data)
	for _, description := range rdf.Children {
		if description.Local != "Description" || description.Space != spaceRDF {
			continue
		}
		for _, attribute := range description.Attr {
			if attribute.Space == "" || attribute.Space == spaceRDF || attribute.Space == spaceXML {
				continue
			}
			p.put(property{space: attribute.Space, local: attribute.Local, values: []string{attribute.Value}})
		}
		for _, child := range description.Children {
			if child.Space != "" && child.Space != spaceRDF && child.Space != spaceXML {
				p.put(read(child))
			}
		}
	}
	if len(p.properties) > maxProperties {
		return nil, fmt.Errorf("it has %d properties, the limit is %d", len(p.properties), maxProperties)
	}
	for _, property := range p.properties {
		for _, value := range property.values {
			if len(value) > maxValue {
				return nil, fmt.Errorf("a value of %s has %d bytes, the limit is %d", property.local, len(value), maxValue)
			}
		}
	}
	return p, nil
}

// read reads a property that is an element.
func read(e *xmltree.Element) property {
	p := property{space: e.Space, local: e.Local}
	if len(e.Children) == 0 {
		value := e.Text
		for _, attribute := range e.Attr {
			switch {
			case attribute.Space == spaceRDF && attribute.Local == "resource":
				value = attribute.Value
			case attribute.Space != "" && attribute.Space != spaceRDF && attribute.Space != spaceXML:
				p.form, p.element = structure, e
				return p
			}
		}
		p.values = []string{value}
		return p
	}
	list := e.Children[0]
	forms := map[string]form{"Bag": bag, "Seq": seq, "Alt": alt}
	kind, ok := forms[list.Local]
	if !ok || list.Space != spaceRDF || len(e.Children) > 1 {
		p.form, p.element = structure, e
		return p
	}
	p.form = kind
	for _, item := range list.Children {
		if len(item.Children) > 0 {
			return property{space: e.Space, local: e.Local, form: structure, element: e}
		}
		value := item.Text
		if resource, ok := item.Attribute("resource"); ok && value == "" {
			value = resource
		}
		language, _ := item.Attribute("lang")
		p.values, p.languages = append(p.values, value), append(p.languages, language)
	}
	return p
}

// put sets a property in the place of the one of the same name.
func (p *Packet) put(fresh property) {
	at := slices.IndexFunc(p.properties, func(old property) bool { return old.space == fresh.space && old.local == fresh.local })
	if at < 0 {
		p.properties = append(p.properties, fresh)
		return
	}
	p.properties[at] = fresh
}

// Values maps the properties that are no structures, by prefix and name with a dot between
// them ("dc.title"), to their values. Values are trimmed, empty ones are left out; of a
// language alternative the default stands first.
func (p *Packet) Values() map[string][]string {
	values := map[string][]string{}
	for _, property := range p.properties {
		if property.form == structure {
			continue
		}
		name := p.prefix(property.space) + "." + property.local
		usual := slices.Index(property.languages, "x-default")
		for i, value := range property.values {
			value = strings.TrimSpace(value)
			switch {
			case value == "":
			case property.form == alt && i == usual:
				values[name] = slices.Insert(values[name], 0, value)
			default:
				values[name] = append(values[name], value)
			}
		}
	}
	return values
}

// Set gives a property of a known namespace its values, under its name with a dot; without
// values it is removed. An unknown prefix is an error.
func (p *Packet) Set(name string, values ...string) error {
	prefix, local, ok := strings.Cut(name, ".")
	space := spaceOf(prefix)
	if !ok || space == "" {
		return fmt.Errorf("%q has no known prefix", name)
	}
	p.properties = slices.DeleteFunc(p.properties, func(old property) bool { return len(values) == 0 && old.space == space && old.local == local })
	if len(values) == 0 {
		return nil
	}
	fresh := property{space: space, local: local, form: usualForm(name, len(values)), values: slices.Clone(values), languages: make([]string, len(values))}
	if fresh.form == alt {
		fresh.languages[0] = "x-default"
	}
	p.put(fresh)
	return nil
}

// AddSubjects adds words to dc:subject that it does not have yet.
func (p *Packet) AddSubjects(words ...string) {
	subjects := p.Values()["dc.subject"]
	for _, word := range words {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(subjects, word) {
			subjects = append(subjects, word)
		}
	}
	_ = p.Set("dc.subject", subjects...) // the prefix is known
}

// Merge takes over every property of a template.
func (p *Packet) Merge(template *Packet) {
	for _, property := range template.properties {
		p.put(property)
	}
	for space, prefix := range template.prefixes {
		if p.prefixes[space] == "" {
			p.prefixes[space] = prefix
		}
	}
}
