package sqlstore

import (
	"slices"

	"sluice/internal/ingest"
)

// AppendLog implements ingest.JobTx.
func (t *Tx) AppendLog(rows ...ingest.LogRow) error {
	const op = "sqlstore.AppendLog"
	for some := range slices.Chunk(rows, logRows) {
		var q query
		q.add(`INSERT INTO job_log (job, at, type, message, asset, asset_name, asset_type, extra) VALUES `)
		for i := range some {
			r := &some[i]
			extra, err := toJSON(r.Extra)
			if err != nil {
				return t.failure(op, "log row", err)
			}
			if i > 0 {
				q.add(`, `)
			}
			q.add(`(?, ?, ?, ?, ?, ?, ?, ?)`, r.Job, micros(r.Time), r.Type, r.Message, r.Asset, r.AssetName, r.AssetType, extra)
		}
		if err := t.exec(op, "log row", q.String(), q.args...); err != nil {
			return err
		}
	}
	return nil
}

// logRows is how many rows of a log one statement writes: jobs begin and end with
// several. Every number up to it is a statement of its own that stays prepared.
const logRows = 4

// Log implements ingest.JobTx.
func (t *Tx) Log(job ingest.Number, f ingest.LogFilter, page ingest.Page) ([]ingest.LogRow, error) {
	if f.Types != nil && len(f.Types) == 0 {
		return nil, nil
	}
	var q query
	q.add(`SELECT l.number, l.job, l.at, l.type, l.message, l.asset, COALESCE(a.uuid, ''), l.asset_name, l.asset_type, l.extra
		FROM job_log l LEFT JOIN assets a ON a.number = l.asset WHERE l.job = ? AND l.number > ?`, job, page.After)
	logTypes(&q, "l.type", f)
	q.add(` ORDER BY l.number LIMIT ?`, limit(page))
	return many(t, "sqlstore.Log", readLogRow, q.String(), q.args...)
}

// LogCount implements ingest.JobTx.
func (t *Tx) LogCount(job ingest.Number, f ingest.LogFilter) (int64, error) {
	if f.Types != nil && len(f.Types) == 0 {
		return 0, nil
	}
	var q query
	q.add(`SELECT COUNT(*) FROM job_log WHERE job = ?`, job)
	logTypes(&q, "type", f)
	return one(t, "sqlstore.LogCount", "job", readCount, q.String(), q.args...)
}

func logTypes(q *query, column string, f ingest.LogFilter) {
	if f.Types != nil {
		q.add(` AND `)
		in(q, column, f.Types)
	}
}

func readLogRow(rows Rows) (ingest.LogRow, error) {
	var r ingest.LogRow
	var at int64
	var extra string
	err := rows.Scan((*int64)(&r.Number), (*int64)(&r.Job), &at, (*string)(&r.Type), &r.Message,
		(*int64)(&r.Asset), (*string)(&r.AssetUUID), &r.AssetName, &r.AssetType, &extra)
	if err != nil {
		return r, err
	}
	r.Time = instant(at)
	return r, fromJSON(extra, &r.Extra)
}

func readCount(rows Rows) (int64, error) {
	var n int64
	err := rows.Scan(&n)
	return n, err
}
