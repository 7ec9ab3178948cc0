package nomad

import (
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func accountRoutes() []route {
	return []route{
		{"POST", "/account/login", public, (*exchange).accountLogin},
		{"POST", "/account/refresh-token", public, (*exchange).accountRefresh},
		{"POST", "/account/logout", bearer, (*exchange).accountLogout},
		{"POST", "/account/ping", bearer, (*exchange).accountPing},
		{"GET", "/account/user", bearer, (*exchange).accountUser},
	}
}

// loginAnswer is what a login and a refreshing are answered with (3). There are no
// second factors and no guests.
type loginAnswer struct {
	ID                ingest.UUID `json:"id"`
	UserName          string      `json:"userName"`
	FirstName         string      `json:"firstName"`
	LastName          string      `json:"lastName"`
	LoginStatus       *string     `json:"loginStatus"` // why a login is not complete: null
	Cookies           []struct{}  `json:"cookies"`
	Token             string      `json:"token"`
	RefreshToken      string      `json:"refreshToken"`
	ExpirationSeconds int64       `json:"expirationSeconds"`
	ScopeID           ingest.UUID `json:"scopeId"`
	ScopeName         string      `json:"scopeName"`
	TwoFactorImage    *string     `json:"twoFactorQRCodeImage"`
	TwoFactorCode     *string     `json:"twoFactorQRCode"`
	Claims            []struct{}  `json:"claims"`
	IsAdmin           bool        `json:"isAdmin"`
	IsGuest           bool        `json:"isGuest"`
	UserSessionID     ingest.UUID `json:"userSessionId"`
}

// Bounds of expirationSeconds: a timer of a browser that is set to more than 2^31 ms
// goes off at once (3).
const (
	minExpiration = 60
	maxExpiration = 2_000_000
)

// granted is the answer that hands out tokens for a company.
func (x *exchange) granted(p ingest.Principal, company ingest.Number, g Grant) (any, error) {
	person, err := x.Engine.User(x.r.Context(), p, 0, "")
	if err != nil {
		return nil, err
	}
	c, err := x.Engine.Company(x.r.Context(), p, company)
	if err != nil {
		return nil, err
	}
	seconds := int64(g.Expires.Sub(x.Engine.Now()) / time.Second)
	return loginAnswer{
		ID: person.UUID, UserName: person.Login, FirstName: person.FirstName, LastName: person.LastName,
		Cookies: []struct{}{}, Claims: []struct{}{}, Token: g.Access, RefreshToken: g.Refresh,
		ExpirationSeconds: min(max(seconds, minExpiration), maxExpiration),
		ScopeID:           c.UUID, ScopeName: c.Name, IsAdmin: administers(p, company), UserSessionID: g.Session,
	}, nil
}

// administers reports whether a user runs a company: at this door it is the whole
// system.
func administers(p ingest.Principal, company ingest.Number) bool {
	role := p.RoleIn(company)
	return role == ingest.RoleAdmin || role == ingest.RoleCompanyAdmin
}

// accountRefresh answers a new token for one that is good for that. Clients call it
// thousands of times in a row and keep the refresh token that they have, so it writes
// nothing, refuses nobody for calling often and does not use the token up (3).
func (x *exchange) accountRefresh() (any, error) {
	var in struct{ RefreshToken text }
	if err := x.read(&in); err != nil {
		return nil, err
	}
	if in.RefreshToken == "" {
		return nil, invalid("refreshToken is missing.")
	}
	s, g, err := x.Tokens.Refresh(x.r.Context(), string(in.RefreshToken))
	if err != nil {
		return nil, wrongLogin(err, "The refresh token is invalid or has expired.")
	}
	return x.granted(s.Principal, s.Company, g)
}

// accountLogout ends the session of the caller, or another one of the same user.
func (x *exchange) accountLogout() (any, error) {
	var in struct{ UserSessionID text }
	if err := x.read(&in); err != nil {
		return nil, err
	}
	id, err := uuid(string(in.UserSessionID), "userSessionId")
	if err != nil {
		return nil, err
	}
	if id == "" {
		id = x.session.ID
	}
	if id == "" {
		return nil, nil // an API key has no session
	}
	return nil, x.Tokens.End(x.r.Context(), x.caller.User, id)
}

// accountPing says that the session is good: another one would not have come here.
func (x *exchange) accountPing() (any, error) {
	var in struct{ UserSessionID text }
	if err := x.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{"redirectUrl": nil, "pingStatus": "Normal"}, nil
}

// accountUser describes the caller.
func (x *exchange) accountUser() (any, error) {
	person, err := x.Engine.User(x.r.Context(), x.caller, 0, "")
	if err != nil {
		return nil, err
	}
	return x.userAnswer(person), nil
}

func (x *exchange) userAnswer(person engine.Person) any {
	return map[string]any{
		"id": person.UUID, "email": person.Login, "userName": person.Login, "firstName": person.FirstName, "lastName": person.LastName,
		"isAdmin": administers(x.caller, x.company), "properties": struct{}{},
	}
}
