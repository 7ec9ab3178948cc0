package brightsign

import (
	"net/http"
	"strings"
	"time"

	"sluice/internal/wire/xmltree"
)

// Namespaces of envelopes and of what stands in their headers.
const (
	soap11       = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12       = "http://www.w3.org/2003/05/soap-envelope"
	instance     = "http://www.w3.org/2001/XMLSchema-instance"
	wsSecurity   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsUtility    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	wsAddressing = "/addressing" // part of every version's namespace
)

// request is a message as far as it has been read.
type request struct {
	version   string // namespace of the envelope
	service   string // namespace of the operation's element
	data      string // namespace of the members of its arguments; "" = none seen
	operation string
	security  security
	stamped   bool // the reply bears a time (2.2)
}

// openRequest takes apart what stands before the content of the operation. refused is
// what speaks against the request once it is known who calls.
func openRequest(root *xmltree.Element, h http.Header) (q request, refused, err error) {
	q = request{version: soap11}
	if root.Space == soap12 {
		q.version = soap12
	}
	if root.Local != "Envelope" {
		return q, nil, refuse("The request is not a SOAP envelope but an element %q.", clip(root.Local))
	}
	header := root.Child("Header")
	q.security = readSecurity(header)
	q.stamped = q.security.created != "" || q.security.expires != ""
	body := root.Child("Body")
	if body == nil || len(body.Children) == 0 {
		return q, nil, refuse("The request is not a SOAP message: it has no operation in its body.")
	}
	element := body.Children[0]
	q.service = element.Space
	if strings.Contains(element.Space, "xmlenc") {
		return q, nil, refuse("Messages with encrypted bodies are not supported; use the Basic endpoint over TLS.")
	}
	for _, op := range operations() {
		if strings.EqualFold(op.name, element.Local) {
			q.operation = op.name
		}
	}
	if q.operation == "" {
		return q, &Fault{Code: codeAction, Message: "The operation " + clip(element.Local) + " does not exist in this service" + actionHint(h) + "."}, nil
	}
	return q, q.understood(header), nil
}

func actionHint(h http.Header) string {
	name := strings.Trim(h.Get("SOAPAction"), `"' `)
	if name = name[strings.LastIndexAny(name, "/#")+1:]; name == "" {
		return ""
	}
	return ", although the SOAPAction names " + clip(name)
}

// understood refuses header blocks that must be understood and are not (2.2).
func (q request) understood(header *xmltree.Element) error {
	if header == nil {
		return nil
	}
	for _, block := range header.Children {
		must, _ := block.Attribute("mustUnderstand")
		if must != "1" && must != "true" || block.Local == "Security" {
			continue
		}
		if strings.Contains(block.Space, wsAddressing) {
			switch block.Local {
			case "To", "Action", "MessageID", "ReplyTo", "From", "FaultTo", "RelatesTo":
				continue
			}
		}
		return &Fault{Code: codeMustUnderstand, Message: "The header " + clip(block.Local) + " must be understood, and is not."}
	}
	return nil
}

// timeFormat is how times are written, in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

// reply puts content into an envelope of the request's version.
func (q request) reply(now time.Time, content []byte) []byte {
	out := append(make([]byte, 0, len(content)+512), `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="`+q.version+`">`...)
	if q.stamped {
		out = append(out, `<s:Header><o:Security xmlns:o="`+wsSecurity+`"><u:Timestamp xmlns:u="`+wsUtility+`" u:Id="_0"><u:Created>`...)
		out = append(now.UTC().AppendFormat(out, timeFormat), `</u:Created><u:Expires>`...)
		out = append(now.Add(clockSkew).UTC().AppendFormat(out, timeFormat), `</u:Expires></u:Timestamp></o:Security></s:Header>`...)
	}
	out = append(append(out, "<s:Body>"...), content...)
	return append(out, "</s:Body></s:Envelope>"...)
}

// contentType is that of answers.
func (q request) contentType() string {
	if q.version == soap12 {
		return "application/soap+xml; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// fault renders a fault (3.1). The sentence stands where each kind of client looks
// for it.
func (q request) fault(f *Fault, data string) []byte {
	code, declare := f.qualified(q.version)
	out := []byte("<s:Fault>")
	if q.version == soap12 {
		out = append(out, "<s:Code><s:Value>"...)
		outer := "s:Sender"
		if f.Code == codeServer {
			outer = "s:Receiver"
		}
		if f.Code == codeMustUnderstand {
			outer = "s:MustUnderstand"
		}
		out = append(append(out, outer...), "</s:Value>"...)
		if declare != "" {
			out = append(append(append(append(append(out, "<s:Subcode><s:Value"...), declare...), '>'), code...), "</s:Value></s:Subcode>"...)
		}
		out = append(out, `</s:Code><s:Reason><s:Text xml:lang="en-US">`...)
		out = append(xmltree.AppendText(out, f.Message), "</s:Text></s:Reason><s:Detail>"...)
		out = append(f.detail(out, data), "</s:Detail>"...)
	} else {
		out = append(append(append(append(append(out, "<faultcode"...), declare...), '>'), code...), "</faultcode>"...)
		out = append(out, `<faultstring xml:lang="en-US">`...)
		out = append(xmltree.AppendText(out, f.Message), "</faultstring><detail>"...)
		out = append(f.detail(out, data), "</detail>"...)
	}
	return append(out, "</s:Fault>"...)
}

func (f *Fault) detail(out []byte, data string) []byte {
	out = append(out, `<FileUploadFault xmlns="`...)
	out = append(xmltree.AppendText(out, data), `" xmlns:i="`+instance+`"><Message>`...)
	return append(xmltree.AppendText(out, f.Message), "</Message></FileUploadFault>"...)
}

// qualified is the fault code with its prefix, and the declaration of that where it
// is not the envelope's.
func (f *Fault) qualified(version string) (code, declare string) {
	const dispatcher = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"
	const addressing = "http://schemas.microsoft.com/ws/2005/05/addressing/none"
	switch f.Code {
	case codeServer:
		return "s:Server", ""
	case codeMustUnderstand:
		return "s:MustUnderstand", ""
	case codeSecurity:
		return "o:InvalidSecurity", ` xmlns:o="` + wsSecurity + `"`
	case codeAuthentication:
		return "o:FailedAuthentication", ` xmlns:o="` + wsSecurity + `"`
	case codeDeserialization:
		return "a:DeserializationFailed", ` xmlns:a="` + dispatcher + `"`
	case codeAction:
		return "a:ActionNotSupported", ` xmlns:a="` + addressing + `"`
	}
	return "s:Client", ""
}
