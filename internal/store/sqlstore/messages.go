package sqlstore

import (
	"slices"
	"time"

	"sluice/internal/ingest"
)

const messageColumns = `m.number, m.id, m.company, m.sender, m.from_address, m.recipients, m.stream, m.content_type, m.disposition, m.body, m.created`

// CreateMessage implements ingest.MessageTx.
func (t *Tx) CreateMessage(m *ingest.TextMessage) error {
	const op = "sqlstore.CreateMessage"
	recipients, err := toJSON(m.To)
	if err != nil {
		return t.failure(op, "message", err)
	}
	number, err := t.insert(op, "message",
		`INSERT INTO messages (id, company, sender, from_address, recipients, stream, content_type, disposition, body, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number`,
		m.ID, m.Company, m.Sender, m.From, recipients, m.Stream, m.ContentType, m.Disposition, m.Body, micros(m.Created))
	if err != nil {
		return err
	}
	for _, user := range usersOf(m) {
		err := t.exec(op, "message",
			`INSERT INTO inbox (company, user_number, message, displayed) VALUES ($1, $2, $3, 0)`, m.Company, user, number)
		if err != nil {
			return err
		}
	}
	m.Number = number
	return nil
}

// usersOf lists the users among the recipients of a message, each once.
func usersOf(m *ingest.TextMessage) []ingest.Number {
	var users []ingest.Number
	for _, to := range m.To {
		if to.User != 0 && !slices.Contains(users, to.User) {
			users = append(users, to.User)
		}
	}
	return users
}

// TextMessage implements ingest.MessageTx.
func (t *Tx) TextMessage(number ingest.Number) (*ingest.TextMessage, error) {
	return one(t, "sqlstore.TextMessage", "message", readMessage, `SELECT `+messageColumns+` FROM messages m WHERE m.number = $1`, number)
}

// MessageByID implements ingest.MessageTx.
func (t *Tx) MessageByID(company ingest.Number, id string) (*ingest.TextMessage, error) {
	return one(t, "sqlstore.MessageByID", "message", readMessage,
		`SELECT `+messageColumns+` FROM messages m WHERE m.id = $1 AND m.company = $2`, id, company)
}

// MessagesReceived implements ingest.MessageTx.
func (t *Tx) MessagesReceived(r ingest.MessageRange) ([]*ingest.TextMessage, error) {
	var q query
	q.add(`SELECT `+messageColumns+` FROM inbox i JOIN messages m ON m.number = i.message WHERE i.company = ? AND i.user_number = ?`, r.Company, r.User)
	return t.messages("sqlstore.MessagesReceived", &q, r, "i.message")
}

// MessagesSent implements ingest.MessageTx.
func (t *Tx) MessagesSent(r ingest.MessageRange) ([]*ingest.TextMessage, error) {
	var q query
	q.add(`SELECT `+messageColumns+` FROM messages m WHERE m.company = ? AND m.sender = ?`, r.Company, r.User)
	return t.messages("sqlstore.MessagesSent", &q, r, "m.number")
}

// messages reads a range. Rows behind its bytes are not read.
func (t *Tx) messages(op string, q *query, r ingest.MessageRange, column string) ([]*ingest.TextMessage, error) {
	q.messageRange(r, column)
	bytes := 0
	list, err := manyUntil(t, op, readMessage, func(list []*ingest.TextMessage, m *ingest.TextMessage) bool {
		bytes += len(m.Body)
		return r.Bytes > 0 && bytes > r.Bytes && len(list) > 0
	}, q.String(), q.args...)
	if r.Newest {
		slices.Reverse(list)
	}
	return list, err
}

// messageRange appends the rest of a range, whose order is that of column. A database
// takes one lower bound from an index, so that there must not be a second one. Where a
// time is the bound, it is the number of the company's first message since then, or
// everything older would be read too.
func (q *query) messageRange(r ingest.MessageRange, column string) {
	if r.Before != 0 {
		q.add(` AND `+column+` < ?`, r.Before)
	}
	if r.After != 0 {
		q.add(` AND `+column+` > ?`, r.After)
	}
	if !r.Since.IsZero() {
		if r.After == 0 {
			q.add(` AND `+column+` >= (SELECT x.number FROM messages x WHERE x.company = ? AND x.created >= ? ORDER BY x.created, x.number LIMIT 1)`,
				r.Company, micros(r.Since))
		}
		q.add(` AND m.created >= ?`, micros(r.Since))
	}
	q.add(` ORDER BY ` + column)
	if r.Newest {
		q.add(` DESC`)
	}
	q.add(` LIMIT ?`, max(r.Limit, 0))
}

// MessagesBefore implements ingest.MessageTx.
func (t *Tx) MessagesBefore(company ingest.Number, before time.Time) (bool, error) {
	list, err := many(t, "sqlstore.MessagesBefore", readNumber,
		`SELECT number FROM messages WHERE company = $1 AND created < $2 ORDER BY created LIMIT 1`, company, micros(before))
	return len(list) > 0, err
}

// DeleteMessages implements ingest.MessageTx.
func (t *Tx) DeleteMessages(company ingest.Number, before time.Time, limit int) (int, error) {
	const op = "sqlstore.DeleteMessages"
	old, err := many(t, op, readNumber,
		`SELECT number FROM messages WHERE company = $1 AND created < $2 ORDER BY created, number LIMIT $3`, company, micros(before), max(limit, 0))
	if err != nil {
		return 0, err
	}
	for _, number := range old {
		if err := t.exec(op, "message", `DELETE FROM inbox WHERE message = $1`, number); err != nil {
			return 0, err
		}
		if err := t.exec(op, "message", `DELETE FROM messages WHERE number = $1`, number); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func readMessage(rows Rows) (*ingest.TextMessage, error) {
	m := &ingest.TextMessage{}
	var recipients string
	var created int64
	err := rows.Scan((*int64)(&m.Number), &m.ID, (*int64)(&m.Company), (*int64)(&m.Sender), &m.From, &recipients,
		&m.Stream, &m.ContentType, &m.Disposition, &m.Body, &created)
	if err != nil {
		return nil, err
	}
	m.Created = instant(created)
	return m, fromJSON(recipients, &m.To)
}
