package sqlstore

import (
	"time"

	"sluice/internal/ingest"
)

const uploadColumns = `SELECT number, uuid, company, user_number, door, client_key, job, state, size, folder, file_name, publish,
	conflict, metadata, options, parent, facts, parts, asset, created, touched, expires FROM uploads`

// CreateUpload implements ingest.UploadTx. A client key is taken as long as its
// upload is neither aborted nor expired, nor done with Options.FreeKey.
func (t *Tx) CreateUpload(u *ingest.Upload) error {
	const op = "sqlstore.CreateUpload"
	conflict, metadata, options, err := uploadJSON(u)
	if err != nil {
		return t.failure(op, "upload", err)
	}
	number, err := t.insert(op, "upload",
		`INSERT INTO uploads (uuid, company, user_number, door, client_key, retired, job, state, size, folder, file_name, publish,
			conflict, metadata, options, promised, parent, facts, parts, asset, created, touched, expires)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) RETURNING number`,
		u.UUID, u.Company, u.User, u.Door, u.ClientKey, u.Job, u.State, u.Size, u.Folder, u.FileName, flag(u.Publish),
		conflict, metadata, options, u.Options.Asset, u.Parent, bytesOrNull(u.Facts), bytesOrNull(u.Parts), u.Asset, micros(u.Created), micros(u.Touched), micros(u.Expires))
	if err != nil {
		return err
	}
	u.Number = number
	return nil
}

// UpdateUpload implements ingest.UploadTx. Number, UUID, Company, User, Door,
// ClientKey, Parent, the promised asset and Created never change.
func (t *Tx) UpdateUpload(u *ingest.Upload) error {
	const op = "sqlstore.UpdateUpload"
	conflict, metadata, options, err := uploadJSON(u)
	if err != nil {
		return t.failure(op, "upload", err)
	}
	var retired ingest.Number
	if u.State == ingest.UploadAborted || u.State == ingest.UploadExpired || u.State == ingest.UploadDone && u.Options.FreeKey {
		retired = u.Number
	}
	return t.change(op, "upload",
		`UPDATE uploads SET retired = $1, job = $2, state = $3, size = $4, folder = $5, file_name = $6, publish = $7,
			conflict = $8, metadata = $9, options = $10, facts = $11, asset = $12, touched = $13, expires = $14 WHERE number = $15`,
		retired, u.Job, u.State, u.Size, u.Folder, u.FileName, flag(u.Publish),
		conflict, metadata, options, bytesOrNull(u.Facts), u.Asset, micros(u.Touched), micros(u.Expires), u.Number)
}

// Upload implements ingest.UploadTx.
func (t *Tx) Upload(uuid ingest.UUID) (*ingest.Upload, error) {
	return one(t, "sqlstore.Upload", "upload", readUpload, uploadColumns+` WHERE uuid = $1`, uuid)
}

// UploadByNumber implements ingest.UploadTx.
func (t *Tx) UploadByNumber(number ingest.Number) (*ingest.Upload, error) {
	return one(t, "sqlstore.UploadByNumber", "upload", readUpload, uploadColumns+` WHERE number = $1`, number)
}

// UploadByClientKey implements ingest.UploadTx. It prefers the upload that holds
// the key to those that were aborted or have expired, of which it returns the
// newest.
func (t *Tx) UploadByClientKey(company ingest.Number, door ingest.Door, key string) (*ingest.Upload, error) {
	const op = "sqlstore.UploadByClientKey"
	if key == "" {
		return nil, missing(op, "upload")
	}
	return one(t, op, "upload", readUpload,
		uploadColumns+` WHERE company = $1 AND door = $2 AND client_key = $3 AND client_key <> '' ORDER BY number DESC LIMIT 1`,
		company, door, key)
}

// UploadsIn implements ingest.UploadTx.
func (t *Tx) UploadsIn(state ingest.UploadState, page ingest.Page) ([]*ingest.Upload, error) {
	return many(t, "sqlstore.UploadsIn", readUpload,
		uploadColumns+` WHERE state = $1 AND number > $2 ORDER BY number LIMIT $3`, state, page.After, limit(page))
}

// UploadsOf implements ingest.UploadTx. They come in the order of Number.
func (t *Tx) UploadsOf(parent ingest.Number) ([]*ingest.Upload, error) {
	return many(t, "sqlstore.UploadsOf", readUpload, uploadColumns+` WHERE parent = $1 AND parent <> 0 ORDER BY number`, parent)
}

// UploadPromising implements ingest.UploadTx.
func (t *Tx) UploadPromising(company ingest.Number, asset ingest.UUID) (*ingest.Upload, error) {
	const op = "sqlstore.UploadPromising"
	if asset == "" {
		return nil, missing(op, "upload")
	}
	return one(t, op, "upload", readUpload,
		uploadColumns+` WHERE company = $1 AND promised = $2 AND promised <> '' AND state IN ('open', 'sealing') ORDER BY number DESC LIMIT 1`, company, asset)
}

// UploadsPromising implements ingest.UploadTx.
func (t *Tx) UploadsPromising(company ingest.Number, page ingest.Page) ([]*ingest.Upload, error) {
	return many(t, "sqlstore.UploadsPromising", readUpload,
		uploadColumns+` WHERE state IN ('open', 'sealing') AND company = $1 AND promised || '' <> '' AND +number > $2 ORDER BY +number LIMIT $3`, company, page.After, limit(page))
}

// UploadsBy implements ingest.UploadTx.
func (t *Tx) UploadsBy(user, company ingest.Number, door ingest.Door, states []ingest.UploadState, page ingest.Page) ([]*ingest.Upload, error) {
	q := &query{}
	q.add(uploadColumns+` WHERE user_number = ? AND door = ? AND company = ? AND `, user, door, company)
	in(q, "state", states)
	if page.After > 0 {
		q.add(` AND number < ?`, page.After)
	}
	q.add(` ORDER BY number DESC LIMIT ?`, limit(page))
	return many(t, "sqlstore.UploadsBy", readUpload, q.String(), q.args...)
}

// SetUploadParts implements ingest.UploadTx.
func (t *Tx) SetUploadParts(upload ingest.Number, parts []byte) error {
	return t.change("sqlstore.SetUploadParts", "upload", `UPDATE uploads SET parts = $1 WHERE number = $2`, bytesOrNull(parts), upload)
}

// ExpiredUploads implements ingest.UploadTx. The longest expired come first.
func (t *Tx) ExpiredUploads(now time.Time, limit int) ([]*ingest.Upload, error) {
	return many(t, "sqlstore.ExpiredUploads", readUpload,
		uploadColumns+` WHERE state IN ('open', 'sealing') AND expires > 0 AND expires <= $1 ORDER BY expires LIMIT $2`, micros(now), max(limit, 0))
}

func uploadJSON(u *ingest.Upload) (conflict, metadata, options string, err error) {
	if u.Conflict != (ingest.ConflictPolicy{}) {
		if conflict, err = toJSON(u.Conflict); err != nil {
			return "", "", "", err
		}
	}
	if len(u.Metadata) > 0 {
		if metadata, err = toJSON(u.Metadata); err != nil {
			return "", "", "", err
		}
	}
	if u.Options != (ingest.UploadOptions{}) {
		if options, err = toJSON(u.Options); err != nil {
			return "", "", "", err
		}
	}
	return conflict, metadata, options, nil
}

func readUpload(rows Rows) (*ingest.Upload, error) {
	u := &ingest.Upload{}
	var publish, created, touched, expires int64
	var conflict, metadata, options string
	err := rows.Scan((*int64)(&u.Number), (*string)(&u.UUID), (*int64)(&u.Company), (*int64)(&u.User), (*string)(&u.Door), &u.ClientKey,
		(*int64)(&u.Job), (*string)(&u.State), &u.Size, &u.Folder, &u.FileName, &publish,
		&conflict, &metadata, &options, (*int64)(&u.Parent), &u.Facts, &u.Parts, (*int64)(&u.Asset), &created, &touched, &expires)
	if err != nil {
		return nil, err
	}
	u.Publish = publish != 0
	u.Created, u.Touched, u.Expires = instant(created), instant(touched), instant(expires)
	if err := fromJSON(conflict, &u.Conflict); err != nil {
		return nil, err
	}
	if err := fromJSON(options, &u.Options); err != nil {
		return nil, err
	}
	return u, fromJSON(metadata, &u.Metadata)
}
