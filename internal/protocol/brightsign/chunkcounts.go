package brightsign

import "sync"

// chunkCounts counts the distinct part numbers of uploads, where that is wanted. It is
// a help for people who write clients: what it has lost, it does not judge.
type chunkCounts struct {
	mu    sync.Mutex
	seen  map[string]map[int64]bool // by upload token
	total int                       // part numbers in all of them
	lost  bool                      // some uploads were forgotten for want of room
}

// mostParts bounds the part numbers that are remembered, of all uploads together.
const mostParts = 1 << 20

// add notes a part of an upload. When there is no room, other uploads are forgotten.
func (c *chunkCounts) add(token string, part int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]map[int64]bool{}
	}
	if c.seen[token][part] {
		return
	}
	for victim, parts := range c.seen {
		if c.total < mostParts {
			break
		}
		c.total, c.lost = c.total-len(parts), true
		delete(c.seen, victim)
	}
	if c.seen[token] == nil {
		c.seen[token] = map[int64]bool{}
	}
	c.seen[token][part] = true
	c.total++
}

// count returns how many part numbers of an upload there were, and whether these are
// all: an upload that was forgotten may have had more.
func (c *chunkCounts) count(token string) (n int64, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.seen[token])), !c.lost
}

// forget ends the count of an upload.
func (c *chunkCounts) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total -= len(c.seen[token])
	delete(c.seen, token)
}
