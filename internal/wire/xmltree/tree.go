package xmltree

import "strings"

// xmlSpace is what the prefix xml stands for without being declared.
const xmlSpace = "http://www.w3.org/XML/1998/namespace"

// binding is a namespace declaration that is in force; the default namespace has an empty prefix.
type binding struct {
	prefix string
	space  string
}

// push makes an element of a start tag and its attributes, binds its namespace declarations and opens it.
func (s *scanner) push(name string) error {
	outside := len(s.bindings)
	for _, attr := range s.attrs {
		prefix, declares := declared(attr.name)
		if !declares {
			continue
		}
		if len(s.bindings) >= maxBindings {
			return limitError(maxBindings+1, "namespace declarations", maxBindings, s.pos)
		}
		s.bindings = append(s.bindings, binding{prefix: prefix, space: attr.value})
	}
	element := &Element{}
	prefix, local := split(name)
	element.Space, element.Local = s.space(prefix), local
	for _, attr := range s.attrs {
		if _, declares := declared(attr.name); declares {
			continue
		}
		prefix, local := split(attr.name)
		space := ""
		if prefix != "" {
			space = s.space(prefix)
		}
		element.Attr = append(element.Attr, Attr{Space: space, Local: local, Value: attr.value})
	}
	if s.root == nil {
		s.root = element
	} else {
		parent := s.open[len(s.open)-1].element
		parent.Children = append(parent.Children, element)
	}
	s.open = append(s.open, frame{element: element, name: name, bindings: outside})
	return nil
}

// pop closes the innermost open element.
func (s *scanner) pop() {
	last := len(s.open) - 1
	top := s.open[last]
	top.element.Text = string(top.text)
	s.bindings = s.bindings[:top.bindings]
	s.open[last] = frame{}
	s.open = s.open[:last]
}

// space resolves a prefix; one that was never declared stands for no namespace.
func (s *scanner) space(prefix string) string {
	if prefix == "xml" {
		return xmlSpace
	}
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == prefix {
			return s.bindings[i].space
		}
	}
	return ""
}

// declared reports whether an attribute is a namespace declaration, and of which prefix.
func declared(name string) (prefix string, ok bool) {
	if name == "xmlns" {
		return "", true
	}
	return strings.CutPrefix(name, "xmlns:")
}

func split(name string) (prefix, local string) {
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		return prefix, local
	}
	return "", name
}
