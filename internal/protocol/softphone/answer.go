package softphone

import (
	"bytes"
	"encoding/json"
	"io"
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

// writeXML writes the element, on one line and without a namespace.
func (n node) writeXML(out *sink) {
	out.text("<", n.name, ">")
	switch n.kind {
	case textNode:
		out.pieces(n.text, xmltree.AppendText)
	case truthNode:
		out.text(strconv.FormatBool(*n.truth))
	case objectNode:
		for _, m := range n.members {
			m.writeXML(out)
		}
	case arrayNode:
		for _, i := range n.items {
			i.writeXML(out)
		}
	}
	out.text("</", n.name, ">")
}

// writeJSON writes the value without its name.
func (n node) writeJSON(out *sink) {
	switch n.kind {
	case truthNode:
		out.text(strconv.FormatBool(*n.truth))
	case objectNode:
		out.text("{")
		for i, m := range n.members {
			if i > 0 {
				out.text(",")
			}
			out.text(`"`, m.name, `":`) // names are ours and need no escapes
			m.writeJSON(out)
		}
		out.text("}")
	case arrayNode:
		out.text("[")
		for i, item := range n.items {
			if i > 0 {
				out.text(",")
			}
			item.writeJSON(out)
		}
		out.text("]")
	default:
		out.text(`"`)
		out.pieces(n.text, appendString)
		out.text(`"`)
	}
}

// appendString appends a string as JSON has it, without the quotes.
func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // small clients search for what they know
	_ = e.Encode(s)        // a string always can be
	quoted := bytes.TrimRight(b.Bytes(), "\n")
	return append(dst, quoted[1:len(quoted)-1]...)
}

// write writes an answer's body. In XML it is an element of a name.
func (f format) write(w io.Writer, name string, members []node) (written int64, err error) {
	out := &sink{w: w}
	root := object(members...)
	if f == asJSON {
		root.writeJSON(out)
	} else {
		root.name = name
		root.writeXML(out)
	}
	return out.end()
}

// mediaType is that of an answer's body.
func (f format) mediaType() string {
	if f == asJSON {
		return "application/json"
	}
	return "text/xml"
}

// responseElement is the root of answers in XML.
const responseElement = "response"

// sendMembers writes a whole answer. The body is made twice, once for its length, so
// that long texts are never held in memory a second time.
func sendMembers(w http.ResponseWriter, r *http.Request, status int, as format, members ...node) {
	length, _ := as.write(io.Discard, responseElement, members)
	sendHeader(w, status, as.mediaType(), length)
	if r.Method != http.MethodHead {
		_, _ = as.write(w, responseElement, members)
	}
}

// send writes a whole answer, its length included. HEAD gets the header alone.
func send(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	sendHeader(w, status, contentType, int64(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func sendHeader(w http.ResponseWriter, status int, contentType string, length int64) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
}
