package engine

import (
	"sync"

	"sluice/internal/ingest"
)

// turns remembers whose turn it is in each queue, so that the jobs that wait there are
// served one after the other, however many tasks each has. It is lost with the process.
type turns struct {
	mu   sync.Mutex
	last map[ingest.TaskKind]ingest.Number // the job served last, by the first kind of the queue
}

// after returns the job behind which a queue goes on.
func (t *turns) after(kinds []ingest.TaskKind) ingest.Number {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last[kinds[0]]
}

// served notes what a queue has given out, in the order of the turns.
func (t *turns) served(kinds []ingest.TaskKind, tasks []*ingest.Task) {
	if len(tasks) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[ingest.TaskKind]ingest.Number{}
	}
	t.last[kinds[0]] = tasks[len(tasks)-1].Job
}
