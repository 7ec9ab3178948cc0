package brightsign

import (
	"context"
	"io"
	"net/http"

	"sluice/internal/ingest"
)

// Limits of messages that are kept in memory whole: all but chunks.
const (
	smallDocument = 256 << 10 // bytes of a message that need no leave
	maxDocuments  = 64 << 20  // bytes that larger ones take at once
	maxForeign    = 4         // messages at once in encodings in which they cannot be read as streams
)

// document is a message that is kept in memory. A large one waits, when it has come so
// far, for its share of what all of them may take together.
type document struct {
	io.Reader
	ctx    context.Context
	budget *shares
	user   ingest.Number
	need   int64  // bytes that it takes if it is large; 0 = it is not kept
	give   func() // gives them back; nil = nothing was taken
	read   int64
}

// newDocument returns a document that asks for nothing until it is kept.
func (d *Door) newDocument(r *http.Request, src io.Reader) *document {
	return &document{Reader: src, ctx: r.Context(), budget: d.documents}
}

// keep says that the message, of limit bytes at most, is kept from now on: its text and
// what is made of it.
func (o *document) keep(r *http.Request, user ingest.Number, limit int64) {
	length := limit
	if r.ContentLength >= 0 && r.Header.Get("Content-Encoding") == "" {
		length = min(limit, r.ContentLength)
	}
	o.user, o.need = user, 2*length
}

// Read fails when the client leaves while it waits.
func (o *document) Read(p []byte) (n int, err error) {
	if o.need > 0 && o.give == nil && o.read > smallDocument {
		if o.give, err = o.budget.takeFor(o.ctx, o.user, o.need); err != nil {
			return 0, err
		}
	}
	n, err = o.Reader.Read(p)
	o.read += int64(n)
	return n, err
}

// release gives back what the document took.
func (o *document) release() {
	if o.give != nil {
		o.give()
		o.give, o.need = nil, 0
	}
}
