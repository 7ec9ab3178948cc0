package sqlstore

import (
	"time"

	"sluice/internal/ingest"
)

// TrashedBefore implements ingest.TrashTx.
func (t *Tx) TrashedBefore(at time.Time, limit int) ([]*ingest.Asset, error) {
	return many(t, "sqlstore.TrashedBefore", readAsset,
		assetColumns+` WHERE a.in_trash = 1 AND a.trashed > 0 AND a.trashed < $1 ORDER BY a.trashed LIMIT $2`, micros(at), limit)
}

// OrphanedBefore implements ingest.AssetTx. The longest orphaned come first.
func (t *Tx) OrphanedBefore(at time.Time, limit int) ([]*ingest.Asset, error) {
	return many(t, "sqlstore.OrphanedBefore", readAsset,
		assetColumns+` WHERE a.in_trash = 3 AND a.trashed > 0 AND a.trashed < $1 ORDER BY a.trashed LIMIT $2`, micros(at), limit)
}

// EmptyAsset implements ingest.TrashTx.
func (t *Tx) EmptyAsset(asset ingest.Number) ([]ingest.BlobKey, error) {
	const op = "sqlstore.EmptyAsset"
	keys, err := many(t, op, readBlobKey, `SELECT blob_key FROM versions WHERE asset = $1 AND blob_key <> ''`, asset)
	if err != nil {
		return nil, err
	}
	derived, err := t.DeleteDerived(asset, "")
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		`UPDATE versions SET blob_key = '', blob_size = 0 WHERE asset = $1`,
		`DELETE FROM asset_values WHERE asset = $1`,
		`DELETE FROM links WHERE from_number = $1 AND kind IN ('member', 'named', 'thumbnail', 'owner', 'generator', 'page-part', 'related')`,
		`DELETE FROM links WHERE to_number = $1 AND kind IN ('project', 'member', 'named', 'thumbnail', 'owner', 'generator', 'page-part', 'related', 'content')`,
	} {
		if err := t.exec(op, "asset", statement, asset); err != nil {
			return nil, err
		}
	}
	err = t.exec(op, "asset",
		`DELETE FROM documents WHERE company = (SELECT company FROM assets WHERE number = $1) AND owner = $2
			AND (kind IN ('zoom-target', 'image-map', 'smart-crop', 'image-fields', 'file-fields', 'asset-set', 'viewer-config', 'xmp', 'embedded', 'publish-history', 'web-page')
				OR kind = 'permissions' AND doc_key = 'asset')`, asset, asset)
	if err != nil {
		return nil, err
	}
	err = t.exec(op, "asset",
		`DELETE FROM documents WHERE company = (SELECT company FROM assets WHERE number = $1) AND kind = 'thumbnail' AND doc_key <> 'upload'
			AND owner IN (SELECT number FROM versions WHERE asset = $2)`, asset, asset)
	if err != nil {
		return nil, err
	}
	return append(keys, derived...), nil
}

// TypeCounts implements ingest.TrashTx.
func (t *Tx) TypeCounts(company ingest.Number) ([]ingest.TypeCount, error) {
	return many(t, "sqlstore.TypeCounts", readTypeCount,
		`SELECT type, COUNT(*) FROM assets WHERE company = $1 AND in_trash = 0 GROUP BY type ORDER BY type`, company)
}

func readTypeCount(rows Rows) (ingest.TypeCount, error) {
	var c ingest.TypeCount
	err := rows.Scan((*string)(&c.Type), &c.Count)
	return c, err
}

// FoldersWith implements ingest.TrashTx.
func (t *Tx) FoldersWith(company ingest.Number, types []ingest.AssetType) ([]ingest.Number, error) {
	var q query
	q.add(`SELECT DISTINCT folder FROM assets WHERE company = ? AND in_trash = 0 AND `, company)
	in(&q, "type", types)
	numbers, err := many(t, "sqlstore.FoldersWith", readNumber, q.String(), q.args...)
	folders := make([]ingest.Number, len(numbers))
	for i, n := range numbers {
		folders[i] = ingest.Number(n)
	}
	return folders, err
}

// DerivedOfAll implements ingest.TrashTx.
func (t *Tx) DerivedOfAll(assets []ingest.Number) ([]*ingest.Derived, error) {
	if len(assets) == 0 {
		return nil, nil
	}
	var q query
	q.add(derivedColumns + ` WHERE `)
	in(&q, "d.asset", assets)
	q.add(` ORDER BY d.asset, d.number`)
	return many(t, "sqlstore.DerivedOfAll", readDerived, q.String(), q.args...)
}
