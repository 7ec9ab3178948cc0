package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// keyPrefix begins every API key, so that leaked ones can be searched for.
const keyPrefix = "slk_"

// Sizes of the random halves of a key, in bytes before encoding.
const (
	selectorSize = 10
	secretSize   = 25
)

// lastUsedEvery is how exact APIKey.LastUsed is kept.
const lastUsedEvery = time.Hour

// NewAPIKey mints a key that logs in as the user; expires zero means never. The
// returned string is slk_SELECTOR_SECRET and is shown once: the row holds the
// secret's SHA-256 only. The caller sets UUID and stores the row.
func (s *Service) NewAPIKey(user ingest.Number, name string, expires time.Time) (string, ingest.APIKey) {
	selector, secret := randomWord(selectorSize), randomWord(secretSize)
	sum := sha256.Sum256([]byte(secret))
	return keyPrefix + selector + "_" + secret, ingest.APIKey{
		User: user, Name: name, Selector: selector, SecretHash: sum[:], Created: s.now(), Expires: expires,
	}
}

func randomWord(size int) string {
	b := make([]byte, size)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// Token returns who a bearer token or API key belongs to. Failures are those of
// Login; an expired key has CodeInvalidUser. Wrong tokens are slowed down by
// address; right ones never wait.
func (s *Service) Token(ctx context.Context, bearer, from string) (ingest.Principal, error) {
	const op = "auth.Token"
	if bearer == "" {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeNoCredentials,
			Msg: "no credentials were sent"}
	}
	key, who, err := s.findKey(ctx, bearer)
	if err != nil {
		return ingest.Principal{}, err
	}
	if key == nil {
		if err := s.throttle.begin(ctx, address(from)); err != nil {
			return ingest.Principal{}, err
		}
		return ingest.Principal{}, badCredentials(op, "Invalid token or API key")
	}
	now := s.now()
	if !key.Expires.IsZero() && !now.Before(key.Expires) {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeInvalidUser,
			Msg: "this API key expired on " + key.Expires.UTC().Format(time.DateOnly)}
	}
	principal, err := who.principal(op, now)
	if err == nil && now.Sub(key.LastUsed) >= lastUsedEvery {
		s.used(ctx, key.Selector, now)
	}
	return principal, err
}

// findKey returns the key and its user, or nil for a token that is wrong in
// any way.
func (s *Service) findKey(ctx context.Context, bearer string) (*ingest.APIKey, identity, error) {
	var who identity
	selector, secret, ok := splitKey(bearer)
	if !ok {
		return nil, who, nil
	}
	sum := sha256.Sum256([]byte(secret))
	var key *ingest.APIKey
	err := s.store.View(ctx, func(tx ingest.Tx) error {
		found, err := tx.APIKey(selector)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(sum[:], found.SecretHash) != 1 {
			return nil
		}
		user, err := tx.User(found.User)
		if err != nil {
			return err
		}
		if who.memberships, err = tx.Memberships(user.Number); err != nil {
			return err
		}
		key, who.user = found, *user
		return nil
	})
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, identity{}, err
	}
	return key, who, nil
}

// splitKey takes a key apart and refuses what was not minted here.
func splitKey(bearer string) (selector, secret string, ok bool) {
	rest, ok := strings.CutPrefix(bearer, keyPrefix)
	if !ok {
		return "", "", false
	}
	selector, secret, ok = strings.Cut(rest, "_")
	encoding := base32.StdEncoding.WithPadding(base32.NoPadding)
	ok = ok && len(selector) == encoding.EncodedLen(selectorSize) && len(secret) == encoding.EncodedLen(secretSize)
	return selector, secret, ok
}

// used records the time of use. A login does not fail because the record
// cannot be kept: the next use tries again.
func (s *Service) used(ctx context.Context, selector string, now time.Time) {
	_ = s.store.Update(ctx, func(tx ingest.Tx) error {
		key, err := tx.APIKey(selector)
		if err != nil || now.Sub(key.LastUsed) < lastUsedEvery {
			return err
		}
		key.LastUsed = now
		return tx.UpdateAPIKey(key)
	})
}
