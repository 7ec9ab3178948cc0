package ipsapi

import (
	"slices"
	"strings"

	"sluice/internal/protocol/scene7"
)

// fieldPath takes a path of responseFieldArray or excludeFieldArray apart. The
// level of items is left out, so that paths count with and without it.
func fieldPath(path string) []string {
	segments := strings.FieldsFunc(strings.TrimSpace(path), func(r rune) bool { return r == '/' })
	return slices.DeleteFunc(segments, func(segment string) bool { return segment == "items" })
}

func fieldPaths(in *scene7.Record, field string) [][]string {
	var paths [][]string
	for _, path := range items(in, field) {
		if segments := fieldPath(path); len(segments) > 0 {
			paths = append(paths, segments)
		}
	}
	return paths
}

// begins reports whether a path lies at or below another.
func begins(path, above []string) bool {
	return len(path) >= len(above) && slices.Equal(path[:len(above)], above)
}

// shows reports whether something at a path is to be shown, and whether all of it
// is as far as the list of what is wanted goes.
func (c *call) shows(path []string) (some, whole bool) {
	for _, excluded := range fieldPaths(c.in, "excludeFieldArray") {
		if begins(path, excluded) {
			return false, false
		}
	}
	wanted := fieldPaths(c.in, "responseFieldArray")
	if len(wanted) == 0 {
		return true, true
	}
	for _, w := range wanted {
		if begins(path, w) {
			return true, true
		}
		some = some || begins(w, path)
	}
	return some, false
}

// wants reports whether anything at a path of the answer is to be shown, such as
// "assetArray/items/metadataArray".
func (c *call) wants(path string) bool {
	some, _ := c.shows(fieldPath(path))
	return some
}

// filter leaves out of an answer what the request did not ask for (contract 9.3):
// what is wanted comes first, then what is excluded is taken away.
func (c *call) filter(answer *scene7.Record) *scene7.Record {
	if !c.in.Has("responseFieldArray") && !c.in.Has("excludeFieldArray") {
		return answer
	}
	return c.filtered(answer, nil)
}

func (c *call) filtered(r *scene7.Record, path []string) *scene7.Record {
	kept := &scene7.Record{Type: r.Type}
	for _, entry := range r.Fields {
		below := path
		if entry.Name != "items" {
			below = append(slices.Clone(path), entry.Name)
			if some, _ := c.shows(below); !some {
				continue
			}
		}
		switch value := entry.Value.(type) {
		case *scene7.Record:
			entry.Value = c.filtered(value, below)
		case []any:
			list := make([]any, len(value))
			for i, item := range value {
				list[i] = item
				if record, ok := item.(*scene7.Record); ok {
					list[i] = c.filtered(record, below)
				}
			}
			entry.Value = list
		}
		kept.Fields = append(kept.Fields, entry)
	}
	return kept
}
