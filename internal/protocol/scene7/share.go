package scene7

import (
	"errors"
	"fmt"
	"net/http"

	"sluice/internal/ingest"
)

// What the two doors of this service, UploadFile and the operations, share.

// Send writes an XML answer of a content type. It is compressed if gzipResponse asks
// for it, or, when that is absent, if the request accepts gzip (contract 7.3).
func Send(w http.ResponseWriter, r *http.Request, status int, contentType string, document []byte, gzipResponse *bool) {
	sendAs(w, r, status, contentType, document, gzipResponse)
}

// Credentials picks what a request is to be logged in with: the auth header, else
// HTTP Basic. Tokens alone are refused.
func Credentials(auth AuthHeader, r *http.Request) (user, password string, err error) {
	switch {
	case auth.User == "" && auth.Present():
		return "", "", &RequestError{Code: CodeInvalidCredentials, Msg: "this server takes a user and a password; access tokens and SAML responses are not configured"}
	case auth.Present():
		return auth.User, string(auth.Password), nil
	}
	user, password, _ = r.BasicAuth()
	return user, password, nil
}

// LocaleOf is the language that a caller wants: that of the auth header, else the
// most wanted of Accept-Language, else English.
func LocaleOf(auth AuthHeader, h http.Header) string {
	for _, locale := range []string{auth.Locale, acceptedLocale(h)} {
		if isLocale(locale) {
			return locale
		}
	}
	return defaultLocale
}

// FaultOf is the one table from failures to faults (contract 7.2 and 8).
func FaultOf(err error, operation, requestID string) Fault {
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

// Declaration opens every answer.
const Declaration = xmlDeclaration
