package engine

import (
	"sync"
	"time"

	"sluice/internal/ingest"
)

// mostNetworks bounds what is remembered of networks. When more of them come within
// a minute, those are forgotten that came before.
const mostNetworks = 10_000

// allocations counts what networks allocate within a minute. The counts end with the
// process: a restart forgives.
type allocations struct {
	mu     sync.Mutex
	minute int64
	counts map[allocator]int64
}

// allocator is a network in one company.
type allocator struct {
	company ingest.Number
	network string
}

// allow counts an allocation and reports whether it is within the limit of a minute.
func (a *allocations) allow(company ingest.Number, network string, limit int64, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if minute := now.Unix() / 60; minute != a.minute || len(a.counts) >= mostNetworks {
		a.minute, a.counts = minute, map[allocator]int64{}
	}
	who := allocator{company, network}
	if a.counts[who] >= limit {
		return false
	}
	a.counts[who]++
	return true
}
