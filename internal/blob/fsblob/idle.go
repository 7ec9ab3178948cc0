package fsblob

import (
	"slices"
	"sync"
)

// maxIdle is how many stages keep their files open while nobody uses them.
const maxIdle = 64

// idleStages remembers which stages were used last, so that a client that sends
// chunk after chunk does not make the ledger be read each time.
type idleStages struct {
	mu     sync.Mutex
	recent []*stage // the last used is the last
}

// park notes that a stage was used and unloads the one that was not for longest.
func (l *idleStages) park(st *stage) {
	l.mu.Lock()
	if i := slices.Index(l.recent, st); i >= 0 {
		l.recent = slices.Delete(l.recent, i, i+1)
	}
	l.recent = append(l.recent, st)
	var oldest *stage
	if len(l.recent) > maxIdle {
		oldest = l.recent[0]
		l.recent = slices.Delete(l.recent, 0, 1)
	}
	l.mu.Unlock()
	if oldest != nil {
		oldest.unload()
	}
}

// drop forgets a stage that has ended.
func (l *idleStages) drop(st *stage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.recent, st); i >= 0 {
		l.recent = slices.Delete(l.recent, i, i+1)
	}
}

// drain empties the list.
func (l *idleStages) drain() []*stage {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.recent
	l.recent = nil
	return all
}
