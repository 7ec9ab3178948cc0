package brightsign

import "sync"

// spaces remembers in which namespace clients of a service namespace speak of their
// data, for replies to requests that say nothing of it (1.3).
type spaces struct {
	mu   sync.Mutex
	seen map[string]string
}

// mostSpaces bounds what is remembered.
const mostSpaces = 256

func (s *spaces) learn(service, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil || len(s.seen) >= mostSpaces {
		s.seen = map[string]string{}
	}
	s.seen[service] = data
}

func (s *spaces) of(service string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[service]
}

// chunkCounts counts the distinct part numbers of uploads, where that is wanted.
type chunkCounts struct {
	mu   sync.Mutex
	seen map[string]map[int64]bool // by upload token
}

// mostCounted bounds the uploads whose parts are counted.
const mostCounted = 10_000

func (c *chunkCounts) add(token string, part int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]map[int64]bool{}
	}
	if c.seen[token] == nil {
		if len(c.seen) >= mostCounted {
			return
		}
		c.seen[token] = map[int64]bool{}
	}
	c.seen[token][part] = true
}

// take returns how many there were, and forgets them.
func (c *chunkCounts) count(token string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.seen[token]))
}

func (c *chunkCounts) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, token)
}
