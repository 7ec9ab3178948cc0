package sqlstore

import "sluice/internal/ingest"

// PutMembership implements ingest.UserTx.
func (t *Tx) PutMembership(m ingest.Membership) error {
	const op = "sqlstore.PutMembership"
	err := t.exec(op, "membership",
		`INSERT INTO memberships (user_number, company, role, title, active) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_number, company) DO UPDATE SET role = excluded.role, title = excluded.title, active = excluded.active`,
		m.User, m.Company, m.Role, m.Title, flag(m.Active))
	if err != nil {
		return err
	}
	return t.peopleChanged(op)
}

// DeleteMembership implements ingest.UserTx.
func (t *Tx) DeleteMembership(user, company ingest.Number) error {
	const op = "sqlstore.DeleteMembership"
	err := t.change(op, "membership", `DELETE FROM memberships WHERE user_number = $1 AND company = $2`, user, company)
	if err != nil {
		return err
	}
	return t.peopleChanged(op)
}

// PeopleRevision implements ingest.UserTx.
func (t *Tx) PeopleRevision() (int64, error) {
	list, err := many(t, "sqlstore.PeopleRevision", readNumber, `SELECT revision FROM revisions WHERE name = 'people'`)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

func (t *Tx) peopleChanged(op string) error {
	return t.exec(op, "revision", `INSERT INTO revisions (name, revision) VALUES ('people', 1)
		ON CONFLICT (name) DO UPDATE SET revision = revisions.revision + 1`)
}

func readNumber(rows Rows) (n int64, err error) {
	err = rows.Scan(&n)
	return n, err
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
