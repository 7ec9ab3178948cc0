package sqlstore

import "sluice/internal/ingest"

const versionColumns = `SELECT number, uuid, asset, ordinal, file_name, content_type, blob_key, blob_size, crc32c, sha256, sha1, job, is_update, notes,
	created, created_by FROM versions`

// CreateVersion implements ingest.AssetTx.
func (t *Tx) CreateVersion(v *ingest.Version) error {
	const op = "sqlstore.CreateVersion"
	notes, err := toJSON(v.Notes)
	if err != nil {
		return t.failure(op, "version", err)
	}
	number, err := t.insert(op, "version",
		`INSERT INTO versions (uuid, asset, ordinal, file_name, content_type, blob_key, blob_size, crc32c, sha256, sha1, job,
			is_update, notes, created, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING number`,
		v.UUID, v.Asset, v.Ordinal, v.FileName, v.ContentType, v.Blob.Key, v.Blob.Size, int64(v.Blob.CRC32C), bytesOrNull(v.Blob.SHA256), bytesOrNull(v.Blob.SHA1),
		v.Job, flag(v.Update), notes, micros(v.Created), v.CreatedBy)
	if err != nil {
		return err
	}
	if v.Ordinal > 1 { // an asset's first version is current without being written there
		if err := t.change(op, "asset", `UPDATE assets SET version = $1 WHERE number = $2`, number, v.Asset); err != nil {
			return err
		}
	}
	v.Number = number
	return nil
}

// Version implements ingest.AssetTx.
func (t *Tx) Version(number ingest.Number) (*ingest.Version, error) {
	return one(t, "sqlstore.Version", "version", readVersion, versionColumns+` WHERE number = $1`, number)
}

// Versions implements ingest.AssetTx. They come in the order of Ordinal.
func (t *Tx) Versions(asset ingest.Number) ([]*ingest.Version, error) {
	return many(t, "sqlstore.Versions", readVersion, versionColumns+` WHERE asset = $1 ORDER BY ordinal`, asset)
}

// SetVersionDigest implements ingest.AssetTx.
func (t *Tx) SetVersionDigest(version ingest.Number, sha256 []byte) error {
	const op = "sqlstore.SetVersionDigest"
	v, err := t.Version(version)
	if err != nil {
		return err
	}
	if err := t.change(op, "version", `UPDATE versions SET sha256 = $1 WHERE number = $2`, bytesOrNull(sha256), version); err != nil {
		return err
	}
	return t.exec(op, "asset",
		`UPDATE assets SET sha256 = $1 WHERE number = $2 AND (version = $3 OR version = 0 AND $4 =
			(SELECT v.number FROM versions v WHERE v.asset = assets.number ORDER BY v.ordinal DESC LIMIT 1))`,
		bytesOrNull(sha256), v.Asset, version, version)
}

// SetVersionSHA1 implements ingest.AssetTx.
func (t *Tx) SetVersionSHA1(version ingest.Number, sha1 []byte) error {
	return t.change("sqlstore.SetVersionSHA1", "version", `UPDATE versions SET sha1 = $1 WHERE number = $2`, bytesOrNull(sha1), version)
}

// AssetsBySHA1 implements ingest.AssetTx.
func (t *Tx) AssetsBySHA1(company ingest.Number, sha1 []byte, limit int) ([]*ingest.Asset, error) {
	return many(t, "sqlstore.AssetsBySHA1", readAsset,
		assetColumns+` JOIN versions v ON v.asset = a.number WHERE v.sha1 = $1 AND a.company = $2 AND +a.in_trash IN (0, 3)
			AND v.ordinal = (SELECT MAX(w.ordinal) FROM versions w WHERE w.asset = a.number) ORDER BY a.number LIMIT $3`,
		sha1, company, max(limit, 0))
}

func readVersion(rows Rows) (*ingest.Version, error) {
	v := &ingest.Version{}
	var crc, update, created int64
	var notes string
	err := rows.Scan((*int64)(&v.Number), (*string)(&v.UUID), (*int64)(&v.Asset), &v.Ordinal, &v.FileName, &v.ContentType,
		(*string)(&v.Blob.Key), &v.Blob.Size, &crc, &v.Blob.SHA256, &v.Blob.SHA1, (*int64)(&v.Job), &update, &notes, &created, (*int64)(&v.CreatedBy))
	if err != nil {
		return nil, err
	}
	v.Blob.CRC32C, v.Update, v.Created = uint32(crc), update != 0, instant(created)
	return v, fromJSON(notes, &v.Notes)
}
