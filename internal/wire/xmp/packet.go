package xmp

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/wire/xmltree"
)

// Packet is the metadata of one file. It may be read at the same time by several goroutines, not
// changed. The methods that change it leave it as it was when they return an error.
type Packet struct {
	properties []property
	at         map[name]int      // where a property stands in properties
	prefixes   map[string]string // namespace to prefix, of namespaces without a usual one
}

// New returns a packet without properties.
func New() *Packet { return &Packet{at: map[name]int{}, prefixes: map[string]string{}} }

// Values maps the properties that are simple values, lists or language alternatives to their
// values. The keys are prefix and name with a dot between them ("dc.title"): the usual prefix of
// the namespace, else the one that the packet declares, else one that is made up. Values are
// trimmed, empty ones are left out; of a language alternative the default stands first.
func (p *Packet) Values() map[string][]string {
	values := map[string][]string{}
	for _, property := range p.properties {
		key := p.prefix(property.space) + "." + property.local
		for _, item := range property.items {
			if value := strings.TrimSpace(item.text); value != "" {
				values[key] = append(values[key], value)
			}
		}
	}
	return values
}

// Set gives a property of a namespace with a usual prefix its values, under its name with a dot;
// without values it is removed. An unknown prefix, a name that is none in XML, and a value of
// more than 64 KiB are errors.
func (p *Packet) Set(dotted string, values ...string) error {
	prefix, local, _ := strings.Cut(dotted, ".")
	space := spaceOf(prefix)
	switch {
	case space == "", space == spaceRDF, space == spaceXML, space == spaceMeta:
		return fmt.Errorf("%q has no known prefix", dotted)
	case !isSettable(local):
		return fmt.Errorf("%q is not a name of a property", dotted)
	}
	changed := p.clone()
	if len(values) == 0 {
		changed.remove(name{space, local})
		*p = *changed
		return nil
	}
	fresh := property{name: name{space, local}, form: usualForm(dotted, len(values))}
	for _, value := range values {
		fresh.items = append(fresh.items, item{text: clean(value)})
	}
	if fresh.form == alt {
		fresh.items[0].language = "x-default"
	}
	return p.replace(changed, []property{fresh}, nil)
}

// AddSubjects adds words to dc:subject that it does not have yet, behind those that it has.
func (p *Packet) AddSubjects(words ...string) error {
	const subject = "dc.subject"
	subjects := p.Values()[subject]
	had := len(subjects)
	seen := map[string]bool{}
	for _, word := range subjects {
		seen[word] = true
	}
	for _, word := range words {
		if word = strings.TrimSpace(clean(word)); word != "" && !seen[word] {
			seen[word] = true
			subjects = append(subjects, word)
		}
	}
	if len(subjects) == had {
		return nil
	}
	return p.Set(subject, subjects...)
}

// Merge takes over every property of a template; where both have one, the template's stays. It
// fails with a *LimitError when together they are more than a packet may be.
func (p *Packet) Merge(template *Packet) error {
	return p.replace(p.clone(), template.properties, template.prefixes)
}

// replace puts properties into changed, a copy of the packet, and makes it the packet if it is
// within the limits. hints are the prefixes that the namespaces of the properties had.
func (p *Packet) replace(changed *Packet, properties []property, hints map[string]string) error {
	for _, property := range properties {
		if err := changed.put(property, hints); err != nil {
			return err
		}
	}
	if err := changed.check(); err != nil {
		return err
	}
	*p = *changed
	return nil
}

func (p *Packet) clone() *Packet {
	return &Packet{properties: slices.Clone(p.properties), at: maps.Clone(p.at), prefixes: maps.Clone(p.prefixes)}
}

// put sets a property in the place of the one of the same name.
func (p *Packet) put(fresh property, hints map[string]string) error {
	for _, item := range fresh.items {
		if len(item.text) > maxValue {
			return &LimitError{What: "bytes in a value of " + fresh.local, Limit: maxValue, Sent: len(item.text)}
		}
	}
	if err := p.bind(fresh.space, hints); err != nil {
		return err
	}
	if err := p.bindAll(fresh.element, hints); err != nil {
		return err
	}
	if at, ok := p.at[fresh.name]; ok {
		p.properties[at] = fresh
		return nil
	}
	if len(p.properties) == maxProperties {
		return &LimitError{What: "properties", Limit: maxProperties}
	}
	p.at[fresh.name] = len(p.properties)
	p.properties = append(p.properties, fresh)
	return nil
}

func (p *Packet) remove(gone name) {
	at, ok := p.at[gone]
	if !ok {
		return
	}
	p.properties = slices.Delete(p.properties, at, at+1)
	delete(p.at, gone)
	for i := at; i < len(p.properties); i++ {
		p.at[p.properties[i].name] = i
	}
}

// prefix is the prefix of a namespace that was bound.
func (p *Packet) prefix(space string) string {
	if prefix := usualPrefix(space); prefix != "" {
		return prefix
	}
	return p.prefixes[space]
}

// bind makes sure that a namespace has a prefix which no other namespace has.
func (p *Packet) bind(space string, hints map[string]string) error {
	if space == "" || p.prefix(space) != "" {
		return nil
	}
	if len(p.prefixes) == maxNamespaces {
		return &LimitError{What: "namespaces", Limit: maxNamespaces}
	}
	taken := map[string]bool{"": true}
	for _, prefix := range p.prefixes {
		taken[prefix] = true
	}
	prefix := hints[space]
	for n := 1; taken[prefix] || spaceOf(prefix) != ""; n++ {
		prefix = "ns" + strconv.Itoa(n)
	}
	p.prefixes[space] = prefix
	return nil
}

// bindAll binds the namespaces of an element and of all in it.
func (p *Packet) bindAll(e *xmltree.Element, hints map[string]string) error {
	if e == nil {
		return nil
	}
	if err := p.bind(e.Space, hints); err != nil {
		return err
	}
	for _, attribute := range e.Attr {
		if err := p.bind(attribute.Space, hints); err != nil {
			return err
		}
	}
	for _, child := range e.Children {
		if err := p.bindAll(child, hints); err != nil {
			return err
		}
	}
	return nil
}
