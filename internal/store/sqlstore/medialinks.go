package sqlstore

import (
	"time"

	"sluice/internal/ingest"
)

const mediaLinkColumns = `SELECT number, token_hash, nonce, company, asset, user_number, recipient, name, content_type, size, repeat_key,
	created, expires, ended FROM media_links`

// CreateMediaLink implements ingest.MediaLinkTx.
func (t *Tx) CreateMediaLink(l *ingest.MediaLink) error {
	number, err := t.insert("sqlstore.CreateMediaLink", "media link",
		`INSERT INTO media_links (token_hash, nonce, company, asset, user_number, recipient, name, content_type, size, repeat_key, created, expires, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING number`,
		l.TokenHash, l.Nonce, l.Company, l.Asset, l.User, l.Recipient, l.Name, l.ContentType, l.Size, l.RepeatKey,
		micros(l.Created), micros(l.Expires), flag(l.Ended))
	l.Number = number
	return err
}

// MediaLinkByToken implements ingest.MediaLinkTx.
func (t *Tx) MediaLinkByToken(hash []byte) (*ingest.MediaLink, error) {
	return one(t, "sqlstore.MediaLinkByToken", "media link", readMediaLink, mediaLinkColumns+` WHERE token_hash = $1`, hash)
}

// RepeatedMediaLink implements ingest.MediaLinkTx.
func (t *Tx) RepeatedMediaLink(company ingest.Number, key []byte, since time.Time) (*ingest.MediaLink, error) {
	return one(t, "sqlstore.RepeatedMediaLink", "media link", readMediaLink,
		mediaLinkColumns+` WHERE repeat_key = $1 AND created >= $2 AND company = $3 AND ended = 0 ORDER BY created DESC, number DESC LIMIT 1`,
		key, micros(since), company)
}

// ExpiredMediaLinks implements ingest.MediaLinkTx.
func (t *Tx) ExpiredMediaLinks(now time.Time, limit int) ([]*ingest.MediaLink, error) {
	return many(t, "sqlstore.ExpiredMediaLinks", readMediaLink,
		mediaLinkColumns+` WHERE ended = 0 AND expires <= $1 ORDER BY expires LIMIT $2`, micros(now), max(limit, 0))
}

// EndMediaLink implements ingest.MediaLinkTx.
func (t *Tx) EndMediaLink(number ingest.Number) error {
	return t.change("sqlstore.EndMediaLink", "media link", `UPDATE media_links SET ended = 1 WHERE number = $1`, number)
}

// DeleteMediaLinks implements ingest.MediaLinkTx.
func (t *Tx) DeleteMediaLinks(before time.Time, limit int) (int, error) {
	return t.deleteEnded("sqlstore.DeleteMediaLinks", "media_links", before, limit)
}

// deleteEnded removes rows that ended and whose time was over before a time.
func (t *Tx) deleteEnded(op, table string, before time.Time, limit int) (int, error) {
	n, err := t.conn.Exec(`DELETE FROM `+table+` WHERE number IN
		(SELECT number FROM `+table+` WHERE ended = 1 AND expires < $1 ORDER BY expires LIMIT $2)`, micros(before), max(limit, 0))
	if err != nil {
		return 0, t.failure(op, "", err)
	}
	return int(n), nil
}

func readMediaLink(rows Rows) (*ingest.MediaLink, error) {
	l := &ingest.MediaLink{}
	var created, expires, ended int64
	err := rows.Scan((*int64)(&l.Number), &l.TokenHash, (*string)(&l.Nonce), (*int64)(&l.Company), (*int64)(&l.Asset), (*int64)(&l.User),
		&l.Recipient, &l.Name, &l.ContentType, &l.Size, &l.RepeatKey, &created, &expires, &ended)
	l.Created, l.Expires, l.Ended = instant(created), instant(expires), ended != 0
	return l, err
}
