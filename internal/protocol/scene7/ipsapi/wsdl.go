package ipsapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/protocol/guard"
	"sluice/internal/protocol/scene7"
)

// servicePath is the SOAP endpoint, the address of both ports.
const servicePath = "/scene7/services/IpsApiService"

// newestRelease is the last public version, the one of servicePath + "?wsdl".
const newestRelease = "2014-04-03"

// maxServiceURL is the most bytes that the query parameter serviceUrl may have.
const maxServiceURL = 2048

// wsdlRoutes mounts the WSDL and XSD documents (contract section 9.5).
func (s *Service) wsdlRoutes(mux *http.ServeMux) {
	mux.HandleFunc("/scene7/webservice/{document}", s.serveDocument)
	mux.HandleFunc("/scene7/{document}", s.serveDocument)
	mux.HandleFunc("GET "+servicePath, func(w http.ResponseWriter, r *http.Request) {
		for name := range r.URL.Query() {
			if strings.EqualFold(name, "wsdl") {
				s.serveWSDL(w, r, newestRelease)
				return
			}
		}
		w.Header().Set("Allow", "POST")
		http.Error(w, "this address takes POST; its description is at "+servicePath+"?wsdl", http.StatusMethodNotAllowed)
	})
}

// serveDocument serves IpsApi[-version].wsdl, the same with .xsd, and the schema
// that the latter import.
func (s *Service) serveDocument(w http.ResponseWriter, r *http.Request) {
	document := r.PathValue("document")
	date, kind, ok := documentName(document)
	if !ok && document != commonSchemaFile {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this address takes GET", http.StatusMethodNotAllowed)
		return
	}
	switch kind {
	case "wsdl":
		s.serveWSDL(w, r, date)
	case "xsd":
		of, _ := parseRelease(date)
		writeDocument(w, s.xsd(of.namespace, of.level))
	default:
		writeDocument(w, s.commonXSD())
	}
}

// documentName takes a document's name apart: IpsApi, a version behind a hyphen or
// none, and wsdl or xsd behind a point.
func documentName(name string) (date, kind string, ok bool) {
	stem, kind, _ := strings.Cut(name, ".")
	rest, ok := strings.CutPrefix(stem, "IpsApi")
	if !ok || kind != "wsdl" && kind != "xsd" {
		return "", "", false
	}
	if rest == "" {
		return "", kind, true
	}
	date, ok = strings.CutPrefix(rest, "-")
	if _, known := parseRelease(date); !ok || !known || date == "" {
		return "", "", false
	}
	return date, kind, true
}

// serveWSDL serves the description of a version. The query parameter serviceUrl
// replaces the address of the service in it.
func (s *Service) serveWSDL(w http.ResponseWriter, r *http.Request, date string) {
	address := documentBase(r) + servicePath
	if query := r.URL.Query(); query.Has("serviceUrl") {
		address = query.Get("serviceUrl")
		if !validServiceURL(address) {
			http.Error(w, "serviceUrl must be an http or https URL of at most "+strconv.Itoa(maxServiceURL)+" bytes", http.StatusBadRequest)
			return
		}
	}
	of, _ := parseRelease(date)
	writeDocument(w, s.wsdl(of, address))
}

// documentBase is scheme and host under which the client sees the server.
func documentBase(r *http.Request) string {
	if base := guard.PublicURL(r.Context()); base != "" {
		return base
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func validServiceURL(address string) bool {
	if len(address) > maxServiceURL || strings.ContainsAny(address, " <>\"\\") {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

func writeDocument(w http.ResponseWriter, document []byte) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(document)))
	_, _ = w.Write(document) // a client that left needs no answer
}

// soapBinding is what differs between the bindings of the two SOAP versions.
type soapBinding struct {
	name, port, prefix string
}

func soapBindings() []soapBinding {
	return []soapBinding{
		{"IpsApiServiceSoapBinding", "IpsApiSoapPort", "soap"},
		{"IpsApiServiceSoap12Binding", "IpsApiSoap12Port", "soap12"},
	}
}

// wsdl renders the description of a release. Its schemas stand in it, so that
// clients need no second document. Generated clients depend on all names (contract
// section 9.5).
func (s *Service) wsdl(r release, address string) []byte {
	m := newMarkup()
	m.start("wsdl:definitions", "name", "IpsApi", "targetNamespace", "http://www.scene7.com/IpsApi",
		"xmlns:tns", "http://www.scene7.com/IpsApi", "xmlns:types", r.namespace, "xmlns:common", scene7.BaseNamespace,
		"xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/", "xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/",
		"xmlns:soap12", "http://schemas.xmlsoap.org/wsdl/soap12/", "xmlns:xsd", xsdNamespace)
	m.start("wsdl:types")
	if r.namespace != scene7.BaseNamespace {
		addCommonSchema(m, r.level)
	}
	s.addSchema(m, r, "")
	m.end()
	operations := operationsAt(s.operations, r.level)
	addMessages(m, operations)
	addPortType(m, operations)
	for _, binding := range soapBindings() {
		addBinding(m, binding, operations)
	}
	m.start("wsdl:service", "name", "IpsApiService")
	for _, binding := range soapBindings() {
		m.start("wsdl:port", "name", binding.port, "binding", "tns:"+binding.name)
		m.empty(binding.prefix+":address", "location", address)
		m.end()
	}
	m.end()
	m.end()
	return m.buf
}

func addMessages(m *markup, operations []*Operation) {
	message := func(name, part, element string) {
		m.start("wsdl:message", "name", name)
		m.empty("wsdl:part", "name", part, "element", element)
		m.end()
	}
	message("authHeader", "authHeader", "common:authHeader")
	for _, fault := range faultElements() {
		message(fault+"Exception", "fault", "common:"+fault)
	}
	for _, op := range operations {
		message(op.Name, "input", "types:"+op.Name+"Param")
		message(op.Name+"Response", "output", "types:"+op.Name+"Return")
	}
}

func addPortType(m *markup, operations []*Operation) {
	m.start("wsdl:portType", "name", "IpsApiPortType")
	for _, op := range operations {
		m.start("wsdl:operation", "name", op.Name)
		m.empty("wsdl:input", "message", "tns:"+op.Name)
		m.empty("wsdl:output", "message", "tns:"+op.Name+"Response")
		for _, fault := range faultElements() {
			m.empty("wsdl:fault", "name", fault, "message", "tns:"+fault+"Exception")
		}
		m.end()
	}
	m.end()
}

func addBinding(m *markup, b soapBinding, operations []*Operation) {
	m.start("wsdl:binding", "name", b.name, "type", "tns:IpsApiPortType")
	m.empty(b.prefix+":binding", "style", "document", "transport", "http://schemas.xmlsoap.org/soap/http")
	for _, op := range operations {
		m.start("wsdl:operation", "name", op.Name)
		m.empty(b.prefix+":operation", "soapAction", op.Name, "style", "document")
		m.start("wsdl:input")
		m.empty(b.prefix+":header", "message", "tns:authHeader", "part", "authHeader", "use", "literal")
		m.empty(b.prefix+":body", "use", "literal")
		m.end()
		m.start("wsdl:output")
		m.empty(b.prefix+":body", "use", "literal")
		m.end()
		for _, fault := range faultElements() {
			m.start("wsdl:fault", "name", fault)
			m.empty(b.prefix+":fault", "name", fault, "use", "literal")
			m.end()
		}
		m.end()
	}
	m.end()
}
