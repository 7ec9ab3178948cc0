package brightsign

import (
	"strings"

	"sluice/internal/wire/xmltree"
)

// markup writes a document.
type markup struct {
	out  []byte
	open []string
}

// start opens an element; attributes come in pairs of name and value.
func (m *markup) start(name string, attributes ...string) {
	m.tag(name, attributes)
	m.out = append(m.out, '>')
	m.open = append(m.open, name)
}

// empty writes an element without content.
func (m *markup) empty(name string, attributes ...string) {
	m.tag(name, attributes)
	m.out = append(m.out, "/>"...)
}

func (m *markup) tag(name string, attributes []string) {
	m.out = append(append(m.out, '<'), name...)
	for i := 0; i+1 < len(attributes); i += 2 {
		m.out = append(append(append(m.out, ' '), attributes[i]...), `="`...)
		m.out = append(xmltree.AppendText(m.out, attributes[i+1]), '"')
	}
}

// end closes the innermost element.
func (m *markup) end() {
	last := len(m.open) - 1
	m.out = append(append(append(m.out, "</"...), m.open[last]...), '>')
	m.open = m.open[:last]
}

// wsdl describes the service at an address (section 4). Tool kits make classes of its
// names, which therefore never change.
func (d *Door) wsdl(address string) []byte {
	service, data := d.Options.ServiceNamespace, d.Options.DataNamespace
	m := &markup{out: []byte(`<?xml version="1.0" encoding="utf-8"?>` + "\n")}
	m.start("wsdl:definitions", "name", "ContentUploadService", "targetNamespace", service,
		"xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/", "xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/",
		"xmlns:wsaw", "http://www.w3.org/2006/05/addressing/wsdl", "xmlns:xs", "http://www.w3.org/2001/XMLSchema", "xmlns:tns", service, "xmlns:dto", data)
	m.start("wsdl:types")
	dataSchema(m, data)
	serviceSchema(m, service, data)
	m.end()
	messages(m)
	portType(m, service)
	binding(m, service)
	m.start("wsdl:service", "name", "ContentUploadService")
	m.start("wsdl:port", "name", "BasicHttpBinding_ContentUploadService", "binding", "tns:BasicHttpBinding_ContentUploadService")
	m.empty("soap:address", "location", address)
	m.end()
	m.end()
	m.end()
	return append(m.out, '\n')
}

func dataSchema(m *markup, namespace string) {
	m.start("xs:schema", "elementFormDefault", "qualified", "targetNamespace", namespace, "xmlns:dto", namespace)
	for _, t := range dataTypes() {
		switch {
		case t.words != nil:
			m.start("xs:simpleType", "name", t.name)
			m.start("xs:restriction", "base", "xs:string")
			for _, word := range t.words {
				m.empty("xs:enumeration", "value", word)
			}
			m.end()
			m.end()
		case t.base != "":
			m.start("xs:complexType", "name", t.name)
			m.start("xs:complexContent", "mixed", "false")
			m.start("xs:extension", "base", "dto:"+t.base)
			sequence(m, t.members)
			m.end()
			m.end()
			m.end()
		default:
			m.start("xs:complexType", "name", t.name)
			sequence(m, t.members)
			m.end()
		}
		m.empty("xs:element", "name", t.name, "nillable", "true", "type", "dto:"+t.name)
	}
	m.end()
}

func sequence(m *markup, members []member) {
	m.start("xs:sequence")
	for _, e := range members {
		item, repeated := strings.CutPrefix(e.kind, "[]")
		switch {
		case repeated:
			m.empty("xs:element", "minOccurs", "0", "maxOccurs", "unbounded", "name", e.name, "nillable", "true", "type", qualified(item))
		case e.required:
			m.empty("xs:element", "name", e.name, "type", qualified(e.kind))
		default:
			m.empty("xs:element", "minOccurs", "0", "name", e.name, "nillable", "true", "type", qualified(e.kind))
		}
	}
	m.end()
}

// qualified is the name of a type in the document.
func qualified(kind string) string {
	if strings.HasPrefix(kind, "xs:") {
		return kind
	}
	return "dto:" + kind
}

func serviceSchema(m *markup, service, data string) {
	m.start("xs:schema", "elementFormDefault", "qualified", "targetNamespace", service)
	m.empty("xs:import", "namespace", data)
	wrapper := func(name string, children []parameter) {
		m.start("xs:element", "name", name)
		m.start("xs:complexType")
		m.start("xs:sequence")
		for _, p := range children {
			attributes := []string{"minOccurs", "0", "name", p.name}
			if p.nillable {
				attributes = append(attributes, "nillable", "true")
			}
			m.empty("xs:element", append(attributes, "type", qualified(p.kind))...)
		}
		m.end()
		m.end()
		m.end()
	}
	for _, op := range operations() {
		wrapper(op.name, op.parameters)
		wrapper(op.name+"Response", []parameter{{op.name + "Result", op.result, op.result != "xs:boolean"}})
	}
	m.end()
}

func messages(m *markup) {
	message := func(name, part, element string) {
		m.start("wsdl:message", "name", "ContentUploadService_"+name)
		m.empty("wsdl:part", "name", part, "element", element)
		m.end()
	}
	for _, op := range operations() {
		message(op.name+"_InputMessage", "parameters", "tns:"+op.name)
		message(op.name+"_OutputMessage", "parameters", "tns:"+op.name+"Response")
		message(op.name+"_FileUploadFaultFault_FaultMessage", "detail", "dto:FileUploadFault")
	}
}

func portType(m *markup, service string) {
	m.start("wsdl:portType", "name", "ContentUploadService")
	for _, op := range operations() {
		action, message := action(service, op.name), "tns:ContentUploadService_"+op.name
		m.start("wsdl:operation", "name", op.name)
		m.empty("wsdl:input", "wsaw:Action", action, "message", message+"_InputMessage")
		m.empty("wsdl:output", "wsaw:Action", action+"Response", "message", message+"_OutputMessage")
		m.empty("wsdl:fault", "wsaw:Action", action+"FileUploadFaultFault", "name", "FileUploadFaultFault", "message", message+"_FileUploadFaultFault_FaultMessage")
		m.end()
	}
	m.end()
}

func binding(m *markup, service string) {
	m.start("wsdl:binding", "name", "BasicHttpBinding_ContentUploadService", "type", "tns:ContentUploadService")
	m.empty("soap:binding", "transport", "http://schemas.xmlsoap.org/soap/http")
	for _, op := range operations() {
		m.start("wsdl:operation", "name", op.name)
		m.empty("soap:operation", "soapAction", action(service, op.name), "style", "document")
		for _, direction := range []string{"wsdl:input", "wsdl:output"} {
			m.start(direction)
			m.empty("soap:body", "use", "literal")
			m.end()
		}
		m.start("wsdl:fault", "name", "FileUploadFaultFault")
		m.empty("soap:fault", "use", "literal", "name", "FileUploadFaultFault")
		m.end()
		m.end()
	}
	m.end()
}

// action is the SOAP action of an operation (1.3).
func action(service, operation string) string { return service + "ContentUploadService/" + operation }
