package nomad

import (
	"strings"

	"sluice/internal/engine"
)

// searchRequest asks for things in the library (9).
type searchRequest struct {
	PageOffset  count // pages, from 0
	PageSize    count
	SearchQuery string
	Query       string
	Filters     []searchFilter
	SortFields  []searchSort
}

// searchFilter compares one field. All filters of a request have to fit; of several
// values one has to, or with a negated operator all.
type searchFilter struct {
	FieldName string
	Operator  string
	Values    oneOrMore
	Value     oneOrMore
}

// searchSort is an order; the first one of a request counts.
type searchSort struct {
	FieldName string
	SortType  string
}

// searchResult is a page of things.
type searchResult struct {
	Items          []searchItem `json:"items"`
	TotalItemCount int64        `json:"totalItemCount"`
	NextPageOffset *int         `json:"nextPageOffset"` // null on the last page
	HasItems       bool         `json:"hasItems"`
	RelatedItems   []struct{}   `json:"relatedItems"`
	Message        *string      `json:"message"`
}

// Limits of searches.
const (
	defaultResults = 100
	mostResults    = 1000
	mostOffset     = 1_000_000 // pages
	mostFilters    = 20
	mostValues     = 200 // of one filter
)

// search finds folders, files and placeholders: the former first, each in the order
// that is asked for. Whatever has been made before is found (9).
func (x *exchange) search() (any, error) {
	var in searchRequest
	if err := x.read(&in); err != nil {
		return nil, err
	}
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	plan, err := l.plan(in)
	if err != nil {
		return nil, err
	}
	page, size := int(min(max(in.PageOffset.up(), 0), mostOffset)), defaultResults
	if in.PageSize.given && in.PageSize.up() > 0 {
		size = int(min(in.PageSize.up(), mostResults))
	}
	r, err := plan.run(page, size)
	if err != nil {
		return nil, err
	}
	answer := searchResult{Items: r.items, TotalItemCount: r.total, HasItems: len(r.items) > 0, RelatedItems: []struct{}{}}
	if next := page + 1; int64(next)*int64(size) < r.total {
		answer.NextPageOffset = &next
	}
	if page > 0 && len(r.items) == 0 {
		// The vendor's client stops at a page that counts nothing.
		answer.TotalItemCount = 0
	}
	return answer, nil
}

// plan turns a request into a plan.
func (l *library) plan(in searchRequest) (*plan, error) {
	if len(in.Filters) > mostFilters {
		return nil, invalid("There are %d filters, the limit is %d.", len(in.Filters), mostFilters)
	}
	p := l.newPlan()
	for _, f := range in.Filters {
		values := append(append(oneOrMore{}, f.Values...), f.Value...)
		if len(values) > mostValues {
			return nil, invalid("The filter on %s has %d values, the limit is %d.", clip(f.FieldName), len(values), mostValues)
		}
		op, ok := searchOps[strings.ToLower(strings.ReplaceAll(f.Operator, " ", ""))]
		if !ok {
			return nil, invalid("The operator %s is not known; it is one of %s.", clip(f.Operator), "equals, notEquals, contains, notContains, startsWith, lessThan, lessThanEquals, greaterThan, greaterThanEquals")
		}
		if err := p.filter(fieldOf(f.FieldName), op, values); err != nil {
			return nil, err
		}
	}
	for _, text := range []string{in.SearchQuery, in.Query} {
		if text = strings.TrimSpace(text); text != "" {
			if err := p.filter("title", opContains, []string{text}); err != nil {
				return nil, err
			}
		}
	}
	if len(in.SortFields) == 0 {
		return p, nil
	}
	first := in.SortFields[0]
	return p, p.sortBy(first.FieldName, strings.HasPrefix(strings.ToLower(first.SortType), "desc"))
}

// fieldOf is the name of a field as filters and sort orders share it.
func fieldOf(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "identifiers.")
}

// searchOp is how a filter compares.
type searchOp string

// Operators of filters.
const (
	opEquals      searchOp = "equals"
	opNotEquals   searchOp = "notequals"
	opContains    searchOp = "contains"
	opNotContains searchOp = "notcontains"
	opStartsWith  searchOp = "startswith"
	opLess        searchOp = "lessthan"
	opLessEq      searchOp = "lessthanequals"
	opGreater     searchOp = "greaterthan"
	opGreaterEq   searchOp = "greaterthanequals"
)

var searchOps = map[string]searchOp{
	"": opEquals, "equals": opEquals, "equal": opEquals, "in": opEquals, "notequals": opNotEquals, "notequal": opNotEquals, "contains": opContains,
	"notcontains": opNotContains, "startswith": opStartsWith, "lessthan": opLess, "lessthanequals": opLessEq, "lessthanorequals": opLessEq,
	"greaterthan": opGreater, "greaterthanequals": opGreaterEq, "greaterthanorequals": opGreaterEq,
}

// negated reports whether an operator is that nothing fits.
func (op searchOp) negated() bool { return op == opNotEquals || op == opNotContains }

// pageOfItems is what a plan finds on one page, and how much there is altogether.
type pageOfItems struct {
	items []searchItem
	total int64
}

// items renders entries.
func (p *plan) items(list []engine.Entry) ([]searchItem, error) {
	items := make([]searchItem, 0, len(list))
	for _, it := range list {
		var stats *assetStats
		if p.stats && it.Folder != nil {
			var err error
			if stats, err = p.library.stats(it.Folder); err != nil {
				return nil, err
			}
		}
		item, err := p.item(it, stats)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
