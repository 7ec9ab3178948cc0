package people

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// setAddresses applies assignments of the form phone=A,B and sip=A,B. One kind that
// is named twice gets all its values; an empty value removes them.
func setAddresses(tx ingest.Tx, op string, user *ingest.User, assignments []string) error {
	given := map[ingest.AddressKind][]ingest.UserAddress{}
	for _, assignment := range assignments {
		key, value, ok := strings.Cut(assignment, "=")
		kind := ingest.AddressKind(strings.ToLower(key))
		if !ok || kind != ingest.AddressPhone && kind != ingest.AddressSIP {
			return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMalformed, Msg: fmt.Sprintf("%q is neither phone=NUMBER nor sip=ADDRESS", assignment)}
		}
		list := given[kind]
		for text := range strings.SplitSeq(value, ",") {
			if strings.TrimSpace(text) == "" {
				continue
			}
			a, err := ingest.ReadAddress(op, kind, text)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		given[kind] = list
	}
	for kind, list := range given {
		if err := tx.PutAddresses(user.Number, kind, list); err != nil {
			return err
		}
	}
	return nil
}

// freeAddresses refuses addresses of a user that another member of one of the user's
// companies has.
func freeAddresses(tx ingest.Tx, op string, user *ingest.User) error {
	addresses, err := tx.AddressesOf(user.Number)
	if err != nil || len(addresses) == 0 {
		return err
	}
	memberships, err := tx.Memberships(user.Number)
	if err != nil {
		return err
	}
	for _, m := range memberships {
		for _, a := range addresses {
			users, err := tx.UsersAt(m.Company, a.Kind, a.Key)
			if err != nil {
				return err
			}
			for _, other := range users {
				if other.Number != user.Number {
					return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists,
						Msg: fmt.Sprintf("%s belongs to %s, who is in the same company", a.Address, other.Login)}
				}
			}
		}
	}
	return nil
}

// Addresses lists the phone numbers and SIP addresses of a user.
func (s *Service) Addresses(ctx context.Context, user ingest.Number) ([]ingest.UserAddress, error) {
	return view(ctx, s.store, func(tx ingest.Tx) ([]ingest.UserAddress, error) { return tx.AddressesOf(user) })
}
