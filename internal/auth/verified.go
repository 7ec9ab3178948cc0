package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// verified remembers which credentials were found right. Its keys are MACs
// under a secret of this process over the user, the stored hash and the
// password, so a changed password has another key and nothing in memory helps
// to guess one.
type verified struct {
	secret [32]byte

	mu      sync.Mutex
	right   *recent[proof, struct{}]
	flights map[proof]*flight
}

// proof is a MAC over credentials.
type proof [sha256.Size]byte

// flight is one verification that others with equal credentials wait for.
type flight struct {
	done  chan struct{}
	right bool
	err   error
}

func newVerified(size int, life time.Duration) *verified {
	v := &verified{right: newRecent[proof, struct{}](size, life), flights: make(map[proof]*flight)}
	rand.Read(v.secret[:])
	return v
}

// key is the MAC over the parts, each with its length in front.
func (v *verified) key(user ingest.Number, stored, login, password string) proof {
	mac := hmac.New(sha256.New, v.secret[:])
	writeUint(mac, uint64(user))
	for _, part := range []string{stored, login, password} {
		writeUint(mac, uint64(len(part)))
		mac.Write([]byte(part))
	}
	return proof(mac.Sum(nil))
}

func writeUint(h hash.Hash, n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

func (v *verified) has(key proof, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.right.look(key, now)
	return ok
}

func (v *verified) add(key proof, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.right.put(key, struct{}{}, now)
}

// once runs verify, or waits for the run of a caller with the same credentials
// and takes its verdict: clients that open many connections at once cost one
// hash, and a wrong password sent ten times at once is one guess. When the
// other caller gave up, its run is no verdict and the next one runs.
func (v *verified) once(ctx context.Context, key proof, verify func() (bool, error)) (bool, error) {
	for {
		v.mu.Lock()
		other, busy := v.flights[key]
		if !busy {
			break
		}
		v.mu.Unlock()
		select {
		case <-other.done:
		case <-ctx.Done():
			return false, &ingest.Error{Kind: ingest.Unavailable, Op: "auth.Login", Msg: "the login was broken off", Err: ctx.Err()}
		}
		if !errors.Is(other.err, context.Canceled) && !errors.Is(other.err, context.DeadlineExceeded) {
			return other.right, other.err
		}
	}
	mine := &flight{done: make(chan struct{})}
	v.flights[key] = mine
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		delete(v.flights, key)
		v.mu.Unlock()
		close(mine.done)
	}()
	mine.right, mine.err = verify()
	return mine.right, mine.err
}
