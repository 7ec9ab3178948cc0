package engine

import (
	"sync"

	"sluice/internal/ingest"
)

// Bounds of jobFacts: how many jobs it holds, and up to which size of their
// options, in bytes.
const (
	mostJobFacts  = 256
	largeJobFacts = 16 << 10
)

// jobFacts remembers what never changes of committed jobs that take files: whose
// they are, where from, and what is to be done with their files. Whether a job is
// still open only the store knows.
type jobFacts struct {
	mu       sync.Mutex
	byNumber map[ingest.Number]ingest.Job
}

// of returns the facts of a job, if they are known.
func (f *jobFacts) of(number ingest.Number) (ingest.Job, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.byNumber[number]
	return j, ok
}

// remember keeps a job that was read in a transaction that has been committed.
func (f *jobFacts) remember(j *ingest.Job) {
	if len(j.Echo) > largeJobFacts {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byNumber == nil {
		f.byNumber = map[ingest.Number]ingest.Job{}
	}
	if _, ok := f.byNumber[j.Number]; !ok && len(f.byNumber) >= mostJobFacts {
		for n := range f.byNumber {
			delete(f.byNumber, n)
			break
		}
	}
	fact := *j
	fact.Echo = nil
	f.byNumber[j.Number] = fact
}

// forget drops a job that takes no more files.
func (f *jobFacts) forget(number ingest.Number) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byNumber, number)
}
