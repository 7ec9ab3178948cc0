package sqlstore

import (
	"strings"

	"sluice/internal/ingest"
)

// Assets implements ingest.AssetTx.
//
// The numbers are found first, by one SELECT per company and per name column,
// each of which an index serves in order; the rows are read for those that
// remain. Conditions that should not choose the index bear a unary plus, which
// changes no value and keeps planners without statistics on the better index.
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
			assetArm(&q, f, companies, column, page)
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

// assetArm appends the SELECT of the first matching numbers of some companies.
func assetArm(q *query, f ingest.AssetFilter, companies []ingest.Number, nameColumn string, page ingest.Page) {
	q.add(`SELECT number FROM (SELECT x.number FROM assets x WHERE `)
	byName, byFolder := nameColumn != "", f.Folder != 0 || f.Under != "" || f.Job != 0
	byState := f.State != "" && f.State != ingest.AssetReady
	company, state, kind, number := "x.company", "x.state", "x.type", "x.number"
	switch {
	case byName:
		state, kind = "+x.state", "+x.type"
	case byFolder:
		company, state, kind = "+x.company", "+x.state", "+x.type"
	case byState:
		kind = "+x.type"
	}
	if companies == nil && (byName || !byFolder && (byState || f.Type != "")) {
		q.add(company + ` IN (SELECT number FROM companies) AND `)
	}
	switch {
	case f.Under != "" && !byName: // the folders are those of the company
	case len(companies) == 1:
		q.add(company+` = ? AND `, companies[0])
	case len(companies) > 1:
		in(q, company, companies)
		q.add(` AND `)
	}
	if byName {
		number = nameCondition(q, "x."+nameColumn, f.Name)
	}
	placeConditions(q, f, byName)
	if f.State != "" {
		q.add(state+` = ? AND `, f.State)
	}
	if byState && !byName && !byFolder {
		q.add(`x.state <> 'ready' AND `) // what the partial index holds
	}
	if f.Type != "" {
		q.add(kind+` = ? AND `, f.Type)
	}
	q.add(`x.in_trash = ? AND `+number+` > ? ORDER BY x.number LIMIT ?) y`, flag(f.Trash), page.After, limit(page))
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
	case start != "":
		q.prefix(column, start)
		q.add(` AND `)
	}
	return "+x.number"
}

// placeConditions appends the conditions on folder, subtree and job.
func placeConditions(q *query, f ingest.AssetFilter, byName bool) {
	folder, number := "x.folder", "x.number"
	if byName {
		folder, number = "+x.folder", "+x.number"
	}
	if f.Folder != 0 {
		q.add(folder+` = ? AND `, f.Folder)
		folder, number = "+x.folder", "+x.number"
	}
	if f.Under != "" {
		q.add(folder+` IN (SELECT number FROM folders WHERE company = ? AND `, f.Companies[0])
		q.prefix("path", f.Under)
		q.add(`) AND `)
		number = "+x.number"
	}
	if f.Job != 0 {
		q.add(number+` IN (SELECT asset FROM versions WHERE job = ?) AND `, f.Job)
	}
}
