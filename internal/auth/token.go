package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/wire/sign"
)

// Kinds of tokens. A token of one kind is never taken for another.
const (
	AccessToken  = "access"  // stands for a login
	RefreshToken = "refresh" // good for a new access token only
)

// TokenSpec says what a token is to be good for.
type TokenSpec struct {
	User     ingest.Number
	Company  ingest.Number // the only company that it reaches; 0 = all of the user's
	Kind     string        // AccessToken or RefreshToken
	Lifetime time.Duration // 0 = Options.TokenLifetime
	Session  ingest.UUID   // the token ends with EndSession of it too; "" = no session
	// Grain rounds the time of issue down, to a multiple of it since the epoch: the
	// same token is issued to all who ask for the same within one. It should be far
	// shorter than Lifetime. 0 = exact.
	Grain time.Duration
}

// TokenInfo is what a token says.
type TokenInfo struct {
	User    ingest.Number
	Company ingest.Number // 0 = all of the user's
	Kind    string
	Session ingest.UUID // "" = none
	Issued  time.Time   // exact to a millisecond
	Expires time.Time   // exact to a millisecond
}

// ErrEnded is wrapped by the failure of a token that was good once and never will be
// again: it expired, or ended with its session, its user or the user's password.
var ErrEnded = errors.New("auth: the token has ended")

// Issue returns a token that stands for a user until it expires. It is kept
// nowhere. It ends early when the user's password is changed, when the user is
// removed, and when the signing keys have been rotated twice; while the user is
// switched off, expired or no member of the company, it is not taken.
//
// Failures: NotFound with CodeUnknownUser; Unauthenticated with CodeInvalidUser
// when the user may not log in; Forbidden with CodeNotMember when the company
// is not the user's; Invalid for another kind or a negative lifetime.
func (s *Service) Issue(ctx context.Context, spec TokenSpec) (text string, expires time.Time, err error) {
	const op = "auth.Issue"
	session, err := s.complete(op, &spec)
	if err != nil {
		return "", time.Time{}, err
	}
	who, err := s.findNumber(ctx, spec.User)
	if err != nil {
		return "", time.Time{}, err
	}
	if who.user.Number == 0 {
		return "", time.Time{}, &ingest.Error{Kind: ingest.NotFound, Op: op, Code: ingest.CodeUnknownUser,
			Msg: fmt.Sprintf("no user has the number %d", spec.User)}
	}
	now := s.now()
	p, err := who.principal(op, now)
	if err != nil {
		return "", time.Time{}, err
	}
	if _, ok := within(p, spec.Company); !ok {
		return "", time.Time{}, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeNotMember,
			Msg: fmt.Sprintf("the user does not belong to company %d", spec.Company)}
	}
	ring, err := s.keyring.Ring(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	issued := now.UnixMilli()
	if grain := spec.Grain.Milliseconds(); grain > 0 {
		issued -= issued % grain
	}
	claims := claims{user: spec.User, company: spec.Company, issued: issued, expires: issued + spec.Lifetime.Milliseconds(), session: session,
		fingerprint: ring.MAC(fingerprintPurpose, who.secrets()...)}
	return ring.Sign(tokenPurpose(spec.Kind), claims.payload()), time.UnixMilli(claims.expires), nil
}

// complete checks a spec and fills in what it leaves to the service.
func (s *Service) complete(op string, spec *TokenSpec) (sessionID, error) {
	invalid := func(format string, arg any) (sessionID, error) {
		return sessionID{}, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf(format, arg)}
	}
	if spec.Kind != AccessToken && spec.Kind != RefreshToken {
		return invalid("there are no tokens of kind %q", spec.Kind)
	}
	if spec.Lifetime < 0 {
		return invalid("a token cannot live for %v", spec.Lifetime)
	}
	if spec.Lifetime == 0 {
		spec.Lifetime = s.lifetime
	}
	session, ok := parseSession(spec.Session)
	if !ok {
		return invalid("%q is no session", spec.Session)
	}
	return session, nil
}

// OpenToken returns who a token of a kind stands for. A token of one company
// gives a caller who is a member of that company and nothing else:
// administrators of the system are administrators of the company there. It
// reads the store once and writes nothing.
//
// Failures are Unauthenticated: CodeNoCredentials without a text;
// CodeBadCredentials when the token is not ours, of another kind, expired (told
// apart by the message), of a session that ended, or of a user who is gone or has
// another password; CodeInvalidUser when the user is switched off, expired or no
// longer a member. Those of tokens that have ended wrap ErrEnded.
func (s *Service) OpenToken(ctx context.Context, kind, text string) (ingest.Principal, TokenInfo, error) {
	const op = "auth.OpenToken"
	fail := func(err error) (ingest.Principal, TokenInfo, error) { return ingest.Principal{}, TokenInfo{}, err }
	if text == "" {
		return fail(&ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeNoCredentials, Msg: "no credentials were sent"})
	}
	var payload []byte
	ring, err := s.keyring.try(ctx, op, func(ring sign.Ring) (err error) {
		payload, err = ring.Open(tokenPurpose(kind), text)
		return err
	})
	if err != nil {
		if ingest.CodeOf(err) == ingest.CodeBadCredentials {
			err = invalidToken(op, err)
		}
		return fail(err)
	}
	claims, ok := parseClaims(payload)
	if !ok {
		return fail(invalidToken(op, nil))
	}
	now, info := s.now(), claims.info(kind)
	if !now.Before(info.Expires) {
		return fail(ended(op, "the token expired at "+info.Expires.UTC().Format(time.RFC3339)))
	}
	var over bool
	who, err := s.read(ctx, name{number: claims.user}, func(tx ingest.Tx) (err error) {
		over, err = sessionEnded(tx, claims.user, claims.session)
		return err
	})
	if err != nil {
		return fail(err)
	}
	if over {
		return fail(ended(op, "the session of the token has ended"))
	}
	if who.user.Number == 0 || ring.Verify(fingerprintPurpose, claims.fingerprint, who.secrets()...) != nil {
		return fail(invalidToken(op, ErrEnded))
	}
	p, err := who.principal(op, now)
	if err != nil {
		return fail(err)
	}
	if p, ok = within(p, claims.company); !ok {
		return fail(&ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeInvalidUser,
			Msg: "the user does not belong to the company of the token any more"})
	}
	return p, info, nil
}

// within is a caller whose rights end at a company, 0 = everywhere. It is false
// for a company that is not the caller's.
func within(p ingest.Principal, company ingest.Number) (ingest.Principal, bool) {
	if company == 0 {
		return p, true
	}
	if p.Admin {
		p.Admin = false
		p.Memberships = []ingest.Membership{{User: p.User, Company: company, Role: ingest.RoleCompanyAdmin, Active: true}}
		return p, true
	}
	for _, m := range p.Memberships {
		if m.Company == company {
			if m.Role == ingest.RoleAdmin {
				m.Role, m.Title = ingest.RoleCompanyAdmin, ""
			}
			p.Memberships = []ingest.Membership{m}
			return p, true
		}
	}
	return ingest.Principal{}, false
}

// fingerprintPurpose separates the MAC that stands in a token for the user's
// password hash.
const fingerprintPurpose = "token fingerprint"

func tokenPurpose(kind string) string { return "token " + kind }

// secrets is what a token's fingerprint is over. The UUID ends the tokens of a
// removed user whose number another one got.
func (w identity) secrets() []string { return []string{string(w.user.UUID), w.user.PasswordHash} }

func invalidToken(op string, cause error) error {
	return &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeBadCredentials, Msg: "Invalid token", Err: cause}
}

// ended is the failure of a token that was good once.
func ended(op, msg string) error {
	return &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeBadCredentials, Msg: msg, Err: ErrEnded}
}
