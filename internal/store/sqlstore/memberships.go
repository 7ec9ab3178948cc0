package sqlstore

import "sluice/internal/ingest"

// PutMembership implements ingest.UserTx.
func (t *Tx) PutMembership(m ingest.Membership) error {
	return t.exec("sqlstore.PutMembership", "membership",
		`INSERT INTO memberships (user_number, company, role, title, active) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_number, company) DO UPDATE SET role = excluded.role, title = excluded.title, active = excluded.active`,
		m.User, m.Company, m.Role, m.Title, flag(m.Active))
}

// DeleteMembership implements ingest.UserTx.
func (t *Tx) DeleteMembership(user, company ingest.Number) error {
	return t.change("sqlstore.DeleteMembership", "membership",
		`DELETE FROM memberships WHERE user_number = $1 AND company = $2`, user, company)
}

// Memberships implements ingest.UserTx. They come in the order of Company.
func (t *Tx) Memberships(user ingest.Number) ([]ingest.Membership, error) {
	return many(t, "sqlstore.Memberships", readMembership,
		`SELECT user_number, company, role, title, active FROM memberships WHERE user_number = $1 ORDER BY company`, user)
}

func readMembership(rows Rows) (ingest.Membership, error) {
	var m ingest.Membership
	var active int64
	err := rows.Scan((*int64)(&m.User), (*int64)(&m.Company), (*string)(&m.Role), &m.Title, &active)
	m.Active = active != 0
	return m, err
}
