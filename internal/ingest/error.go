package ingest

import (
	"errors"
	"strings"
)

// Kind says what sort of failure an Error is. Each door maps kinds (and, where
// its dialect is finer, codes) to its own faults in one table.
type Kind uint8

// The kinds of failure.
const (
	Internal        Kind = iota // a defect or a broken machine; clients see a request id only
	Invalid                     // the request can never succeed as it is
	Unauthenticated             // no credentials, or wrong ones
	Forbidden                   // known caller, not allowed
	NotFound                    // no such thing, or not the caller's to know of
	Conflict                    // the state of things forbids it now
	Mismatch                    // bytes differ from the digest, length or offset that was promised
	TooLarge                    // a limit was exceeded
	Gone                        // it existed and has ended for good
	Throttled                   // too many attempts; later is fine
	Unavailable                 // a resource is missing for now: disk full, database down, shutting down
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not found", "conflict",
	"mismatch", "too large", "gone", "throttled", "unavailable",
}

// Kinds lists every kind, for tables that must cover all of them.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindNames))
	for i := range kinds {
		kinds[i] = Kind(i)
	}
	return kinds
}

// String returns the kind in lower-case words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Code narrows a Kind where a door's dialect needs it. The empty code is
// common; doors fall back to the kind.
type Code string

// Codes that doors tell apart.
const (
	CodeNoCredentials  Code = "no-credentials"   // nothing to log in with
	CodeBadCredentials Code = "bad-credentials"  // unknown login or wrong password; never say which
	CodeInvalidUser    Code = "invalid-user"     // the login exists and is switched off or expired
	CodeNoMembership   Code = "no-membership"    // the user belongs to no company
	CodeUnknownCompany Code = "unknown-company"  // no company of that number or name
	CodeNotMember      Code = "not-member"       // the company exists and is not the caller's
	CodeRole           Code = "role"             // the caller's role does not allow the operation
	CodeNotOwner       Code = "not-owner"        // somebody else's job or upload
	CodeOtherAddress   Code = "other-address"    // a job is bound to the address that opened it
	CodeJobUnknown     Code = "job-unknown"      // no such job
	CodeJobClosed      Code = "job-closed"       // the job takes no more files
	CodeMissing        Code = "missing"          // a required value is absent
	CodeMalformed      Code = "malformed"        // the request cannot be parsed at all
	CodeLimit          Code = "limit"            // a limit was hit; Msg names it and the value sent
	CodeQuota          Code = "quota"            // the company's or user's quota is used up
	CodeExists         Code = "exists"           // the name is taken
	CodeDigest         Code = "digest"           // the bytes do not match the promised digest
	CodeOffset         Code = "offset"           // the window does not start where the upload stands
	CodeDiskFull       Code = "disk-full"        // no space left for the bytes or the database
	CodeCompanyExpired Code = "company-expired"  // the company exists and may not be used any more
	CodePermission     Code = "permission"       // the folder or asset does not allow it to the caller's groups
	CodeImpersonation  Code = "impersonation"    // the caller may not look through another user's eyes
	CodeAccessGroup    Code = "access-group"     // the caller may not look through the group's eyes
	CodeTargetUser     Code = "target-user"      // the user exists and is not the caller's to act on
	CodeUnknownUser    Code = "unknown-user"     // no such user
	CodeRoleValue      Code = "role-value"       // a value that the caller's role may not give
	CodeUnknownPage    Code = "unknown-page"     // no such web page
	CodeUnsupported    Code = "unsupported-type" // the library does not take files of that kind
	CodeRecipient      Code = "recipient"        // a recipient that is missing, malformed, unknown or not allowed
)

// Error is every failure that crosses a package boundary. Msg is written for
// the person who sent the request: it names the limit that was hit and the
// value that was sent, and never a secret or a path on disk.
type Error struct {
	Kind Kind
	Op   string // package.Method where the knowledge was
	Code Code
	Msg  string
	Err  error // cause, for the server log only
}

// Error renders the failure for the server log.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Kind.String())
	if e.Msg != "" {
		b.WriteString(": ")
		b.WriteString(e.Msg)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the outermost Error in err's chain. Errors of
// other types are Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of the outermost Error in err's chain, or "".
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Message returns the words for the caller: those of the outermost Error,
// unless it is Internal, of which callers learn nothing.
func Message(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != Internal {
		return e.Msg
	}
	return "internal error"
}
