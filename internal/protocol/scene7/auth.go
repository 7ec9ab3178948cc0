package scene7

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"sluice/internal/wire/xmltree"
)

// AuthLimit is the most bytes that the auth part of an upload may have.
const AuthLimit = 64 << 10

// Secret is a password or token. It shows itself only to a conversion to string: formatting, logging and encoding give
// a fixed text.
type Secret string

const hiddenSecret = "[hidden]"

// Format hides the secret from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenSecret) }

// LogValue hides the secret from structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hiddenSecret) }

// MarshalText hides the secret from JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hiddenSecret), nil }

// AuthHeader is what a caller says about itself in the auth part or the SOAP header.
type AuthHeader struct {
	User         string // without surrounding blanks
	Password     Secret // exactly as sent
	AccessToken  Secret
	SAMLResponse Secret
	Locale       string // ll or ll-CC; empty when not given
	AppName      string
	AppVersion   string
	Gzip         *bool // nil = follow Accept-Encoding
	FaultStatus  int   // HTTP status that faults are to be sent with; 0 = not given or not usable
}

// Present reports whether there is anything to log in with.
func (a AuthHeader) Present() bool {
	return a.User != "" || a.AccessToken != "" || a.SAMLResponse != ""
}

// ParseAuth reads the auth part of an upload. A part that is XML but holds no credentials is no error: the result is
// then not Present, and another way to log in may apply. What is not XML gives a *RequestError with
// CodeInvalidRequestXML that quotes nothing of the part.
func ParseAuth(data []byte) (AuthHeader, error) {
	root, err := xmltree.Parse(data, xmltree.Limits{Bytes: AuthLimit})
	if err != nil {
		return AuthHeader{}, &RequestError{Code: CodeInvalidRequestXML, Path: "auth", Msg: err.Error(), Err: err}
	}
	return AuthFrom(&xmltree.Element{Children: []*xmltree.Element{root}}), nil
}

// AuthFrom looks for credentials among the children of an element, such as a SOAP header, and one level below them.
// An authHeader wins over the older pair of AuthUser and AuthPassword, which fills in when the authHeader names no
// user. Names count, namespaces do not. Elements may come in any order; of several with one name the first counts.
func AuthFrom(parent *xmltree.Element) AuthHeader {
	var auth AuthHeader
	if header := findBelow(parent, "authHeader"); header != nil {
		auth = authHeader(header)
	}
	if auth.Present() {
		return auth
	}
	if user := findBelow(parent, "AuthUser"); user != nil {
		auth.User = strings.Trim(user.Text, xmlBlanks)
		if password := findBelow(parent, "AuthPassword"); password != nil {
			auth.Password = Secret(password.Text)
		}
	}
	return auth
}

// findBelow returns the first child or, when there is none, grandchild with a name.
func findBelow(parent *xmltree.Element, name string) *xmltree.Element {
	if child := parent.Child(name); child != nil {
		return child
	}
	for _, child := range parent.Children {
		if below := child.Child(name); below != nil {
			return below
		}
	}
	return nil
}

func authHeader(header *xmltree.Element) AuthHeader {
	raw := func(name string) string {
		if child := header.Child(name); child != nil && !isNil(child) {
			return child.Text
		}
		return ""
	}
	trimmed := func(name string) string { return strings.Trim(raw(name), xmlBlanks) }
	auth := AuthHeader{
		User:         trimmed("user"),
		Password:     Secret(raw("password")),
		AccessToken:  Secret(trimmed("accessToken")),
		SAMLResponse: Secret(trimmed("samlResponse")),
		Locale:       trimmed("locale"),
		AppName:      trimmed("appName"),
		AppVersion:   trimmed("appVersion"),
		FaultStatus:  faultStatus(trimmed("faultHttpStatusCode")),
	}
	if gzip, err := parseBool(trimmed("gzipResponse")); err == nil {
		wanted := gzip.(bool)
		auth.Gzip = &wanted
	}
	return auth
}

// faultStatus accepts every final status that can carry a fault document: 200 to 599, without 204, 205 and 304, which
// have no body. Anything else counts as not given.
func faultStatus(text string) int {
	status, err := strconv.Atoi(text)
	if err != nil || status < 200 || status > 599 || status == 204 || status == 205 || status == 304 {
		return 0
	}
	return status
}
