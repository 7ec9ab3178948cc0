package sign

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of keys, in bytes.
const (
	SecretSize = 32 // secrets of new keys
	minSecret  = 16
	maxID      = 32
)

// Key is a secret with the name that texts know it by. It prints as its ID:
// the secret goes into no log, JSON included.
type Key struct {
	ID     string // 1 to 32 letters, digits, '-' and '_'; public
	Secret []byte `json:"-"` // at least 16 bytes
}

// NewKey makes a random key. Its ID is lower-case letters and digits.
func NewKey() Key {
	id, secret := make([]byte, 5), make([]byte, SecretSize)
	rand.Read(id)
	rand.Read(secret)
	return Key{ID: strings.ToLower(base32.StdEncoding.EncodeToString(id)), Secret: secret}
}

// Format implements fmt.Formatter: every verb shows the ID only.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key "+k.ID) }

func (k Key) zero() bool { return k.ID == "" && len(k.Secret) == 0 }

func (k Key) check() error {
	if !isID(k.ID) {
		return errors.New("sign: the key has no usable ID")
	}
	if len(k.Secret) < minSecret {
		return errors.New("sign: the secret of the key is too short")
	}
	return nil
}

// isID reports whether a text can be the ID of a key.
func isID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// Ring is the two keys that are live: new signatures are made with the current
// one, those of the previous one are still accepted. It is an immutable value;
// the zero Ring has no keys and opens nothing.
type Ring struct {
	current, previous Key
}

// NewRing returns a ring of copies of the keys. The zero Key as previous means
// that there is none. It fails when an ID or a secret is out of bounds, or when
// both keys have the same ID.
func NewRing(current, previous Key) (Ring, error) {
	if err := current.check(); err != nil {
		return Ring{}, err
	}
	if previous.zero() {
		return Ring{current: clone(current)}, nil
	}
	if err := previous.check(); err != nil {
		return Ring{}, err
	}
	if current.ID == previous.ID {
		return Ring{}, errors.New("sign: both keys have the same ID")
	}
	return Ring{clone(current), clone(previous)}, nil
}

func clone(k Key) Key { return Key{k.ID, bytes.Clone(k.Secret)} }

// Format implements fmt.Formatter: every verb shows the IDs only.
func (r Ring) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "keys "+r.current.ID+" "+r.previous.ID)
}

// key returns the live key of an ID.
func (r Ring) key(id string) (Key, bool) {
	switch id {
	case "":
		return Key{}, false
	case r.current.ID:
		return r.current, true
	case r.previous.ID:
		return r.previous, true
	}
	return Key{}, false
}
