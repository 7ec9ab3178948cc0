package sqlstore

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"sluice/internal/ingest"
)

// driver says which predicate of a search chooses the index. The other columns bear
// a unary plus, which changes no value and keeps planners without statistics on it.
type driver int

const (
	byOrder    driver = iota // the index of the sort order
	byValue                  // a metadata value
	byName                   // the name
	byFileName               // the file name
	byProject
	byFolder
	byType
)

// driverOf picks the predicate that leaves the fewest assets, as far as its kind
// tells. Only conditions that have to fit can drive.
func driverOf(s ingest.AssetSearch) driver {
	best := byOrder
	better := func(d driver) {
		if best == byOrder || d < best {
			best = d
		}
	}
	for _, c := range required(s) {
		narrow := c.Op == ingest.OpEquals || c.Op == ingest.OpStartsWith && c.Text != ""
		switch {
		case c.Value != "" && narrow && c.Default != ingest.DefaultFits:
			better(byValue)
		case c.Field == ingest.SearchName && narrow && !c.Fold:
			better(byName)
		case c.Field == ingest.SearchFileName && narrow && !c.Fold:
			better(byFileName)
		}
	}
	if s.Project != 0 {
		better(byProject)
	}
	if s.Folder != "" || !s.Subfolders {
		better(byFolder)
	}
	if len(s.Types) > 0 && s.Sort == ingest.SortNumber {
		better(byType)
	}
	return best
}

// required lists the conditions without which nothing fits.
func required(s ingest.AssetSearch) []ingest.Condition {
	var all []ingest.Condition
	for _, g := range s.Groups {
		if (!g.Any || len(g.Conditions) == 1) && (!s.Any || len(s.Groups) == 1) {
			all = append(all, g.Conditions...)
		}
	}
	return all
}

// searchWriter writes the conditions of a search.
type searchWriter struct {
	q        *query
	s        ingest.AssetSearch
	driver   driver
	counting bool
	driven   bool // the driving condition has been written
}

// column is a column as a predicate other than the driving one compares it.
func (w *searchWriter) column(name string, drives driver) string {
	if w.driver == drives {
		return "a." + name
	}
	return "+a." + name
}

// sorted is a column as ORDER BY has it: bare where the index gives the order.
func (w *searchWriter) sorted(column string) string {
	if w.driver == byOrder || w.driver == byType {
		return column
	}
	return "+" + column
}

// from writes FROM and WHERE.
func (w *searchWriter) from() {
	q, s := w.q, w.s
	company := "+a.company"
	if w.driver == byOrder || w.driver == byName || w.driver == byFileName || w.driver == byType {
		company = "a.company"
	}
	q.add(` FROM assets a WHERE `+company+` = ?`, s.Company)
	trash := "+a.in_trash"
	if w.driver == byOrder || w.driver == byType || w.driver == byFolder {
		trash = "a.in_trash"
	}
	switch s.Trash {
	case ingest.OutsideTrash:
		q.add(` AND ` + trash + ` = 0`)
	case ingest.InTrash:
		q.add(` AND ` + trash + ` = 1`)
	case ingest.EmptiedTrash:
		q.add(` AND ` + trash + ` = 2`)
	default:
		q.add(` AND ` + trash + ` < 2`)
	}
	w.place()
	w.kinds()
	w.readable()
	if s.Project != 0 {
		q.add(` AND a.number IN (SELECT to_number FROM links WHERE kind = 'project' AND from_number = ?)`, s.Project)
	}
	if s.Marked != nil {
		q.add(` AND (a.publish <> 0) = (? = 1)`, flag(*s.Marked))
	}
	w.groups()
}

func (w *searchWriter) place() {
	s := w.s
	folder := w.column("folder", byFolder)
	switch {
	case !s.Subfolders:
		w.q.add(` AND `+folder+` IN (SELECT number FROM folders WHERE company = ? AND path = ?)`, s.Company, s.Folder)
	case s.Folder != "":
		w.q.add(` AND `+folder+` IN (SELECT number FROM folders WHERE company = ? AND `, s.Company)
		w.q.prefix("path", s.Folder)
		w.q.add(`)`)
	}
}

func (w *searchWriter) kinds() {
	q, s := w.q, w.s
	kind := w.column("type", byType)
	if w.driver == byOrder && s.Sort == ingest.SortType {
		kind = "a.type"
	}
	if len(s.Types) > 0 {
		q.add(` AND `)
		in(q, kind, s.Types)
	}
	if len(s.ExcludedTypes) > 0 {
		q.add(` AND NOT (`)
		in(q, "+a.type", s.ExcludedTypes)
		q.add(`)`)
	}
	if len(s.SubTypes) > 0 {
		q.add(` AND (`)
		in(q, "a.sub_type", s.SubTypes)
		if !s.StrictSubType {
			q.add(` OR a.sub_type = ''`)
		}
		q.add(`)`)
	}
	switch {
	case len(s.ExcludedByproducts) > 0:
		for _, b := range s.ExcludedByproducts {
			q.add(` AND NOT (a.engine = ?`, b.Engine)
			if b.Type != "" {
				q.add(` AND +a.type = ?`, b.Type)
			}
			q.add(`)`)
		}
	case s.ExcludeByproducts:
		q.add(` AND a.engine = ''`)
	}
}

func (w *searchWriter) readable() {
	r := w.s.Readable
	if r == nil {
		return
	}
	w.q.add(` AND (`)
	in(w.q, "+a.folder", r.Folders)
	if len(r.Excluded) > 0 {
		w.q.add(` AND NOT (`)
		in(w.q, "+a.number", r.Excluded)
		w.q.add(`)`)
	}
	if len(r.Included) > 0 {
		w.q.add(` OR `)
		in(w.q, "+a.number", r.Included)
	}
	w.q.add(`)`)
}

// groups writes the conditions: joined in each group, and the groups joined.
func (w *searchWriter) groups() {
	written := 0
	for _, g := range w.s.Groups {
		if len(g.Conditions) == 0 {
			continue
		}
		switch {
		case written == 0:
			w.q.add(` AND (`)
		case w.s.Any:
			w.q.add(` OR `)
		default:
			w.q.add(` AND `)
		}
		written++
		w.q.add(`(`)
		for i, c := range g.Conditions {
			if i > 0 && g.Any {
				w.q.add(` OR `)
			} else if i > 0 {
				w.q.add(` AND `)
			}
			w.condition(c)
		}
		w.q.add(`)`)
	}
	if written > 0 {
		w.q.add(`)`)
	}
}

func (w *searchWriter) condition(c ingest.Condition) {
	switch {
	case c.Value != "":
		w.value(c)
	case c.Field == ingest.SearchCreatedBy || c.Field == ingest.SearchModifiedBy:
		negated := c.Op == ingest.OpNotEquals || c.Op == ingest.OpNotContains
		if negated {
			w.q.add(`NOT (`)
			c.Op--
		}
		w.q.add(`+a.` + string(c.Field) + ` IN (SELECT number FROM users WHERE `)
		c.Text = strings.ToLower(c.Text)
		textCondition(w.q, "login_key", c)
		w.q.add(`)`)
		if negated {
			w.q.add(`)`)
		}
	case c.Field == ingest.SearchFolder:
		w.q.add(`+a.folder IN (SELECT number FROM folders WHERE company = ? AND `, w.s.Company)
		textCondition(w.q, "path", c)
		w.q.add(`)`)
	case c.Op >= ingest.OpNumberEquals:
		numberCondition(w.q, "a."+string(c.Field), c)
	default:
		textCondition(w.q, w.textColumn(c), c)
	}
}

// textColumn is the column of a text condition: bare for the first one that can
// drive, folded where case does not count.
func (w *searchWriter) textColumn(c ingest.Condition) string {
	name := string(c.Field)
	if c.Fold {
		return "lower(a." + name + ")"
	}
	drives := map[ingest.SearchField]driver{ingest.SearchName: byName, ingest.SearchFileName: byFileName}[c.Field]
	if drives != byOrder && drives == w.driver && !w.driven && (c.Op == ingest.OpEquals || c.Op == ingest.OpStartsWith && c.Text != "") {
		w.driven = true
		return "a." + name
	}
	return "a." + name + " || ''"
}

// value writes a condition on a metadata value. Negations are that no value fits.
func (w *searchWriter) value(c ingest.Condition) {
	q := w.q
	negated := c.Op == ingest.OpNotEquals || c.Op == ingest.OpNotContains || c.Op == ingest.OpNumberNotEquals || c.Op == ingest.OpNotBetween
	positive := c
	if negated {
		positive.Op--
	}
	q.add(`(`)
	number := "+a.number"
	if w.driver == byValue && !w.driven && !negated && (c.Op == ingest.OpEquals || c.Op == ingest.OpStartsWith && c.Text != "") && c.Default != ingest.DefaultFits {
		number, w.driven = "a.number", true
	}
	if negated {
		q.add(`NOT `)
	}
	if number == "a.number" {
		q.add(number+` IN (SELECT v.asset FROM asset_values v WHERE v.company = ? AND v.field = ? AND `, w.s.Company, c.Value)
	} else {
		q.add(`EXISTS (SELECT 1 FROM asset_values v WHERE v.asset = a.number AND v.field = ? AND `, c.Value)
	}
	if positive.Op >= ingest.OpNumberEquals {
		numberCondition(q, "v.num", positive)
	} else {
		valueText(q, positive)
	}
	q.add(`)`)
	w.defaults(c, negated)
	q.add(`)`)
}

// defaults lets assets without a value fit as the default of the field does. A
// negation fits them already; one that the default does not fit excludes them.
func (w *searchWriter) defaults(c ingest.Condition, negated bool) {
	if c.Default == ingest.NoDefault || negated == (c.Default == ingest.DefaultFits) {
		return
	}
	if negated {
		w.q.add(` AND NOT (`)
	} else {
		w.q.add(` OR (`)
	}
	w.q.add(`NOT EXISTS (SELECT 1 FROM asset_values d WHERE d.asset = a.number AND d.field = ?)`, c.Value)
	if c.DefaultType != "" && c.DefaultType != ingest.TypeOther {
		w.q.add(` AND +a.type = ?`, c.DefaultType)
	}
	w.q.add(`)`)
}

// valueText compares the text of a value. The folded column is compared first, as
// it has the index.
func valueText(q *query, c ingest.Condition) {
	folded := c
	folded.Text, folded.Texts = Folded(c.Text), nil
	for _, text := range c.Texts {
		folded.Texts = append(folded.Texts, Folded(text))
	}
	textCondition(q, "v.folded", folded)
	if !c.Fold {
		q.add(` AND `)
		textCondition(q, "v.text", c)
	}
}

// textCondition compares a column with the operators on texts, without functions
// that databases name differently.
func textCondition(q *query, column string, c ingest.Condition) {
	text := c.Text
	if strings.HasPrefix(column, "lower(") {
		text = lowerASCII(text)
	}
	switch c.Op {
	case ingest.OpEquals:
		q.add(column+` = ?`, text)
	case ingest.OpNotEquals:
		q.add(column+` <> ?`, text)
	case ingest.OpContains, ingest.OpNotContains:
		sign := "<"
		if c.Op == ingest.OpNotContains {
			sign = "="
		}
		if text == "" {
			q.add(`1 ` + map[string]string{"<": "=", "=": "<>"}[sign] + ` 1`)
			return
		}
		q.add(`length(replace(`+column+`, ?, '')) `+sign+` length(`+column+`)`, text)
	case ingest.OpStartsWith:
		q.add(`(`)
		q.prefix(column, text)
		q.add(`)`)
	case ingest.OpEndsWith:
		n := utf8.RuneCountInString(text)
		q.add(`(length(`+column+`) >= ? AND substr(`+column+`, length(`+column+`) - `+strconv.Itoa(n-1)+`) = ?)`, n, text)
	case ingest.OpIn:
		in(q, column, c.Texts)
	}
}

// numberCondition compares a column with the operators on numbers.
func numberCondition(q *query, column string, c ingest.Condition) {
	var low, high any = c.Low, c.High
	if !strings.HasPrefix(column, "v.") {
		low, high = int64(c.Low), int64(c.High) // columns of assets are whole numbers
	}
	signs := map[ingest.SearchOp]string{
		ingest.OpNumberEquals: "=", ingest.OpNumberNotEquals: "<>", ingest.OpLess: "<", ingest.OpLessEquals: "<=",
		ingest.OpGreater: ">", ingest.OpGreaterEquals: ">=",
	}
	switch c.Op {
	case ingest.OpBetween:
		q.add(`(`+column+` >= ? AND `+column+` <= ?)`, low, high)
	case ingest.OpNotBetween:
		q.add(`(`+column+` < ? OR `+column+` > ?)`, low, high)
	default:
		q.add(column+` `+signs[c.Op]+` ?`, low)
	}
}

// lowerASCII folds as the databases fold everywhere: letters from A to Z.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// behind writes that only what comes behind a place counts.
func (w *searchWriter) behind(after ingest.SearchKey, order string) {
	sign := ">"
	if w.s.Descending {
		sign = "<"
	}
	number := w.sorted("a.number")
	if order == "" {
		w.q.add(` AND `+number+` `+sign+` ?`, after.Number)
		return
	}
	var value any = after.Count
	if order == "name" || order == "type" {
		value = after.Text
	}
	column := w.sorted("a." + order)
	w.q.add(` AND (`+column+` `+sign+`= ? AND (`+column+` `+sign+` ? OR `+number+` `+sign+` ?))`, value, value, after.Number)
}
