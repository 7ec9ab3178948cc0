package ipsapi

import (
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// commonSchemaFile is the name of the schema document that the schemas of dated
// versions import: authHeader and the faults, which are in the base namespace.
const commonSchemaFile = "IpsApiCommon.xsd"

// xsdNamespace is that of XML Schema.
const xsdNamespace = "http://www.w3.org/2001/XMLSchema"

// release is a version of the API as its documents describe it: any date that has
// the shape of one, not only the published ones (contract section 1).
type release struct {
	namespace string // of all elements but authHeader and the faults
	level     scene7.Level
}

// parseRelease reads the part of a document's name behind "IpsApi-": yyyy-mm-dd
// that may end in "-beta", or nothing for the base namespace.
func parseRelease(date string) (release, bool) {
	if date == "" {
		return release{namespace: scene7.BaseNamespace, level: scene7.Level13}, true
	}
	ns, ok := scene7.ParseNamespace(scene7.BaseNamespace + "/" + date)
	if !ok || strings.Contains(date, "/") {
		return release{}, false
	}
	return release{namespace: ns.Answer(), level: ns.Level()}, true
}

// SchemaDocument returns the XML Schema documents of a version, "" or a date such
// as "2014-04-03" or "2021-01-11-beta", by file name. main.xsd validates every
// request, answer and fault of the version; it imports the other one, if any, from
// the same folder. It is meant for tests that hold traffic against the schema:
//
//	xmllint --noout --nonet --schema main.xsd answer.xml
func SchemaDocument(version string) (map[string][]byte, error) {
	r, ok := parseRelease(version)
	if !ok {
		return nil, fmt.Errorf("ipsapi: %q is not a version such as 2014-04-03 or 2021-01-11-beta", version)
	}
	schema, err := scene7.NewSchema()
	if err != nil {
		return nil, err
	}
	operations, err := readOperations(schema)
	if err != nil {
		return nil, err
	}
	s := &Service{schema: schema, operations: operations}
	files := map[string][]byte{"main.xsd": s.xsd(r.namespace, r.level)}
	if r.namespace != scene7.BaseNamespace {
		files[commonSchemaFile] = s.commonXSD()
	}
	return files, nil
}

// xsd renders the schema document of a namespace with the elements and types that
// a level has.
func (s *Service) xsd(namespace string, level scene7.Level) []byte {
	m := newMarkup()
	s.addSchema(m, release{namespace, level}, commonSchemaFile)
	return m.buf
}

// commonXSD renders the schema document of authHeader and the faults alone, in its
// latest state.
func (s *Service) commonXSD() []byte {
	m := newMarkup()
	addCommonSchema(m, scene7.Level21)
	return m.buf
}

// addSchema adds the schema of a release: authHeader in its namespace, the elements
// of all operations that the level has, and all types. commonFile is where the
// schema of the base namespace is; empty when it stands beside this one in a WSDL
// document.
func (s *Service) addSchema(m *markup, r release, commonFile string) {
	base := r.namespace == scene7.BaseNamespace
	m.start("xsd:schema", "xmlns:xsd", xsdNamespace, "xmlns:types", r.namespace,
		"targetNamespace", r.namespace, "elementFormDefault", "qualified")
	if base {
		addFaults(m)
	} else {
		m.empty("xsd:import", "namespace", scene7.BaseNamespace, "schemaLocation", commonFile)
	}
	addAuthHeader(m, r.level, !base && r.level >= scene7.Level16)
	for _, op := range operationsAt(s.operations, r.level) {
		for _, element := range []string{op.Name + "Param", op.Name + "Return"} {
			m.start("xsd:element", "name", element)
			addComplexType(m, "", s.schema.Type(element).At(r.level))
			m.end()
		}
	}
	for _, t := range s.schema.Types() {
		if t.Kind == scene7.KindType && t.Since <= r.level {
			addComplexType(m, t.Name, t.At(r.level))
		}
	}
	m.end()
}

// addCommonSchema adds the part of the base namespace that every version needs.
func addCommonSchema(m *markup, level scene7.Level) {
	m.start("xsd:schema", "xmlns:xsd", xsdNamespace, "targetNamespace", scene7.BaseNamespace, "elementFormDefault", "qualified")
	addFaults(m)
	addAuthHeader(m, level, false)
	m.end()
}

// faultElements lists the fault elements (contract section 8).
func faultElements() []string {
	return []string{scene7.CodeException.Element(), scene7.CodeNoCredentials.Element(), scene7.CodeInvalidCompany.Element()}
}

func addFaults(m *markup) {
	for _, name := range faultElements() {
		m.start("xsd:element", "name", name)
		addComplexType(m, "", []scene7.Field{
			{Name: "code", Type: "int", Min: 1, Max: 1},
			{Name: "reason", Type: "string", Min: 1, Max: 1},
		})
		m.end()
	}
}

// addAuthHeader adds the element that a login stands in (contract section 7.1).
// Attributes of other namespaces are allowed, such as those of SOAP.
func addAuthHeader(m *markup, level scene7.Level, needsAppName bool) {
	fields := []scene7.Field{}
	for _, field := range []scene7.Field{
		{Name: "user", Type: "string"},
		{Name: "password", Type: "string"},
		{Name: "accessToken", Type: "string"},
		{Name: "samlResponse", Type: "string", Since: scene7.Level16},
		{Name: "locale", Type: "string"},
		{Name: "appName", Type: "string"},
		{Name: "appVersion", Type: "string"},
		{Name: "gzipResponse", Type: "boolean"},
		{Name: "faultHttpStatusCode", Type: "int"},
	} {
		field.Max = 1
		if needsAppName && field.Name == "appName" {
			field.Min = 1
		}
		if field.Since <= level {
			fields = append(fields, field)
		}
	}
	m.start("xsd:element", "name", "authHeader")
	m.start("xsd:complexType")
	addSequence(m, fields)
	m.empty("xsd:anyAttribute", "namespace", "##other", "processContents", "lax")
	m.end()
	m.end()
}

// addComplexType adds a complex type; without a name it is the type of the element
// around it.
func addComplexType(m *markup, name string, fields []scene7.Field) {
	m.start("xsd:complexType", "name", name)
	addSequence(m, fields)
	m.end()
}

func addSequence(m *markup, fields []scene7.Field) {
	if len(fields) == 0 {
		m.empty("xsd:sequence")
		return
	}
	m.start("xsd:sequence")
	for i := range fields {
		field := &fields[i]
		m.empty("xsd:element", "name", field.Name, "type", schemaType(field), "minOccurs", occurs(field.Min), "maxOccurs", occurs(field.Max))
	}
	m.end()
}

// schemaType is the name of a field's type in a schema document. The one structure
// that is not described is left open.
func schemaType(field *scene7.Field) string {
	switch {
	case field.Complex():
		return "types:" + field.Type
	case strings.HasPrefix(field.Type, "("):
		return "xsd:anyType"
	}
	return "xsd:" + field.Type
}

// occurs is the text of minOccurs or maxOccurs; empty for 1, which goes without
// saying.
func occurs(n int) string {
	switch n {
	case 1:
		return ""
	case scene7.Unbounded:
		return "unbounded"
	}
	return strconv.Itoa(n)
}

// markup writes an indented XML document. Names are taken as they are, values of
// attributes are escaped.
type markup struct {
	buf  []byte
	open []string // names of the elements that are open
}

func newMarkup() *markup {
	return &markup{buf: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")}
}

// start opens an element. Attributes are names and values in turn; one with an
// empty value is left out.
func (m *markup) start(name string, attributes ...string) {
	m.tag(name, attributes, ">\n")
	m.open = append(m.open, name)
}

// empty adds an element without content.
func (m *markup) empty(name string, attributes ...string) { m.tag(name, attributes, "/>\n") }

// end closes the element that was opened last.
func (m *markup) end() {
	name := m.open[len(m.open)-1]
	m.open = m.open[:len(m.open)-1]
	m.indent()
	m.buf = append(append(append(m.buf, "</"...), name...), ">\n"...)
}

func (m *markup) tag(name string, attributes []string, ending string) {
	m.indent()
	m.buf = append(append(m.buf, '<'), name...)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		m.buf = append(append(append(m.buf, ' '), attributes[i]...), `="`...)
		m.buf = append(xmltree.AppendText(m.buf, attributes[i+1]), '"')
	}
	m.buf = append(m.buf, ending...)
}

func (m *markup) indent() {
	for range m.open {
		m.buf = append(m.buf, ' ')
	}
}
