package sqlstore

import "sluice/internal/ingest"

const linkColumns = `SELECT kind, from_number, to_number, position, data FROM links`

// PutLinks implements ingest.LinkTx.
func (t *Tx) PutLinks(kind ingest.LinkKind, from ingest.Number, links []ingest.Link) error {
	if err := t.DeleteLinks(kind, from, 0); err != nil {
		return err
	}
	for i, l := range links {
		err := t.exec("sqlstore.PutLinks", string(kind),
			`INSERT INTO links (kind, from_number, position, to_number, data) VALUES ($1, $2, $3, $4, $5)`, kind, from, i, l.To, l.Data)
		if err != nil {
			return err
		}
	}
	return nil
}

// AddLink implements ingest.LinkTx.
func (t *Tx) AddLink(l ingest.Link) error {
	const op = "sqlstore.AddLink"
	last, err := one(t, op, "link", readNumber,
		`SELECT COALESCE(MAX(position), -1) FROM links WHERE kind = $1 AND from_number = $2`, l.Kind, l.From)
	if err != nil {
		return err
	}
	return t.exec(op, string(l.Kind),
		`INSERT INTO links (kind, from_number, position, to_number, data) VALUES ($1, $2, $3, $4, $5)`, l.Kind, l.From, last+1, l.To, l.Data)
}

// DeleteLinks implements ingest.LinkTx.
func (t *Tx) DeleteLinks(kind ingest.LinkKind, from, to ingest.Number) error {
	const op = "sqlstore.DeleteLinks"
	if from == 0 && to == 0 {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "links of nothing cannot be deleted"}
	}
	var q query
	q.add(`DELETE FROM links WHERE kind = ?`, kind)
	if from != 0 {
		q.add(` AND from_number = ?`, from)
	}
	if to != 0 {
		q.add(` AND to_number = ?`, to)
	}
	return t.exec(op, string(kind), q.String(), q.args...)
}

// Links implements ingest.LinkTx.
func (t *Tx) Links(kind ingest.LinkKind, from ingest.Number, page ingest.Page) ([]ingest.Link, error) {
	return many(t, "sqlstore.Links", readLink,
		linkColumns+` WHERE kind = $1 AND from_number = $2 ORDER BY position LIMIT $3 OFFSET $4`, kind, from, limit(page), page.After)
}

// LinksFrom implements ingest.LinkTx.
func (t *Tx) LinksFrom(kind ingest.LinkKind, from []ingest.Number) ([]ingest.Link, error) {
	return t.linksAt("sqlstore.LinksFrom", kind, "from_number", from, ` ORDER BY from_number, position`)
}

// LinksTo implements ingest.LinkTx.
func (t *Tx) LinksTo(kind ingest.LinkKind, to []ingest.Number) ([]ingest.Link, error) {
	return t.linksAt("sqlstore.LinksTo", kind, "to_number", to, ` ORDER BY to_number, from_number, position`)
}

func (t *Tx) linksAt(op string, kind ingest.LinkKind, column string, numbers []ingest.Number, order string) ([]ingest.Link, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	var q query
	q.add(linkColumns+` WHERE kind = ? AND `, kind)
	in(&q, column, numbers)
	q.add(order)
	return many(t, op, readLink, q.String(), q.args...)
}

// HasLink implements ingest.LinkTx.
func (t *Tx) HasLink(kind ingest.LinkKind, from, to ingest.Number) (bool, error) {
	found, err := many(t, "sqlstore.HasLink", readNumber,
		`SELECT 1 FROM links WHERE kind = $1 AND to_number = $2 AND from_number = $3 LIMIT 1`, kind, to, from)
	return len(found) > 0, err
}

func readLink(rows Rows) (ingest.Link, error) {
	var l ingest.Link
	err := rows.Scan((*string)(&l.Kind), (*int64)(&l.From), (*int64)(&l.To), &l.Position, &l.Data)
	return l, err
}
