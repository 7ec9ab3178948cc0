package auth

import (
	"sync"
	"time"

	"sluice/internal/ingest"
)

// known remembers users as they were read, with the revision of the people in
// the store that they were read at. At any other revision they are read anew.
type known struct {
	mu    sync.Mutex
	users *recent[name, knownUser]
}

// name is what a user is asked for by: the login as it was written, or the
// number.
type name struct {
	login  string
	number ingest.Number
}

type knownUser struct {
	identity
	revision int64
}

func newKnown(size int, life time.Duration) *known {
	return &known{users: newRecent[name, knownUser](size, life)}
}

// look returns the user of a name as it is at the revision, if that is known.
func (k *known) look(of name, revision int64, now time.Time) (identity, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found, ok := k.users.look(of, now)
	if !ok || found.revision != revision {
		return identity{}, false
	}
	return found.identity, true
}

func (k *known) put(of name, revision int64, who identity, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.users.put(of, knownUser{who, revision}, now)
}
