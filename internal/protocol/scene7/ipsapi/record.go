package ipsapi

import (
	"fmt"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// record builds a record from names and values in turn. A value of nil, of a nil
// pointer or of a zero time is left out: the element is absent. Numbers of the
// library, lists of strings and lists of records are converted.
func record(typeName string, pairs ...any) *scene7.Record {
	r := &scene7.Record{Type: typeName}
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := fieldValue(pairs[i+1]); value != nil {
			r.Fields = append(r.Fields, scene7.Entry{Name: pairs[i].(string), Value: value})
		}
	}
	return r
}

// fieldValue converts a value to what a record holds.
func fieldValue(value any) any {
	switch v := value.(type) {
	case nil, string, bool, int, int64, float64, []byte, []any:
		return v
	case *scene7.Record:
		if v != nil {
			return v
		}
	case time.Time:
		if !v.IsZero() {
			return v
		}
	case ingest.Number:
		return int64(v)
	case []string:
		return anyList(v)
	case []*scene7.Record:
		return anyList(v)
	case *bool:
		if v != nil {
			return *v
		}
	case *int:
		if v != nil {
			return *v
		}
	case *int64:
		if v != nil {
			return *v
		}
	case *float64:
		if v != nil {
			return *v
		}
	case *string:
		if v != nil {
			return *v
		}
	case fmt.Stringer:
		return v.String()
	default:
		panic(fmt.Sprintf("ipsapi: a record cannot hold a %T", value))
	}
	return nil
}

func anyList[T any](list []T) []any {
	items := make([]any, len(list))
	for i, item := range list {
		items[i] = item
	}
	return items
}

// array builds a record of an array type, whose elements are called items. An
// empty list gives an empty element.
func array[T any](typeName string, items []T) *scene7.Record {
	if len(items) == 0 {
		return &scene7.Record{Type: typeName}
	}
	return &scene7.Record{Type: typeName, Fields: []scene7.Entry{{Name: "items", Value: anyList(items)}}}
}

// optionalArray is array for a field that is left out when the list is empty.
func optionalArray[T any](typeName string, items []T) *scene7.Record {
	if len(items) == 0 {
		return nil
	}
	return array(typeName, items)
}

// items returns the strings of an array field such as a HandleArray.
func items(r *scene7.Record, field string) []string { return r.Record(field).Strings("items") }

// records returns the records of an array field.
func records(r *scene7.Record, field string) []*scene7.Record {
	return r.Record(field).Records("items")
}

// optionalText returns a string field, nil when it is absent: absent keeps a
// value, present and empty clears it.
func optionalText(r *scene7.Record, field string) *string {
	if text, ok := r.Value(field).(string); ok {
		return &text
	}
	return nil
}
