package engine

import (
	"sync"
	"time"

	"sluice/internal/ingest"
)

// activity remembers when jobs last received something, by the monotonic clock,
// so that a jump of the wall clock closes no job early and keeps none open for
// ever. What happened before this process began is taken from the database,
// held between 0 and the idle limit.
type activity struct {
	mu   sync.Mutex
	now  func() time.Time
	last map[ingest.Number]time.Time
}

func newActivity(now func() time.Time) *activity {
	return &activity{now: now, last: map[ingest.Number]time.Time{}}
}

// touch notes that a job has just received something.
func (a *activity) touch(job ingest.Number) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last[job] = a.now()
}

// forget drops a finished job.
func (a *activity) forget(job ingest.Number) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last, job)
}

// idle reports whether a job has received nothing for limit. recorded is the
// wall-clock time in the database.
func (a *activity) idle(job ingest.Number, recorded time.Time, limit time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	last, known := a.last[job]
	if !known {
		passed := min(max(now.Round(0).Sub(recorded.Round(0)), 0), limit)
		last = now.Add(-passed)
		a.last[job] = last
	}
	return now.Sub(last) >= limit
}
