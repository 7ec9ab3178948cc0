package scene7

import (
	"fmt"
	"io"
	"sync"

	"sluice/internal/ingest"
)

// What requests may hold while nobody knows yet whose they are.
const (
	maxAnonymousFiles  = 64       // file parts of one request
	maxAnonymousMemory = 64 << 20 // bytes of memory of all requests: parameters, and fileMemory for each file
	fileMemory         = 4 << 10  // bytes that a spooled file takes in memory, about
)

// anonymous is what is left of the room for requests that have not logged in.
type anonymous struct {
	mu     sync.Mutex
	disk   int64 // bytes of spooled files
	memory int64 // bytes
}

// take takes room for as many bytes, all or nothing.
func (a *anonymous) take(disk, memory int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if disk > a.disk || memory > a.memory {
		return false
	}
	a.disk, a.memory = a.disk-disk, a.memory-memory
	return true
}

// give gives back what was taken.
func (a *anonymous) give(disk, memory int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disk, a.memory = a.disk+disk, a.memory+memory
}

// known reports whether somebody answers for what the request sends.
func (u *upload) known() bool { return u.loggedIn || u.byBasic != nil && u.byBasic.err == nil }

// hold takes room for what the request keeps before its login is known.
func (u *upload) hold(disk, memory int64) error {
	if u.known() {
		return nil
	}
	if !u.door.anonymous.take(disk, memory) {
		return &ingest.Error{
			Kind: ingest.Unavailable, Op: "scene7.UploadFile", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("requests that have not logged in yet already hold all that they may hold together (%d bytes of files); "+
				"send the auth part before the files, or try again later", u.door.Options.MaxAnonymousSpool),
		}
	}
	u.heldDisk, u.heldMemory = u.heldDisk+disk, u.heldMemory+memory
	return nil
}

// release gives the room back, when the request has logged in or keeps nothing.
func (u *upload) release() {
	u.door.anonymous.give(u.heldDisk, u.heldMemory)
	u.heldDisk, u.heldMemory = 0, 0
}

// holding is a part's content for which the request takes room as it is read.
type holding struct {
	content io.Reader
	hold    func(n int64) error
}

// Read ends with the error of hold when there is no room for what was read.
func (h holding) Read(p []byte) (int, error) {
	n, err := h.content.Read(p)
	if n > 0 {
		if full := h.hold(int64(n)); full != nil {
			return n, full
		}
	}
	return n, err
}
