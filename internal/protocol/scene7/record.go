package scene7

import "time"

// Record is a decoded value of a complex type: its fields in schema order, absent ones left out. A nil *Record has no
// fields, so lookups can be chained.
//
// The value of a field is one of string, bool, int (XML int), int64 (long), float64 (double), time.Time (dateTime),
// []byte (base64Binary), *Record, or []any of these for a field that may repeat. Values are checked: they have parsed as
// their type, are in range, and words of an enumeration are its own.
type Record struct {
	Type   string
	Fields []Entry
}

// Entry is one field that is present.
type Entry struct {
	Name  string
	Value any
}

// Value returns the value of a field, nil when it is absent.
func (r *Record) Value(name string) any {
	if r == nil {
		return nil
	}
	for _, entry := range r.Fields {
		if entry.Name == name {
			return entry.Value
		}
	}
	return nil
}

// Has reports whether a field is present.
func (r *Record) Has(name string) bool { return r.Value(name) != nil }

// Text returns a string field, empty when it is absent.
func (r *Record) Text(name string) string { return valueOf[string](r, name) }

// Bool returns a boolean field, false when it is absent.
func (r *Record) Bool(name string) bool { return valueOf[bool](r, name) }

// OptionalBool returns a boolean field, nil when it is absent.
func (r *Record) OptionalBool(name string) *bool {
	value, ok := r.Value(name).(bool)
	if !ok {
		return nil
	}
	return &value
}

// Int returns an int field, 0 when it is absent.
func (r *Record) Int(name string) int { return valueOf[int](r, name) }

// Long returns a long field, 0 when it is absent.
func (r *Record) Long(name string) int64 { return valueOf[int64](r, name) }

// Double returns a double field, 0 when it is absent.
func (r *Record) Double(name string) float64 { return valueOf[float64](r, name) }

// Time returns a dateTime field, the zero time when it is absent.
func (r *Record) Time(name string) time.Time { return valueOf[time.Time](r, name) }

// Record returns a complex field, nil when it is absent.
func (r *Record) Record(name string) *Record { return valueOf[*Record](r, name) }

// Strings returns a repeated string field.
func (r *Record) Strings(name string) []string { return listOf[string](r, name) }

// Records returns a repeated complex field.
func (r *Record) Records(name string) []*Record { return listOf[*Record](r, name) }

func valueOf[T any](r *Record, name string) T {
	value, _ := r.Value(name).(T)
	return value
}

func listOf[T any](r *Record, name string) []T {
	list, _ := r.Value(name).([]any)
	var all []T
	for _, item := range list {
		if value, ok := item.(T); ok {
			all = append(all, value)
		}
	}
	return all
}

// set gives a field a value at its place in schema order.
func (r *Record) set(t *Type, name string, value any) {
	place := 0
	for place < len(r.Fields) && t.byName[r.Fields[place].Name] < t.byName[name] {
		place++
	}
	if place < len(r.Fields) && r.Fields[place].Name == name {
		r.Fields[place].Value = value
		return
	}
	r.Fields = append(r.Fields, Entry{})
	copy(r.Fields[place+1:], r.Fields[place:])
	r.Fields[place] = Entry{Name: name, Value: value}
}
