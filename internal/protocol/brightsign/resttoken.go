package brightsign

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// tokenAddress matches the addresses of the call for tokens.
var tokenAddress = regexp.MustCompile(`(?i)^/([0-9]{4}/[0-9]{2})/rest/token/?$`)

// maxTokenForm is the largest form that is read, in bytes.
const maxTokenForm = 64 << 10

// tokenError is a refusal in the words of OAuth 2 (RFC 6749, 5.2).
type tokenError struct {
	code        int    // HTTP status
	word        string // for programs
	description string // for people
	err         error  // the cause, for the log
}

// Error returns the description.
func (e *tokenError) Error() string { return e.word + ": " + e.description }

// Unwrap returns the cause.
func (e *tokenError) Unwrap() error { return e.err }

func badTokenRequest(description string) error {
	return &tokenError{code: http.StatusBadRequest, word: "invalid_request", description: description}
}

// tokenGrant is a token as clients get it.
type tokenGrant struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// serveToken exchanges a user name, which is the account and the login, and a password
// for a token. Clients find out versions by reading the address with GET, which is a
// bad request.
func (d *Door) serveToken(w http.ResponseWriter, r *http.Request) {
	match := tokenAddress.FindStringSubmatch(r.URL.Path)
	if match == nil || !slices.Contains(restVersions(), match[1]) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	var grant tokenGrant
	err := d.guarded(r, "token", func() (err error) {
		grant, err = d.grant(r)
		return err
	})
	if err != nil {
		d.refuseToken(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, grant)
}

func (d *Door) grant(r *http.Request) (tokenGrant, error) {
	form, err := readTokenForm(r)
	if err != nil {
		return tokenGrant{}, err
	}
	c, err := d.loginAs(r.Context(), caller{address: d.Address(r), client: programOf(r)}, form.Get("username"), form.Get("password"))
	if err != nil {
		return tokenGrant{}, err
	}
	token, expires, err := d.Tokens.Issue(r.Context(), c.User, c.company.Number)
	if err != nil {
		return tokenGrant{}, err
	}
	return tokenGrant{token, "bearer", max(int64(expires.Sub(d.Engine.Now()).Seconds()), 0)}, nil
}

// readTokenForm reads a request for a token. Who the client's program is does not
// matter.
func readTokenForm(r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		return nil, badTokenRequest("Tokens are asked for with POST.")
	}
	if kind := contentType(r.Header); kind != "" && kind != "application/x-www-form-urlencoded" {
		return nil, badTokenRequest("The request must be form encoded.")
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxTokenForm+1))
	if err != nil {
		return nil, badTokenRequest("The form ended too early.")
	}
	if len(text) > maxTokenForm {
		return nil, badTokenRequest("The form is too large.")
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, badTokenRequest("The form is not well-formed.")
	}
	for _, name := range []string{"grant_type", "username", "password"} {
		if len(form[name]) != 1 || strings.TrimSpace(form[name][0]) == "" {
			return nil, badTokenRequest("The form must have one " + name + ".")
		}
	}
	if form.Get("grant_type") != "password" {
		return nil, &tokenError{code: http.StatusBadRequest, word: "unsupported_grant_type", description: "The only type of grant is password."}
	}
	return form, nil
}

// tokenErrorOf is problemOf in the words of OAuth 2. A wrong password is no missing
// login, so it is a bad request.
func tokenErrorOf(err error, requestID string) *tokenError {
	if t, ok := errors.AsType[*tokenError](err); ok {
		return t
	}
	p := problemOf(err, requestID)
	switch t := (&tokenError{p.code, "server_error", p.message, p.err}); p.code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		t.word = "temporarily_unavailable"
		return t
	case http.StatusInternalServerError:
		return t
	}
	return &tokenError{http.StatusBadRequest, "invalid_grant", "The user name or the password is wrong.", p.err}
}

func (d *Door) refuseToken(w http.ResponseWriter, r *http.Request, err error) {
	t := tokenErrorOf(err, d.ID(r))
	level := slog.LevelInfo
	if t.code >= 500 && ingest.KindOf(err) != ingest.Unavailable {
		level = slog.LevelError
	}
	d.Log.Log(r.Context(), level, "token refused", "request", d.ID(r), "status", t.code, "error", t.word, "cause", t.err)
	guard.Drain(r.Body, maxTokenForm)
	for name, value := range (&problem{code: t.code}).header() {
		w.Header()[name] = value
	}
	writeJSON(w, t.code, map[string]string{"error": t.word, "error_description": t.description})
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	text, _ := json.Marshal(value) // cannot fail
	writeBody(w, code, "application/json;charset=UTF-8", text)
}
