package brightsign

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/internal/ingest"
	"sluice/internal/wire/soap"
	"sluice/internal/wire/xmltree"
)

// Fault is what a client is told of a failure (section 3).
type Fault struct {
	Code    faultCode
	Message string
	err     error // the cause, for the log
}

// Error returns the sentence that the client reads.
func (f *Fault) Error() string { return f.Message }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.err }

// faultCode says who is to blame.
type faultCode uint8

const (
	codeClient faultCode = iota
	codeServer
	codeDeserialization
	codeSecurity       // wsse:InvalidSecurity
	codeAuthentication // wsse:FailedAuthentication
	codeMustUnderstand
	codeAction // the operation is unknown
)

// refuse is a fault that the client has to answer for.
func refuse(format string, args ...any) error {
	return &Fault{Code: codeClient, Message: fmt.Sprintf(format, args...)}
}

// refuseAs is refuse for failures of which REST clients are told the kind.
func refuseAs(kind ingest.Kind, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return &Fault{Code: codeClient, Message: message, err: &ingest.Error{Kind: kind, Op: "brightsign.refuse", Msg: message}}
}

// Sentences that more than one place says. Tests and clients match on their keywords.
const (
	sentenceNoUpload  = "The upload with the specified token does not exist."
	sentenceNoSession = "The upload session with the specified token does not exist."
	sentenceStorage   = "The server could not store the data."
	sentenceSecurity  = "An error occurred when verifying security for the message."
	sentenceIdentity  = "At least one security token in the message could not be validated."
)

func denied(permission string) error {
	return refuseAs(ingest.Forbidden, "Access is denied. The user does not have the \"%s\" permission.", permission)
}

// Permissions of the contract (2.3).
const (
	permissionUpload = "Content: Upload Content"
	permissionUpdate = "Content: Update Content"
)

// faultOf is the one table from failures to faults (3.2).
func faultOf(err error, requestID string) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if long, ok := errors.AsType[*soap.TooLongError](err); ok {
		return &Fault{Code: codeClient, Message: fmt.Sprintf("The SOAP message is too large. Its size must not exceed %d bytes.", long.Limit)}
	}
	if errors.Is(err, soap.ErrBase64) {
		return &Fault{Code: codeClient, Message: "The chunk data is not valid base64."}
	}
	if errors.Is(err, soap.ErrDoctype) {
		return &Fault{Code: codeClient, Message: "The request is not well-formed XML: document type declarations are not allowed."}
	}
	if errors.Is(err, soap.ErrParts) {
		return &Fault{Code: codeClient, Message: "The MTOM message is not valid: " + strings.TrimPrefix(soap.ErrParts.Error(), "soap: ") + "."}
	}
	if x, ok := errors.AsType[*xmltree.Error](err); ok {
		return &Fault{Code: codeClient, Message: fmt.Sprintf("The request is not well-formed XML: %s at byte %d.", x.Msg, x.Offset)}
	}
	kind, code := ingest.KindOf(err), ingest.CodeOf(err)
	f := &Fault{Code: codeClient, Message: sentence(ingest.Message(err)), err: err}
	switch {
	case kind == ingest.Unauthenticated, code == ingest.CodeNoMembership, code == ingest.CodeUnknownCompany, code == ingest.CodeCompanyExpired:
		f.Code, f.Message = codeAuthentication, sentenceIdentity
	case code == ingest.CodeRole:
		f.Message = denied(permissionUpdate).Error()
	case code == ingest.CodeUnknownPage:
		f.Message = "The web page with the specified identifier does not exist."
	case kind == ingest.Throttled:
		f.Code, f.Message = codeServer, "Too many failed attempts to log in; try again later."
	case kind == ingest.Unavailable:
		f.Code, f.Message = codeServer, sentenceStorage
	case kind == ingest.Internal:
		f.Code, f.Message = codeServer, "The server failed. The request was "+requestID+"."
	}
	return f
}

// sentence makes a message of the engine one.
func sentence(s string) string {
	if s == "" {
		return "The request cannot be carried out."
	}
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
