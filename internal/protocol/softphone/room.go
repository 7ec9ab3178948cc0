package softphone

import "sync"

// room is what is left of what requests may hold together, in bytes.
type room struct {
	mu   sync.Mutex
	left int64
}

func (r *room) take(n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.left {
		return false
	}
	r.left -= n
	return true
}

func (r *room) give(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left += n
}
