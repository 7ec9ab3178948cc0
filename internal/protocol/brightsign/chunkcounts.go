package brightsign

import (
	"sync"
	"time"
)

// chunkCounts counts the distinct part numbers of uploads, where that is wanted. Parts
// are kept nowhere else: the store knows windows of bytes. It is a help for people who
// write clients: what it has lost, it does not judge. Its zero value has counted
// nothing.
type chunkCounts struct {
	mu    sync.Mutex
	most  int                       // part numbers in all uploads; 0 = mostParts
	seen  map[string]map[int64]bool // by upload token
	total int                       // part numbers in all of them
	lost  time.Time                 // when uploads were forgotten last for want of room
}

// mostParts bounds the part numbers that are remembered, of all uploads together.
const mostParts = 1 << 20

// add notes a part of an upload. When there is no room, other uploads are forgotten.
func (c *chunkCounts) add(token string, part int64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.most == 0 {
		c.most = mostParts
	}
	if c.seen == nil {
		c.seen = map[string]map[int64]bool{}
	}
	if c.seen[token][part] {
		return
	}
	for victim, parts := range c.seen {
		if c.total < c.most {
			break
		}
		c.total, c.lost = c.total-len(parts), now
		delete(c.seen, victim)
	}
	if c.seen[token] == nil {
		c.seen[token] = map[int64]bool{}
	}
	c.seen[token][part] = true
	c.total++
}

// count returns how many part numbers there were of an upload that was begun at a
// time, and whether these are all: an upload may have been forgotten since.
func (c *chunkCounts) count(token string, begun time.Time) (n int64, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.seen[token])), begun.After(c.lost)
}

// forget ends the count of an upload.
func (c *chunkCounts) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total -= len(c.seen[token])
	delete(c.seen, token)
}
