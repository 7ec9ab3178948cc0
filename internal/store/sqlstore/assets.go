package sqlstore

import (
	"time"

	"sluice/internal/ingest"
)

// assetColumns reads an asset. A version of 0 stands for the newest one, so that
// creating an asset need not write its row twice.
const assetColumns = `SELECT a.number, a.uuid, a.company, a.folder, COALESCE(f.path, ''), a.name, a.file_name, a.type, a.sub_type, a.engine, a.state,
	a.content_type, a.width, a.height, a.frames, a.orientation, a.alpha,
	CASE WHEN a.version <> 0 THEN a.version
		ELSE COALESCE((SELECT v.number FROM versions v WHERE v.asset = a.number ORDER BY v.ordinal DESC LIMIT 1), 0) END,
	a.size, a.sha256, a.publish, a.crop, a.metadata, a.created, a.created_by, a.modified, a.modified_by, a.trashed, a.in_trash, a.duration
	FROM assets a LEFT JOIN folders f ON f.number = a.folder`

// CreateAsset implements ingest.AssetTx.
func (t *Tx) CreateAsset(a *ingest.Asset) error {
	const op = "sqlstore.CreateAsset"
	crop, metadata, err := assetJSON(a)
	if err != nil {
		return t.failure(op, "asset", err)
	}
	number, err := t.insert(op, "asset",
		`INSERT INTO assets (uuid, company, folder, name, file_name, type, sub_type, engine, state,
			content_type, width, height, frames, orientation, alpha,
			version, size, sha256, publish, crop, metadata, created, created_by, modified, modified_by, trashed, in_trash, duration)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28) RETURNING number`,
		a.UUID, a.Company, a.Folder, a.Name, a.FileName, a.Type, a.SubType, a.Engine, a.State,
		a.Media.ContentType, a.Media.Width, a.Media.Height, a.Media.Frames, a.Media.Orientation, flag(a.Media.Alpha),
		a.Version, a.Size, bytesOrNull(a.SHA256), int64(a.Publish), crop, metadata,
		micros(a.Created), a.CreatedBy, micros(a.Modified), a.ModifiedBy, micros(trashTime(a)), trashColumn(a), a.Media.Duration.Milliseconds())
	if err != nil {
		return err
	}
	if err := t.addUsage(op, a.Company, a.CreatedBy, usageOf(a.Size, !a.Trashed.IsZero())); err != nil {
		return err
	}
	a.Number = number
	return nil
}

// UpdateAsset implements ingest.AssetTx. Company, UUID, Created and CreatedBy
// never change.
func (t *Tx) UpdateAsset(a *ingest.Asset) error {
	const op = "sqlstore.UpdateAsset"
	crop, metadata, err := assetJSON(a)
	if err != nil {
		return t.failure(op, "asset", err)
	}
	before, err := one(t, op, "asset", readCounted,
		`SELECT company, created_by, size, in_trash FROM assets WHERE number = $1`+t.dialect.ForUpdate, a.Number)
	if err != nil {
		return err
	}
	err = t.change(op, "asset",
		`UPDATE assets SET folder = $1, name = $2, file_name = $3, type = $4, sub_type = $5, engine = $6, state = $7,
			content_type = $8, width = $9, height = $10, frames = $11, orientation = $12, alpha = $13,
			version = $14, size = $15, sha256 = $16, publish = $17, crop = $18, metadata = $19,
			modified = $20, modified_by = $21, trashed = $22, in_trash = $23, duration = $24 WHERE number = $25`,
		a.Folder, a.Name, a.FileName, a.Type, a.SubType, a.Engine, a.State,
		a.Media.ContentType, a.Media.Width, a.Media.Height, a.Media.Frames, a.Media.Orientation, flag(a.Media.Alpha),
		a.Version, a.Size, bytesOrNull(a.SHA256), int64(a.Publish), crop, metadata,
		micros(a.Modified), a.ModifiedBy, micros(trashTime(a)), trashColumn(a), a.Media.Duration.Milliseconds(), a.Number)
	if err != nil {
		return err
	}
	old, now := usageOf(before.size, before.inTrash), usageOf(a.Size, !a.Trashed.IsZero())
	return t.addUsage(op, before.company, before.createdBy, ingest.Usage{Files: now.Files - old.Files, Bytes: now.Bytes - old.Bytes})
}

// Asset implements ingest.AssetTx.
func (t *Tx) Asset(number ingest.Number) (*ingest.Asset, error) {
	return one(t, "sqlstore.Asset", "asset", readAsset, assetColumns+` WHERE a.number = $1`, number)
}

// AssetByUUID implements ingest.AssetTx.
func (t *Tx) AssetByUUID(uuid ingest.UUID) (*ingest.Asset, error) {
	return one(t, "sqlstore.AssetByUUID", "asset", readAsset, assetColumns+` WHERE a.uuid = $1`, uuid)
}

// AssetsNamed implements ingest.AssetTx. They come in the order of Number.
func (t *Tx) AssetsNamed(company ingest.Number, name string) ([]*ingest.Asset, error) {
	const op = "sqlstore.AssetsNamed"
	// Mostly there is none, and a row of one column costs a fraction of a whole one.
	taken, err := many(t, op, readNumber, `SELECT 1 FROM assets WHERE company = $1 AND name = $2 AND +in_trash < 2 LIMIT 1`, company, name)
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	return many(t, op, readAsset,
		assetColumns+` WHERE a.company = $1 AND a.name = $2 AND +a.in_trash < 2 ORDER BY a.number`, company, name)
}

// trashTime is since when an asset has been in the trash, or a part without a page.
func trashTime(a *ingest.Asset) time.Time {
	if a.Part && !a.Emptied {
		return a.Orphaned
	}
	return a.Trashed
}

// trashColumn is 0 outside the trash, 1 in it, 2 after it was emptied and 3 for parts.
func trashColumn(a *ingest.Asset) int64 {
	switch {
	case a.Part && !a.Emptied:
		return 3
	case a.Emptied:
		return 2
	case !a.Trashed.IsZero():
		return 1
	}
	return 0
}

func assetJSON(a *ingest.Asset) (crop, metadata string, err error) {
	if a.Crop != nil {
		if crop, err = toJSON(a.Crop); err != nil {
			return "", "", err
		}
	}
	if len(a.Metadata) > 0 {
		if metadata, err = toJSON(a.Metadata); err != nil {
			return "", "", err
		}
	}
	return crop, metadata, nil
}

func readAsset(rows Rows) (*ingest.Asset, error) {
	a := &ingest.Asset{}
	var alpha, publish, created, modified, trashed, inTrash, duration int64
	var crop, metadata string
	err := rows.Scan((*int64)(&a.Number), (*string)(&a.UUID), (*int64)(&a.Company), (*int64)(&a.Folder), &a.Path, &a.Name, &a.FileName,
		(*string)(&a.Type), &a.SubType, &a.Engine, (*string)(&a.State),
		&a.Media.ContentType, &a.Media.Width, &a.Media.Height, &a.Media.Frames, &a.Media.Orientation, &alpha,
		(*int64)(&a.Version), &a.Size, &a.SHA256, &publish, &crop, &metadata,
		&created, (*int64)(&a.CreatedBy), &modified, (*int64)(&a.ModifiedBy), &trashed, &inTrash, &duration)
	if err != nil {
		return nil, err
	}
	a.Media.Alpha, a.Publish, a.Emptied = alpha != 0, ingest.Contexts(publish), inTrash == 2
	a.Media.Duration = time.Duration(duration) * time.Millisecond
	a.Created, a.Modified, a.Trashed = instant(created), instant(modified), instant(trashed)
	if inTrash == 3 {
		a.Part, a.Orphaned, a.Trashed = true, a.Trashed, time.Time{}
	}
	if err := fromJSON(crop, &a.Crop); err != nil {
		return nil, err
	}
	return a, fromJSON(metadata, &a.Metadata)
}
