package scene7

import (
	"strings"

	"sluice/internal/wire/xmltree"
)

// Missing names the first element that a request of a level must have and has not,
// anywhere in what is there; "" when none is missing. It looks at presence alone,
// so that an absent element can be reported before a value that does not fit. An
// empty word of an enumeration counts as absent, as it does for Decode.
func (s *Schema) Missing(e *xmltree.Element, typeName string, level Level) string {
	t := s.Type(typeName)
	if t == nil {
		return ""
	}
	present := map[string]bool{}
	for _, child := range e.Children {
		field := t.Field(child.Local)
		if field == nil || isNil(child) || field.Enum != nil && strings.Trim(child.Text, xmlBlanks) == "" {
			continue
		}
		present[field.Name] = true
		if field.Complex() {
			if missing := s.Missing(child, field.Type, level); missing != "" {
				return missing
			}
		}
	}
	for i := range t.Fields {
		field := &t.Fields[i]
		if !present[field.Name] && field.Lenient == "" && field.requiredAt(level, t) {
			return field.Name
		}
	}
	return ""
}
