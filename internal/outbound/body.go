package outbound

import (
	"io"
	"net/http"
)

// body is the body of an answer. It fails at the limit: a file of exactly that size ends in
// io.EOF, of a larger one the bytes up to the limit come before the error.
type body struct {
	transfer *transfer
	answer   *http.Response
	left     int64
	err      error // once it has failed or ended
}

// Read reads as io.Reader says; errors other than io.EOF are *ingest.Error.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1]
	}
	n, err := b.answer.Body.Read(p)
	switch {
	case int64(n) > b.left:
		n = int(b.left)
		b.err = b.transfer.tooLarge(0)
	case err == io.EOF:
		b.err = io.EOF
	case err != nil:
		b.err = b.transfer.failed(err)
	}
	b.left -= int64(n)
	return n, b.err
}

// Close ends the transfer.
func (b *body) Close() error {
	b.transfer.end(b.answer)
	return nil
}
