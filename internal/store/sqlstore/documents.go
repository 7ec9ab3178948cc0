package sqlstore

import "sluice/internal/ingest"

const documentColumns = `SELECT number, uuid, company, kind, owner, other, doc_key, name, position, data, created, modified, by_user FROM documents`

// CreateDocument implements ingest.DocumentTx.
func (t *Tx) CreateDocument(d *ingest.Document) error {
	number, err := t.insert("sqlstore.CreateDocument", string(d.Kind),
		`INSERT INTO documents (uuid, company, kind, owner, other, doc_key, name, position, data, created, modified, by_user)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING number`,
		d.UUID, d.Company, d.Kind, d.Owner, d.Other, d.Key, d.Name, d.Position, bytesOrNull(d.Data),
		micros(d.Created), micros(d.Modified), d.By)
	if err != nil {
		return err
	}
	d.Number = number
	return nil
}

// UpdateDocument implements ingest.DocumentTx.
func (t *Tx) UpdateDocument(d *ingest.Document) error {
	return t.change("sqlstore.UpdateDocument", string(d.Kind),
		`UPDATE documents SET owner = $1, other = $2, doc_key = $3, name = $4, position = $5, data = $6, modified = $7, by_user = $8 WHERE number = $9`,
		d.Owner, d.Other, d.Key, d.Name, d.Position, bytesOrNull(d.Data), micros(d.Modified), d.By, d.Number)
}

// DeleteDocument implements ingest.DocumentTx.
func (t *Tx) DeleteDocument(number ingest.Number) error {
	return t.change("sqlstore.DeleteDocument", "document", `DELETE FROM documents WHERE number = $1`, number)
}

// Document implements ingest.DocumentTx.
func (t *Tx) Document(number ingest.Number) (*ingest.Document, error) {
	return one(t, "sqlstore.Document", "document", readDocument, documentColumns+` WHERE number = $1`, number)
}

// DocumentByKey implements ingest.DocumentTx.
func (t *Tx) DocumentByKey(company ingest.Number, kind ingest.DocumentKind, owner ingest.Number, key string) (*ingest.Document, error) {
	return one(t, "sqlstore.DocumentByKey", string(kind), readDocument,
		documentColumns+` WHERE company = $1 AND kind = $2 AND owner = $3 AND doc_key = $4 AND doc_key <> ''`, company, kind, owner, key)
}

// Documents implements ingest.DocumentTx.
func (t *Tx) Documents(f ingest.DocumentFilter, page ingest.Page) ([]*ingest.Document, error) {
	var q query
	q.add(documentColumns+` WHERE company = ? AND kind = ?`, f.Company, f.Kind)
	if f.Owners != nil {
		q.add(` AND `)
		in(&q, "owner", f.Owners)
	}
	if f.Other != 0 {
		q.add(` AND other = ?`, f.Other)
	}
	if f.Key != "" {
		q.add(` AND doc_key = ? AND doc_key <> ''`, f.Key)
	}
	if f.Name != "" {
		q.add(` AND name = ?`, f.Name)
	}
	q.add(` ORDER BY owner, position, number LIMIT ? OFFSET ?`, limit(page), page.After)
	return many(t, "sqlstore.Documents", readDocument, q.String(), q.args...)
}

// DocumentsOf implements ingest.DocumentTx.
func (t *Tx) DocumentsOf(company ingest.Number, kinds []ingest.DocumentKind, owners []ingest.Number) ([]*ingest.Document, error) {
	if len(kinds) == 0 || len(owners) == 0 {
		return nil, nil
	}
	var q query
	q.add(documentColumns+` WHERE company = ? AND `, company)
	in(&q, "kind", kinds)
	q.add(` AND `)
	in(&q, "owner", owners)
	q.add(` ORDER BY kind, owner, position, number`)
	return many(t, "sqlstore.DocumentsOf", readDocument, q.String(), q.args...)
}

// ReserveAssetNumber implements ingest.DocumentTx.
func (t *Tx) ReserveAssetNumber() (ingest.Number, error) {
	n, err := one(t, "sqlstore.ReserveAssetNumber", "number", readNumber, t.dialect.ReserveAssetNumber)
	return ingest.Number(n), err
}

func readDocument(rows Rows) (*ingest.Document, error) {
	d := &ingest.Document{}
	var created, modified int64
	err := rows.Scan((*int64)(&d.Number), (*string)(&d.UUID), (*int64)(&d.Company), (*string)(&d.Kind), (*int64)(&d.Owner), (*int64)(&d.Other),
		&d.Key, &d.Name, &d.Position, &d.Data, &created, &modified, (*int64)(&d.By))
	d.Created, d.Modified = instant(created), instant(modified)
	return d, err
}
