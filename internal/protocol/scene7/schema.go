package scene7

import (
	_ "embed" // holds the field tables
	"fmt"
	"strconv"
	"strings"
)

//go:embed schema.tsv
var schemaTable string

// Schema holds every type of the API: field tables from schema.tsv, rules from rules.go. It does not change after
// NewSchema and is safe for concurrent use. Decoding, encoding, order on the wire and schema levels all follow from it.
type Schema struct {
	types map[string]*Type
	names []string // in the order of the table
}

// NewSchema reads the embedded tables. It fails only when the tables contradict themselves.
func NewSchema() (*Schema, error) {
	return parseSchema(schemaTable, fieldRules())
}

// Type finds a type, operation element or documented other spelling of a type name; nil when there is none.
func (s *Schema) Type(name string) *Type {
	if t, ok := s.types[name]; ok {
		return t
	}
	if name == "AutoSetCreateOptions" {
		return s.types["AutoSetCreationOptions"]
	}
	return nil
}

// Types lists all types and operation elements in the order of the table.
func (s *Schema) Types() []*Type {
	types := make([]*Type, len(s.names))
	for i, name := range s.names {
		types[i] = s.types[name]
	}
	return types
}

// row is one line of the table.
type row struct {
	kind, name, field, typ, note string
	pos, min, max                int
	since                        Level
}

func parseSchema(table string, rules map[string]Rule) (*Schema, error) {
	s := &Schema{types: map[string]*Type{}}
	used := map[string]bool{}
	for number, line := range strings.Split(table, "\n") {
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "kind\t") {
			continue
		}
		r, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("schema line %d: %w", number+1, err)
		}
		if r.kind == "until" {
			err = s.addEarlier(r)
		} else {
			err = s.addRow(r, rules, used)
		}
		if err != nil {
			return nil, fmt.Errorf("schema line %d: %w", number+1, err)
		}
	}
	for key := range rules {
		if !used[key] {
			return nil, fmt.Errorf("schema: rule for unknown field %s", key)
		}
	}
	for _, t := range s.types {
		t.levels = map[Level][]Field{}
		for _, level := range []Level{Level13, Level16, Level21} {
			t.levels[level] = t.at(level)
		}
	}
	return s, s.check()
}

func parseRow(line string) (row, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != 9 {
		return row{}, fmt.Errorf("%d cells instead of 9", len(cells))
	}
	r := row{kind: cells[0], name: cells[1], field: cells[3], typ: cells[4], note: cells[8]}
	var err error
	if r.pos, err = strconv.Atoi(cells[2]); err != nil {
		return row{}, err
	}
	since, err := strconv.Atoi(cells[7])
	if err != nil {
		return row{}, err
	}
	r.since = Level(since)
	if r.pos == 0 {
		return r, nil
	}
	if r.min, err = strconv.Atoi(cells[5]); err != nil {
		return row{}, err
	}
	if r.max = Unbounded; cells[6] != "*" {
		r.max, err = strconv.Atoi(cells[6])
	}
	return r, err
}

// addRow adds a type or field and joins the field with its rule: the one for the field of this type, else the one for
// the field in any type.
func (s *Schema) addRow(r row, rules map[string]Rule, used map[string]bool) error {
	t, ok := s.types[r.name]
	if !ok {
		t = &Type{Kind: r.kind, Name: r.name, Since: r.since, byName: map[string]int{}}
		s.types[r.name] = t
		s.names = append(s.names, r.name)
	}
	t.Since = min(t.Since, r.since)
	if r.pos == 0 {
		return nil
	}
	if r.kind != t.Kind || r.pos != len(t.Fields)+1 {
		return fmt.Errorf("%s.%s is out of place", r.name, r.field)
	}
	field := Field{Name: r.field, Type: r.typ, Min: r.min, Max: r.max, Since: r.since}
	if r.note == "13" {
		field.Until = Level13
	}
	for _, key := range []string{r.name + "." + r.field, "*." + r.field} {
		if rule, ok := rules[key]; ok {
			field.Rule, used[key] = rule, true
			break
		}
	}
	t.Fields = append(t.Fields, field)
	for _, name := range append([]string{field.Name}, field.Aliases...) {
		if _, taken := t.byName[name]; taken {
			return fmt.Errorf("%s has two fields called %s", t.Name, name)
		}
		t.byName[name] = len(t.Fields) - 1
	}
	return nil
}

// addEarlier adds what an earlier level had instead.
func (s *Schema) addEarlier(r row) error {
	t := s.types[r.name]
	if t == nil {
		return fmt.Errorf("unknown type %s", r.name)
	}
	if r.pos > 0 {
		now := t.Field(r.field)
		if now == nil {
			return fmt.Errorf("unknown field %s.%s", r.name, r.field)
		}
		field := *now
		field.Type, field.Min, field.Max = r.typ, r.min, r.max
		if t.earlier == nil {
			t.earlier = map[Level][]Field{}
		}
		t.earlier[r.since] = append(t.earlier[r.since], field)
		return nil
	}
	order := []int{}
	for _, name := range strings.Fields(r.field) {
		i, ok := t.byName[name]
		if !ok {
			return fmt.Errorf("unknown field %s.%s", r.name, name)
		}
		order = append(order, i)
	}
	if t.until == nil {
		t.until = map[Level][]int{}
	}
	t.until[r.since] = order
	return nil
}

// check makes sure that every type that is named exists and that every default is a value of its field.
func (s *Schema) check() error {
	for _, t := range s.types {
		for i := range t.Fields {
			field := &t.Fields[i]
			if field.Complex() {
				if s.types[field.Type] == nil {
					return fmt.Errorf("schema: %s.%s has unknown type %s", t.Name, field.Name, field.Type)
				}
				continue
			}
			for _, value := range []string{field.Default, field.Lenient} {
				if value == "" {
					continue
				}
				if _, err := parseScalar(field, value); err != nil {
					return fmt.Errorf("schema: %s.%s: default %q: %w", t.Name, field.Name, value, err)
				}
			}
		}
	}
	return nil
}
