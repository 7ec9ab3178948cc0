package scene7

import (
	"fmt"
	"strings"

	"sluice/internal/wire/xmltree"
)

// Mode says how a request is read.
type Mode struct {
	Level Level // schema level of the request: fields newer than it are not required
	// EmptyAbsent takes an empty element of an optional field that is no text for an
	// absent one.
	EmptyAbsent bool
	Strict      bool // refuse what would be answered with a lenient default and a warning
}

// Decode reads an element as a type of the schema. Elements may come in any order and under any of their documented
// names, the first of several wins where one is expected, unknown ones are ignored. A value that does not fit gives a
// *RequestError with CodeInvalidParameter, a missing required field one with CodeMissingParameter.
func (s *Schema) Decode(e *xmltree.Element, typeName string, mode Mode) (*Record, []Warning, error) {
	t := s.Type(typeName)
	if t == nil {
		return nil, nil, fmt.Errorf("scene7: unknown type %s", typeName)
	}
	d := decoder{schema: s, mode: mode}
	record, err := d.record(e, t, e.Local)
	if err != nil {
		return nil, nil, err
	}
	return record, d.warnings, nil
}

type decoder struct {
	schema   *Schema
	mode     Mode
	warnings []Warning
}

// given counts how often an element has a field.
func given(e *xmltree.Element, t *Type, field *Field) (n int) {
	for _, child := range e.Children {
		if t.Field(child.Local) == field && !isNil(child) {
			n++
		}
	}
	return n
}

// record decodes the fields of a complex type. The document bounds the depth of the recursion.
func (d *decoder) record(e *xmltree.Element, t *Type, path string) (*Record, error) {
	values := make([]any, len(t.Fields))
	for _, child := range e.Children {
		field := t.Field(child.Local)
		if field == nil || field.Discard || field.Type == typeOpaque || isNil(child) {
			continue
		}
		place := t.byName[field.Name]
		list, _ := values[place].([]any)
		if values[place] != nil && !field.Repeated() {
			continue
		}
		below := path + "/" + child.Local
		if field.Max != Unbounded && len(list) >= field.Max {
			return nil, &RequestError{Code: CodeInvalidParameter, Path: below,
				Msg: fmt.Sprintf("is given %d times, the limit is %d", given(e, t, field), field.Max)}
		}
		value, err := d.value(child, field, below)
		switch {
		case err != nil:
			return nil, err
		case value == nil:
		case field.Repeated():
			values[place] = append(list, value)
		default:
			values[place] = value
		}
	}
	return d.assemble(values, t, path)
}

// value decodes one element as a field; nil when it counts as absent.
func (d *decoder) value(e *xmltree.Element, field *Field, path string) (any, error) {
	if field.Complex() {
		return d.record(e, d.schema.types[field.Type], path)
	}
	absent := field.Enum != nil || d.mode.EmptyAbsent && field.Min == 0 && field.Type != typeString && field.Type != typeBinary
	if absent && !d.mode.Strict && strings.Trim(e.Text, xmlBlanks) == "" {
		d.warn(path, "empty, taken as absent")
		return nil, nil
	}
	value, err := parseScalar(field, e.Text)
	if err != nil {
		sent := strings.Trim(e.Text, xmlBlanks)
		return nil, &RequestError{Code: CodeInvalidParameter, Path: path, Value: sent, Msg: err.Error()}
	}
	return value, nil
}

// assemble puts the values in schema order and looks after those that are missing.
func (d *decoder) assemble(values []any, t *Type, path string) (*Record, error) {
	record := &Record{Type: t.Name}
	for i := range t.Fields {
		field := &t.Fields[i]
		value := values[i]
		if value == nil && field.requiredAt(d.mode.Level, t) {
			if field.Lenient == "" || d.mode.Strict {
				return nil, &RequestError{Code: CodeMissingParameter, Path: path + "/" + field.Name, Msg: "is required"}
			}
			d.warn(path+"/"+field.Name, "is required and missing, taken as "+field.Lenient)
			value, _ = parseScalar(field, field.Lenient) // NewSchema has checked it
		}
		if value != nil {
			record.Fields = append(record.Fields, Entry{Name: field.Name, Value: value})
		}
	}
	return record, nil
}

func (d *decoder) warn(path, msg string) {
	d.warnings = append(d.warnings, Warning{Path: path, Msg: msg})
}

// TextOf returns the text of the child element that counts as a field which does not
// repeat: the first of its name that is not nil. ok = there is one.
func TextOf(e *xmltree.Element, name string) (text string, ok bool) {
	for _, child := range e.Children {
		if child.Local == name && !isNil(child) {
			return child.Text, true
		}
	}
	return "", false
}

// isNil reports whether an element says by xsi:nil that it stands for nothing.
func isNil(e *xmltree.Element) bool {
	value, _ := e.Attribute("nil")
	return value == "true" || value == "1"
}
