package guard

import (
	"io"
	"net/http"
	"time"
)

// response records an answer's status and size, and cuts clients off that do
// not take it.
type response struct {
	http.ResponseWriter
	control  *http.ResponseController
	idle     time.Duration
	deadline time.Time
	status   int // 0 = not begun
	bytes    int64
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// begin removes the deadline that the request before left on the connection.
func (w *response) begin() { _ = w.control.SetWriteDeadline(time.Time{}) }

// finish covers what the server itself writes after the handler.
func (w *response) finish() { w.extend() }

func (w *response) extend() {
	if until := time.Now().Add(w.idle); until.Sub(w.deadline) > 500*time.Millisecond {
		w.deadline = until
		_ = w.control.SetWriteDeadline(until)
	}
}

// WriteHeader records the status; informational ones are not the answer.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.began()
	w.extend()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

func (w *response) began() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// stretch is how much is handed to the connection under one deadline.
const stretch = 4 << 20 // bytes

// ReadFrom keeps the server's short way from file to socket, a stretch at a
// time so that the deadline can move along.
func (w *response) ReadFrom(src io.Reader) (int64, error) {
	to, ok := w.ResponseWriter.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{w}, src)
	}
	w.began()
	limited, bounded := src.(*io.LimitedReader)
	if bounded {
		src = limited.R // the server recognises a file under one limit, not under two
	}
	var total int64
	for {
		want := int64(stretch)
		if bounded {
			want = min(want, limited.N)
		}
		w.extend()
		n, err := to.ReadFrom(&io.LimitedReader{R: src, N: want})
		total += n
		w.bytes += n
		if bounded {
			limited.N -= n
		}
		if err != nil || n < want || want == 0 {
			return total, err
		}
	}
}
