package scene7

import (
	"strconv"

	"sluice/internal/wire/xmltree"
)

// Code is the number of a fault.
type Code int

// The fault codes of the contract.
const (
	CodeNoCredentials      Code = 10000 // no credentials, or an empty user
	CodeInvalidCredentials Code = 10001 // unknown user or wrong password
	CodeInvalidUser        Code = 10002 // the user is not valid or has expired

	CodeInvalidCompany            Code = 20000 // handle or name of no company
	CodeInvalidRequestUsername    Code = 20001 // target user unknown by name
	CodeInvalidRequestUser        Code = 20002 // target user unknown by handle
	CodeNoOperationPermission     Code = 20003 // the caller's role may not call the operation
	CodeNoImpersonationPermission Code = 20004 // accessUserHandle is not allowed
	CodeIllegalParameterValue     Code = 20005 // the value is not allowed for the caller's role
	CodeIllegalCompany            Code = 20006 // the company exists and is not the caller's
	CodeIllegalRequestUser        Code = 20007 // target user is not allowed
	CodeIllegalAccessGroup        Code = 20008 // accessGroupHandle is not allowed
	CodeMissingPermission         Code = 20009 // folder, asset or job of somebody else

	CodeException         Code = 30000 // anything else
	CodeInvalidParameter  Code = 30001 // a value does not fit, or names nothing
	CodeMissingParameter  Code = 30002 // a required value is absent
	CodeInvalidRequestXML Code = 30003 // the request cannot be parsed
)

// Element names of faults; all in the base namespace.
const (
	faultAuthentication = "authenticationFault"
	faultAuthorization  = "authorizationFault"
	faultAPI            = "ipsApiFault"
)

// ReasonInvalidCredentials is the reason of CodeInvalidCredentials, the same for an unknown user and a wrong password.
const ReasonInvalidCredentials = "Invalid username/password"

// Codes lists every fault code in ascending order.
func Codes() []Code {
	codes := []Code{}
	for _, group := range [][2]Code{{CodeNoCredentials, CodeInvalidUser}, {CodeInvalidCompany, CodeMissingPermission},
		{CodeException, CodeInvalidRequestXML}} {
		for code := group[0]; code <= group[1]; code++ {
			codes = append(codes, code)
		}
	}
	return codes
}

// Element is the name of the fault element that carries the code.
func (c Code) Element() string {
	switch {
	case c >= 10000 && c < 20000:
		return faultAuthentication
	case c >= 20000 && c < 30000:
		return faultAuthorization
	}
	return faultAPI
}

// String is the name of the code in the vendor's list of constants; a code that is not in the list gives its digits.
func (c Code) String() string {
	names := map[Code]string{
		CodeNoCredentials: "NO_CREDENTIALS", CodeInvalidCredentials: "INVALID_CREDENTIALS", CodeInvalidUser: "INVALID_USER",
		CodeInvalidCompany: "INVALID_COMPANY", CodeInvalidRequestUsername: "INVALID_REQUEST_USERNAME",
		CodeInvalidRequestUser: "INVALID_REQUEST_USER", CodeNoOperationPermission: "NO_OPERATION_PERMISSION",
		CodeNoImpersonationPermission: "NO_IMPERSONATION_PERMISSION", CodeIllegalParameterValue: "ILLEGAL_PARAMETER_VALUE",
		CodeIllegalCompany: "ILLEGAL_COMPANY", CodeIllegalRequestUser: "ILLEGAL_REQUEST_USER",
		CodeIllegalAccessGroup: "ILLEGAL_ACCESS_GROUP", CodeMissingPermission: "MISSING_PERMISSION",
		CodeException: "EXCEPTION", CodeInvalidParameter: "INVALID_PARAMETER", CodeMissingParameter: "MISSING_PARAMETER",
		CodeInvalidRequestXML: "INVALID_REQUEST_XML",
	}
	prefixes := map[string]string{
		faultAuthentication: "AUTHENTICATION_FAULT_CODE_",
		faultAuthorization:  "AUTHORIZATION_FAULT_CODE_",
		faultAPI:            "IPS_API_FAULT_CODE_",
	}
	if name, ok := names[c]; ok {
		return prefixes[c.Element()] + name
	}
	return strconv.Itoa(int(c))
}

// Fault is an answer that says no. Its element follows from the code.
type Fault struct {
	Code   Code
	Reason string
}

// xmlDeclaration opens every answer. Its quotes are single ones because real servers write them so.
const xmlDeclaration = "<?xml version='1.0' encoding='UTF-8'?>"

// AppendXML appends the fault element with its own namespace declaration, without XML declaration.
func (f Fault) AppendXML(dst []byte) []byte {
	element := f.Code.Element()
	dst = append(dst, "<tns:"+element+" xmlns:tns=\""+BaseNamespace+"\"><tns:code>"...)
	dst = strconv.AppendInt(dst, int64(f.Code), 10)
	dst = append(dst, "</tns:code><tns:reason>"...)
	dst = xmltree.AppendText(dst, f.Reason)
	return append(dst, "</tns:reason></tns:"+element+">"...)
}

// Document is the bare fault document that the UploadFile and bare XML endpoints answer with.
func (f Fault) Document() []byte {
	return f.AppendXML([]byte(xmlDeclaration))
}

// UploadReturn is the document that acknowledges a POST to UploadFile. Clients look for the literal text
// "<jobHandle>", so there is no prefix and no white space.
func UploadReturn(namespace, jobHandle string) []byte {
	dst := append([]byte(xmlDeclaration), `<uploadPostReturn xmlns="`...)
	dst = xmltree.AppendText(dst, namespace)
	dst = append(dst, `"><jobHandle>`...)
	dst = xmltree.AppendText(dst, jobHandle)
	return append(dst, "</jobHandle></uploadPostReturn>"...)
}
