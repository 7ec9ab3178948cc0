package guard

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"sluice/internal/ingest"
)

// Pace says how fast bodies must move. Only time spent waiting for the client
// counts, not the time that the server takes for the bytes. Zero fields take the
// defaults that they name.
type Pace struct {
	ReadIdle  time.Duration // longest wait for the next byte of a body: 60 s
	Grace     time.Duration // waiting time after which MinRate counts: 60 s
	MinRate   int64         // bytes per second of waiting, on average: 1 KiB; negative = none
	WriteIdle time.Duration // longest wait for the client to take bytes of an answer: 60 s
	Leftover  time.Duration // time to take what a handler left unread: 5 s
}

func (p Pace) withDefaults() Pace {
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&p.ReadIdle, time.Minute}, {&p.Grace, time.Minute}, {&p.WriteIdle, time.Minute}, {&p.Leftover, 5 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	if p.MinRate == 0 {
		p.MinRate = 1 << 10
	}
	return p
}

// pacedBody is a request body that must keep moving. It is read by one
// goroutine at a time, as bodies are.
type pacedBody struct {
	io.ReadCloser
	control  *http.ResponseController
	pace     Pace
	none     bool // there is no body
	ended    bool // io.EOF or an error was read
	whole    bool // io.EOF was read
	deadline time.Time
	waited   time.Duration
	bytes    int64
}

// Read reads with a deadline that moves along. A body that stands still or
// crawls ends with Invalid and CodeLimit.
func (b *pacedBody) Read(p []byte) (int, error) {
	began := time.Now()
	// Moving the deadline on every read of a fast body would cost more than the
	// read; half a second of slack does not matter.
	if until := began.Add(b.pace.ReadIdle); until.Sub(b.deadline) > 500*time.Millisecond && !b.ended {
		b.deadline = until
		_ = b.control.SetReadDeadline(until)
	}
	n, err := b.ReadCloser.Read(p)
	b.bytes += int64(n)
	b.waited += time.Since(began)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = b.tooSlow(fmt.Sprintf("no byte of the body arrived for %v", b.pace.ReadIdle), err)
	} else if err == nil && b.waited > b.pace.Grace && b.pace.MinRate > 0 && float64(b.bytes) < b.waited.Seconds()*float64(b.pace.MinRate) {
		err = b.tooSlow(fmt.Sprintf("the body arrived at less than %d bytes per second: %d bytes in %v",
			b.pace.MinRate, b.bytes, b.waited.Round(time.Second)), nil)
	}
	if err != nil && !b.ended {
		b.ended = true
		b.clearDeadline(err)
	}
	return n, err
}

func (b *pacedBody) tooSlow(msg string, cause error) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "guard.Body", Code: ingest.CodeLimit, Msg: msg, Err: cause}
}

// clearDeadline lets the server watch the connection for as long as the handler
// works on a complete body: a deadline that passed then would look like a
// client that left. After an error the connection is not used again.
func (b *pacedBody) clearDeadline(err error) {
	if errors.Is(err, io.EOF) {
		b.whole = true
		b.deadline = time.Time{}
		_ = b.control.SetReadDeadline(time.Time{})
	}
}

// finish bounds the time in which the server reads what the handler left, or what
// a body that was too slow still brings.
func (b *pacedBody) finish() {
	if !b.none && !b.whole {
		_ = b.control.SetReadDeadline(time.Now().Add(b.pace.Leftover))
	}
}

// Drain reads and forgets the rest of a body, at most limit bytes, and reports
// whether its end was reached. Clients that write their whole body before they
// read need this before an early answer.
func Drain(body io.Reader, limit int64) bool {
	n, err := io.CopyN(io.Discard, body, limit+1)
	return n <= limit && errors.Is(err, io.EOF)
}
