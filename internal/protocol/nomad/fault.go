package nomad

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"sluice/internal/ingest"
)

// problem is a failure as clients see it (11): the vendor's problem details, and
// message, which is the member that clients show.
type problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Detail  string `json:"detail"`
	Message string `json:"message"`

	header map[string]string
	cause  error // for the log
}

// Error returns the sentence that the client reads.
func (p *problem) Error() string { return p.Message }

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.cause }

// refuse is a failure with a status of its own.
func refuse(status int, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: text, Message: text}
}

// invalid is a request that can never succeed as it is.
func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format, args...)
}

// unknown is a thing that does not exist, or is not the caller's to know of.
func unknown(what string) error { return refuse(http.StatusNotFound, "%s not found.", what) }

// statuses is the one table from kinds of failures to HTTP statuses (11).
var statuses = map[ingest.Kind]int{
	ingest.Internal:        http.StatusInternalServerError,
	ingest.Invalid:         http.StatusBadRequest,
	ingest.Unauthenticated: http.StatusUnauthorized,
	ingest.Forbidden:       http.StatusForbidden,
	ingest.NotFound:        http.StatusNotFound,
	ingest.Conflict:        http.StatusBadRequest,
	ingest.Mismatch:        http.StatusBadRequest,
	ingest.TooLarge:        http.StatusRequestEntityTooLarge,
	ingest.Gone:            http.StatusConflict,
	ingest.Throttled:       http.StatusTooManyRequests,
	ingest.Unavailable:     http.StatusServiceUnavailable,
}

// sentence makes a message of the engine one, as the door's own are.
func sentence(message string) string {
	if message == "" {
		return "The request cannot be carried out."
	}
	if first := message[0]; 'a' <= first && first <= 'z' {
		message = string(first-'a'+'A') + message[1:]
	}
	if !strings.HasSuffix(message, ".") {
		message += "."
	}
	return message
}

// problemOf is what a client is told of a failure.
func problemOf(err error, requestID string) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	status, text := statuses[ingest.KindOf(err)], sentence(ingest.Message(err))
	switch {
	case status == http.StatusInternalServerError:
		text = "Internal error. The request is " + requestID + "."
	case ingest.KindOf(err) == ingest.TooLarge && ingest.CodeOf(err) == ingest.CodeQuota, ingest.CodeOf(err) == ingest.CodeMissing:
		status = http.StatusBadRequest
	}
	p := &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: text, Message: text, cause: err}
	if status == http.StatusUnauthorized {
		p.header = map[string]string{"WWW-Authenticate": "Bearer"} // RFC 9110 section 11.6.1
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		p.header = map[string]string{"Retry-After": "5"}
	}
	return p
}
