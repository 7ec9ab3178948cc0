package fsblob

import "sync"

// dirSyncs makes directory entries durable for many callers at once: whoever
// comes while a sync runs shares the next one with all others that wait.
type dirSyncs struct {
	sync func(dir string) error

	mu   sync.Mutex
	dirs map[string]*dirQueue
}

type dirQueue struct {
	running bool
	next    *dirRound // nil = nobody waits
}

type dirRound struct {
	done chan struct{}
	err  error
}

// wait returns when everything that was renamed, made or removed in dir before
// the call is on stable storage.
func (s *dirSyncs) wait(dir string) error {
	s.mu.Lock()
	if s.dirs == nil {
		s.dirs = make(map[string]*dirQueue)
	}
	q := s.dirs[dir]
	if q == nil {
		q = &dirQueue{}
		s.dirs[dir] = q
	}
	if q.next == nil {
		q.next = &dirRound{done: make(chan struct{})}
	}
	round := q.next
	if !q.running {
		q.running = true
		go s.lead(dir, q)
	}
	s.mu.Unlock()
	<-round.done
	return round.err
}

// lead runs rounds until nobody waits.
func (s *dirSyncs) lead(dir string, q *dirQueue) {
	s.mu.Lock()
	for q.next != nil {
		round := q.next
		q.next = nil
		s.mu.Unlock()
		round.err = s.sync(dir)
		close(round.done)
		s.mu.Lock()
	}
	q.running = false
	s.mu.Unlock()
}
