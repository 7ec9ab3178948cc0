package brightsign

import (
	"sync"
	"time"

	"sluice/internal/ingest"
)

// recent remembers for a moment which upload a chunk was for, because the next chunks
// are mostly for the same. Who calls and in which role is asked each time; what this
// server does to the upload is noticed at once, by drop and clear.
type recent struct {
	mu      sync.Mutex
	seen    map[recentKey]target
	changes int // how often drop and clear were called
}

type recentKey struct {
	user    ingest.Number
	account string
	token   string
}

// target is an upload that somebody may write to.
type target struct {
	company *ingest.Company
	role    ingest.Role
	upload  *ingest.Upload
	until   time.Time
	at      time.Time // by the engine's clock, which uploads expire by
}

const (
	recentTime = time.Second
	mostRecent = 10_000 // uploads
)

func (r *recent) look(c caller, token string, now time.Time) (target, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.seen[recentKey{c.User, c.account, token}]
	return t, ok && time.Now().Before(t.until) && now.Sub(t.at).Abs() < recentTime && c.RoleIn(t.company.Number) == t.role
}

// mark is what keep wants to know: the state of things before the upload was read.
func (r *recent) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes
}

// keep remembers an upload that was read after the mark, unless something has changed
// since, which may have been the upload.
func (r *recent) keep(c caller, token string, u *ingest.Upload, now time.Time, mark int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != mark {
		return
	}
	if r.seen == nil || len(r.seen) >= mostRecent {
		r.seen = map[recentKey]target{}
	}
	r.seen[recentKey{c.User, c.account, token}] = target{c.company, c.RoleIn(c.company.Number), u, time.Now().Add(recentTime), now}
}

// drop forgets an upload that has changed.
func (r *recent) drop(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	for key := range r.seen {
		if key.token == token {
			delete(r.seen, key)
		}
	}
}

// clear forgets all: a session has changed, with its files.
func (r *recent) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	clear(r.seen)
}
