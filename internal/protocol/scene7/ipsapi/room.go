package ipsapi

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// Limits of one request and of all at once. A request must be read in full before
// anybody knows whose it is, so that strangers share what there is.
const (
	maxRequest  = 16 << 20  // bytes of one request; packets and schemas are in it
	maxElements = 500_000   // of one request
	maxHeld     = 192 << 20 // bytes of memory that all requests take together, about
	// maxHeldLarge is what requests longer than smallRequest may take of it, so that
	// they do not lock out small ones. The dearest single request fits.
	maxHeldLarge = maxHeld / 4 * 3
	smallRequest = 256 << 10 // bytes
)

// What a request takes in memory until it is answered, in bytes, about: for each of
// its own bytes the document, its decoded text and the values taken out of it, and
// something for each tag.
const (
	memoryPerByte = 4
	memoryPerTag  = 160
)

// room is what requests take of the memory that there is for them. The zero value
// is empty.
type room struct {
	mu   sync.Mutex
	held int64
}

// take takes room, all or nothing. length is that of the request so far.
func (m *room) take(n int64, length int) error {
	limit := int64(maxHeld)
	if length > smallRequest {
		limit = maxHeldLarge
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held+n > limit {
		return &ingest.Error{
			Kind: ingest.Unavailable, Op: "ipsapi.take", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the requests at work already take all the memory that they may take together (%d bytes); try again later", limit),
		}
	}
	m.held += n
	return nil
}

func (m *room) give(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held -= n
}

// read reads a request; announced is its Content-Length, -1 without one. held is the room that it takes, to be given back when it
// has been answered; nothing is held after a failure.
func (m *room) read(body io.Reader, announced int64) (data []byte, held int64, err error) {
	defer func() {
		if err != nil {
			m.give(held)
			data, held = nil, 0
		}
	}()
	var b bytes.Buffer
	for ended := false; !ended; {
		const step = 64 << 10 // bytes
		n, failed := io.CopyN(&b, body, step)
		ended = failed == io.EOF
		if failed != nil && !ended {
			return nil, held, &scene7.RequestError{Code: scene7.CodeInvalidRequestXML, Msg: "the request did not arrive in full", Err: failed}
		}
		if b.Len() > maxRequest {
			return nil, held, malformed(fmt.Sprintf("the request has %d bytes or more, the limit is %d", max(announced, int64(b.Len())), maxRequest))
		}
		if err := m.take(n, b.Len()); err != nil {
			return nil, held, err
		}
		held += n
	}
	tags := min(bytes.Count(b.Bytes(), []byte("<")), maxElements)
	more := int64(b.Len())*(memoryPerByte-1) + int64(tags)*memoryPerTag
	if err := m.take(more, b.Len()); err != nil {
		return nil, held, err
	}
	return b.Bytes(), held + more, nil
}
