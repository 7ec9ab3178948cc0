package ipsapi

import (
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// matchAny reads a match mode: MatchAll, which is the default, or MatchAny.
func matchAny(in *scene7.Record, field string) (bool, error) {
	switch mode := in.Text(field); mode {
	case "", "MatchAll":
		return false, nil
	case "MatchAny":
		return true, nil
	default:
		return false, invalid(field, "%q is not one of MatchAll, MatchAny", clip(mode))
	}
}

// textOperators and numberOperators map the API's words for operators.
func textOperators() map[string]ingest.SearchOp {
	return map[string]ingest.SearchOp{
		"Equals": ingest.OpEquals, "NotEquals": ingest.OpNotEquals, "Contains": ingest.OpContains, "NotContains": ingest.OpNotContains,
		"StartsWith": ingest.OpStartsWith, "EndsWith": ingest.OpEndsWith,
	}
}

func numberOperators() map[string]ingest.SearchOp {
	return map[string]ingest.SearchOp{
		"Equals": ingest.OpNumberEquals, "NotEquals": ingest.OpNumberNotEquals, "LessThan": ingest.OpLess, "LessThanEquals": ingest.OpLessEquals,
		"GreaterThan": ingest.OpGreater, "GreaterThanEquals": ingest.OpGreaterEquals, "Between": ingest.OpBetween, "NotBetween": ingest.OpNotBetween,
	}
}

// operand reads operator and value of a condition: texts from value, numbers from
// the element of their type.
func operand(path string, r *scene7.Record, c ingest.Condition) (ingest.Condition, error) {
	word := r.Text("op")
	if low, high, ok := numbersOf(r, word); ok {
		op, known := numberOperators()[word]
		if !known {
			return c, invalid(path+"/op", "%q is no operator on numbers and dates", clip(word))
		}
		c.Op, c.Low, c.High = op, low, high
		return c, nil
	}
	op, known := textOperators()[word]
	if !known {
		return c, invalid(path+"/op", "%q is no operator on texts", clip(word))
	}
	if !r.Has("value") {
		return c, missing(path + "/value")
	}
	c.Op, c.Text = op, r.Text("value")
	return c, nil
}

// numbersOf reads the numbers of a condition, false when it has none: a pair for
// the operators on ranges.
func numbersOf(r *scene7.Record, op string) (low, high float64, ok bool) {
	if op == "Between" || op == "NotBetween" {
		for _, kind := range []string{"Long", "Double", "Date"} {
			if r.Has("min"+kind) && r.Has("max"+kind) {
				return number(r.Value("min" + kind)), number(r.Value("max" + kind)), true
			}
		}
	}
	for _, field := range []string{"longVal", "doubleVal", "dateVal", "boolVal"} {
		if r.Has(field) {
			n := number(r.Value(field))
			return n, n, true
		}
	}
	return 0, 0, false
}

// number is a value as searches compare it: times are microseconds.
func number(value any) float64 {
	switch v := value.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case time.Time:
		return float64(v.UnixMicro())
	case bool:
		if v {
			return 1
		}
	}
	return 0
}

// systemFields maps the system fields of searchAssets to fields of assets and keys
// of values.
func systemFields() map[string]ingest.Condition {
	return map[string]ingest.Condition{
		"Name": {Field: ingest.SearchName}, "FileName": {Field: ingest.SearchFileName}, "FileSize": {Field: ingest.SearchSize},
		"Created": {Field: ingest.SearchCreated}, "LastModified": {Field: ingest.SearchModified},
		"CreateUser": {Field: ingest.SearchCreatedBy}, "LastModifyUser": {Field: ingest.SearchModifiedBy},
		"Keywords": {Value: ingest.FieldKeywords, Fold: true}, "Description": {Value: ingest.FieldDescription, Fold: true},
		"Comments": {Value: ingest.FieldComments, Fold: true}, "UserData": {Value: ingest.FieldUserData, Fold: true},
		"CreatedWith": {Value: ingest.FieldCreatedWith, Fold: true},
	}
}

// numeric reports whether a field of assets is compared as a number.
func numericField(field ingest.SearchField) bool {
	return field == ingest.SearchSize || field == ingest.SearchCreated || field == ingest.SearchModified || field == ingest.SearchNumber
}

func systemConditions(in *scene7.Record) (g ingest.ConditionGroup, err error) {
	const path = "systemFieldConditionArray/items"
	if g.Any, err = matchAny(in, "systemFieldMatchMode"); err != nil {
		return g, err
	}
	for _, r := range records(in, "systemFieldConditionArray") {
		field := r.Text("field")
		if field == "Sku" {
			continue
		}
		c, ok := systemFields()[field]
		if !ok {
			return g, invalid(path+"/field", "%q is no system field", clip(field))
		}
		if c, err = operand(path, r, c); err != nil {
			return g, err
		}
		if numericField(c.Field) != (c.Op >= ingest.OpNumberEquals) {
			return g, invalid(path, "the field %s is not compared in this way", field)
		}
		g.Conditions = append(g.Conditions, c)
	}
	return g, nil
}

// fieldOf finds the metadata field of a handle.
func fieldOf(c *call, path, handle string, fields []engine.Field) (engine.Field, error) {
	ref, err := fieldRef(c, path, handle)
	if err != nil {
		return engine.Field{}, err
	}
	kind, _ := ingest.AssetTypeNamed(ref.AssetType)
	for _, f := range fields {
		if f.Name == ref.Name && f.AssetType == kind {
			return f, nil
		}
	}
	return engine.Field{}, invalid(path, "no metadata field of this company has the handle %q", clip(handle))
}

func tagConditions(c *call, fields []engine.Field) (g ingest.ConditionGroup, err error) {
	const path = "tagConditionArray/items"
	if g.Any, err = matchAny(c.in, "tagMatchMode"); err != nil {
		return g, err
	}
	for _, r := range records(c.in, "tagConditionArray") {
		f, err := fieldOf(c, path+"/fieldHandle", r.Text("fieldHandle"), fields)
		if err != nil {
			return g, err
		}
		if !f.Type.Tag() {
			return g, invalid(path+"/fieldHandle", "the field %q has no tags", f.Name)
		}
		condition := ingest.Condition{Op: ingest.OpIn, Texts: items(r, "valueArray")}
		if len(condition.Texts) == 0 || r.Has("value") {
			if condition, err = operand(path, r, ingest.Condition{}); err != nil {
				return g, err
			}
		}
		g.Conditions = append(g.Conditions, f.Compare(condition))
	}
	return g, nil
}

func metadataConditions(c *call, fields []engine.Field) (g ingest.ConditionGroup, err error) {
	const path = "metadataConditionArray/items"
	if g.Any, err = matchAny(c.in, "metadataMatchMode"); err != nil {
		return g, err
	}
	for _, r := range records(c.in, "metadataConditionArray") {
		if key, ok := embeddedKey(c, r.Text("fieldHandle"), fields); ok {
			condition, err := operand(path, r, ingest.Condition{Value: key, Fold: !r.Bool("caseSensitive")})
			if err != nil {
				return g, err
			}
			g.Conditions = append(g.Conditions, condition)
			continue
		}
		f, err := fieldOf(c, path+"/fieldHandle", r.Text("fieldHandle"), fields)
		if err != nil {
			return g, err
		}
		condition, err := operand(path, r, ingest.Condition{Fold: !r.Bool("caseSensitive")})
		if err != nil {
			return g, err
		}
		g.Conditions = append(g.Conditions, f.Compare(condition))
	}
	return g, nil
}

// keywordConditions are the deprecated keywords: each may be in the name, among the
// keywords, or in the text of a document.
func keywordConditions(in *scene7.Record) []ingest.ConditionGroup {
	var groups []ingest.ConditionGroup
	for _, word := range items(in, "keywordArray") {
		if word = strings.TrimSpace(word); word != "" {
			groups = append(groups, ingest.ConditionGroup{Any: true, Conditions: []ingest.Condition{
				{Field: ingest.SearchName, Op: ingest.OpContains, Text: word, Fold: true},
				{Value: ingest.FieldKeywords, Op: ingest.OpContains, Text: word, Fold: true},
				{Value: ingest.FieldWords, Op: ingest.OpContains, Text: word, Fold: true},
			}})
		}
	}
	return groups
}
