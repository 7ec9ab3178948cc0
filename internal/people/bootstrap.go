package people

import (
	"context"
	"crypto/rand"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// First says what the first start makes.
type First struct {
	Login    string // of the administrator
	Password string // "" = one is made
	Company  string
}

// Made is what the first start made; empty fields were there before.
type Made struct {
	Company  *ingest.Company
	Login    string
	Password string // only when it was made here; shown once
}

// Bootstrap makes the first company in a store without companies and the first
// administrator in a store without users. Later calls make nothing.
func (s *Service) Bootstrap(ctx context.Context, first First) (Made, error) {
	const op = "people.Bootstrap"
	needsUser, err := view(ctx, s.store, func(tx ingest.Tx) (bool, error) {
		users, err := tx.Users(0, ingest.Page{Limit: 1})
		return len(users) == 0, err
	})
	if err != nil {
		return Made{}, err
	}
	var user *ingest.User
	made := ""
	if needsUser {
		if user, made, err = s.firstUser(ctx, first); err != nil {
			return Made{}, err
		}
	}
	company, err := s.newCompany(first.Company)
	if err != nil {
		return Made{}, err
	}
	var result Made
	err = s.store.Update(ctx, func(tx ingest.Tx) error {
		result = Made{}
		companies, err := tx.Companies(ingest.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(companies) == 0 {
			if err := createCompany(tx, company); err != nil {
				return err
			}
			companies, result.Company = []*ingest.Company{company}, company
		}
		if user == nil {
			return nil
		}
		if err := createUser(tx, op, user); err != nil {
			return err
		}
		result.Login, result.Password = user.Login, made
		return tx.PutMembership(membership(user.Number, companies[0].Number, ingest.RoleAdmin, ""))
	})
	return result, err
}

// firstUser returns the administrator and, if it was made, the password.
func (s *Service) firstUser(ctx context.Context, first First) (*ingest.User, string, error) {
	if err := ingest.CheckLogin("people.Bootstrap", first.Login); err != nil {
		return nil, "", err
	}
	password, made := first.Password, ""
	if password == "" {
		made = NewPassword()
		password = made
	}
	hash, err := s.auth.Passwords().Hash(ctx, password)
	if err != nil {
		return nil, "", err
	}
	return &ingest.User{UUID: id.New(), Login: first.Login, PasswordHash: hash, Admin: true, Created: s.now()}, made, nil
}

// NewPassword makes a password that is hard to guess and easy to copy: 26
// letters and digits.
func NewPassword() string { return rand.Text() }
