package sqlstore

import (
	"slices"

	"sluice/internal/ingest"
)

const derivedColumns = `SELECT d.number, d.uuid, d.asset, d.version, d.step_key, d.kind, d.name,
	d.content_type, d.width, d.height, d.frames, d.orientation, d.alpha, d.page, d.layer,
	d.blob_key, d.blob_size, d.crc32c, d.sha256, d.target, d.created FROM derived d`

// PutDerived implements ingest.AssetTx. A row that is replaced keeps its Number
// and UUID, which d then bears.
func (t *Tx) PutDerived(d *ingest.Derived) (ingest.BlobKey, error) {
	const op = "sqlstore.PutDerived"
	old, err := many(t, op, readDerived, derivedColumns+` WHERE d.version = $1 AND d.step_key = $2`+t.dialect.ForUpdate, d.Version, d.Key)
	if err != nil {
		return "", err
	}
	if len(old) == 0 {
		return "", t.createDerived(op, d)
	}
	err = t.change(op, "derived file",
		`UPDATE derived SET asset = $1, kind = $2, name = $3,
			content_type = $4, width = $5, height = $6, frames = $7, orientation = $8, alpha = $9, page = $10, layer = $11,
			blob_key = $12, blob_size = $13, crc32c = $14, sha256 = $15, target = $16, created = $17 WHERE number = $18`,
		d.Asset, d.Kind, d.Name,
		d.Media.ContentType, d.Media.Width, d.Media.Height, d.Media.Frames, d.Media.Orientation, flag(d.Media.Alpha), d.Page, d.Layer,
		d.Blob.Key, d.Blob.Size, int64(d.Blob.CRC32C), bytesOrNull(d.Blob.SHA256), d.Target, micros(d.Created), old[0].Number)
	if err != nil {
		return "", err
	}
	d.Number, d.UUID = old[0].Number, old[0].UUID
	if old[0].Blob.Key == d.Blob.Key {
		return "", nil
	}
	return old[0].Blob.Key, nil
}

func (t *Tx) createDerived(op string, d *ingest.Derived) error {
	number, err := t.insert(op, "derived file",
		`INSERT INTO derived (uuid, asset, version, step_key, kind, name,
			content_type, width, height, frames, orientation, alpha, page, layer,
			blob_key, blob_size, crc32c, sha256, target, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) RETURNING number`,
		d.UUID, d.Asset, d.Version, d.Key, d.Kind, d.Name,
		d.Media.ContentType, d.Media.Width, d.Media.Height, d.Media.Frames, d.Media.Orientation, flag(d.Media.Alpha), d.Page, d.Layer,
		d.Blob.Key, d.Blob.Size, int64(d.Blob.CRC32C), bytesOrNull(d.Blob.SHA256), d.Target, micros(d.Created))
	if err != nil {
		return err
	}
	d.Number = number
	return nil
}

// Derived implements ingest.AssetTx.
func (t *Tx) Derived(uuid ingest.UUID) (*ingest.Derived, error) {
	return one(t, "sqlstore.Derived", "derived file", readDerived, derivedColumns+` WHERE d.uuid = $1`, uuid)
}

// DerivedOf implements ingest.AssetTx. They come in the order of Number.
func (t *Tx) DerivedOf(asset ingest.Number) ([]*ingest.Derived, error) {
	return many(t, "sqlstore.DerivedOf", readDerived, derivedColumns+` WHERE d.version = (
		SELECT CASE WHEN a.version <> 0 THEN a.version
			ELSE COALESCE((SELECT v.number FROM versions v WHERE v.asset = a.number ORDER BY v.ordinal DESC LIMIT 1), 0) END
		FROM assets a WHERE a.number = $1) ORDER BY d.number`, asset)
}

func readDerived(rows Rows) (*ingest.Derived, error) {
	d := &ingest.Derived{}
	var alpha, crc, created int64
	err := rows.Scan((*int64)(&d.Number), (*string)(&d.UUID), (*int64)(&d.Asset), (*int64)(&d.Version), &d.Key, (*string)(&d.Kind), &d.Name,
		&d.Media.ContentType, &d.Media.Width, &d.Media.Height, &d.Media.Frames, &d.Media.Orientation, &alpha, &d.Page, &d.Layer,
		(*string)(&d.Blob.Key), &d.Blob.Size, &crc, &d.Blob.SHA256, (*int64)(&d.Target), &created)
	if err != nil {
		return nil, err
	}
	d.Media.Alpha, d.Blob.CRC32C, d.Created = alpha != 0, uint32(crc), instant(created)
	return d, nil
}

// keysAtOnce bounds the keys of one statement of BlobsInUse.
const keysAtOnce = 64

// BlobsInUse implements ingest.AssetTx.
func (t *Tx) BlobsInUse(keys []ingest.BlobKey) (map[ingest.BlobKey]bool, error) {
	used := make(map[ingest.BlobKey]bool)
	for len(keys) > 0 {
		n := min(len(keys), keysAtOnce)
		var q query
		q.add(`SELECT blob_key FROM versions WHERE `)
		in(&q, "blob_key", keys[:n])
		q.add(` UNION SELECT blob_key FROM derived WHERE `)
		in(&q, "blob_key", keys[:n])
		q.add(` AND blob_key <> ''`) // what the partial index holds
		found, err := many(t, "sqlstore.BlobsInUse", readBlobKey, q.String(), q.args...)
		if err != nil {
			return nil, err
		}
		for _, key := range found {
			used[key] = true
		}
		keys = keys[n:]
	}
	return used, nil
}

func readBlobKey(rows Rows) (ingest.BlobKey, error) {
	var key ingest.BlobKey
	err := rows.Scan((*string)(&key))
	return key, err
}

// DeleteDerived implements ingest.AssetTx.
func (t *Tx) DeleteDerived(asset ingest.Number, kind ingest.DerivedKind) ([]ingest.BlobKey, error) {
	var q query
	q.add(`DELETE FROM derived WHERE asset = ?`, asset)
	if kind != "" {
		q.add(` AND kind = ?`, kind)
	}
	q.add(` RETURNING blob_key`)
	keys, err := many(t, "sqlstore.DeleteDerived", readBlobKey, q.String(), q.args...)
	return slices.DeleteFunc(keys, func(key ingest.BlobKey) bool { return key == "" }), err
}
