package nomad

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// The calls of people without a login, who prove an e-mail address (8.2). Unless it is
// switched on, there are none of them.
func anonymousRoutes() []route {
	const base = "/anonymous-upload"
	return []route{
		{http.MethodPost, base + "/initiate", public, (*exchange).guestInitiate},
		{http.MethodPost, base + "/verify", public, (*exchange).guestVerify},
		{http.MethodGet, base + "/fields", public, asGuest((*exchange).guestFields)},
		{http.MethodPost, base + "/upload/start", public, asGuest((*exchange).guestStart)},
		{http.MethodPost, base + "/upload/{part}/complete-part", public, asGuest((*exchange).guestPart)},
		{http.MethodPost, base + "/upload/{upload}/complete", public, asGuest((*exchange).guestComplete)},
	}
}

// Limits of an address of the network, besides those of the engine for a mailbox.
const (
	codeDigits     = 6
	initiatesHour  = 20 // codes that an address may ask for in an hour
	verifiesWindow = 60 // codes that it may try in a quarter of an hour
	maxMail        = 254
	sealPurpose    = "nomad anonymous code"
)

// switchedOn is NotFound where there are no uploads without a login.
func (x *exchange) switchedOn() error {
	if !x.Options.Anonymous {
		return refuse(http.StatusNotFound, "Anonymous upload is switched off.")
	}
	return nil
}

// guestInitiate sends a code to a mailbox. The answer does not say more.
func (x *exchange) guestInitiate() (any, error) {
	if err := x.switchedOn(); err != nil {
		return nil, err
	}
	var in struct{ Email text }
	if err := x.read(&in); err != nil {
		return nil, err
	}
	to, err := mailbox(string(in.Email))
	if err != nil {
		return nil, err
	}
	if err := x.paces.initiate.take(x.Address(x.r), x.Engine.Now()); err != nil {
		return nil, err
	}
	ctx := x.r.Context()
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return nil, err
	}
	code := fmt.Sprintf("%0*d", codeDigits, n)
	seal, err := x.Signer.MAC(ctx, sealPurpose, strings.ToLower(to), code)
	if err != nil {
		return nil, err
	}
	if err := x.Engine.PutGuestCode(ctx, to, seal); err != nil {
		return nil, err
	}
	return nil, x.Mailer.Send(ctx, to, "Your code for uploading", fmt.Sprintf(
		"Your code is %s\n\nIt is good for %d minutes. If you did not ask for it, somebody else has typed your address; there is nothing to do then.\n",
		code, engine.GuestCodeLife/time.Minute))
}

// mailbox reads the address of one mailbox.
func mailbox(s string) (string, error) {
	s = strings.TrimSpace(s)
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || len(s) > maxMail || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return "", invalid("email is missing or is no e-mail address.")
	}
	return s, nil
}

// guestVerify begins a session for who knows the code.
func (x *exchange) guestVerify() (any, error) {
	if err := x.switchedOn(); err != nil {
		return nil, err
	}
	var in struct{ Email, Code text }
	if err := x.read(&in); err != nil {
		return nil, err
	}
	from, err := mailbox(string(in.Email))
	if err != nil {
		return nil, err
	}
	code := strings.TrimSpace(string(in.Code))
	if code == "" || len(code) > 64 {
		return nil, invalid("code is missing.")
	}
	if err := x.paces.verify.take(x.Address(x.r), x.Engine.Now()); err != nil {
		return nil, err
	}
	ctx, secret := x.r.Context(), id.Random()
	err = x.Engine.OpenGuestSession(ctx, from, string(secret), func(seal string) (bool, error) {
		err := x.Signer.Verify(ctx, sealPurpose, seal, strings.ToLower(from), code)
		if err != nil && ingest.KindOf(err) == ingest.Forbidden {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"sessionId": secret}, nil
}

// asGuest makes a call one of a session. Its caller is the user under whose name such
// files arrive, with no more rights than to add files to one company.
func asGuest(c func(*exchange, string, engine.Guest) (any, error)) call {
	return func(x *exchange) (any, error) {
		if err := x.switchedOn(); err != nil {
			return nil, err
		}
		secret := strings.ToLower(strings.TrimSpace(x.r.Header.Get("X-Upload-Session")))
		g, err := x.Engine.GuestSession(x.r.Context(), secret)
		if err != nil {
			return nil, err
		}
		if x.caller, x.company, err = x.guestPrincipal(x.r.Context()); err != nil {
			return nil, err
		}
		return c(x, secret, g)
	}
}

func (x *exchange) guestPrincipal(ctx context.Context) (ingest.Principal, ingest.Number, error) {
	p, err := x.Logins.Named(ctx, x.Options.AnonymousUser)
	if err == nil {
		var company ingest.Number
		if company, err = x.companyOf(p, "", 0); err == nil {
			p.Admin = false
			p.Memberships = []ingest.Membership{{User: p.User, Company: company, Role: ingest.RolePublisher, Active: true}}
			return p, company, nil
		}
	}
	return ingest.Principal{}, 0, &ingest.Error{Kind: ingest.Unavailable, Op: "nomad.guestPrincipal", Msg: "Anonymous upload is not set up.", Err: err}
}

// guestFields lists the fields that a form has besides the file. None are set up;
// whatever a form sends is kept as properties of the file.
func (x *exchange) guestFields(_ string, g engine.Guest) (any, error) {
	if g.Done {
		return nil, usedUp()
	}
	return []struct{}{}, nil
}

// usedUp is the failure of calls in a session whose file is complete.
func usedUp() error {
	return &ingest.Error{Kind: ingest.Unauthenticated, Op: "nomad.usedUp", Code: ingest.CodeBadCredentials, Msg: "The upload session has ended with its file."}
}
