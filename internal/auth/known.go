package auth

import (
	"sync"
	"time"
)

// known remembers users as they were read, with the revision of the people in
// the store that they were read at. At any other revision they are read anew.
type known struct {
	mu    sync.Mutex
	users *recent[string, knownUser]
}

type knownUser struct {
	identity
	revision int64
}

func newKnown(size int, life time.Duration) *known {
	return &known{users: newRecent[string, knownUser](size, life)}
}

// look returns the user of a login as it is at the revision, if that is known.
func (k *known) look(login string, revision int64, now time.Time) (identity, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found, ok := k.users.look(login, now)
	if !ok || found.revision != revision {
		return identity{}, false
	}
	return found.identity, true
}

func (k *known) put(login string, revision int64, who identity, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.users.put(login, knownUser{who, revision}, now)
}
