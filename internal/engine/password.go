package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// passwordOwner returns the user whose password is to be set: the caller for 0, or,
// for an administrator of the system, anybody.
func passwordOwner(tx ingest.Tx, p ingest.Principal, user ingest.Number) (*ingest.User, error) {
	u, _, err := target(tx, p, user, 0)
	if err != nil {
		return nil, err
	}
	if u.Number != p.User && !p.Admin {
		return nil, &ingest.Error{Kind: ingest.Forbidden, Op: "engine.passwordOwner", Code: ingest.CodeTargetUser,
			Msg: fmt.Sprintf("the password of another user (%d) is not the caller's to set", u.Number)}
	}
	return u, mayChangeAccount(p, u)
}

// MaySetPassword reports the error that SetPassword would answer, so that a door
// can refuse before it has computed a hash.
func (e *Engine) MaySetPassword(ctx context.Context, p ingest.Principal, user ingest.Number) error {
	return e.store.View(ctx, func(tx ingest.Tx) error {
		_, err := passwordOwner(tx, p, user)
		return err
	})
}

// SetPassword gives a user (0 = the caller) another password, which expires at a
// time (zero = never). Whoever logs in with the old one is refused from then on.
func (e *Engine) SetPassword(ctx context.Context, p ingest.Principal, user ingest.Number, hash string, expires time.Time) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		u, err := passwordOwner(tx, p, user)
		if err != nil {
			return err
		}
		u.PasswordHash, u.Expires = hash, expires
		return tx.UpdateUser(u)
	})
}

// passwordSpecials are the characters of the fourth class of passwords.
const passwordSpecials = "`~!@#$%^*()_+-={}|[]&\\:\";'<>?,./"

// CheckPassword refuses a password that is too short, has characters of no class,
// or, where all classes are wanted, lacks one.
func CheckPassword(password string, allClasses bool) error {
	const op, least = "engine.CheckPassword", 8
	weak := func(format string, args ...any) error {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the password " + fmt.Sprintf(format, args...)}
	}
	if len(password) < least {
		return weak("has %d characters, at least %d are needed", len(password), least)
	}
	var has [4]bool
	for _, r := range password {
		switch {
		case 'a' <= r && r <= 'z':
			has[0] = true
		case 'A' <= r && r <= 'Z':
			has[1] = true
		case '0' <= r && r <= '9':
			has[2] = true
		case strings.ContainsRune(passwordSpecials, r):
			has[3] = true
		default:
			return weak("has a character that is neither a letter from a to z, a digit, nor one of the special characters")
		}
	}
	if !allClasses {
		return nil
	}
	for i, class := range []string{"a lower-case letter", "an upper-case letter", "a digit", "a special character"} {
		if !has[i] {
			return weak("lacks %s", class)
		}
	}
	return nil
}

// GeneratePassword makes a password of 16 characters that CheckPassword takes,
// without those that must be written otherwise in XML.
func GeneratePassword() (string, error) {
	const length = 16
	classes := []string{"abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#$%*+-=?@_"}
	everything := strings.Join(classes, "")
	password := make([]byte, 0, length)
	for i := range length {
		from := everything
		if i < len(classes) {
			from = classes[i]
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
		if err != nil {
			return "", err
		}
		password = append(password, from[n.Int64()])
	}
	for i := len(password) - 1; i > 0; i-- { // the first four are not always of the same classes
		n, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return "", err
		}
		password[i], password[n.Int64()] = password[n.Int64()], password[i]
	}
	return string(password), nil
}
