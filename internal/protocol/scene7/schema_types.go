package scene7

import "slices"

// Kinds of declarations.
const (
	KindParam  = "param"  // request element of an operation
	KindReturn = "return" // answer element of an operation
	KindType   = "type"   // complex type
)

// Names of simple types as XML Schema has them, and the one structure that is not described.
const (
	typeString   = "string"
	typeBoolean  = "boolean"
	typeInt      = "int"
	typeLong     = "long"
	typeDouble   = "double"
	typeDateTime = "dateTime"
	typeBinary   = "base64Binary"
	typeOpaque   = "(anon)" // ignored on input, never written
)

// Unbounded is the Max of a field that may repeat without limit.
const Unbounded = -1

// Type is a complex type or an operation element with its fields in wire order. It must not be changed.
type Type struct {
	Kind   string
	Name   string
	Since  Level // first level that has the type
	Fields []Field

	byName  map[string]int    // field names and aliases to places in Fields
	until   map[Level][]int   // order of the fields up to a level, where it differs
	earlier map[Level][]Field // fields that differ up to a level
	levels  map[Level][]Field // what At answers for the levels that there are
}

// Field is one element inside a type.
type Field struct {
	Name  string
	Type  string // simple type, or name of a complex type
	Min   int
	Max   int   // Unbounded when there is no limit
	Since Level // first level that has the field
	Until Level // last level that has the field; 0 = still there

	Rule
}

// Rule is what the schema language does not say about a field.
type Rule struct {
	Aliases  []string          // other spellings accepted on input
	Enum     []string          // the only values, exact case; nil = any
	Synonyms map[string]string // values accepted on input and what they mean
	Range    *Range            // for numbers; nil = any
	MaxBytes int               // for strings; 0 = any
	Default  string            // value in effect when the field is absent, as text; empty = none
	Lenient  string            // value assumed, with a warning, when the required field is missing; empty = none
	Fill     bool              // complex field that is shown with its defaults when it is absent
	Discard  bool              // accepted and forgotten: never stored, shown or logged
}

// Range holds the least and the greatest number allowed.
type Range struct {
	Min, Max float64
}

// Repeated reports whether the field may occur more than once, so that its value is a list.
func (f *Field) Repeated() bool { return f.Max == Unbounded || f.Max > 1 }

// Complex reports whether the field's type has fields itself.
func (f *Field) Complex() bool {
	switch f.Type {
	case typeString, typeBoolean, typeInt, typeLong, typeDouble, typeDateTime, typeBinary, typeOpaque:
		return false
	}
	return true
}

// at reports whether the field exists at a level.
func (f *Field) at(level Level) bool {
	return f.Since <= level && (f.Until == 0 || level <= f.Until)
}

// requiredAt reports whether a sender of the given level has to give the field. A type that is newer than the level
// comes with all of its own first fields, so these are then required as well.
func (f *Field) requiredAt(level Level, of *Type) bool {
	return f.Min > 0 && f.at(max(level, of.Since))
}

// Field finds a field by its name or one of its aliases; nil when there is none.
func (t *Type) Field(name string) *Field {
	if i, ok := t.byName[name]; ok {
		return &t.Fields[i]
	}
	return nil
}

// At returns the fields of the type in the order and with the occurrence that they have at a level. The result must not
// be changed.
func (t *Type) At(level Level) []Field {
	if fields, ok := t.levels[level]; ok {
		return fields
	}
	return t.at(level)
}

func (t *Type) at(level Level) []Field {
	fields := make([]Field, 0, len(t.Fields))
	for _, i := range t.order(level) {
		field := t.Fields[i]
		if !field.at(level) {
			continue
		}
		for last, others := range t.earlier {
			at := slices.IndexFunc(others, func(f Field) bool { return f.Name == field.Name })
			if level <= last && at >= 0 {
				field = others[at]
			}
		}
		fields = append(fields, field)
	}
	return fields
}

// order lists the places of the fields in wire order at a level. A field that an earlier order leaves out does not
// exist at that level.
func (t *Type) order(level Level) []int {
	for last, order := range t.until {
		if level <= last {
			return order
		}
	}
	order := make([]int, len(t.Fields))
	for i := range order {
		order[i] = i
	}
	return order
}
