package nomad

import (
	"strings"

	"sluice/internal/ingest"
)

// login finds out who calls and whose library the call is about (3).
func (x *exchange) login() error {
	scheme, value, _ := strings.Cut(strings.TrimSpace(x.r.Header.Get("Authorization")), " ")
	value = strings.TrimSpace(value)
	switch {
	case value == "":
	case strings.EqualFold(scheme, "Bearer"):
		s, err := x.Tokens.Open(x.r.Context(), value)
		if err != nil {
			return err
		}
		x.session, x.caller, x.company = s, s.Principal, s.Company
		return nil
	case strings.EqualFold(scheme, "ApiKey"):
		p, err := x.Logins.Token(x.r.Context(), value, x.Address(x.r))
		if err != nil {
			return switchedOff(err)
		}
		x.caller = p
		x.company, err = x.companyOf(p, "", 0)
		return err
	}
	return &ingest.Error{Kind: ingest.Unauthenticated, Op: "nomad.login", Code: ingest.CodeNoCredentials, Msg: "Send a bearer token or an API key."}
}

// switchedOff makes the failure of a user who is known and may not log in one of
// rights: 403 instead of 401 (3).
func switchedOff(err error) error {
	if ingest.CodeOf(err) != ingest.CodeInvalidUser {
		return err
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "nomad.switchedOff", Code: ingest.CodeInvalidUser, Msg: ingest.Message(err), Err: err}
}

// companyOf is the company that a login is for: the one of a UUID, slug or name, else
// own, else the caller's first. A UUID that no company of the caller has is passed
// over: clients send that of their application at the vendor. Other words must fit,
// or files would go where nobody looks for them (3).
func (x *exchange) companyOf(p ingest.Principal, named string, own ingest.Number) (ingest.Number, error) {
	const op = "nomad.companyOf"
	if named = strings.TrimSpace(named); named != "" {
		id, wrong := uuid(named, "applicationId")
		if wrong == nil && id != "" {
			named = string(id)
		}
		c, err := x.Engine.CompanyNamed(x.r.Context(), p, named)
		switch {
		case err == nil:
			return c.Number, nil
		case ingest.KindOf(err) != ingest.NotFound:
			return 0, err
		case wrong != nil:
			return 0, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeNotMember, Msg: "The user belongs to no company " + clip(named) + ".", Err: err}
		}
	}
	if own != 0 {
		return own, nil
	}
	list, err := x.Engine.Companies(x.r.Context(), p)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeNoMembership, Msg: "The user belongs to no active company."}
	}
	return list[0].Number, nil
}
