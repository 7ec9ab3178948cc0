package scene7

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// JSON returns the canonical JSON of a record: one object, fields in schema order, no white space. Numbers are JSON
// numbers, times RFC 3339 with the offset that was sent, bytes base64. Equal records give equal bytes. The type's name is
// not part of it; whoever stores the bytes knows it.
func (r *Record) JSON() []byte { return appendJSON(nil, r) }

func appendJSON(dst []byte, value any) []byte {
	switch v := value.(type) {
	case *Record:
		dst = append(dst, '{')
		for i, entry := range v.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSON(dst, entry.Name), ':')
			dst = appendJSON(dst, entry.Value)
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item)
		}
		return append(dst, ']')
	case string:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(v) // a string always encodes
		return append(dst, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	case time.Time:
		return append(v.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
	case []byte:
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v), '"')
	}
	return append(dst, "null"...)
}

// RecordFromJSON reads what JSON wrote. Fields that the type does not have are dropped, so that records stored under
// an earlier schema can be read; values are not checked against rules again.
func (s *Schema) RecordFromJSON(typeName string, data []byte) (*Record, error) {
	t := s.Type(typeName)
	if t == nil {
		return nil, fmt.Errorf("scene7: unknown type %s", typeName)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("scene7: stored %s: %w", typeName, err)
	}
	record := &Record{Type: t.Name}
	for i := range t.Fields {
		field := &t.Fields[i]
		raw, ok := fields[field.Name]
		if !ok {
			continue
		}
		value, err := s.fieldFromJSON(field, raw)
		if err != nil {
			return nil, fmt.Errorf("scene7: stored %s.%s: %w", typeName, field.Name, err)
		}
		record.Fields = append(record.Fields, Entry{Name: field.Name, Value: value})
	}
	return record, nil
}

func (s *Schema) fieldFromJSON(field *Field, raw json.RawMessage) (any, error) {
	if !field.Repeated() {
		return s.valueFromJSON(field, raw)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	list := make([]any, len(items))
	for i, item := range items {
		value, err := s.valueFromJSON(field, item)
		if err != nil {
			return nil, err
		}
		list[i] = value
	}
	return list, nil
}

func (s *Schema) valueFromJSON(field *Field, raw json.RawMessage) (any, error) {
	switch field.Type {
	case typeString:
		return scan[string](raw)
	case typeBoolean:
		return scan[bool](raw)
	case typeInt:
		return scan[int](raw)
	case typeLong:
		return scan[int64](raw)
	case typeDouble:
		return scan[float64](raw)
	case typeDateTime:
		return scan[time.Time](raw)
	case typeBinary:
		return scan[[]byte](raw)
	case typeOpaque:
		return nil, errors.New("value of an opaque field")
	}
	return s.RecordFromJSON(field.Type, raw)
}

func scan[T any](raw json.RawMessage) (any, error) {
	var value *T
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, err
	}
	if value == nil {
		return nil, errors.New("null")
	}
	return *value, nil
}
