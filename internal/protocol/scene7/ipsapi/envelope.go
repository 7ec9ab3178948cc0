package ipsapi

import (
	"mime"
	"net/http"
	"strings"

	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// Namespaces of SOAP envelopes. The envelope says which version a request speaks,
// not its content type.
const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
)

// dialect is one of the three ways to speak to the service (contract sections 8
// and 9).
type dialect struct {
	envelope    string // namespace of the SOAP envelope; "" = bare XML
	contentType string // of answers
}

func bareDialect() dialect { return dialect{contentType: "text/xml;charset=UTF-8"} }

func soapDialect(namespace string) dialect {
	if namespace == soap12 {
		return dialect{envelope: soap12, contentType: "application/soap+xml;charset=UTF-8"}
	}
	return dialect{envelope: soap11, contentType: "text/xml;charset=UTF-8"}
}

// message is a request taken out of its envelope.
type message struct {
	auth  scene7.AuthHeader
	param *xmltree.Element // the operation's element
}

func malformed(reason string) error {
	return &scene7.RequestError{Code: scene7.CodeInvalidRequestXML, Msg: reason}
}

// openEnvelope takes a SOAP request apart. The dialect is known even when the rest
// cannot be used.
func openEnvelope(root *xmltree.Element) (message, dialect, error) {
	d := soapDialect(root.Space)
	if root.Local != "Envelope" {
		return message{}, d, malformed("the document is no SOAP envelope but an element " + clip(root.Local))
	}
	var m message
	if header := root.Child("Header"); header != nil {
		m.auth = scene7.AuthFrom(header)
	}
	body := root.Child("Body")
	if body == nil || len(body.Children) == 0 {
		return m, d, malformed("the SOAP envelope has no body with an operation")
	}
	m.param = body.Children[0]
	return m, d, nil
}

// openRequest takes a bare request apart: an auth header and one operation, in any
// order.
func openRequest(root *xmltree.Element) (message, error) {
	if root.Local != "Request" {
		return message{}, malformed("the document is no Request but an element " + clip(root.Local))
	}
	m := message{auth: scene7.AuthFrom(root)}
	for _, child := range root.Children {
		switch child.Local {
		case "authHeader", "AuthUser", "AuthPassword":
			continue
		}
		m.param = child
		return m, nil
	}
	return m, malformed("the Request has no operation")
}

// operationNamed finds the operation of an element: its name with or without
// Param; else the one that the SOAP action names.
func (s *Service) operationNamed(element string, h http.Header) *Operation {
	if strings.HasPrefix(element, "uploadPostParam") {
		element = "uploadPost"
	}
	for _, name := range []string{strings.TrimSuffix(element, "Param"), element, soapAction(h)} {
		if op := s.operations[name]; op != nil {
			return op
		}
	}
	return nil
}

// soapAction is the name of the operation in the SOAPAction header or in the
// content type of SOAP 1.2: quoted or not, with or without an address in front.
func soapAction(h http.Header) string {
	action := unquoted(h.Get("SOAPAction"))
	if action == "" {
		if _, params, err := mime.ParseMediaType(h.Get("Content-Type")); err == nil {
			action = unquoted(params["action"])
		}
	}
	return action[strings.LastIndexAny(action, "/#:")+1:]
}

func unquoted(s string) string { return strings.Trim(s, `"' `) }

// wrap puts an answer into the dialect's envelope. Clients cut out the text between
// the tags of the body, which therefore have no attributes (contract 9.2).
func (d dialect) wrap(content []byte) []byte {
	dst := append(make([]byte, 0, len(content)+256), scene7.Declaration...)
	if d.envelope == "" {
		return append(dst, content...)
	}
	dst = append(append(append(dst, `<soapenv:Envelope xmlns:soapenv="`...), d.envelope...), `"><soapenv:Body>`...)
	dst = append(dst, content...)
	return append(dst, "</soapenv:Body></soapenv:Envelope>"...)
}

// fault renders a fault in the dialect (contract section 8).
func (d dialect) fault(f scene7.Fault) []byte {
	var dst []byte
	switch d.envelope {
	case soap11:
		dst = append(dst, "<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>"+f.Code.Element()+"</faultstring><detail>"...)
		dst = append(f.AppendXML(dst), "</detail></soapenv:Fault>"...)
	case soap12:
		dst = append(dst, "<soapenv:Fault><soapenv:Code><soapenv:Value>soapenv:Receiver</soapenv:Value></soapenv:Code>"+
			`<soapenv:Reason><soapenv:Text xml:lang="en">`+f.Code.Element()+"</soapenv:Text></soapenv:Reason><soapenv:Detail>"...)
		dst = append(f.AppendXML(dst), "</soapenv:Detail></soapenv:Fault>"...)
	default:
		dst = f.AppendXML(dst)
	}
	return d.wrap(dst)
}
