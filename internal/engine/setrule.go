package engine

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// Names of the properties that make a rule of a property set.
const (
	ruleMatch   = "match"
	ruleType    = "setType"
	ruleName    = "setName"
	ruleFolder  = "folder"
	ruleOrder   = "order"
	ruleMinimum = "minimum"
)

// Types of sets that rules can make; a swatch set is an asset set of this subtype.
const (
	ruleImageSet  = "ImageSet"
	ruleSpinSet   = "SpinSet"
	ruleSwatchSet = "SwatchSet"
	ruleCatalog   = "Catalog"
)

// maxRulePattern is the longest pattern of a rule in bytes.
const maxRulePattern = 1000

// setRule makes sets of the images whose names a pattern matches: those with the same
// base belong together. The groups of the pattern are base, which it must have, view
// (what orders the members), row (of a spin set: each row becomes a spin set in it)
// and swatch (of a swatch set: not empty in the name of the swatch of a view).
type setRule struct {
	kind    string
	pattern *regexp.Regexp
	name    string // of the set; the groups of its first member are put in
	folder  string // "" = that of its first member
	order   []string
	minimum int
}

// readRule reads a rule from the property set that a handle names. The owner of the job
// must be allowed to read it.
func readRule(tx ingest.Tx, owner ingest.Principal, company ingest.Number, handle string) (*setRule, error) {
	const op = "engine.readRule"
	digits, ok := strings.CutPrefix(handle, "ps|")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: quote(handle) + " is no handle of a property set"}
	}
	s, _, err := setOf(tx, owner, ingest.Number(n))
	if err != nil {
		return nil, err
	}
	if s.Company != 0 && s.Company != company {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: quote(handle) + " belongs to another company"}
	}
	rule, err := parseRule(s.Properties)
	if err != nil {
		err = &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the rule %s: %v", quote(handle), err)}
	}
	return rule, err
}

// parseRule reads the properties of a rule; others than those of rules do not count.
func parseRule(properties []ingest.Property) (*setRule, error) {
	r := &setRule{kind: ruleImageSet, name: "${base}_set", minimum: 2}
	pattern := ""
	for _, p := range properties {
		value := strings.TrimSpace(p.Value)
		switch p.Name {
		case ruleMatch:
			pattern = value
		case ruleType:
			r.kind = cmp.Or(value, r.kind)
		case ruleName:
			r.name = cmp.Or(value, r.name)
		case ruleFolder:
			r.folder = value
		case ruleOrder:
			for _, view := range strings.Split(value, ",") {
				r.order = append(r.order, strings.TrimSpace(view))
			}
		case ruleMinimum:
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > mostMembers {
				return nil, fmt.Errorf("minimum is %s, it must be a number from 1 to %d", quote(value), mostMembers)
			}
			r.minimum = n
		}
	}
	switch r.kind {
	case ruleImageSet, ruleSpinSet, ruleSwatchSet, ruleCatalog:
	default:
		return nil, fmt.Errorf("setType is %s, it must be one of ImageSet, SpinSet, SwatchSet, Catalog", quote(r.kind))
	}
	return r, r.compile(pattern)
}

// compile reads the pattern. It must match whole names.
func (r *setRule) compile(pattern string) (err error) {
	switch {
	case pattern == "":
		return fmt.Errorf("it has no property match, so it makes no sets")
	case len(pattern) > maxRulePattern:
		return fmt.Errorf("match has %d bytes, the limit is %d", len(pattern), maxRulePattern)
	}
	if r.pattern, err = regexp.Compile("^(?:" + pattern + ")$"); err != nil {
		return fmt.Errorf("match is no regular expression (RE2): %s", quote(pattern))
	}
	if r.pattern.SubexpIndex("base") < 0 {
		return fmt.Errorf("match has no group (?P<base>…)")
	}
	return nil
}

// candidate is an image that a rule matches.
type candidate struct {
	asset           *ingest.Asset
	base, view, row string
	swatch          bool
	at              []int // of the match
}

// read reports whether an asset is for sets of the rule.
func (r *setRule) read(a *ingest.Asset) (candidate, bool) {
	if !takes(memberOf(r.kind), a.Type) || isSet(a.Type) {
		return candidate{}, false
	}
	at := r.pattern.FindStringSubmatchIndex(a.Name)
	c := candidate{asset: a, at: at}
	if at == nil {
		return c, false
	}
	group := func(name string) string {
		i := r.pattern.SubexpIndex(name)
		if i < 0 || at[2*i] < 0 {
			return ""
		}
		return a.Name[at[2*i]:at[2*i+1]]
	}
	c.base, c.view, c.row = group("base"), group("view"), group("row")
	c.swatch = r.kind == ruleSwatchSet && group("swatch") != ""
	return c, c.base != ""
}

// memberOf is the type of set that takes the same members as one of a rule.
func memberOf(kind string) ingest.AssetType {
	if kind == ruleSwatchSet {
		return ruleImageSet
	}
	return ingest.AssetType(kind)
}

// setName is the name of the set that a candidate comes first in.
func (r *setRule) setName(c candidate) string {
	return string(r.pattern.ExpandString(nil, r.name, c.asset.Name, c.at))
}

// sort orders the members of a set: by row, by view as the rule lists them and else by
// nature, by name.
func (r *setRule) sort(list []candidate) {
	place := func(view string) int {
		if i := slices.Index(r.order, view); i >= 0 {
			return i
		}
		return len(r.order)
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(natural(a.row, b.row), cmp.Compare(place(a.view), place(b.view)), natural(a.view, b.view), natural(a.asset.Name, b.asset.Name))
	})
}

// natural compares texts; of two numbers the lower comes first, however it is written.
func natural(a, b string) int {
	m, errA := strconv.ParseUint(a, 10, 64)
	n, errB := strconv.ParseUint(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// definition is the text of a swatch set: its images in order, each with its swatch
// where it has one (Scene7 tier 3 contract, section 7.3). Swatches of no image are
// left out.
func definition(list []candidate) string {
	swatches := map[string]ingest.Number{}
	for _, c := range list {
		if c.swatch {
			swatches[c.view] = c.asset.Number
		}
	}
	var items []string
	for _, c := range list {
		if c.swatch {
			continue
		}
		item := catalogID(c.asset.Number)
		if swatch, ok := swatches[c.view]; ok {
			item += ";" + catalogID(swatch)
		}
		items = append(items, item)
	}
	return strings.Join(items, ",")
}

func catalogID(asset ingest.Number) string {
	return fmt.Sprintf("${getCatalogId([a|%d])}", asset)
}
