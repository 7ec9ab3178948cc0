package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/notify"
	"sluice/internal/protocol/guard"
	"sluice/internal/protocol/nomad"
)

// newNomad returns the Nomad door.
func newNomad(cfg config.Config, e *engine.Engine, logins *auth.Service, mailer nomad.Mailer, log *slog.Logger) *nomad.Door {
	if cfg.NomadAnonymous && cfg.MailURL == "" {
		log.Warn("codes for anonymous uploads go to standard error, because mail-url is not set")
	}
	return nomad.New(nomad.Deps{
		Engine: e, Logins: logins, Log: log, Mailer: mailer, Signer: signer{logins.Keyring()},
		Tokens:  sessions{auth.NewSessions(logins, max(cfg.TokenLifetime.Std(), leastAccess), cfg.NomadRefreshLifetime.Std())},
		Address: func(r *http.Request) string { return guard.ClientAddress(r.Context()) },
		ID:      func(r *http.Request) string { return guard.RequestID(r.Context()) },
		Base:    func(r *http.Request) string { return guard.PublicURL(r.Context()) },
		Options: nomad.Options{
			URLLifetime: cfg.NomadURLLifetime.Std(), ResumeAll: cfg.NomadResumeParts == "all", EnumStrings: cfg.NomadEnumStyle == "string",
			LockTime: cfg.NomadLockTime.Std(), PlainText: !cfg.NomadTextRepair, MaxFileSize: int64(cfg.NomadMaxFileSize), IncomingFolder: cfg.NomadIncomingFolder,
			Origins: cfg.CORSOrigins, Anonymous: cfg.NomadAnonymous, AnonymousUser: cfg.NomadAnonymousUser,
		},
	})
}

// newMailer returns what sends letters: by the mail server of the settings, or to out.
func newMailer(cfg config.Config, out io.Writer) (nomad.Mailer, error) {
	if cfg.MailURL == "" {
		return notify.NewConsole(out), nil
	}
	return notify.NewSMTP(cfg.MailURL, cfg.MailFrom, nil)
}

// leastAccess is the shortest life of a token for calls: clients get new ones by a
// timer that runs wild at its end (contract section 3).
const leastAccess = time.Hour

// sessions gives the Nomad door its tokens.
type sessions struct{ *auth.Sessions }

// Grant implements nomad.Tokens.
func (s sessions) Grant(ctx context.Context, user, company ingest.Number) (nomad.Grant, error) {
	g, err := s.Sessions.Grant(ctx, user, company)
	return nomad.Grant(g), err
}

// Open implements nomad.Tokens.
func (s sessions) Open(ctx context.Context, token string) (nomad.Session, error) {
	session, err := s.Sessions.Open(ctx, token)
	return nomad.Session(session), err
}

// Refresh implements nomad.Tokens.
func (s sessions) Refresh(ctx context.Context, token string) (nomad.Session, nomad.Grant, error) {
	session, g, err := s.Sessions.Refresh(ctx, token)
	return nomad.Session(session), nomad.Grant(g), err
}

// signer makes and checks addresses that work without a login.
type signer struct{ ring *auth.Keyring }

// MAC implements nomad.Signer.
func (s signer) MAC(ctx context.Context, purpose string, parts ...string) (string, error) {
	return s.ring.MAC(ctx, purpose, parts...)
}

// Verify implements nomad.Signer.
func (s signer) Verify(ctx context.Context, purpose, text string, parts ...string) error {
	err := s.ring.Verify(ctx, purpose, text, parts...)
	if ingest.KindOf(err) != ingest.Unauthenticated || err == nil {
		return err
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "app.signer", Code: ingest.CodeOf(err), Msg: ingest.Message(err), Err: err}
}
