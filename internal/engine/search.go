package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Limits of a search.
const (
	MostConditions = 64
	MostSearchPage = 10_000
)

// SearchPage is a part of a result.
type SearchPage struct {
	Page  int // from 1
	Size  int
	Total bool // count all that fit
}

// SearchResult is a page of assets, and how many there are altogether, -1 when
// that was not asked for.
type SearchResult struct {
	Assets []*ingest.Asset
	Total  int64
}

// Search finds assets of a company that the caller may read. A page costs the same
// wherever it is as long as pages are read one after the other: where a page ended
// is remembered, and the next one begins there, also when assets have come
// meanwhile.
func (e *Engine) Search(ctx context.Context, p ingest.Principal, q ingest.AssetSearch, page SearchPage) (r SearchResult, err error) {
	if err := checkSearch(q, page); err != nil {
		return r, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, q.Company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, q.Company)
		if err != nil {
			return err
		}
		if q.Readable, err = s.readable(); err != nil {
			return err
		}
		r, err = e.searchPage(tx, q, page)
		return err
	})
	return r, err
}

func checkSearch(q ingest.AssetSearch, page SearchPage) error {
	const op = "engine.Search"
	conditions := 0
	for _, g := range q.Groups {
		conditions += len(g.Conditions)
		for _, c := range g.Conditions {
			if len(c.Text) > maxValueText {
				return tooLong(op, "value of a condition", len(c.Text), maxValueText)
			}
			if len(c.Texts) > mostTags {
				return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("a condition has %d values, the limit is %d", len(c.Texts), mostTags)}
			}
		}
	}
	switch {
	case conditions > MostConditions:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the search has %d conditions, the limit is %d", conditions, MostConditions)}
	case page.Page < 1:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("resultsPage is %d, the first is 1", page.Page)}
	case page.Size < 1 || page.Size > MostSearchPage:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("recordsPerPage is %d, it must be from 1 to %d", page.Size, MostSearchPage)}
	}
	return nil
}

// readable is what permissions leave of the company; nil = everything.
func (s *sight) readable() (*ingest.ReadableAssets, error) {
	if s.open {
		return nil, nil
	}
	r := &ingest.ReadableAssets{}
	err := (&folderWalk{tx: s.tx, company: s.company}).each(func(f *ingest.Folder) error {
		if s.folder(f.Path, ingest.PermitRead) {
			r.Folders = append(r.Folders, f.Number)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for asset, set := range s.assets {
		if s.allows(set.entries, ingest.PermitRead) {
			r.Included = append(r.Included, asset)
		} else {
			r.Excluded = append(r.Excluded, asset)
		}
	}
	slices.Sort(r.Included)
	slices.Sort(r.Excluded)
	return r, nil
}

func (e *Engine) searchPage(tx ingest.Tx, q ingest.AssetSearch, page SearchPage) (r SearchResult, err error) {
	key := searchKey(q, page.Size)
	known := e.searches.of(key, e.now())
	r.Total = -1
	if page.Total {
		if r.Total, err = e.searchTotal(tx, q, key, known, page.Page); err != nil {
			return r, err
		}
	}
	from, at := 1, ingest.SearchKey{}
	for n := page.Page; n > 1; n-- {
		if mark, ok := known.starts[n]; ok {
			from, at = n, mark
			break
		}
	}
	skip := (page.Page - from) * page.Size
	places, err := tx.SearchKeys(q, at, skip, page.Size)
	if err != nil {
		return r, err
	}
	if len(places) == page.Size {
		e.searches.start(key, page.Page+1, places[len(places)-1], e.now())
	}
	numbers := make([]ingest.Number, len(places))
	for i, place := range places {
		numbers[i] = place.Number
	}
	found, err := tx.AssetsNumbered(numbers)
	if err != nil {
		return r, err
	}
	byNumber := map[ingest.Number]*ingest.Asset{}
	for _, a := range found {
		byNumber[a.Number] = a
	}
	for _, n := range numbers {
		if a := byNumber[n]; a != nil {
			r.Assets = append(r.Assets, a)
		}
	}
	return r, nil
}

// searchTotal counts what fits. A count holds until the library changes, and for
// the further pages of a result as long as they are read.
func (e *Engine) searchTotal(tx ingest.Tx, q ingest.AssetSearch, key string, known searchMark, page int) (int64, error) {
	revision, err := tx.LibraryRevision()
	if err != nil {
		return 0, err
	}
	if known.counted && (known.revision == revision || page > 1) {
		return known.total, nil
	}
	total, err := tx.SearchCount(q)
	if err == nil {
		e.searches.count(key, total, revision, e.now())
	}
	return total, err
}

// searchKey names a search with its page size.
func searchKey(q ingest.AssetSearch, size int) string {
	var b strings.Builder
	marked := "-"
	if q.Marked != nil {
		marked = fmt.Sprint(*q.Marked)
	}
	readable := "all"
	if q.Readable != nil {
		readable = fmt.Sprint(*q.Readable)
	}
	q.Marked, q.Readable = nil, nil
	fmt.Fprintf(&b, "%q %s %s %d", fmt.Sprintf("%+q", fmt.Sprint(q)), marked, readable, size)
	return b.String()
}

// libraryChanged notes that something changed that searches go by.
func (e *Engine) libraryChanged(tx ingest.Tx, p ingest.Principal, company ingest.Number, subject ingest.UUID) error {
	return tx.Emit(ingest.Event{Company: company, Time: e.now(), Kind: ingest.EventLibraryChanged, Subject: subject, User: p.User})
}

// Compare completes a condition on the field: which values it is about, and what
// its default means for assets without one.
func (f Field) Compare(c ingest.Condition) ingest.Condition {
	c.Value = f.Key()
	if f.Default == "" {
		return c
	}
	c.Default, c.DefaultType = ingest.DefaultDoesNotFit, f.AssetType
	value, _ := typedValue(f.Type, FieldUpdate{Value: &f.Default})
	if fits(c, value) {
		c.Default = ingest.DefaultFits
	}
	return c
}

// fits evaluates a condition for one value.
func fits(c ingest.Condition, v ingest.Value) bool {
	if c.Op >= ingest.OpNumberEquals {
		return v.Num != nil && numberFits(c, *v.Num) || v.Num == nil && (c.Op == ingest.OpNumberNotEquals || c.Op == ingest.OpNotBetween)
	}
	text, wanted := v.Text, c.Text
	if c.Fold {
		text, wanted = strings.ToLower(text), strings.ToLower(wanted)
	}
	switch c.Op {
	case ingest.OpEquals:
		return text == wanted
	case ingest.OpNotEquals:
		return text != wanted
	case ingest.OpContains:
		return strings.Contains(text, wanted)
	case ingest.OpNotContains:
		return !strings.Contains(text, wanted)
	case ingest.OpStartsWith:
		return strings.HasPrefix(text, wanted)
	case ingest.OpEndsWith:
		return strings.HasSuffix(text, wanted)
	}
	return slices.ContainsFunc(c.Texts, func(t string) bool { return t == v.Text || c.Fold && strings.ToLower(t) == text })
}

func numberFits(c ingest.Condition, n float64) bool {
	switch c.Op {
	case ingest.OpNumberEquals:
		return n == c.Low
	case ingest.OpNumberNotEquals:
		return n != c.Low
	case ingest.OpLess:
		return n < c.Low
	case ingest.OpLessEquals:
		return n <= c.Low
	case ingest.OpGreater:
		return n > c.Low
	case ingest.OpGreaterEquals:
		return n >= c.Low
	case ingest.OpBetween:
		return n >= c.Low && n <= c.High
	}
	return n < c.Low || n > c.High
}

// ProjectNumber finds a project by name.
func (e *Engine) ProjectNumber(ctx context.Context, p ingest.Principal, company ingest.Number, name string) (number ingest.Number, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		d, err := findProject(tx, company, name)
		if err == nil {
			number = d.Number
		}
		return err
	})
	return number, err
}

// mostDistinct bounds a list of distinct values.
const mostDistinct = 100_000

// DistinctValues lists the values of a field of the assets that the caller may
// read, and how many assets there are.
func (e *Engine) DistinctValues(ctx context.Context, p ingest.Principal, company ingest.Number, field string) (values []ingest.ValueCount, assets int64, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		readable, err := s.readable()
		if err != nil {
			return err
		}
		if values, err = tx.DistinctValues(company, field, readable, mostDistinct); err != nil {
			return err
		}
		assets, err = tx.SearchCount(ingest.AssetSearch{Company: company, Subfolders: true, Readable: readable})
		return err
	})
	return values, assets, err
}

// searchLife is how long it is remembered where the pages of a search begin.
const searchLife = 10 * time.Minute
