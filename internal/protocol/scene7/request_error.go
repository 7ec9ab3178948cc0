package scene7

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// RequestError is what is wrong with a request before the engine has seen it.
type RequestError struct {
	Code  Code
	Path  string // names of the elements from the root, separated by "/"; empty when no element is to blame
	Value string // the value that was sent; empty for secrets and when there is none
	Msg   string
	Err   error // cause, for the server log only
}

// Error renders the error as the client sees it.
func (e *RequestError) Error() string {
	switch {
	case e.Path == "":
		return e.Msg
	case e.Value == "":
		return e.Path + ": " + e.Msg
	}
	return fmt.Sprintf("%s: %s: %s", e.Path, e.Msg, quote(e.Value))
}

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// Fault is the answer to the request.
func (e *RequestError) Fault() Fault { return Fault{Code: e.Code, Reason: e.Error()} }

// Warning is something that was accepted although it is not as the contract has it.
type Warning struct {
	Path string
	Msg  string
}

// String renders the warning for the server log and the job log.
func (w Warning) String() string { return w.Path + ": " + w.Msg }

// quote shows a client's value on one line and not longer than 80 bytes before quoting.
func quote(value string) string {
	if len(value) > 80 {
		cut := 80
		for cut > 0 && !utf8.RuneStart(value[cut]) {
			cut--
		}
		value = value[:cut] + "…"
	}
	return strconv.Quote(value)
}
