package nomad

import (
	"encoding/json"
	"net/http"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// text is a text that clients also send as a number. Null is the empty text. Unlike
// word it is kept as it is: it may be a password.
type text string

// UnmarshalJSON implements json.Unmarshaler. What it refuses it does not repeat.
func (t *text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(t))
	case b[0] == '{' || b[0] == '[':
		return invalid("A list or an object stands where a text is needed.")
	}
	*t = text(b)
	return nil
}

// loginRequest is the body of a login. A token would be that of a second factor,
// which there is not, and is passed over.
type loginRequest struct {
	UserName      text
	Password      text
	NewPassword   text
	ApplicationID text
}

// accountLogin begins a session (3).
func (x *exchange) accountLogin() (any, error) {
	var in loginRequest
	if err := x.read(&in); err != nil {
		return nil, err
	}
	if in.UserName == "" || in.Password == "" {
		return nil, invalid("userName and password are required.")
	}
	p, company, err := x.authenticate(in)
	if err != nil {
		return nil, err
	}
	if in.NewPassword != "" {
		if err := x.changePassword(p, string(in.NewPassword)); err != nil {
			return nil, err
		}
	}
	g, err := x.Tokens.Grant(x.r.Context(), p.User, company)
	if err != nil {
		return nil, switchedOff(err)
	}
	return x.granted(p, company, g)
}

// authenticate checks a login and finds the company that it is for: that of the
// applicationId, else that of a login of the form Company/login, else the user's
// first.
func (x *exchange) authenticate(in loginRequest) (ingest.Principal, ingest.Number, error) {
	ctx := x.r.Context()
	const wrong = "The user name or password is wrong."
	login, prefix := strings.TrimSpace(string(in.UserName)), ""
	if company, rest, ok := strings.Cut(login, "/"); ok && company != "" {
		known, err := x.Logins.Exists(ctx, login)
		if err != nil {
			return ingest.Principal{}, 0, err
		}
		if !known {
			login, prefix = rest, company
		}
	}
	p, err := x.Logins.Login(ctx, ingest.Credentials{Login: login, Password: string(in.Password), Address: x.Address(x.r)})
	if err != nil {
		return p, 0, wrongLogin(err, wrong)
	}
	var own ingest.Number
	if prefix != "" {
		c, err := x.Engine.CompanyNamed(ctx, p, prefix)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			err = refuse(http.StatusNotFound, wrong)
		}
		if err != nil {
			return p, 0, err
		}
		own = c.Number
	}
	company, err := x.companyOf(p, string(in.ApplicationID), own)
	return p, company, err
}

// wrongLogin is the failure of credentials: 404 in the same words whatever is wrong
// with them, 403 for those of a user who is switched off or expired (3).
func wrongLogin(err error, words string) error {
	switch {
	case ingest.CodeOf(err) == ingest.CodeInvalidUser:
		return switchedOff(err)
	case ingest.KindOf(err) == ingest.Unauthenticated, ingest.KindOf(err) == ingest.Forbidden:
		return refuse(http.StatusNotFound, "%s", words)
	}
	return err
}

// changePassword gives the caller another password. Its expiry stays as it is: nobody
// lengthens it alone.
func (x *exchange) changePassword(p ingest.Principal, password string) error {
	ctx := x.r.Context()
	if err := engine.CheckPassword(password, true); err != nil {
		return err
	}
	person, err := x.Engine.User(ctx, p, 0, "")
	if err != nil {
		return err
	}
	hash, err := x.Logins.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	return x.Engine.SetPassword(ctx, p, 0, hash, person.Expires)
}
