package sqlstore

import "sluice/internal/ingest"

const apiKeyColumns = `SELECT number, uuid, user_number, name, selector, secret_hash, created, expires, last_used FROM api_keys`

// CreateAPIKey implements ingest.UserTx.
func (t *Tx) CreateAPIKey(k *ingest.APIKey) error {
	number, err := t.insert("sqlstore.CreateAPIKey", "key",
		`INSERT INTO api_keys (uuid, user_number, name, selector, secret_hash, created, expires, last_used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number`,
		k.UUID, k.User, k.Name, k.Selector, bytesOrNull(k.SecretHash), micros(k.Created), micros(k.Expires), micros(k.LastUsed))
	if err != nil {
		return err
	}
	k.Number = number
	return nil
}

// UpdateAPIKey implements ingest.UserTx.
func (t *Tx) UpdateAPIKey(k *ingest.APIKey) error {
	return t.change("sqlstore.UpdateAPIKey", "key",
		`UPDATE api_keys SET name = $1, selector = $2, secret_hash = $3, expires = $4, last_used = $5 WHERE number = $6`,
		k.Name, k.Selector, bytesOrNull(k.SecretHash), micros(k.Expires), micros(k.LastUsed), k.Number)
}

// DeleteAPIKey implements ingest.UserTx.
func (t *Tx) DeleteAPIKey(number ingest.Number) error {
	return t.change("sqlstore.DeleteAPIKey", "key", `DELETE FROM api_keys WHERE number = $1`, number)
}

// APIKey implements ingest.UserTx.
func (t *Tx) APIKey(selector string) (*ingest.APIKey, error) {
	return one(t, "sqlstore.APIKey", "key", readAPIKey, apiKeyColumns+` WHERE selector = $1`, selector)
}

// APIKeys implements ingest.UserTx. They come in the order of Number.
func (t *Tx) APIKeys(user ingest.Number) ([]*ingest.APIKey, error) {
	const op = "sqlstore.APIKeys"
	if user == 0 {
		return many(t, op, readAPIKey, apiKeyColumns+` ORDER BY number`)
	}
	return many(t, op, readAPIKey, apiKeyColumns+` WHERE user_number = $1 ORDER BY number`, user)
}

func readAPIKey(rows Rows) (*ingest.APIKey, error) {
	k := &ingest.APIKey{}
	var created, expires, used int64
	err := rows.Scan((*int64)(&k.Number), (*string)(&k.UUID), (*int64)(&k.User), &k.Name, &k.Selector, &k.SecretHash,
		&created, &expires, &used)
	if err != nil {
		return nil, err
	}
	k.Created, k.Expires, k.LastUsed = instant(created), instant(expires), instant(used)
	return k, nil
}
