package formdata

import (
	"errors"
	"fmt"
	"io"
)

var (
	// ErrNotMultipart means that the content type is not multipart.
	ErrNotMultipart = errors.New("formdata: content type is not multipart/form-data")
	// ErrMissingBoundary means that the content type names no boundary, or an empty one.
	ErrMissingBoundary = errors.New("formdata: content type names no boundary")
	// ErrNoDelimiter means that the body ended without any delimiter line.
	ErrNoDelimiter = errors.New("formdata: body has no delimiter line")
	// ErrMissingClose means that the body ended cleanly, but without a closing delimiter.
	ErrMissingClose = errors.New("formdata: body ended without a closing delimiter")
	// ErrTruncated means that the body was cut off: its reader returned io.ErrUnexpectedEOF,
	// which the returned error wraps too.
	ErrTruncated = errors.New("formdata: body was cut off")
	// ErrMalformed means that a delimiter line or a header block breaks the rules of the mode.
	ErrMalformed = errors.New("formdata: malformed body")
	// ErrBadEncoding means that content does not fit its Content-Transfer-Encoding.
	ErrBadEncoding = errors.New("formdata: content does not fit its transfer encoding")
	// ErrPartClosed means that a part was read after Next had gone past it.
	ErrPartClosed = errors.New("formdata: part was read after the next one was asked for")
)

// Values of LimitError.Limit.
const (
	LimitParts       = "parts"
	LimitHeaderBytes = "part header bytes"
	LimitBoundary    = "boundary bytes"
	LimitPartBytes   = "part bytes"
)

// LimitError tells which limit a body exceeded.
type LimitError struct {
	Limit string // one of the Limit constants
	Max   int64  // the greatest allowed value
	Got   int64  // the value sent; where the reader stopped counting, the least it can be
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("formdata: too many %s: %d, limit is %d", e.Limit, e.Got, e.Max)
}

// readError wraps what the body's reader returned, io.EOF excepted.
func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return fmt.Errorf("formdata: reading the body: %w", err)
}
