package sqlstore

import "sluice/internal/ingest"

// Emit implements ingest.EventTx.
func (t *Tx) Emit(e ingest.Event) error {
	return t.exec("sqlstore.Emit", "event",
		`INSERT INTO events (company, at, kind, subject, user_number, data) VALUES ($1, $2, $3, $4, $5, $6)`,
		e.Company, micros(e.Time), e.Kind, e.Subject, e.User, e.Data)
}

// Events implements ingest.EventTx.
func (t *Tx) Events(page ingest.Page) ([]ingest.Event, error) {
	return many(t, "sqlstore.Events", readEvent,
		`SELECT number, company, at, kind, subject, user_number, data FROM events WHERE number > $1 ORDER BY number LIMIT $2`,
		page.After, limit(page))
}

func readEvent(rows Rows) (ingest.Event, error) {
	var e ingest.Event
	var at int64
	err := rows.Scan((*int64)(&e.Number), (*int64)(&e.Company), &at, (*string)(&e.Kind), (*string)(&e.Subject), (*int64)(&e.User), &e.Data)
	e.Time = instant(at)
	return e, err
}
