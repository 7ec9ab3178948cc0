package nomad

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/auth"
	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/protocol/doortest"
	"sluice/internal/store/sqlite"
)

// annPassword is the password of the kit's users, and annHash its cheap PHC string.
const (
	annPassword = "password"
	annHash     = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)

// kit is the door behind a listening server, with real logins over a real store, two
// companies and users. The clock stands until it is moved.
type kit struct {
	t       testing.TB
	dir     string
	options Options
	db      *sqlite.Store
	blobs   *fsblob.Store
	logins  *auth.Service
	engine  *engine.Engine
	door    *Door
	server  *httptest.Server
	log     *doortest.Log // everything, from debug on
	post    *postbox
	acme    *ingest.Company
	zenith  *ingest.Company
	clock   *doortest.Clock
}

// newKit makes users ann (editor of Acme, viewer of Zenith), boss (administrator of
// Acme), off and old (of Acme, switched off and expired), nobody (of no company) and
// root (of the system).
func newKit(t testing.TB, options Options) *kit {
	t.Helper()
	k := &kit{t: t, dir: doortest.Dir(t), clock: doortest.NewClock(0), options: options, log: &doortest.Log{}, post: &postbox{}}
	k.open()
	t.Cleanup(k.close)
	k.acme, k.zenith = doortest.Company(t, k.db, "Acme", k.now()), doortest.Company(t, k.db, "Zenith", k.now())
	k.user(ingest.User{Login: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleEditor, k.zenith: ingest.RoleViewer})
	k.user(ingest.User{Login: "boss@example.com"}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleCompanyAdmin})
	k.user(ingest.User{Login: "off@example.com", Disabled: true}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleEditor})
	k.user(ingest.User{Login: "old@example.com", Expires: k.now().Add(-time.Hour)}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleEditor})
	k.user(ingest.User{Login: "nobody@example.com"}, nil)
	k.user(ingest.User{Login: "root@example.com", Admin: true}, nil)
	return k
}

func (k *kit) open() {
	k.t.Helper()
	k.db, k.blobs = doortest.Open(k.t, k.dir, slog.New(slog.DiscardHandler))
	log := slog.New(slog.NewTextHandler(k.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	k.engine = engine.New(engine.Config{Store: k.db, Blobs: k.blobs, Now: k.now, NewUUID: id.New, Detect: media.Detect, Log: log})
	k.ok(k.engine.Recover(context.Background()))
	k.logins = auth.New(k.db, k.now, auth.Options{})
	k.door = New(Deps{
		Engine: k.engine, Logins: k.logins, Tokens: kitTokens{auth.NewSessions(k.logins, 12*time.Hour, 30*24*time.Hour)},
		Signer: kitSigner{k.logins.Keyring()}, Mailer: k.post, Log: log, Options: k.options,
		Address: func(r *http.Request) string {
			if from := r.Header.Get("X-Test-Address"); from != "" {
				return from
			}
			return "192.0.2.7"
		},
		ID:   func(*http.Request) string { return "request-7" },
		Base: func(r *http.Request) string { return "http://" + r.Host },
	})
	mux := http.NewServeMux()
	k.door.Routes(mux)
	k.server = httptest.NewServer(mux)
}

func (k *kit) close() {
	k.server.Close()
	k.ok(k.blobs.Close())
	k.ok(k.db.Close())
}

func (k *kit) restart() {
	k.t.Helper()
	k.close()
	k.open()
}

func (k *kit) now() time.Time { return k.clock.Now() }

func (k *kit) later(d time.Duration) { k.clock.Move(d) }

func (k *kit) ok(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatalf("unexpected error: %v", err)
	}
}

func (k *kit) update(fn func(ingest.Tx) error) {
	k.t.Helper()
	k.ok(k.db.Update(context.Background(), fn))
}

func (k *kit) user(u ingest.User, roles map[*ingest.Company]ingest.Role) *ingest.User {
	k.t.Helper()
	u.PasswordHash, u.Created = annHash, k.now()
	var memberships []ingest.Membership
	for c, role := range roles {
		memberships = append(memberships, ingest.Membership{Company: c.Number, Role: role, Active: true})
	}
	doortest.User(k.t, k.db, &u, memberships...)
	return &u
}

// answer is what a call was answered with.
type answer struct {
	status int
	header http.Header
	raw    string
	json   map[string]any // nil when it is no object
}

func (a answer) text(name string) string {
	s, _ := a.json[name].(string)
	return s
}

// send makes a call with a body as it is; headers are pairs.
func (k *kit) send(method, path, body string, headers ...string) answer {
	k.t.Helper()
	req, err := http.NewRequest(method, k.server.URL+path, strings.NewReader(body))
	k.ok(err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	k.ok(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	k.ok(err)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: strings.TrimSpace(string(raw))}
	_ = json.Unmarshal(raw, &a.json)
	if resp.Header.Get("Content-Type") != "application/json" || !json.Valid(raw) {
		k.t.Errorf("%s %s answered %q as %q", method, path, raw, resp.Header.Get("Content-Type"))
	}
	if a.status >= 400 && (a.text("message") == "" || a.text("message") != a.text("detail") || a.json["status"] != float64(a.status)) {
		k.t.Errorf("%s %s failed with %s", method, path, raw)
	}
	return a
}

// login returns the answer to a login that must succeed.
func (k *kit) login(name string) answer {
	k.t.Helper()
	a := k.send("POST", "/api/account/login", `{"userName":"`+name+`","password":"`+annPassword+`"}`)
	if a.status != http.StatusOK {
		k.t.Fatalf("login of %s: %d %s", name, a.status, a.raw)
	}
	return a
}

// want checks the status of an answer.
func (k *kit) want(status int, a answer) answer {
	k.t.Helper()
	if a.status != status {
		k.t.Errorf("status %d, want %d: %s", a.status, status, a.raw)
	}
	return a
}

// kitTokens are the real tokens of sessions.
type kitTokens struct{ *auth.Sessions }

func (k kitTokens) Grant(ctx context.Context, user, company ingest.Number) (Grant, error) {
	g, err := k.Sessions.Grant(ctx, user, company)
	return Grant(g), err
}

func (k kitTokens) Open(ctx context.Context, token string) (Session, error) {
	s, err := k.Sessions.Open(ctx, token)
	return Session(s), err
}

func (k kitTokens) Refresh(ctx context.Context, token string) (Session, Grant, error) {
	s, g, err := k.Sessions.Refresh(ctx, token)
	return Session(s), Grant(g), err
}

// kitSigner signs with the keys of the store.
type kitSigner struct{ *auth.Keyring }

func (s kitSigner) Verify(ctx context.Context, purpose, text string, parts ...string) error {
	if err := s.Keyring.Verify(ctx, purpose, text, parts...); err != nil {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "test", Msg: "forged"}
	}
	return nil
}

// letter is one that was sent.
type letter struct{ to, subject, text string }

// postbox keeps letters, or fails.
type postbox struct {
	mu      sync.Mutex
	letters []letter
	fail    error
}

func (p *postbox) Send(_ context.Context, to, subject, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.letters = append(p.letters, letter{to, subject, text})
	}
	return p.fail
}
