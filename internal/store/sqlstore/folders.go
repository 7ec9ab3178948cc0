package sqlstore

import "sluice/internal/ingest"

const folderColumns = `SELECT number, uuid, company, parent, path, created FROM folders`

// CreateFolder implements ingest.FolderTx.
func (t *Tx) CreateFolder(f *ingest.Folder) error {
	number, err := t.insert("sqlstore.CreateFolder", "folder",
		`INSERT INTO folders (uuid, company, parent, path, created) VALUES ($1, $2, $3, $4, $5) RETURNING number`,
		f.UUID, f.Company, f.Parent, f.Path, micros(f.Created))
	if err != nil {
		return err
	}
	f.Number = number
	return nil
}

// Folder implements ingest.FolderTx.
func (t *Tx) Folder(company ingest.Number, path string) (*ingest.Folder, error) {
	return one(t, "sqlstore.Folder", "folder", readFolder, folderColumns+` WHERE company = $1 AND path = $2`, company, path)
}

// FolderByNumber implements ingest.FolderTx.
func (t *Tx) FolderByNumber(number ingest.Number) (*ingest.Folder, error) {
	return one(t, "sqlstore.FolderByNumber", "folder", readFolder, folderColumns+` WHERE number = $1`, number)
}

// Folders implements ingest.FolderTx.
func (t *Tx) Folders(company ingest.Number, under string, page ingest.Page) ([]*ingest.Folder, error) {
	var q query
	if under == "" {
		q.add(folderColumns+` WHERE company = ? AND number > ?`, company, page.After)
	} else {
		q.add(folderColumns+` WHERE company = ? AND `, company)
		q.prefix("path", under)
		q.add(` AND +number > ?`, page.After) // the plus keeps the path's index in use
	}
	q.add(` ORDER BY number LIMIT ?`, limit(page))
	return many(t, "sqlstore.Folders", readFolder, q.String(), q.args...)
}

func readFolder(rows Rows) (*ingest.Folder, error) {
	f := &ingest.Folder{}
	var created int64
	err := rows.Scan((*int64)(&f.Number), (*string)(&f.UUID), (*int64)(&f.Company), (*int64)(&f.Parent), &f.Path, &created)
	f.Created = instant(created)
	return f, err
}
