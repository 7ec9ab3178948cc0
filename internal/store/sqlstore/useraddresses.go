package sqlstore

import "sluice/internal/ingest"

// PutAddresses implements ingest.AddressTx.
func (t *Tx) PutAddresses(user ingest.Number, kind ingest.AddressKind, addresses []ingest.UserAddress) error {
	const op = "sqlstore.PutAddresses"
	if err := t.exec(op, "address", `DELETE FROM user_addresses WHERE user_number = $1 AND kind = $2`, user, kind); err != nil {
		return err
	}
	for i, a := range addresses {
		err := t.exec(op, "address",
			`INSERT INTO user_addresses (user_number, kind, position, address, address_key) VALUES ($1, $2, $3, $4, $5)`,
			user, kind, i, a.Address, a.Key)
		if err != nil {
			return err
		}
	}
	return t.peopleChanged(op)
}

// AddressesOf implements ingest.AddressTx. The kinds sort as they are to come.
func (t *Tx) AddressesOf(user ingest.Number) ([]ingest.UserAddress, error) {
	return many(t, "sqlstore.AddressesOf", readAddress,
		`SELECT user_number, kind, address, address_key FROM user_addresses WHERE user_number = $1 ORDER BY kind, position`, user)
}

// UsersAt implements ingest.AddressTx.
func (t *Tx) UsersAt(company ingest.Number, kind ingest.AddressKind, key string) ([]*ingest.User, error) {
	return many(t, "sqlstore.UsersAt", readUser,
		userColumns+` JOIN memberships m ON m.user_number = u.number
			WHERE u.number IN (SELECT user_number FROM user_addresses WHERE kind = $1 AND address_key = $2) AND m.company = $3 AND m.active = 1
			ORDER BY u.number LIMIT 2`,
		kind, key, company)
}

func readAddress(rows Rows) (ingest.UserAddress, error) {
	var a ingest.UserAddress
	err := rows.Scan((*int64)(&a.User), (*string)(&a.Kind), &a.Address, &a.Key)
	return a, err
}
