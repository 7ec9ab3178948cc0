// Package fault names the ways in which the inspection of a media file can fail, so that the child process that
// decodes and the server that asked use the same words.
package fault

import "errors"

// Class says whose turn it is when an inspection failed.
type Class string

const (
	// TooLarge means that a limit was exceeded (bytes, pixels, memory, thumbnail); trying again gives the same answer.
	TooLarge Class = "too-large"
	// Corrupt means that the file claims a known format and breaks its rules, or ends early.
	Corrupt Class = "corrupt"
	// Unsupported means that the format, or a variant of it, is not read here.
	Unsupported Class = "unsupported"
	// Refused means that the file is sound, and that the library takes no pictures of its kind.
	Refused Class = "refused"
	// Invalid means that the caller asked for something impossible.
	Invalid Class = "invalid"
	// Source means that the bytes to inspect could not be read, or were not as many as announced.
	Source Class = "source"
	// Timeout means that the wall-clock limit passed and the child was killed.
	Timeout Class = "timeout"
	// Crashed means that the child ended in the middle of the request, or answered nonsense.
	Crashed Class = "crashed"
	// Unavailable means that no child could be started, or that it could not be confined.
	Unavailable Class = "unavailable"
	// Cancelled means that the caller's context ended first.
	Cancelled Class = "cancelled"
	// Missing means that a tool which could read the file is not installed on this machine, or may not be used there.
	Missing Class = "missing"
)

// Known reports whether c is one of the classes above. What a child sends is checked with it.
func (c Class) Known() bool {
	switch c {
	case TooLarge, Corrupt, Unsupported, Refused, Invalid, Source, Timeout, Crashed, Unavailable, Cancelled, Missing:
		return true
	}
	return false
}

// Retryable reports whether the same file may succeed a little later: the cause was not the file. A tool that is
// missing will be missing then, too.
func (c Class) Retryable() bool {
	switch c {
	case Source, Timeout, Crashed, Unavailable, Cancelled:
		return true
	}
	return false
}

// Error is a failed inspection. Msg is a whole sentence without a final full stop that names the limit and the
// value that hit it; it may be shown to the person who uploaded the file. Op is "package.Method".
type Error struct {
	Class Class
	Op    string
	Msg   string
	Err   error
	// Tool is the external program that failed or is missing; "" when none is to blame. Msg then names it and says
	// nothing else of this machine, whatever the class.
	Tool string
}

// Error returns the message, followed by the cause when there is one.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of the first *Error in err's chain, or "" when there is none.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return ""
}
