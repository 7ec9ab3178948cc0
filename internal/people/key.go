package people

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// NamedKey is an API key with its user's login.
type NamedKey struct {
	*ingest.APIKey
	Login string
}

// AddKey makes an API key for a user. The returned secret is shown once and
// cannot be read again. Expires zero means never.
func (s *Service) AddKey(ctx context.Context, login, name string, expires time.Time) (string, NamedKey, error) {
	if err := ingest.CheckName("people.AddKey", "the key's name", name, 100); err != nil {
		return "", NamedKey{}, err
	}
	var secret string
	var key NamedKey
	err := s.store.Update(ctx, func(tx ingest.Tx) error {
		user, err := userCalled(tx, login)
		if err != nil {
			return err
		}
		secret, key, err = s.mint(tx, user, name, expires)
		return err
	})
	return secret, key, err
}

func (s *Service) mint(tx ingest.Tx, user *ingest.User, name string, expires time.Time) (string, NamedKey, error) {
	secret, key := s.auth.NewAPIKey(user.Number, name, expires)
	key.UUID = id.New()
	return secret, NamedKey{&key, user.Login}, tx.CreateAPIKey(&key)
}

// Keys lists API keys; login "" lists all users'.
func (s *Service) Keys(ctx context.Context, login string) ([]NamedKey, error) {
	return view(ctx, s.store, func(tx ingest.Tx) ([]NamedKey, error) {
		var of ingest.Number
		if login != "" {
			user, err := userCalled(tx, login)
			if err != nil {
				return nil, err
			}
			of = user.Number
		}
		keys, err := tx.APIKeys(of)
		if err != nil {
			return nil, err
		}
		var named []NamedKey
		for _, k := range keys {
			user, err := tx.User(k.User)
			if err != nil {
				return nil, err
			}
			named = append(named, NamedKey{k, user.Login})
		}
		return named, nil
	})
}

// RotateKey replaces a key, named by its number or its public half, by a new
// one of the same user, name and expiry. The old one ends at once.
func (s *Service) RotateKey(ctx context.Context, word string) (string, NamedKey, error) {
	var secret string
	var key NamedKey
	err := s.store.Update(ctx, func(tx ingest.Tx) error {
		old, err := keyCalled(tx, word)
		if err != nil {
			return err
		}
		user, err := tx.User(old.User)
		if err != nil {
			return err
		}
		if err := tx.DeleteAPIKey(old.Number); err != nil {
			return err
		}
		secret, key, err = s.mint(tx, user, old.Name, old.Expires)
		return err
	})
	return secret, key, err
}

// RotateSigning makes a new key that tokens and signed addresses are signed
// with, and returns its ID. Those of the key before it stay good, older ones end.
func (s *Service) RotateSigning(ctx context.Context) (string, error) {
	return s.auth.Keyring().Rotate(ctx)
}

// RemoveKey ends a key, named by its number or its public half.
func (s *Service) RemoveKey(ctx context.Context, word string) error {
	return s.store.Update(ctx, func(tx ingest.Tx) error {
		key, err := keyCalled(tx, word)
		if err != nil {
			return err
		}
		return tx.DeleteAPIKey(key.Number)
	})
}

func keyCalled(tx ingest.Tx, word string) (*ingest.APIKey, error) {
	keys, err := tx.APIKeys(0)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Selector == word || strconv.FormatInt(int64(k.Number), 10) == word {
			return k, nil
		}
	}
	return nil, &ingest.Error{Kind: ingest.NotFound, Op: "people.key", Msg: fmt.Sprintf("there is no key %q; `sluice key list` shows all", word)}
}
