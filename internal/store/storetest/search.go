package storetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// searched is an asset with what searches go by.
type searched struct {
	*ingest.Asset
	values   map[string][]ingest.Value
	projects []ingest.Number
}

// library is a small company with every kind of thing in it.
type library struct {
	company *ingest.Company
	users   []*ingest.User
	assets  []searched
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// newLibrary fills a company; another one beside it has the same names.
func newLibrary(f *fixture, r *rand.Rand, users ...*ingest.User) *library {
	l := &library{company: f.company(), users: users}
	other := f.company()
	f.asset(other, f.folder(other, "shoes/"), "boot.jpg")
	root := f.folder(l.company, "")
	folders := []*ingest.Folder{root, f.folder(l.company, "shoes/"), f.folder(l.company, "shoes/summer/"), f.folder(l.company, "shoes2/")}
	for i := range 60 {
		folder := pick(r, folders...)
		a := &ingest.Asset{
			UUID: f.uuid(), Company: l.company.Number, Folder: folder.Number, Path: folder.Path, Type: pick[ingest.AssetType](r, "Image", "Pdf", "AssetSet"),
			Name: pick(r, "boot", "Boot", "sandale", "größe", "a%b_c", "zz") + pick(r, "", "-1", "X"), State: ingest.AssetReady,
			SubType: pick(r, "", "", "MediaSet"), Engine: pick(r, "", "", "PostScriptRip"), Size: int64(r.IntN(5)) * 100,
			Publish: pick(r, 0, ingest.ContextVideo, ingest.AllContexts), Created: noon.Add(time.Duration(i) * time.Second), CreatedBy: pick(r, l.users...).Number,
			Modified: noon.Add(time.Duration(r.IntN(5)) * time.Minute), ModifiedBy: pick(r, l.users...).Number,
		}
		a.FileName = a.Name + pick(r, ".jpg", ".PDF")
		if r.IntN(5) == 0 {
			a.Trashed, a.Emptied = noon, r.IntN(3) == 0
		}
		f.createAsset(a)
		s := searched{Asset: a, values: map[string][]ingest.Value{}}
		for _, field := range []string{"7", "dc.title"} {
			for range r.IntN(3) {
				n := float64(r.IntN(4))
				s.values[field] = append(s.values[field], ingest.Value{Asset: a.Number, Field: field, Position: len(s.values[field]), Text: pick(r, "Red", "red", "GRÜN", "1"), Num: &n})
			}
			f.update(func(tx ingest.Tx) error { return tx.PutValues(l.company.Number, a.Number, field, s.values[field]) })
		}
		if r.IntN(3) == 0 {
			s.projects = []ingest.Number{900}
			f.update(func(tx ingest.Tx) error {
				return tx.AddLink(ingest.Link{Kind: ingest.LinkProject, From: 900, To: a.Number})
			})
		}
		l.assets = append(l.assets, s)
	}
	return l
}

// query makes a search at random.
func (l *library) query(r *rand.Rand) ingest.AssetSearch {
	q := ingest.AssetSearch{
		Company: l.company.Number, Folder: pick(r, "", "", "shoes/", "none/"), Subfolders: r.IntN(4) > 0, Trash: ingest.TrashState(r.IntN(4)),
		ExcludeByproducts: r.IntN(4) == 0, StrictSubType: r.IntN(2) == 0, Any: r.IntN(3) == 0,
		Sort: pick(r, ingest.SortNumber, ingest.SortModified, ingest.SortName, ingest.SortType, ingest.SortSize), Descending: r.IntN(2) == 0,
	}
	if r.IntN(3) == 0 {
		q.Types = []ingest.AssetType{"Image", "AssetSet"}
	}
	if r.IntN(5) == 0 {
		q.ExcludedTypes = []ingest.AssetType{"Pdf"}
	}
	if r.IntN(5) == 0 {
		q.SubTypes = []string{"MediaSet"}
	}
	if r.IntN(5) == 0 {
		q.Project = 900
	}
	if r.IntN(6) == 0 {
		q.ExcludedByproducts = []ingest.Byproduct{{Engine: "PostScriptRip", Type: pick[ingest.AssetType](r, "", "Image")}}
	}
	if r.IntN(4) == 0 {
		marked := r.IntN(2) == 0
		q.Marked = &marked
	}
	if r.IntN(5) == 0 {
		q.Readable = &ingest.ReadableAssets{Folders: []ingest.Number{l.assets[0].Folder, l.assets[1].Folder}, Excluded: []ingest.Number{l.assets[2].Number}, Included: []ingest.Number{l.assets[3].Number}}
	}
	for range r.IntN(3) {
		g := ingest.ConditionGroup{Any: r.IntN(2) == 0}
		for range r.IntN(3) {
			g.Conditions = append(g.Conditions, condition(r))
		}
		q.Groups = append(q.Groups, g)
	}
	return q
}

func condition(r *rand.Rand) ingest.Condition {
	c := ingest.Condition{Fold: r.IntN(2) == 0, Text: pick(r, "boot", "Boot", "o", "a%", "größe", "red", "Red", "example.com", "", "ada@example.com", "grün", "shoes/"),
		Low: float64(r.IntN(3)), High: float64(1 + r.IntN(3))}
	c.Op = ingest.SearchOp(r.IntN(int(ingest.OpEndsWith) + 1))
	switch r.IntN(4) {
	case 0:
		c.Value = pick(r, "7", "dc.title")
		c.Default, c.DefaultType = ingest.DefaultValue(r.IntN(3)), pick[ingest.AssetType](r, "Image", ingest.TypeOther)
		if r.IntN(3) == 0 {
			c.Op = ingest.OpNumberEquals + ingest.SearchOp(r.IntN(8))
		} else if r.IntN(4) == 0 {
			c.Op, c.Texts = ingest.OpIn, []string{"Red", "1"}
		}
	case 1:
		c.Field, c.Op = ingest.SearchSize, ingest.OpNumberEquals+ingest.SearchOp(r.IntN(8))
		c.Low, c.High = c.Low*100, c.High*100
	case 2:
		c.Field, c.Fold = pick(r, ingest.SearchCreatedBy, ingest.SearchModifiedBy, ingest.SearchFolder), false
	default:
		c.Field = pick(r, ingest.SearchName, ingest.SearchFileName)
	}
	return c
}

// fits is the plain meaning of a search for one asset.
func (l *library) fits(q ingest.AssetSearch, a searched) bool {
	trash := map[ingest.TrashState]bool{
		ingest.OutsideTrash: a.Trashed.IsZero(), ingest.InTrash: !a.Trashed.IsZero() && !a.Emptied,
		ingest.EmptiedTrash: a.Emptied, ingest.AnyTrashState: !a.Emptied,
	}[q.Trash]
	place := a.Path == q.Folder || q.Subfolders && strings.HasPrefix(a.Path, q.Folder)
	kind := (q.Types == nil || slices.Contains(q.Types, a.Type)) && !slices.Contains(q.ExcludedTypes, a.Type) &&
		(q.SubTypes == nil || slices.Contains(q.SubTypes, a.SubType) || a.SubType == "" && !q.StrictSubType)
	byproduct := a.Engine != "" && q.ExcludeByproducts
	if q.ExcludedByproducts != nil {
		byproduct = slices.ContainsFunc(q.ExcludedByproducts, func(b ingest.Byproduct) bool { return b.Engine == a.Engine && (b.Type == "" || b.Type == a.Type) })
	}
	readable := q.Readable == nil || slices.Contains(q.Readable.Included, a.Number) ||
		slices.Contains(q.Readable.Folders, a.Folder) && !slices.Contains(q.Readable.Excluded, a.Number)
	if !trash || !place || !kind || byproduct || !readable || q.Project != 0 && !slices.Contains(a.projects, q.Project) ||
		q.Marked != nil && *q.Marked != (a.Publish != 0) {
		return false
	}
	groups, fitting := 0, 0
	for _, g := range q.Groups {
		if len(g.Conditions) == 0 {
			continue
		}
		groups++
		n := 0
		for _, c := range g.Conditions {
			if l.holds(c, a) {
				n++
			}
		}
		if n == len(g.Conditions) || g.Any && n > 0 {
			fitting++
		}
	}
	return groups == 0 || fitting == groups || q.Any && fitting > 0
}

func (l *library) holds(c ingest.Condition, a searched) bool {
	login := func(number ingest.Number) string {
		for _, u := range l.users {
			if u.Number == number {
				return strings.ToLower(u.Login)
			}
		}
		return ""
	}
	lowered := c
	lowered.Text = strings.ToLower(c.Text)
	switch c.Field {
	case ingest.SearchSize:
		return compareNumber(c, float64(a.Size))
	case ingest.SearchCreatedBy:
		return compareText(lowered, login(a.CreatedBy))
	case ingest.SearchModifiedBy:
		return compareText(lowered, login(a.ModifiedBy))
	case ingest.SearchFolder:
		return compareText(c, a.Path)
	case ingest.SearchName, ingest.SearchFileName:
		text := map[ingest.SearchField]string{ingest.SearchName: a.Name, ingest.SearchFileName: a.FileName}[c.Field]
		if c.Fold {
			c.Text, text = strings.ToLower(c.Text), strings.ToLower(text)
		}
		return compareText(c, text)
	}
	negated := slices.Contains([]ingest.SearchOp{ingest.OpNotEquals, ingest.OpNotContains, ingest.OpNumberNotEquals, ingest.OpNotBetween}, c.Op)
	positive := c
	if negated {
		positive.Op--
	}
	found := slices.ContainsFunc(a.values[c.Value], func(v ingest.Value) bool {
		if positive.Op >= ingest.OpNumberEquals {
			return compareNumber(positive, *v.Num)
		}
		p, text := positive, v.Text
		if c.Fold {
			p.Text, text = strings.ToLower(p.Text), strings.ToLower(text)
			p.Texts = nil
			for _, t := range positive.Texts {
				p.Texts = append(p.Texts, strings.ToLower(t))
			}
		}
		return compareText(p, text)
	})
	if len(a.values[c.Value]) == 0 && c.Default != ingest.NoDefault && (c.DefaultType == ingest.TypeOther || c.DefaultType == a.Type) {
		return c.Default == ingest.DefaultFits
	}
	return found != negated
}

func compareText(c ingest.Condition, text string) bool {
	switch c.Op {
	case ingest.OpEquals:
		return text == c.Text
	case ingest.OpNotEquals:
		return text != c.Text
	case ingest.OpContains:
		return strings.Contains(text, c.Text)
	case ingest.OpNotContains:
		return !strings.Contains(text, c.Text)
	case ingest.OpStartsWith:
		return strings.HasPrefix(text, c.Text)
	case ingest.OpEndsWith:
		return strings.HasSuffix(text, c.Text)
	}
	return slices.Contains(c.Texts, text)
}

func compareNumber(c ingest.Condition, n float64) bool {
	return map[ingest.SearchOp]bool{
		ingest.OpNumberEquals: n == c.Low, ingest.OpNumberNotEquals: n != c.Low, ingest.OpLess: n < c.Low, ingest.OpLessEquals: n <= c.Low,
		ingest.OpGreater: n > c.Low, ingest.OpGreaterEquals: n >= c.Low, ingest.OpBetween: n >= c.Low && n <= c.High,
		ingest.OpNotBetween: n < c.Low || n > c.High,
	}[c.Op]
}

// want lists what a search finds, in its order.
func (l *library) want(q ingest.AssetSearch) []ingest.Number {
	var found []searched
	for _, a := range l.assets {
		if l.fits(q, a) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b searched) int {
		order := map[ingest.SearchSort]int{
			ingest.SortModified: a.Modified.Compare(b.Modified), ingest.SortName: strings.Compare(a.Name, b.Name),
			ingest.SortType: strings.Compare(string(a.Type), string(b.Type)), ingest.SortSize: cmp.Compare(a.Size, b.Size),
		}[q.Sort]
		order = cmp.Or(order, cmp.Compare(a.Number, b.Number))
		if q.Descending {
			order = -order
		}
		return order
	})
	numbers := make([]ingest.Number, len(found))
	for i, a := range found {
		numbers[i] = a.Number
	}
	return numbers
}

// searches compares searches of all kinds with their plain meaning, in one page, in
// pages that go on from each other, and in one that skips.
func searches(f *fixture) {
	ada, bob := f.user("Ada@example.com"), f.user("bob@example.com")
	finding := 0 // searches that find something
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newLibrary(f, r, ada, bob)
		for i := range 400 {
			q := l.query(r)
			want := l.want(q)
			var whole, paged, skipped []ingest.Number
			var count int64
			err := f.store.View(context.Background(), func(tx ingest.Tx) (err error) {
				if whole, err = places(tx.SearchKeys(q, ingest.SearchKey{}, 0, 1000)); err != nil {
					return err
				}
				if count, err = tx.SearchCount(q); err != nil {
					return err
				}
				for after := (ingest.SearchKey{}); ; {
					page, err := tx.SearchKeys(q, after, 0, 7)
					numbers, _ := places(page, err)
					paged = append(paged, numbers...)
					if err != nil || len(page) < 7 {
						break
					}
					after = page[6]
				}
				skipped, err = places(tx.SearchKeys(q, ingest.SearchKey{}, 2, 3))
				return err
			})
			if len(want) > 0 {
				finding++
			}
			what := fmt.Sprintf("search %d of seed %d: %+v", i, seed, q)
			if err != nil {
				f.Fatalf("%s: %v", what, err)
			}
			f.same(what, fmt.Sprint(whole), fmt.Sprint(want))
			f.same("pages of "+what, fmt.Sprint(paged), fmt.Sprint(want))
			f.same("part of "+what, fmt.Sprint(skipped), fmt.Sprint(want[min(2, len(want)):min(5, len(want))]))
			f.same("count of "+what, count, int64(len(want)))
			if f.Failed() {
				return
			}
		}
	}
	if finding < 300 {
		f.Errorf("only %d searches find something", finding)
	}
}

func places(keys []ingest.SearchKey, err error) ([]ingest.Number, error) {
	numbers := make([]ingest.Number, len(keys))
	for i, k := range keys {
		numbers[i] = k.Number
	}
	return numbers, err
}
