package sqlstore

import "sluice/internal/ingest"

// counted is what an asset row contributes to the usage counters.
type counted struct {
	company, createdBy ingest.Number
	size               int64
	inTrash            bool
}

func readCounted(rows Rows) (counted, error) {
	var c counted
	var inTrash int64
	err := rows.Scan((*int64)(&c.company), (*int64)(&c.createdBy), &c.size, &inTrash)
	c.inTrash = inTrash == 1 || inTrash == 2
	return c, err
}

// usageOf returns what one asset counts for.
func usageOf(size int64, inTrash bool) ingest.Usage {
	if inTrash {
		return ingest.Usage{}
	}
	return ingest.Usage{Files: 1, Bytes: size}
}

// addUsage adds to the counters of a company (user 0) and of the user in it.
func (t *Tx) addUsage(op string, company, user ingest.Number, d ingest.Usage) error {
	if d == (ingest.Usage{}) {
		return nil
	}
	const conflict = ` ON CONFLICT (company, user_number) DO UPDATE
		SET files = usage_counts.files + excluded.files, bytes = usage_counts.bytes + excluded.bytes`
	if user == 0 {
		return t.exec(op, "usage",
			`INSERT INTO usage_counts (company, user_number, files, bytes) VALUES ($1, 0, $2, $3)`+conflict,
			company, d.Files, d.Bytes)
	}
	return t.exec(op, "usage",
		`INSERT INTO usage_counts (company, user_number, files, bytes) VALUES ($1, 0, $2, $3), ($4, $5, $6, $7)`+conflict,
		company, d.Files, d.Bytes, company, user, d.Files, d.Bytes)
}

// Usage implements ingest.AssetTx from counters that CreateAsset and
// UpdateAsset keep.
func (t *Tx) Usage(company, user ingest.Number) (ingest.Usage, error) {
	list, err := many(t, "sqlstore.Usage", readUsage,
		`SELECT files, bytes FROM usage_counts WHERE company = $1 AND user_number = $2`, company, user)
	if err != nil || len(list) == 0 {
		return ingest.Usage{}, err
	}
	return list[0], nil
}

func readUsage(rows Rows) (ingest.Usage, error) {
	var u ingest.Usage
	err := rows.Scan(&u.Files, &u.Bytes)
	return u, err
}

// UsageBelow implements ingest.AssetTx. It reads the rows.
func (t *Tx) UsageBelow(company ingest.Number, under string, limit int) (ingest.Usage, error) {
	var q query
	q.add(`SELECT COUNT(*), COALESCE(SUM(y.size), 0) FROM (SELECT a.size FROM assets a WHERE a.in_trash = 0
		AND a.folder IN (SELECT number FROM folders WHERE company = ? AND `, company)
	q.prefix("path", under)
	q.add(`) LIMIT ?) y`, limit)
	list, err := many(t, "sqlstore.UsageBelow", readUsage, q.String(), q.args...)
	if err != nil || len(list) == 0 {
		return ingest.Usage{}, err
	}
	return list[0], nil
}
