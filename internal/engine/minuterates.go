package engine

import (
	"sync"
	"time"

	"sluice/internal/ingest"
)

// mostCounted bounds how many callers are remembered. When more of them come within a
// minute, those are forgotten that came before.
const mostCounted = 10_000

// minuteRates counts what callers do within a minute. The counts end with the process:
// a restart forgives. Its zero value has counted nothing.
type minuteRates struct {
	mu     sync.Mutex
	minute int64
	counts map[rated]int64
}

// rated is a caller in one company.
type rated struct {
	company ingest.Number
	subject string
}

// allow counts n things that a caller does, if they are within the limit of a minute,
// and reports whether they are and how many there are with them.
func (m *minuteRates) allow(company ingest.Number, subject string, n, limit int64, now time.Time) (all int64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if minute := now.Unix() / 60; minute != m.minute || len(m.counts) >= mostCounted {
		m.minute, m.counts = minute, map[rated]int64{}
	}
	who := rated{company, subject}
	if all = m.counts[who] + n; all > limit {
		return all, false
	}
	m.counts[who] = all
	return all, true
}
