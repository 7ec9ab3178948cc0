package fsblob

import (
	"sync"

	"sluice/internal/ingest"
)

// leases keeps the bytes of segment records in place while somebody reads them.
// Files need none: a file that is removed lasts until it is closed.
type leases struct {
	mu   sync.Mutex
	held map[ingest.BlobKey]*lease
}

type lease struct {
	readers int
	doomed  bool // deleted, or being deleted
}

// take begins reading, unless the record is deleted.
func (l *leases) take(key ingest.BlobKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	le := l.held[key]
	if le == nil {
		if l.held == nil {
			l.held = make(map[ingest.BlobKey]*lease)
		}
		le = &lease{}
		l.held[key] = le
	}
	if le.doomed {
		return false
	}
	le.readers++
	return true
}

// release ends reading and reports whether the record must be punched now;
// the caller calls forget afterwards.
func (l *leases) release(key ingest.BlobKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	le := l.held[key]
	le.readers--
	if le.readers == 0 && !le.doomed {
		delete(l.held, key)
	}
	return le.readers == 0 && le.doomed
}

// doom marks a record deleted and reports whether it must be punched now; the
// caller calls forget afterwards. Otherwise the last reader does, or somebody
// else does already.
func (l *leases) doom(key ingest.BlobKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	le := l.held[key]
	if le == nil {
		if l.held == nil {
			l.held = make(map[ingest.BlobKey]*lease)
		}
		le = &lease{}
		l.held[key] = le
	}
	if le.doomed {
		return false
	}
	le.doomed = true
	return le.readers == 0
}

// forget ends the deletion of a record.
func (l *leases) forget(key ingest.BlobKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, key)
}

func (l *leases) doomed(key ingest.BlobKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	le := l.held[key]
	return le != nil && le.doomed
}
