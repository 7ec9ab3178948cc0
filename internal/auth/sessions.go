package auth

import (
	"context"
	"errors"
	"time"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// accessGrain is the time within which all who ask for a token of a session get the
// same one.
const accessGrain = 10 * time.Second

// Sessions gives out pairs of tokens: one for calls, and one that lives longer and gets
// new ones for calls as often as anybody likes. Both end with their session. Nothing
// is written but by End. It is safe for concurrent use.
type Sessions struct {
	service         *Service
	access, refresh time.Duration
}

// NewSessions returns sessions with tokens of these lifetimes.
func NewSessions(s *Service, access, refresh time.Duration) *Sessions {
	return &Sessions{service: s, access: access, refresh: refresh}
}

// Grant is what a session gives to its client.
type Grant struct {
	Access  string
	Refresh string
	Expires time.Time // of Access
	Session ingest.UUID
}

// Session is who a token of a session stands for.
type Session struct {
	ingest.Principal
	ID      ingest.UUID
	Company ingest.Number
	Issued  time.Time
}

// Grant begins a session of a user in a company. Failures are those of Service.Issue.
func (s *Sessions) Grant(ctx context.Context, user, company ingest.Number) (Grant, error) {
	session := id.New()
	refresh, _, err := s.service.Issue(ctx, TokenSpec{User: user, Company: company, Kind: RefreshToken, Lifetime: s.refresh, Session: session})
	if err != nil {
		return Grant{}, err
	}
	return s.renew(ctx, user, company, session, refresh)
}

// Open returns who a token for calls stands for. Failures: Unauthenticated for what
// never was a token, Forbidden for one that has ended, or whose user may not log in
// any more.
func (s *Sessions) Open(ctx context.Context, token string) (Session, error) {
	return s.open(ctx, AccessToken, token)
}

// Refresh returns a new token for calls in exchange for nothing: the one that gets it
// stays good. Failures are those of Open.
func (s *Sessions) Refresh(ctx context.Context, token string) (Session, Grant, error) {
	session, err := s.open(ctx, RefreshToken, token)
	if err != nil {
		return Session{}, Grant{}, err
	}
	g, err := s.renew(ctx, session.User, session.Company, session.ID, token)
	return session, g, err
}

// End ends a session. Failures are those of Service.EndSession.
func (s *Sessions) End(ctx context.Context, user ingest.Number, session ingest.UUID) error {
	return s.service.EndSession(ctx, user, session, s.service.now().Add(s.refresh+s.access))
}

func (s *Sessions) renew(ctx context.Context, user, company ingest.Number, session ingest.UUID, refresh string) (Grant, error) {
	access, expires, err := s.service.Issue(ctx, TokenSpec{
		User: user, Company: company, Kind: AccessToken, Lifetime: s.access, Session: session, Grain: min(accessGrain, s.access/10),
	})
	return Grant{Access: access, Refresh: refresh, Expires: expires, Session: session}, err
}

func (s *Sessions) open(ctx context.Context, kind, token string) (Session, error) {
	p, info, err := s.service.OpenToken(ctx, kind, token)
	if err == nil {
		return Session{Principal: p, ID: info.Session, Company: info.Company, Issued: info.Issued}, nil
	}
	if errors.Is(err, ErrEnded) || ingest.CodeOf(err) == ingest.CodeInvalidUser {
		err = &ingest.Error{Kind: ingest.Forbidden, Op: "auth.Sessions", Code: ingest.CodeOf(err), Msg: ingest.Message(err), Err: err}
	}
	return Session{}, err
}
