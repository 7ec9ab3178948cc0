package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/wire/sign"
)

// How the keys of the store are followed.
const (
	ringLife   = 30 * time.Second // a ring is read anew after this
	ringReread = time.Second      // a text under an unknown key causes at most one reading in this time
)

// Keyring is the signing keys of all servers on one store. The first use makes
// them. A rotation by another process reaches this one within 30 seconds, or
// with the first text under the new key. It is safe for concurrent use.
type Keyring struct {
	store ingest.Store
	now   func() time.Time

	mu      sync.Mutex
	ring    sign.Ring
	read    time.Time // when ring was last read; zero = never
	reread  time.Time // when an unknown key last caused a reading
	tickets int64     // readings and rotations so far
	adopted int64     // the ticket that ring is of
}

// NewKeyring returns the keys of a store. It reads nothing yet.
func NewKeyring(store ingest.Store, now func() time.Time) *Keyring {
	return &Keyring{store: store, now: now}
}

// Sign returns a text with the payload, signed with the current key, as
// sign.Ring does. Failures are those of the store.
func (k *Keyring) Sign(ctx context.Context, purpose string, payload []byte) (string, error) {
	ring, err := k.Ring(ctx)
	if err != nil {
		return "", err
	}
	return ring.Sign(purpose, payload), nil
}

// Open returns the payload of a text that a server on the same store signed for
// the purpose. A text that does not open is Unauthenticated with
// CodeBadCredentials and wraps sign.ErrMalformed, sign.ErrUnknownKey or
// sign.ErrForged; other failures are those of the store.
func (k *Keyring) Open(ctx context.Context, purpose, text string) ([]byte, error) {
	var payload []byte
	_, err := k.try(ctx, "auth.Open", func(ring sign.Ring) (err error) {
		payload, err = ring.Open(purpose, text)
		return err
	})
	return payload, err
}

// MAC returns a signature over the parts, as sign.Ring does. Failures are those
// of the store.
func (k *Keyring) MAC(ctx context.Context, purpose string, parts ...string) (string, error) {
	ring, err := k.Ring(ctx)
	if err != nil {
		return "", err
	}
	return ring.MAC(purpose, parts...), nil
}

// Verify checks a signature that MAC made. Failures are those of Open.
func (k *Keyring) Verify(ctx context.Context, purpose, mac string, parts ...string) error {
	_, err := k.try(ctx, "auth.Verify", func(ring sign.Ring) error { return ring.Verify(purpose, mac, parts...) })
	return err
}

// Ring returns the live keys, at most 30 seconds old.
func (k *Keyring) Ring(ctx context.Context) (sign.Ring, error) {
	k.mu.Lock()
	ring, age := k.ring, k.now().Sub(k.read)
	fresh := !k.read.IsZero() && age >= 0 && age < ringLife
	k.mu.Unlock()
	if fresh {
		return ring, nil
	}
	return k.load(ctx)
}

// try checks a text with the live keys and, when it is under another key, with
// those that the store has now. It returns the ring that fitted.
func (k *Keyring) try(ctx context.Context, op string, check func(sign.Ring) error) (sign.Ring, error) {
	ring, err := k.Ring(ctx)
	if err != nil {
		return ring, err
	}
	err = check(ring)
	if errors.Is(err, sign.ErrUnknownKey) && k.mayReread() {
		if ring, err = k.load(ctx); err != nil {
			return ring, err
		}
		err = check(ring)
	}
	if err != nil {
		return ring, &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeBadCredentials, Msg: "Invalid signature", Err: err}
	}
	return ring, nil
}

// mayReread takes the turn to read the keys for the sake of an unknown one, so
// that made-up texts do not keep the store busy.
func (k *Keyring) mayReread() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if age := now.Sub(k.reread); !k.reread.IsZero() && age >= 0 && age < ringReread {
		return false
	}
	k.reread = now
	return true
}

// load reads the keys and makes them if there are none.
func (k *Keyring) load(ctx context.Context) (sign.Ring, error) {
	ticket, now := k.ticket(), k.now()
	ring, err := readRing(ctx, k.store)
	if ingest.KindOf(err) == ingest.NotFound {
		if err = makeRing(ctx, k.store, now); ingest.KindOf(err) == ingest.Conflict {
			err = nil // another process was first
		}
		if err == nil {
			ring, err = readRing(ctx, k.store)
		}
	}
	if err != nil {
		return sign.Ring{}, err
	}
	return k.adopt(ring, ticket, now), nil
}

// Rotate makes a new current key; the one that was current becomes the previous
// one, and what was signed with the one before opens no longer. It returns the
// ID of the new key.
func (k *Keyring) Rotate(ctx context.Context) (string, error) {
	if _, err := k.load(ctx); err != nil {
		return "", err
	}
	now := k.now()
	fresh, ring, err := rotateRing(ctx, k.store, now)
	if err != nil {
		return "", err
	}
	k.adopt(ring, k.ticket(), now)
	return fresh, nil
}

// ticket numbers a reading before it begins and a rotation after it ended, so
// that a slow reading does not bring keys back that were rotated meanwhile.
func (k *Keyring) ticket() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tickets++
	return k.tickets
}

// adopt takes a ring over unless a later one is known, and returns the latest.
func (k *Keyring) adopt(ring sign.Ring, ticket int64, now time.Time) sign.Ring {
	k.mu.Lock()
	defer k.mu.Unlock()
	if ticket > k.adopted {
		k.ring, k.read, k.adopted = ring, now, ticket
	}
	return k.ring
}
