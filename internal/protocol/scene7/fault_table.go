package scene7

import "sluice/internal/ingest"

func codeOf(kind ingest.Kind, code ingest.Code) Code {
	switch code {
	case ingest.CodeNoCredentials:
		return CodeNoCredentials
	case ingest.CodeBadCredentials:
		return CodeInvalidCredentials
	case ingest.CodeInvalidUser:
		return CodeInvalidUser
	case ingest.CodeNoMembership, ingest.CodeNotOwner, ingest.CodePermission:
		return CodeMissingPermission
	case ingest.CodeUnknownCompany, ingest.CodeCompanyExpired:
		return CodeInvalidCompany
	case ingest.CodeUnknownUser:
		return CodeInvalidRequestUser
	case ingest.CodeImpersonation:
		return CodeNoImpersonationPermission
	case ingest.CodeRoleValue:
		return CodeIllegalParameterValue
	case ingest.CodeTargetUser:
		return CodeIllegalRequestUser
	case ingest.CodeAccessGroup:
		return CodeIllegalAccessGroup
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
