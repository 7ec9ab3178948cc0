package sqlstore

import (
	"errors"

	"sluice/internal/ingest"
)

// Failure is what a driver's error means to the store.
type Failure uint8

// The meanings.
const (
	FailureOther       Failure = iota // a defect, or a broken database
	FailureUnique                     // a unique name is taken
	FailureReference                  // a row refers to another that does not exist
	FailureDiskFull                   // no room for the database
	FailureUnreachable                // the database does not answer, or not in time
)

// Error returns the ingest.Error for a driver's error. what names the thing that
// the statement was about. Errors that are *ingest.Error already are kept.
func (d *Dialect) Error(op, what string, err error) error {
	if known, ok := errors.AsType[*ingest.Error](err); ok {
		return known
	}
	if what == "" {
		what = "row"
	}
	switch d.Classify(err) {
	case FailureUnique:
		return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: "a " + what + " of that name exists already", Err: err}
	case FailureReference:
		return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: "the " + what + " refers to something that does not exist", Err: err}
	case FailureDiskFull:
		return &ingest.Error{Kind: ingest.Unavailable, Op: op, Code: ingest.CodeDiskFull, Msg: "the database has no space left", Err: err}
	case FailureUnreachable:
		return &ingest.Error{Kind: ingest.Unavailable, Op: op, Msg: "the database does not answer", Err: err}
	default:
		return &ingest.Error{Kind: ingest.Internal, Op: op, Err: err}
	}
}

func (t *Tx) failure(op, what string, err error) error { return t.dialect.Error(op, what, err) }

func missing(op, what string) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: "no such " + what}
}
