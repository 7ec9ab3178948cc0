package softphone

import (
	"io"
	"sync"

	"sluice/internal/ingest"
)

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

// heldBody is a body that is read into memory. It takes room for what has come, so that
// those who announce much and send little keep nobody out.
type heldBody struct {
	body io.Reader
	room *room
	held int64
}

func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if !b.room.take(int64(n)) {
		return 0, &ingest.Error{Kind: ingest.Unavailable, Op: "softphone.body", Code: ingest.CodeLimit, Msg: "too many requests are being read"}
	}
	b.held += int64(n)
	return n, err
}

// end gives the room back.
func (b *heldBody) end() {
	b.room.give(b.held)
	b.held = 0
}
