package sqlstore

import (
	"strings"

	"sluice/internal/ingest"
)

// Assets implements ingest.AssetTx.
//
// The numbers are found first, by one SELECT per company and per name column,
// each of which an index serves in order; the rows are read for those that
// remain. Columns that should not choose the index bear a unary plus, or an empty
// string when they are text, which changes no value and keeps planners without
// statistics on the better index.
func (t *Tx) Assets(f ingest.AssetFilter, page ingest.Page) ([]*ingest.Asset, error) {
	const op = "sqlstore.Assets"
	if f.Companies != nil && len(f.Companies) == 0 {
		return nil, nil
	}
	if f.Under != "" && len(f.Companies) != 1 {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "a folder path needs exactly one company"}
	}
	var q query
	q.add(assetColumns + ` WHERE a.number IN (`)
	first := true
	for _, companies := range companyArms(f.Companies) {
		for _, column := range nameColumns(f) {
			if !first {
				q.add(` UNION `)
			}
			first = false
			newAssetArm(f, companies, column).add(&q, page)
		}
	}
	q.add(`) ORDER BY a.number LIMIT ?`, limit(page))
	return many(t, op, readAsset, q.String(), q.args...)
}

// nameColumns returns the columns that the filter's name may be in.
func nameColumns(f ingest.AssetFilter) []string {
	if f.Name == "" {
		return []string{""}
	}
	return []string{"name", "file_name"}
}

// assetArm is one SELECT of a list: its filter, and which columns it compares
// bare so that their index is chosen.
type assetArm struct {
	filter                       ingest.AssetFilter
	companies                    []ingest.Number // nil = all
	name                         string          // the column that the filter's name is looked for in, "" = none
	company, state, kind, number string          // columns
	byJob, unready, everywhere   bool            // index of a job's versions, index of unready assets, all companies one by one
}

// newAssetArm picks the index: by name, place, job, state, type or company, the
// first that the filter has.
func newAssetArm(f ingest.AssetFilter, companies []ingest.Number, name string) assetArm {
	a := assetArm{filter: f, companies: companies, name: name,
		company: "x.company", state: "x.state || ''", kind: "x.type || ''", number: "x.number"}
	switch {
	case name != "":
		a.everywhere = companies == nil
	case f.Folder != 0 || f.Under != "":
		a.company = "+x.company"
	case f.Job != 0:
		a.byJob, a.company, a.number = true, "+x.company", "v.asset"
	case f.State != "" && f.State != ingest.AssetReady:
		a.unready, a.state, a.everywhere = true, "x.state", companies == nil
	case f.Type != "":
		a.kind, a.everywhere = "x.type", companies == nil
	}
	return a
}

// add appends the SELECT of the first matching numbers.
func (a assetArm) add(q *query, page ingest.Page) {
	f, order := a.filter, a.number
	if a.byJob {
		q.add(`SELECT number FROM (SELECT DISTINCT v.asset AS number FROM versions v JOIN assets x ON x.number = v.asset WHERE v.job = ? AND `, f.Job)
	} else {
		q.add(`SELECT number FROM (SELECT x.number FROM assets x WHERE `)
	}
	a.addCompanies(q)
	if a.name != "" {
		a.number = nameCondition(q, "x."+a.name, f.Name)
	}
	if !a.byJob {
		placeConditions(q, f, a.name != "")
	}
	if f.State != "" {
		q.add(a.state+` = ? AND `, f.State)
	}
	if a.unready {
		q.add(`x.state <> 'ready' AND `) // what the partial index holds
	}
	if f.Type != "" {
		q.add(a.kind+` = ? AND `, f.Type)
	}
	q.add(`x.in_trash = ? AND `+a.number+` > ? ORDER BY `+order+` LIMIT ?) y`, flag(f.Trash), page.After, limit(page))
}

func (a assetArm) addCompanies(q *query) {
	switch {
	case a.filter.Under != "" && a.name == "": // the folders are those of the company
	case a.everywhere:
		q.add(a.company + ` IN (SELECT number FROM companies) AND `)
	case len(a.companies) == 1:
		q.add(a.company+` = ? AND `, a.companies[0])
	case len(a.companies) > 1:
		in(q, a.company, a.companies)
		q.add(` AND `)
	}
}

// nameCondition appends the condition on a name column. It returns the number
// column as the arm should compare it: over a range of names the index is not
// in the order of numbers and must be chosen all the same.
func nameCondition(q *query, column, name string) string {
	start, isPrefix := strings.CutSuffix(name, "*")
	switch {
	case !isPrefix:
		q.add(column+` = ? AND `, name)
		return "x.number"
	case start == "":
		return "x.number"
	}
	q.prefix(column, start)
	q.add(` AND `)
	return "+x.number"
}

// placeConditions appends the conditions on folder and subtree, and on a job
// beside others.
func placeConditions(q *query, f ingest.AssetFilter, byName bool) {
	folder := "x.folder"
	if byName {
		folder = "+x.folder"
	}
	if f.Folder != 0 {
		q.add(folder+` = ? AND `, f.Folder)
		folder = "+x.folder"
	}
	if f.Under != "" {
		q.add(folder+` IN (SELECT number FROM folders WHERE company = ? AND `, f.Companies[0])
		q.prefix("path", f.Under)
		q.add(`) AND `)
	}
	if f.Job != 0 {
		q.add(`+x.number IN (SELECT asset FROM versions WHERE job = ?) AND `, f.Job)
	}
}
