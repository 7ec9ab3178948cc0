package brightsign

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"sluice/internal/ingest"
	"sluice/internal/wire/soap"
)

// problem is a failure as clients of the REST interface see it.
type problem struct {
	code    int // HTTP status
	message string
	err     error // the cause, for the log
}

// Error returns the sentence that the client reads.
func (p *problem) Error() string { return p.message }

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.err }

// problemOf is the one table from failures to HTTP statuses (section 11). Sentences are
// those of the faults.
func problemOf(err error, requestID string) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if long, ok := errors.AsType[*soap.TooLongError](err); ok {
		return &problem{code: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("The body is too large. Its size must not exceed %d bytes.", long.Limit)}
	}
	f := faultOf(err, requestID)
	p := &problem{code: http.StatusBadRequest, message: f.Message, err: f.err}
	switch kind := ingest.KindOf(f.err); {
	case f.Code == codeSecurity, f.Code == codeAuthentication:
		p.code = http.StatusUnauthorized
	case f.Code == codeServer && f.err != nil && kind == ingest.Throttled:
		p.code = http.StatusTooManyRequests
	case f.Code == codeServer && f.err != nil && kind == ingest.Unavailable:
		p.code = http.StatusServiceUnavailable
	case f.Code == codeServer:
		p.code = http.StatusInternalServerError
	case f.Code != codeClient, f.err == nil, ingest.CodeOf(f.err) == ingest.CodeUnknownPage: // it is named in the body: the address is right
	case kind == ingest.Forbidden:
		p.code = http.StatusForbidden
	case kind == ingest.NotFound:
		p.code = http.StatusNotFound
	case kind == ingest.Conflict, kind == ingest.Mismatch, kind == ingest.Gone:
		p.code = http.StatusConflict
	case kind == ingest.TooLarge:
		p.code = http.StatusRequestEntityTooLarge
	}
	return p
}

// header is what else belongs to the answer.
func (p *problem) header() http.Header {
	switch p.code {
	case http.StatusUnauthorized:
		return http.Header{"Www-Authenticate": {`Bearer realm="BSN"`, `Basic realm="BSN", charset="UTF-8"`}}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return http.Header{"Retry-After": {"5"}}
	}
	return nil
}

// json is the body of the answer.
func (p *problem) json() []byte {
	text, _ := json.Marshal(map[string]any{"code": p.code, "error": http.StatusText(p.code), "message": p.message}) // cannot fail
	return text
}
