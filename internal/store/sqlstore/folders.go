package sqlstore

import (
	"time"
	"unicode/utf8"

	"sluice/internal/ingest"
)

const folderColumns = `SELECT number, uuid, company, parent, path, created, modified, deleted FROM folders`

// CreateFolder implements ingest.FolderTx.
func (t *Tx) CreateFolder(f *ingest.Folder) error {
	number, err := t.insert("sqlstore.CreateFolder", "folder",
		`INSERT INTO folders (uuid, company, parent, path, created, modified, deleted) VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING number`,
		f.UUID, f.Company, f.Parent, f.Path, micros(f.Created), micros(f.Modified))
	if err != nil {
		return err
	}
	f.Number = number
	return nil
}

// Folder implements ingest.FolderTx.
func (t *Tx) Folder(company ingest.Number, path string) (*ingest.Folder, error) {
	return one(t, "sqlstore.Folder", "folder", readFolder, folderColumns+` WHERE company = $1 AND path = $2 AND deleted = 0`, company, path)
}

// FolderByNumber implements ingest.FolderTx.
func (t *Tx) FolderByNumber(number ingest.Number) (*ingest.Folder, error) {
	return one(t, "sqlstore.FolderByNumber", "folder", readFolder, folderColumns+` WHERE number = $1`, number)
}

// FolderByUUID implements ingest.FolderTx.
func (t *Tx) FolderByUUID(id ingest.UUID) (*ingest.Folder, error) {
	return one(t, "sqlstore.FolderByUUID", "folder", readFolder, folderColumns+` WHERE uuid = $1`, id)
}

// Folders implements ingest.FolderTx.
func (t *Tx) Folders(company ingest.Number, under string, page ingest.Page) ([]*ingest.Folder, error) {
	var q query
	if under == "" {
		q.add(folderColumns+` WHERE company = ? AND deleted = 0 AND number > ?`, company, page.After)
	} else {
		q.add(folderColumns+` WHERE company = ? AND `, company)
		q.prefix("path", under)
		q.add(` AND +deleted = 0 AND +number > ?`, page.After) // the plus keeps the path's index in use
	}
	q.add(` ORDER BY number LIMIT ?`, limit(page))
	return many(t, "sqlstore.Folders", readFolder, q.String(), q.args...)
}

// FoldersIn implements ingest.FolderTx. They come in the order of Number.
func (t *Tx) FoldersIn(company, parent ingest.Number) ([]*ingest.Folder, error) {
	return many(t, "sqlstore.FoldersIn", readFolder,
		folderColumns+` WHERE parent = $1 AND +company = $2 AND deleted = 0 ORDER BY number`, parent, company)
}

func readFolder(rows Rows) (*ingest.Folder, error) {
	f := &ingest.Folder{}
	var created, modified, deleted int64
	err := rows.Scan((*int64)(&f.Number), (*string)(&f.UUID), (*int64)(&f.Company), (*int64)(&f.Parent), &f.Path, &created, &modified, &deleted)
	f.Created, f.Modified, f.Deleted = instant(created), instant(modified), deleted != 0
	return f, err
}

// UpdateFolder implements ingest.FolderTx.
func (t *Tx) UpdateFolder(f *ingest.Folder) error {
	return t.change("sqlstore.UpdateFolder", "folder",
		`UPDATE folders SET parent = $1, path = $2, modified = $3, deleted = number * $4 WHERE number = $5`,
		f.Parent, f.Path, micros(f.Modified), flag(f.Deleted), f.Number)
}

// DeletedFolder implements ingest.FolderTx.
func (t *Tx) DeletedFolder(company ingest.Number, path string) (*ingest.Folder, error) {
	return one(t, "sqlstore.DeletedFolder", "folder", readFolder,
		folderColumns+` WHERE company = $1 AND path = $2 AND deleted > 0 ORDER BY deleted DESC LIMIT 1`, company, path)
}

// MoveFolders implements ingest.FolderTx. Deleted folders move along.
func (t *Tx) MoveFolders(company ingest.Number, from, to string, modified time.Time) error {
	var q query
	q.add(`UPDATE folders SET path = ? || substr(path, ?), modified = ? WHERE company = ? AND `,
		to, utf8.RuneCountInString(from)+1, micros(modified), company)
	q.prefix("path", from)
	return t.exec("sqlstore.MoveFolders", "folder", q.String(), q.args...)
}
