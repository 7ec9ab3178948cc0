package nomad

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	log     *lockedBuffer // everything, from debug on
	post    *postbox
	acme    *ingest.Company
	zenith  *ingest.Company

	mu    sync.Mutex
	moved time.Duration
}

// newKit makes users ann (editor of Acme, viewer of Zenith), boss (administrator of
// Acme), off and old (of Acme, switched off and expired), nobody (of no company) and
// root (of the system).
func newKit(t testing.TB, options Options) *kit {
	t.Helper()
	k := &kit{t: t, dir: kitDir(t), options: options, log: &lockedBuffer{}, post: &postbox{}}
	k.open()
	t.Cleanup(k.close)
	k.acme, k.zenith = k.company("Acme"), k.company("Zenith")
	k.user(ingest.User{Login: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleEditor, k.zenith: ingest.RoleViewer})
	k.user(ingest.User{Login: "boss@example.com"}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleCompanyAdmin})
	k.user(ingest.User{Login: "off@example.com", Disabled: true}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleEditor})
	k.user(ingest.User{Login: "old@example.com", Expires: k.now().Add(-time.Hour)}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleEditor})
	k.user(ingest.User{Login: "nobody@example.com"}, nil)
	k.user(ingest.User{Login: "root@example.com", Admin: true}, nil)
	return k
}

func kitDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "sluice-nomad-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (k *kit) open() {
	k.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	var err error
	k.db, err = sqlite.Open(context.Background(), filepath.Join(k.dir, "sluice.db"), sqlite.Options{Logger: quiet})
	k.ok(err)
	k.blobs, err = fsblob.Open(k.dir, fsblob.Options{Logger: quiet, SegmentSize: 1 << 20})
	k.ok(err)
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

func (k *kit) now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(k.moved)
}

func (k *kit) later(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.moved += d
}

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

func (k *kit) company(name string) *ingest.Company {
	k.t.Helper()
	c := &ingest.Company{UUID: id.New(), Name: name, Slug: strings.ToLower(name), Created: k.now()}
	k.update(func(tx ingest.Tx) error { return tx.CreateCompany(c) })
	return c
}

func (k *kit) user(u ingest.User, roles map[*ingest.Company]ingest.Role) *ingest.User {
	k.t.Helper()
	u.UUID, u.PasswordHash, u.Created = id.New(), annHash, k.now()
	k.update(func(tx ingest.Tx) error {
		if err := tx.CreateUser(&u); err != nil {
			return err
		}
		for c, role := range roles {
			if err := tx.PutMembership(ingest.Membership{User: u.Number, Company: c.Number, Role: role, Active: true}); err != nil {
				return err
			}
		}
		return nil
	})
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

// lockedBuffer is a buffer for a log that several requests write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
