package engine

import (
	"sync"
	"time"

	"sluice/internal/ingest"
)

// activity remembers when jobs last received something, by the monotonic clock,
// so that a jump of the wall clock closes no job early and keeps none open for
// ever, and which of them are receiving something now. What happened before
// this process began is taken from the database, held between 0 and the idle
// limit.
type activity struct {
	mu   sync.Mutex
	now  func() time.Time
	jobs map[ingest.Number]*jobActivity
}

// jobActivity is what is known of one job.
type jobActivity struct {
	owner   ingest.Number // user who opened it; 0 = not known yet
	last    time.Time     // when something was received last; zero = not known yet
	running int           // requests under way
}

func newActivity(now func() time.Time) *activity {
	return &activity{now: now, jobs: map[ingest.Number]*jobActivity{}}
}

// of returns the entry of a job. The caller holds mu.
func (a *activity) of(job ingest.Number) *jobActivity {
	j := a.jobs[job]
	if j == nil {
		j = &jobActivity{}
		a.jobs[job] = j
	}
	return j
}

// touch notes that a job of the owner has just received something.
func (a *activity) touch(job, owner ingest.Number) {
	a.mu.Lock()
	defer a.mu.Unlock()
	j := a.of(job)
	j.owner, j.last = owner, a.now()
}

// hold notes that a request to a job of the owner is under way; release ends
// that and counts as something received. It may be called more than once.
func (a *activity) hold(job, owner ingest.Number) (release func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	j := a.of(job)
	j.owner = owner
	j.running++
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		j.running--
		j.last = a.now()
	})
}

// owned reports whether a job is known to be the owner's.
func (a *activity) owned(job, owner ingest.Number) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	j := a.jobs[job]
	return j != nil && owner != 0 && j.owner == owner
}

// forget drops a finished job, unless requests to it are under way.
func (a *activity) forget(job ingest.Number) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if j := a.jobs[job]; j != nil && j.running == 0 {
		delete(a.jobs, job)
	}
}

// retain drops the jobs that are not in open and have received nothing since
// the moment at which open was read.
func (a *activity) retain(open map[ingest.Number]bool, read time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for number, j := range a.jobs {
		if !open[number] && j.running == 0 && j.last.Before(read) {
			delete(a.jobs, number)
		}
	}
}

// know takes over what the database says of a job that this process has not
// heard of. limit is the idle limit.
func (a *activity) know(j *ingest.Job, limit time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.learn(j, limit)
}

func (a *activity) learn(j *ingest.Job, limit time.Duration) *jobActivity {
	known := a.of(j.Number)
	known.owner = j.User
	if known.last.IsZero() {
		now := a.now()
		passed := min(max(now.Round(0).Sub(j.LastPost.Round(0)), 0), limit)
		known.last = now.Add(-passed)
	}
	return known
}

// idle reports whether a job has received nothing for limit and nothing is on
// its way to it.
func (a *activity) idle(j *ingest.Job, limit time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.learn(j, limit)
	return known.running == 0 && a.now().Sub(known.last) >= limit
}
