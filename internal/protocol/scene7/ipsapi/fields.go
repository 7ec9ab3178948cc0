package ipsapi

import (
	"strings"

	"sluice/internal/protocol/scene7"
)

// Limits of responseFieldArray and of excludeFieldArray, each.
const (
	maxFieldPaths = 4096
	maxFieldDepth = 64 // segments of one path; no answer is deeper
)

// fieldChoice is what a request wants to see of its answer, or of one level of it
// (contract section 9.3): what is wanted comes first, then what is excluded is
// taken away. The zero value wants everything.
type fieldChoice struct {
	wanted   *pathTree // nil = everything
	excluded *pathTree // nil = nothing
}

// pathTree holds paths of field names. The level of items is left out, so that
// paths count with and without it.
type pathTree struct {
	ends  bool // a path ends here: all below belongs to it
	below map[string]*pathTree
}

// chosenFields reads the two lists of a request. An empty list counts as absent.
func chosenFields(in *scene7.Record) (f fieldChoice, err error) {
	if f.wanted, err = pathsIn(in, "responseFieldArray"); err != nil {
		return f, err
	}
	f.excluded, err = pathsIn(in, "excludeFieldArray")
	return f, err
}

func pathsIn(in *scene7.Record, field string) (*pathTree, error) {
	paths := items(in, field)
	if len(paths) > maxFieldPaths {
		return nil, invalid(field, "must not have more than %d items, has %d", maxFieldPaths, len(paths))
	}
	var tree *pathTree
	for _, path := range paths {
		segments := fieldPath(path)
		if len(segments) > maxFieldDepth {
			return nil, invalid(field, "%q: must not have more than %d segments, has %d", clip(path), maxFieldDepth, len(segments))
		}
		if len(segments) == 0 {
			continue
		}
		if tree == nil {
			tree = &pathTree{}
		}
		tree.add(segments)
	}
	return tree, nil
}

// fieldPath takes a path such as "assetArray/items/name" apart.
func fieldPath(path string) []string {
	var segments []string
	for segment := range strings.SplitSeq(path, "/") {
		if segment = strings.TrimSpace(segment); segment != "" && segment != "items" {
			segments = append(segments, segment)
		}
	}
	return segments
}

func (t *pathTree) add(segments []string) {
	for _, segment := range segments {
		if t.below == nil {
			t.below = map[string]*pathTree{}
		}
		next := t.below[segment]
		if next == nil {
			next = &pathTree{}
			t.below[segment] = next
		}
		t = next
	}
	t.ends = true
}

// step goes down to a field. shown is false when neither it nor anything below it
// is to be seen.
func (f fieldChoice) step(field string) (below fieldChoice, shown bool) {
	if f.wanted != nil {
		next := f.wanted.below[field]
		if next == nil {
			return below, false
		}
		if !next.ends {
			below.wanted = next
		}
	}
	if f.excluded != nil {
		below.excluded = f.excluded.below[field]
	}
	return below, below.excluded == nil || !below.excluded.ends
}

// wants reports whether anything at a path of the answer is to be shown, such as
// "assetArray/items/metadataArray". Handlers ask before they compute what is dear.
func (c *call) wants(path string) bool {
	f, shown := c.fields, true
	for _, segment := range fieldPath(path) {
		if f, shown = f.step(segment); !shown {
			return false
		}
	}
	return true
}

// filter leaves out of an answer what the request does not want.
func (f fieldChoice) filter(r *scene7.Record) *scene7.Record {
	if f == (fieldChoice{}) {
		return r
	}
	kept := &scene7.Record{Type: r.Type}
	for _, entry := range r.Fields {
		below, shown := f, true
		if entry.Name != "items" {
			below, shown = f.step(entry.Name)
		}
		if shown {
			kept.Fields = append(kept.Fields, scene7.Entry{Name: entry.Name, Value: below.filterValue(entry.Value)})
		}
	}
	return kept
}

func (f fieldChoice) filterValue(value any) any {
	switch v := value.(type) {
	case *scene7.Record:
		return f.filter(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = f.filterValue(item)
		}
		return list
	}
	return value
}
