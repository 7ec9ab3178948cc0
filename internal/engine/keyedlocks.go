package engine

import (
	"sync"

	"sluice/internal/ingest"
)

// keyedLocks lets one goroutine at a time work on each upload.
type keyedLocks struct {
	mu    sync.Mutex
	locks map[ingest.UUID]*keyedLock
}

type keyedLock struct {
	mu    sync.Mutex
	users int
}

// lock waits for the key and returns the function that gives it back.
func (k *keyedLocks) lock(id ingest.UUID) (unlock func()) {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = map[ingest.UUID]*keyedLock{}
	}
	l := k.locks[id]
	if l == nil {
		l = &keyedLock{}
		k.locks[id] = l
	}
	l.users++
	k.mu.Unlock()
	l.mu.Lock()
	return func() {
		l.mu.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(k.locks, id)
		}
	}
}
