package scene7

import (
	"errors"
	"fmt"

	"sluice/internal/ingest"
)

// faultOf is the door's one table from failures to faults (contract 7.2 and 8).
func (d *Door) faultOf(err error, operation, requestID string) Fault {
	if e, ok := errors.AsType[*RequestError](err); ok {
		return e.Fault()
	}
	code := codeOf(ingest.KindOf(err), ingest.CodeOf(err))
	reason := ingest.Message(err)
	switch {
	case code == CodeNoOperationPermission:
		reason = fmt.Sprintf("User does not have permission to access operation '%s'", operation)
	case code == CodeInvalidCredentials:
		reason = ReasonInvalidCredentials
	case ingest.KindOf(err) == ingest.Internal:
		reason = "internal error, request " + requestID
	}
	return Fault{Code: code, Reason: reason}
}

func codeOf(kind ingest.Kind, code ingest.Code) Code {
	switch code {
	case ingest.CodeNoCredentials:
		return CodeNoCredentials
	case ingest.CodeBadCredentials:
		return CodeInvalidCredentials
	case ingest.CodeInvalidUser:
		return CodeInvalidUser
	case ingest.CodeNoMembership, ingest.CodeNotOwner:
		return CodeMissingPermission
	case ingest.CodeUnknownCompany:
		return CodeInvalidCompany
	case ingest.CodeNotMember:
		return CodeIllegalCompany
	case ingest.CodeRole:
		return CodeNoOperationPermission
	case ingest.CodeJobUnknown, ingest.CodeJobClosed, ingest.CodeOtherAddress:
		return CodeInvalidParameter
	case ingest.CodeMissing:
		return CodeMissingParameter
	case ingest.CodeMalformed:
		return CodeInvalidRequestXML
	}
	switch kind {
	case ingest.Unauthenticated:
		return CodeInvalidCredentials
	case ingest.Forbidden:
		return CodeNoOperationPermission
	case ingest.Invalid, ingest.NotFound, ingest.TooLarge, ingest.Gone, ingest.Mismatch:
		return CodeInvalidParameter
	}
	return CodeException // Conflict, Throttled, Unavailable, Internal
}
