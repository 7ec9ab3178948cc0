package brightsign

import (
	"context"
	"net/http"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/wire/xmltree"
)

// security is what the header says of the caller (2.1).
type security struct {
	present  bool
	user     string
	password string
	digest   bool // the password is not sent itself
	created  string
	expires  string
}

func readSecurity(header *xmltree.Element) (s security) {
	block := header.Child("Security")
	if stamp := block.Child("Timestamp"); stamp != nil {
		s.created, s.expires = textOf(stamp.Child("Created")), textOf(stamp.Child("Expires"))
		if s.created == "" {
			s.created = "unknown"
		}
	}
	token := block.Child("UsernameToken")
	if token == nil {
		return s
	}
	s.present = true
	s.user = textOf(token.Child("Username"))
	if password := token.Child("Password"); password != nil {
		s.password = password.Text
		kind, _ := password.Attribute("Type")
		s.digest = strings.HasSuffix(kind, "#PasswordDigest")
	}
	return s
}

func textOf(e *xmltree.Element) string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.Text)
}

// login finds out who calls (2.2). Whoever it is not, is told the same. A late one has
// its company looked up with the upload that it writes to.
func (d *Door) login(r *http.Request, s security, late bool) (caller, error) {
	from := caller{address: d.Address(r), client: programOf(r), late: late}
	user, password := s.user, s.password
	if !s.present {
		if token, ok := bearer(r); ok {
			return d.loginByToken(r.Context(), from, token)
		}
		var ok bool
		if user, password, ok = r.BasicAuth(); !ok {
			return from, &Fault{Code: codeSecurity, Message: sentenceSecurity}
		}
	}
	if s.digest {
		return from, identityFault(nil)
	}
	if err := d.inTime(s); err != nil {
		return from, err
	}
	return d.loginAs(r.Context(), from, user, password)
}

// loginAs checks a user name, which is the account and the login, and the password.
func (d *Door) loginAs(ctx context.Context, from caller, user, password string) (caller, error) {
	account, login, named := strings.Cut(user, "/")
	if !named {
		account, login = "", user
	}
	p, err := d.Logins.Login(ctx, ingest.Credentials{Login: login, Password: password, Address: from.address})
	if err != nil {
		return from, identityFault(err)
	}
	from.Principal, from.account = p, account
	if from.late && named {
		return from, nil
	}
	return d.enter(ctx, from, named)
}

// enter looks up the company that the caller belongs to.
func (d *Door) enter(ctx context.Context, c caller, named bool) (caller, error) {
	var err error
	c.company, err = d.account(ctx, c.Principal, c.account, named)
	if err != nil {
		return c, identityFault(err)
	}
	return c, nil
}

// identityFault hides why somebody was not let in, unless the server is at fault.
func identityFault(err error) error {
	if kind := ingest.KindOf(err); err != nil && (kind == ingest.Internal || kind == ingest.Unavailable || kind == ingest.Throttled) {
		return err
	}
	return &Fault{Code: codeAuthentication, Message: sentenceIdentity, err: err}
}

func (d *Door) loginByToken(ctx context.Context, from caller, token string) (caller, error) {
	p, company, err := d.Tokens.Open(ctx, token)
	if err != nil {
		return from, identityFault(err)
	}
	from.Principal = p
	from.company, err = d.Engine.Company(ctx, p, company)
	if err != nil {
		return from, identityFault(err)
	}
	return from, nil
}

// account finds the company that a user name begins with, without regard to case. A
// user name without one will do for who belongs to a single company.
func (d *Door) account(ctx context.Context, p ingest.Principal, name string, named bool) (*ingest.Company, error) {
	if named {
		c, err := d.Engine.CompanyNamed(ctx, p, name)
		if err == nil || ingest.KindOf(err) != ingest.NotFound {
			return c, err
		}
	}
	all, err := d.Engine.Companies(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if !named && len(all) == 1 || named && (strings.EqualFold(c.Name, name) || strings.EqualFold(c.Slug, name)) {
			return c, nil
		}
	}
	return nil, &ingest.Error{Kind: ingest.Unauthenticated, Op: "brightsign.account", Code: ingest.CodeUnknownCompany, Msg: "no such account"}
}

// inTime judges the time stamp of a message. One that cannot be read is over.
func (d *Door) inTime(s security) error {
	if s.expires == "" {
		return nil
	}
	expires, err := time.Parse(time.RFC3339Nano, s.expires)
	if err == nil && d.Engine.Now().Before(expires.Add(clockSkew)) {
		return nil
	}
	if d.Options.EnforceTimestamp {
		return &Fault{Code: codeSecurity, Message: sentenceSecurity}
	}
	d.Log.Debug("a message's time is over", "expires", clip(s.expires))
	return nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// programOf names the client in the job log.
func programOf(r *http.Request) string {
	if agent := r.UserAgent(); agent != "" {
		return clip(agent)
	}
	return "BrightSign client"
}

// mayUpload refuses callers without the permission that every upload needs.
func (d *Door) mayUpload(ctx context.Context, c caller) error {
	_, err := d.Engine.CheckUpload(ctx, c.Principal, c.company.Number)
	if err != nil && ingest.CodeOf(err) == ingest.CodeRole {
		return denied(permissionUpload)
	}
	return err
}

// jobSpec describes the job of an upload.
func (c caller) jobSpec(name string) *engine.JobSpec {
	return &engine.JobSpec{Door: ingest.DoorBrightSign, Name: name, Client: c.client, Address: c.address, Locale: "en"}
}
