package sqlstore

import "sluice/internal/ingest"

const companyColumns = `SELECT number, uuid, name, slug, settings, expires, created FROM companies`

// CreateCompany implements ingest.CompanyTx.
func (t *Tx) CreateCompany(c *ingest.Company) error {
	const op = "sqlstore.CreateCompany"
	settings, err := toJSON(c.Settings)
	if err != nil {
		return t.failure(op, "company", err)
	}
	number, err := t.insert(op, "company",
		`INSERT INTO companies (uuid, name, slug, settings, expires, created) VALUES ($1, $2, $3, $4, $5, $6) RETURNING number`,
		c.UUID, c.Name, c.Slug, settings, micros(c.Expires), micros(c.Created))
	if err != nil {
		return err
	}
	c.Number = number
	return nil
}

// UpdateCompany implements ingest.CompanyTx.
func (t *Tx) UpdateCompany(c *ingest.Company) error {
	const op = "sqlstore.UpdateCompany"
	settings, err := toJSON(c.Settings)
	if err != nil {
		return t.failure(op, "company", err)
	}
	return t.change(op, "company", `UPDATE companies SET name = $1, slug = $2, settings = $3, expires = $4 WHERE number = $5`,
		c.Name, c.Slug, settings, micros(c.Expires), c.Number)
}

// Company implements ingest.CompanyTx.
func (t *Tx) Company(number ingest.Number) (*ingest.Company, error) {
	return t.company("sqlstore.Company", ` WHERE number = $1`, number)
}

// CompanyByUUID implements ingest.CompanyTx.
func (t *Tx) CompanyByUUID(uuid ingest.UUID) (*ingest.Company, error) {
	return t.company("sqlstore.CompanyByUUID", ` WHERE uuid = $1`, uuid)
}

// CompanyByName implements ingest.CompanyTx.
func (t *Tx) CompanyByName(name string) (*ingest.Company, error) {
	return t.company("sqlstore.CompanyByName", ` WHERE name = $1`, name)
}

// CompanyBySlug implements ingest.CompanyTx.
func (t *Tx) CompanyBySlug(slug string) (*ingest.Company, error) {
	return t.company("sqlstore.CompanyBySlug", ` WHERE slug = $1`, slug)
}

func (t *Tx) company(op, where string, arg any) (*ingest.Company, error) {
	c, err := one(t, op, "company", readCompany, companyColumns+where, arg)
	if ingest.KindOf(err) == ingest.NotFound && err != nil {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: op, Code: ingest.CodeUnknownCompany, Msg: "no such company"}
	}
	return c, err
}

// Companies implements ingest.CompanyTx.
func (t *Tx) Companies(page ingest.Page) ([]*ingest.Company, error) {
	return many(t, "sqlstore.Companies", readCompany,
		companyColumns+` WHERE number > $1 ORDER BY number LIMIT $2`, page.After, limit(page))
}

// LockCompany implements ingest.CompanyTx.
func (t *Tx) LockCompany(number ingest.Number) error {
	if t.dialect.ForUpdate == "" {
		return nil // updates never overlap
	}
	_, err := t.company("sqlstore.LockCompany", ` WHERE number = $1`+t.dialect.ForUpdate, number)
	return err
}

func readCompany(rows Rows) (*ingest.Company, error) {
	c := &ingest.Company{}
	var settings string
	var expires, created int64
	if err := rows.Scan((*int64)(&c.Number), (*string)(&c.UUID), &c.Name, &c.Slug, &settings, &expires, &created); err != nil {
		return nil, err
	}
	c.Expires, c.Created = instant(expires), instant(created)
	return c, fromJSON(settings, &c.Settings)
}
