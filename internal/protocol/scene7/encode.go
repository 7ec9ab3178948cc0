package scene7

import (
	"slices"

	"sluice/internal/wire/xmltree"
)

// AppendXML appends a record as an element: no prefix, no white space, fields in wire order, only those that the level
// has. namespace is declared on the element when it is not empty.
func (s *Schema) AppendXML(dst []byte, element, namespace string, r *Record, level Level) []byte {
	dst = append(append(dst, '<'), element...)
	if namespace != "" {
		dst = append(dst, ` xmlns="`...)
		dst = append(xmltree.AppendText(dst, namespace), '"')
	}
	before := len(append(dst, '>'))
	dst = s.appendFields(append(dst, '>'), r, level)
	if len(dst) == before {
		return append(dst[:before-1], "/>"...)
	}
	return append(append(append(dst, "</"...), element...), '>')
}

func (s *Schema) appendFields(dst []byte, r *Record, level Level) []byte {
	t := s.Type(r.Type)
	if t == nil {
		return dst
	}
	fields := t.At(level)
	for i := range fields {
		field := &fields[i]
		value := r.Value(field.Name)
		if value == nil || field.Discard {
			continue
		}
		items, ok := value.([]any)
		if !ok {
			items = []any{value}
		}
		for _, item := range items {
			dst = s.appendValue(dst, field.Name, item, level)
		}
	}
	return dst
}

func (s *Schema) appendValue(dst []byte, element string, value any, level Level) []byte {
	if record, ok := value.(*Record); ok {
		return s.AppendXML(dst, element, "", record, level)
	}
	dst = append(append(append(dst, '<'), element...), '>')
	dst = xmltree.AppendText(dst, formatScalar(value))
	return append(append(append(dst, "</"...), element...), '>')
}

// WithDefaults returns a copy of a record in which absent fields have the values that are in effect without them.
// Nested records are completed too; absent ones are only added where a rule says that they are shown.
func (s *Schema) WithDefaults(r *Record) *Record {
	t := s.Type(r.Type)
	if t == nil {
		return r
	}
	full := &Record{Type: r.Type}
	for i := range t.Fields {
		field := &t.Fields[i]
		if value := s.effective(field, r.Value(field.Name)); value != nil {
			full.Fields = append(full.Fields, Entry{Name: field.Name, Value: value})
		}
	}
	return full
}

func (s *Schema) effective(field *Field, value any) any {
	switch v := value.(type) {
	case nil:
		if field.Fill {
			return s.WithDefaults(&Record{Type: field.Type})
		}
		if field.Default == "" {
			return nil
		}
		value, _ = parseScalar(field, field.Default) // NewSchema has checked it
		return value
	case *Record:
		return s.WithDefaults(v)
	case []any:
		items := slices.Clone(v)
		for i, item := range items {
			if record, ok := item.(*Record); ok {
				items[i] = s.WithDefaults(record)
			}
		}
		return items
	}
	return value
}
