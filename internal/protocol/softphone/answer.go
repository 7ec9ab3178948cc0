package softphone

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"sluice/internal/wire/xmltree"
)

// node is an answer or a part of one, in a form that both XML and JSON can be made of:
// a text, a truth, or members in their order. An array is a node with items.
type node struct {
	name    string
	text    string
	truth   *bool
	members []node
	items   []node // of an array; each is an <item>
	kind    nodeKind
}

type nodeKind uint8

const (
	textNode nodeKind = iota
	truthNode
	objectNode
	arrayNode
)

func text(name, value string) node       { return node{name: name, text: value} }
func truth(name string, value bool) node { return node{name: name, truth: &value, kind: truthNode} }
func array(name string, items []node) node {
	return node{name: name, items: items, kind: arrayNode}
}
func object(members ...node) node { return node{name: "item", members: members, kind: objectNode} }

// appendXML appends the element, on one line and without a namespace.
func (n node) appendXML(dst []byte) []byte {
	dst = append(append(append(dst, '<'), n.name...), '>')
	switch n.kind {
	case textNode:
		dst = xmltree.AppendText(dst, n.text)
	case truthNode:
		dst = strconv.AppendBool(dst, *n.truth)
	case objectNode:
		for _, m := range n.members {
			dst = m.appendXML(dst)
		}
	case arrayNode:
		for _, i := range n.items {
			dst = i.appendXML(dst)
		}
	}
	return append(append(append(dst, "</"...), n.name...), '>')
}

// appendJSON appends the value without its name.
func (n node) appendJSON(dst []byte) []byte {
	switch n.kind {
	case truthNode:
		return strconv.AppendBool(dst, *n.truth)
	case objectNode:
		dst = append(dst, '{')
		for i, m := range n.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.name), ':')
			dst = m.appendJSON(dst)
		}
		return append(dst, '}')
	case arrayNode:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst)
		}
		return append(dst, ']')
	}
	return appendString(dst, n.text)
}

func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // small clients search for what they know
	_ = e.Encode(s)        // a string always can be
	return append(dst, bytes.TrimRight(b.Bytes(), "\n")...)
}

// render returns an answer's body and its media type.
func (f format) render(members ...node) (body []byte, contentType string) {
	root := object(members...)
	if f == asJSON {
		return root.appendJSON(nil), "application/json"
	}
	root.name = "response"
	return root.appendXML(nil), "text/xml"
}

// send writes a whole answer, its length included. HEAD gets the header alone.
func send(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
