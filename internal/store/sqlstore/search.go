package sqlstore

import (
	"sluice/internal/ingest"
)

// SearchKeys implements ingest.SearchTx.
func (t *Tx) SearchKeys(s ingest.AssetSearch, after ingest.SearchKey, skip, limit int) ([]ingest.SearchKey, error) {
	const op = "sqlstore.SearchKeys"
	if emptySearch(s) || limit <= 0 {
		return nil, nil
	}
	order := sortColumn(s.Sort)
	var q query
	q.add(`SELECT a.number`)
	if order != "" {
		q.add(`, a.` + order)
	}
	w := searchWriter{q: &q, s: s, driver: driverOf(s)}
	w.from()
	if after != (ingest.SearchKey{}) {
		w.behind(after, order)
	}
	direction := ""
	if s.Descending {
		direction = " DESC"
	}
	q.add(` ORDER BY `)
	if order != "" {
		q.add(w.sorted("a."+order) + direction + `, `)
	}
	q.add(w.sorted("a.number")+direction+` LIMIT ? OFFSET ?`, limit, skip)
	return many(t, op, func(rows Rows) (ingest.SearchKey, error) { return readSearchKey(rows, s.Sort) }, q.String(), q.args...)
}

// emptySearch reports whether permissions leave nothing.
func emptySearch(s ingest.AssetSearch) bool {
	return s.Readable != nil && len(s.Readable.Folders) == 0 && len(s.Readable.Included) == 0
}

// sortColumn is the column of a sort order, "" for the number alone.
func sortColumn(sort ingest.SearchSort) string {
	switch sort {
	case ingest.SortModified:
		return "modified"
	case ingest.SortName:
		return "name"
	case ingest.SortType:
		return "type"
	case ingest.SortSize:
		return "size"
	}
	return ""
}

func readSearchKey(rows Rows, sort ingest.SearchSort) (k ingest.SearchKey, err error) {
	switch sort {
	case ingest.SortNumber:
		err = rows.Scan((*int64)(&k.Number))
	case ingest.SortName, ingest.SortType:
		err = rows.Scan((*int64)(&k.Number), &k.Text)
	default:
		err = rows.Scan((*int64)(&k.Number), &k.Count)
	}
	return k, err
}

// SearchCount implements ingest.SearchTx.
func (t *Tx) SearchCount(s ingest.AssetSearch) (int64, error) {
	if emptySearch(s) {
		return 0, nil
	}
	var q query
	q.add(`SELECT COUNT(*)`)
	w := searchWriter{q: &q, s: s, driver: driverOf(s), counting: true}
	w.from()
	return one(t, "sqlstore.SearchCount", "count", readNumber, q.String(), q.args...)
}

// AssetsNumbered implements ingest.SearchTx.
func (t *Tx) AssetsNumbered(numbers []ingest.Number) ([]*ingest.Asset, error) {
	const atOnce = 1000
	var all []*ingest.Asset
	for len(numbers) > 0 {
		batch := numbers[:min(len(numbers), atOnce)]
		numbers = numbers[len(batch):]
		var q query
		q.add(assetColumns + ` WHERE `)
		in(&q, "a.number", batch)
		list, err := many(t, "sqlstore.AssetsNumbered", readAsset, q.String(), q.args...)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// DistinctValues implements ingest.SearchTx.
func (t *Tx) DistinctValues(company ingest.Number, field string, readable *ingest.ReadableAssets, limit int) ([]ingest.ValueCount, error) {
	s := ingest.AssetSearch{Company: company, Subfolders: true, Readable: readable}
	if emptySearch(s) {
		return nil, nil
	}
	var q query
	q.add(`SELECT v.text, COUNT(DISTINCT v.asset) FROM asset_values v JOIN assets a ON a.number = v.asset
		WHERE v.company = ? AND v.field = ? AND a.in_trash = 0`, company, field)
	w := searchWriter{q: &q, s: s}
	w.readable()
	q.add(` GROUP BY v.text ORDER BY v.text LIMIT ?`, limit)
	return many(t, "sqlstore.DistinctValues", readValueCount, q.String(), q.args...)
}

func readValueCount(rows Rows) (ingest.ValueCount, error) {
	var c ingest.ValueCount
	err := rows.Scan(&c.Text, &c.Count)
	return c, err
}

// LibraryRevision implements ingest.SearchTx. Every change of an asset emits an
// event.
func (t *Tx) LibraryRevision() (int64, error) {
	return one(t, "sqlstore.LibraryRevision", "revision", readNumber, `SELECT COALESCE(MAX(number), 0) FROM events`)
}
