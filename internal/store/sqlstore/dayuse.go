package sqlstore

import "sluice/internal/ingest"

// AddDayUse implements ingest.DayUseTx.
func (t *Tx) AddDayUse(u ingest.Usage, counters ...ingest.DayUse) error {
	if u == (ingest.Usage{}) || len(counters) == 0 {
		return nil
	}
	var q query
	q.add(`INSERT INTO day_use (day, company, subject, files, bytes) VALUES `)
	for i, d := range counters {
		if i > 0 {
			q.add(`, `)
		}
		q.add(`(?, ?, ?, ?, ?)`, d.Day, d.Company, d.Subject, u.Files, u.Bytes)
	}
	q.add(` ON CONFLICT (day, company, subject) DO UPDATE SET files = day_use.files + excluded.files, bytes = day_use.bytes + excluded.bytes`)
	return t.exec("sqlstore.AddDayUse", "counter", q.String(), q.args...)
}

// DayUsage implements ingest.DayUseTx.
func (t *Tx) DayUsage(d ingest.DayUse) (ingest.Usage, error) {
	list, err := many(t, "sqlstore.DayUsage", readUsage,
		`SELECT files, bytes FROM day_use WHERE day = $1 AND company = $2 AND subject = $3`, d.Day, d.Company, d.Subject)
	if err != nil || len(list) == 0 {
		return ingest.Usage{}, err
	}
	return list[0], nil
}

// DeleteDayUse implements ingest.DayUseTx.
func (t *Tx) DeleteDayUse(before int64) error {
	return t.exec("sqlstore.DeleteDayUse", "counter", `DELETE FROM day_use WHERE day < $1`, before)
}
