package sqlstore

import "sluice/internal/ingest"

const userColumns = `SELECT u.number, u.uuid, u.login, u.first_name, u.last_name, u.default_role, u.default_title, u.ims_user, u.password_hash, u.admin, u.disabled, u.expires, u.created FROM users u`

// CreateUser implements ingest.UserTx.
func (t *Tx) CreateUser(u *ingest.User) error {
	number, err := t.insert("sqlstore.CreateUser", "user",
		`INSERT INTO users (uuid, login, login_key, first_name, last_name, default_role, default_title, ims_user, password_hash, admin, disabled, expires, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING number`,
		u.UUID, u.Login, loginKey(u.Login), u.FirstName, u.LastName, u.DefaultRole, u.DefaultTitle, u.IMSUserID, u.PasswordHash, flag(u.Admin), flag(u.Disabled), micros(u.Expires), micros(u.Created))
	if err != nil {
		return err
	}
	u.Number = number
	return t.peopleChanged("sqlstore.CreateUser")
}

// UpdateUser implements ingest.UserTx.
func (t *Tx) UpdateUser(u *ingest.User) error {
	const op = "sqlstore.UpdateUser"
	err := t.change(op, "user",
		`UPDATE users SET login = $1, login_key = $2, first_name = $3, last_name = $4, default_role = $5, default_title = $6, ims_user = $7,
			password_hash = $8, admin = $9, disabled = $10, expires = $11 WHERE number = $12`,
		u.Login, loginKey(u.Login), u.FirstName, u.LastName, u.DefaultRole, u.DefaultTitle, u.IMSUserID, u.PasswordHash, flag(u.Admin), flag(u.Disabled), micros(u.Expires), u.Number)
	if err != nil {
		return err
	}
	return t.peopleChanged(op)
}

// DeleteUser implements ingest.UserTx.
func (t *Tx) DeleteUser(number ingest.Number) error {
	const op = "sqlstore.DeleteUser"
	if err := t.exec(op, "user", `DELETE FROM memberships WHERE user_number = $1`, number); err != nil {
		return err
	}
	if err := t.exec(op, "user", `DELETE FROM api_keys WHERE user_number = $1`, number); err != nil {
		return err
	}
	if err := t.exec(op, "user", `DELETE FROM user_addresses WHERE user_number = $1`, number); err != nil {
		return err
	}
	if err := t.change(op, "user", `DELETE FROM users WHERE number = $1`, number); err != nil {
		return err
	}
	return t.peopleChanged(op)
}

// User implements ingest.UserTx.
func (t *Tx) User(number ingest.Number) (*ingest.User, error) {
	return one(t, "sqlstore.User", "user", readUser, userColumns+` WHERE u.number = $1`, number)
}

// UserByUUID implements ingest.UserTx.
func (t *Tx) UserByUUID(uuid ingest.UUID) (*ingest.User, error) {
	return one(t, "sqlstore.UserByUUID", "user", readUser, userColumns+` WHERE u.uuid = $1`, uuid)
}

// UserByLogin implements ingest.UserTx.
func (t *Tx) UserByLogin(login string) (*ingest.User, error) {
	return one(t, "sqlstore.UserByLogin", "user", readUser, userColumns+` WHERE u.login_key = $1`, loginKey(login))
}

// Users implements ingest.UserTx.
func (t *Tx) Users(company ingest.Number, page ingest.Page) ([]*ingest.User, error) {
	const op = "sqlstore.Users"
	if company == 0 {
		return many(t, op, readUser, userColumns+` WHERE u.number > $1 ORDER BY u.number LIMIT $2`, page.After, limit(page))
	}
	return many(t, op, readUser,
		userColumns+` JOIN memberships m ON m.user_number = u.number WHERE m.company = $1 AND m.user_number > $2 ORDER BY m.user_number LIMIT $3`,
		company, page.After, limit(page))
}

func readUser(rows Rows) (*ingest.User, error) {
	u := &ingest.User{}
	var admin, disabled, expires, created int64
	err := rows.Scan((*int64)(&u.Number), (*string)(&u.UUID), &u.Login, &u.FirstName, &u.LastName,
		(*string)(&u.DefaultRole), &u.DefaultTitle, &u.IMSUserID, &u.PasswordHash, &admin, &disabled, &expires, &created)
	if err != nil {
		return nil, err
	}
	u.Admin, u.Disabled = admin != 0, disabled != 0
	u.Expires, u.Created = instant(expires), instant(created)
	return u, nil
}

// loginKey is the form in which logins are unique: ASCII letters in lower case,
// everything else as it is, whatever the database's locale.
func loginKey(login string) string {
	key := []byte(login)
	for i, c := range key {
		if 'A' <= c && c <= 'Z' {
			key[i] = c + 'a' - 'A'
		}
	}
	return string(key)
}
