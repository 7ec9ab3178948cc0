package outbound

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"sluice/internal/ingest"
)

// failed makes an error of what went wrong on the way.
func (t *transfer) failed(err error) error {
	failure := &ingest.Error{Kind: ingest.Unavailable, Op: t.op, Err: err}
	var refused *refusedAddress
	switch {
	case errors.As(err, &refused):
		failure.Kind, failure.Code = ingest.Invalid, CodeRefusedAddress
		failure.Msg = shown(t.url) + ": the host is not public"
	case t.parent.Err() != nil:
		failure.Err = context.Cause(t.parent)
		failure.Msg = shown(t.url) + ": the transfer was stopped"
	case t.ctx.Err() != nil:
		failure.Msg = fmt.Sprintf("%s: the transfer took longer than %s", shown(t.url), t.client.options.Timeout)
	default:
		failure.Msg = shown(t.url) + ": the host cannot be reached or broke off"
	}
	return failure
}

func (t *transfer) statusError(status int) error {
	kind := ingest.Invalid
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		kind = ingest.NotFound
	case status >= 500:
		kind = ingest.Unavailable
	}
	return &ingest.Error{Kind: kind, Op: t.op, Code: CodeStatus, Msg: fmt.Sprintf("%s answered %d %s", shown(t.url), status, http.StatusText(status))}
}

// tooLarge has the size that was announced, 0 when more came than was allowed.
func (t *transfer) tooLarge(size int64) error {
	msg := fmt.Sprintf("%s has more than the %d bytes that are fetched at most", shown(t.url), t.client.options.MaxBytes)
	if size > 0 {
		msg = fmt.Sprintf("%s has %d bytes, at most %d are fetched", shown(t.url), size, t.client.options.MaxBytes)
	}
	return &ingest.Error{Kind: ingest.TooLarge, Op: t.op, Code: ingest.CodeLimit, Msg: msg}
}
