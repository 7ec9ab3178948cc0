package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"sluice/internal/ingest"
)

// MaxPassword is the longest password in bytes. Longer ones are never right.
const MaxPassword = 1024

// Parameters of new hashes: 19 MiB, two passes, one lane.
const (
	newMemory = 19456 // KiB
	newTime   = 2
	newLanes  = 1
	saltSize  = 16 // bytes
	hashSize  = 32 // bytes
)

// Bounds on the parameters of stored hashes, which may come from elsewhere.
const (
	maxMemory = 47104 // KiB; the largest setting in common use
	maxTime   = 10
	maxLanes  = 4
	minSalt   = 8
	maxSalt   = 64
	minHash   = 16
	maxHash   = 64
)

// maxQueue bounds the callers that wait for their turn to hash.
const maxQueue = 64

// Passwords computes password hashes, one at a time, because each takes as much
// memory as the rest of the server together. It is safe for concurrent use.
type Passwords struct {
	turn   chan struct{}
	queued atomic.Int64
}

// NewPasswords returns a hasher.
func NewPasswords() *Passwords {
	return &Passwords{turn: make(chan struct{}, 1)}
}

// Hash returns the PHC string of a new password. An empty password and one
// over MaxPassword bytes are Invalid.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	const op = "auth.Hash"
	if password == "" {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "the password is empty"}
	}
	if len(password) > MaxPassword {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the password has %d bytes, at most %d are allowed", len(password), MaxPassword)}
	}
	h := phc{memory: newMemory, time: newTime, lanes: newLanes, salt: make([]byte, saltSize), hash: make([]byte, hashSize)}
	rand.Read(h.salt)
	sum, err := p.compute(ctx, h, password)
	if err != nil {
		return "", err
	}
	h.hash = sum
	return h.String(), nil
}

// Verify reports whether the password belongs to the PHC string. A string that
// cannot be read, or whose parameters are out of bounds, is Internal.
func (p *Passwords) Verify(ctx context.Context, stored, password string) (bool, error) {
	h, err := parsePHC(stored)
	if err != nil {
		return false, &ingest.Error{Kind: ingest.Internal, Op: "auth.Verify", Err: err}
	}
	tooLong := len(password) > MaxPassword
	if tooLong {
		password = password[:MaxPassword]
	}
	sum, err := p.compute(ctx, h, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, h.hash) == 1 && !tooLong, nil
}

// compute waits for its turn and hashes. Afterwards the memory goes back to the
// operating system, so that hashes never add up.
func (p *Passwords) compute(ctx context.Context, h phc, password string) ([]byte, error) {
	const op = "auth.Passwords"
	defer p.queued.Add(-1)
	if p.queued.Add(1) > maxQueue {
		return nil, &ingest.Error{Kind: ingest.Throttled, Op: op, Code: ingest.CodeLimit,
			Msg: "too many logins at once; try again in 5 seconds"}
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, &ingest.Error{Kind: ingest.Unavailable, Op: op, Msg: "the login was broken off", Err: ctx.Err()}
	}
	defer func() { <-p.turn }()
	sum := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.lanes, uint32(len(h.hash)))
	debug.FreeOSMemory()
	return sum, nil
}

// phc is an argon2id hash with its parameters.
type phc struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
	salt   []byte
	hash   []byte
}

// String renders $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.lanes,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.hash))
}

// parsePHC reads what String renders, within the bounds above.
func parsePHC(s string) (phc, error) {
	fields := strings.Split(s, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return phc{}, errors.New("stored password is not an argon2id PHC string")
	}
	if fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, fmt.Errorf("stored password has argon2 version %q", fields[2])
	}
	var h phc
	params := fields[3]
	if n, err := fmt.Sscanf(params, "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.lanes); n != 3 || err != nil ||
		params != fmt.Sprintf("m=%d,t=%d,p=%d", h.memory, h.time, h.lanes) {
		return phc{}, fmt.Errorf("stored password has parameters %q", params)
	}
	if h.lanes < 1 || h.lanes > maxLanes || h.time < 1 || h.time > maxTime || h.memory < 8*uint32(h.lanes) || h.memory > maxMemory {
		return phc{}, fmt.Errorf("stored password has parameters out of bounds: %q", params)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil || len(h.salt) < minSalt || len(h.salt) > maxSalt {
		return phc{}, errors.New("stored password has a malformed salt")
	}
	if h.hash, err = base64.RawStdEncoding.DecodeString(fields[5]); err != nil || len(h.hash) < minHash || len(h.hash) > maxHash {
		return phc{}, errors.New("stored password has a malformed hash")
	}
	return h, nil
}
