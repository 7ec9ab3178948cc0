package sqlstore

import (
	"time"

	"sluice/internal/ingest"
)

const transferColumns = `SELECT number, token_hash, company, content_type, size, address, state, asset, referenced, created, expires FROM transfers`

// CreateTransfer implements ingest.TransferTx.
func (t *Tx) CreateTransfer(r *ingest.Transfer) error {
	number, err := t.insert("sqlstore.CreateTransfer", "transfer",
		`INSERT INTO transfers (token_hash, company, content_type, size, address, state, asset, referenced, created, expires, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING number`,
		r.TokenHash, r.Company, r.ContentType, r.Size, r.Address, r.State, r.Asset, flag(r.Referenced), micros(r.Created), micros(r.Expires),
		flag(r.State == ingest.TransferEnded))
	r.Number = number
	return err
}

// TransferByToken implements ingest.TransferTx.
func (t *Tx) TransferByToken(hash []byte) (*ingest.Transfer, error) {
	return one(t, "sqlstore.TransferByToken", "transfer", readTransfer, transferColumns+` WHERE token_hash = $1`, hash)
}

// UpdateTransfer implements ingest.TransferTx.
func (t *Tx) UpdateTransfer(r *ingest.Transfer) error {
	return t.change("sqlstore.UpdateTransfer", "transfer",
		`UPDATE transfers SET state = $1, asset = $2, referenced = $3, expires = $4, ended = $5 WHERE number = $6`,
		r.State, r.Asset, flag(r.Referenced), micros(r.Expires), flag(r.State == ingest.TransferEnded), r.Number)
}

// ExpiredTransfers implements ingest.TransferTx.
func (t *Tx) ExpiredTransfers(now time.Time, limit int) ([]*ingest.Transfer, error) {
	return many(t, "sqlstore.ExpiredTransfers", readTransfer,
		transferColumns+` WHERE ended = 0 AND expires <= $1 ORDER BY expires LIMIT $2`, micros(now), max(limit, 0))
}

// DeleteTransfers implements ingest.TransferTx.
func (t *Tx) DeleteTransfers(before time.Time, limit int) (int, error) {
	return t.deleteEnded("sqlstore.DeleteTransfers", "transfers", before, limit)
}

func readTransfer(rows Rows) (*ingest.Transfer, error) {
	r := &ingest.Transfer{}
	var referenced, created, expires int64
	err := rows.Scan((*int64)(&r.Number), &r.TokenHash, (*int64)(&r.Company), &r.ContentType, &r.Size, &r.Address, (*string)(&r.State),
		(*int64)(&r.Asset), &referenced, &created, &expires)
	r.Referenced, r.Created, r.Expires = referenced != 0, instant(created), instant(expires)
	return r, err
}
