package engine

import (
	"maps"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// Bounds of searchMarks.
const (
	mostSearches    = 512
	mostSearchPages = 4096 // marks of one search
)

// searchMarks remembers of searches where their pages begin and how many assets
// fit. Its zero value remembers nothing.
type searchMarks struct {
	mu    sync.Mutex
	marks map[string]*searchMark
}

// searchMark is what is remembered of one search.
type searchMark struct {
	starts   map[int]ingest.SearchKey // the last place before a page
	counted  bool
	total    int64
	revision int64 // of the library when it was counted
	used     time.Time
}

// of returns a copy of what is known of a search.
func (m *searchMarks) of(key string, now time.Time) searchMark {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.marks[key]
	if known == nil || now.Sub(known.used) > searchLife {
		return searchMark{}
	}
	known.used = now
	mark := *known
	mark.starts = maps.Clone(known.starts)
	return mark
}

// at returns what is known of a search, to be changed. The caller holds the lock.
func (m *searchMarks) at(key string, now time.Time) *searchMark {
	known := m.marks[key]
	if known != nil && now.Sub(known.used) <= searchLife {
		known.used = now
		return known
	}
	if m.marks == nil {
		m.marks = map[string]*searchMark{}
	}
	if known == nil && len(m.marks) >= mostSearches {
		dropOne(m.marks)
	}
	known = &searchMark{starts: map[int]ingest.SearchKey{}, used: now}
	m.marks[key] = known
	return known
}

// start notes the last place before a page.
func (m *searchMarks) start(key string, page int, before ingest.SearchKey, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.at(key, now)
	if len(known.starts) >= mostSearchPages {
		dropOne(known.starts)
	}
	known.starts[page] = before
}

// count notes how many assets fit at a revision of the library.
func (m *searchMarks) count(key string, total, revision int64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.at(key, now)
	known.counted, known.total, known.revision = true, total, revision
}
