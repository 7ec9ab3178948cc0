package brightsign

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/protocol/doortest"
	"sluice/internal/store/sqlite"
)

// Names of the accounts of tests.
const (
	accountName = "TestNetwork"
	otherName   = "OtherNetwork"
)

// user is somebody who calls, with the password that is their login.
type user struct {
	account, login string
	ingest.Principal
}

// harness is the door over a real engine, with two accounts and users of every role.
// Closing the store and opening it again is what a restart of the server is.
type harness struct {
	t       *testing.T
	dir     string
	tune    []func(*Options, *engine.Config)
	clock   *doortest.Clock
	db      *sqlite.Store
	blobs   *fsblob.Store
	engine  *engine.Engine
	door    *Door
	mux     *http.ServeMux
	company *ingest.Company
	other   *ingest.Company

	boss, editor, publisher, viewer, stranger *user
}

func newHarness(t *testing.T, tune ...func(*Options, *engine.Config)) *harness {
	t.Helper()
	h := &harness{t: t, dir: doortest.Dir(t), clock: doortest.NewClock(250 * time.Millisecond), tune: tune}
	h.open()
	t.Cleanup(func() { h.close() })
	h.company, h.other = doortest.Company(t, h.db, accountName, h.now()), doortest.Company(t, h.db, otherName, h.now())
	h.boss = h.newUser("boss@example.com", h.company, "Administrators")
	h.editor = h.newUser("editor@example.com", h.company, "Creators")
	h.publisher = h.newUser("publisher@example.com", h.company, "Publishers")
	h.viewer = h.newUser("viewer@example.com", h.company, "Viewers")
	h.stranger = h.newUser("stranger@example.com", h.other, "Administrators")
	return h
}

// with sets options of the door.
func with(set func(*Options)) func(*Options, *engine.Config) {
	return func(o *Options, _ *engine.Config) { set(o) }
}

// open starts a server on what the directory holds.
func (h *harness) open() {
	h.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	h.db, h.blobs = doortest.Open(h.t, h.dir, quiet)
	config := engine.Config{
		Store: h.db, Blobs: h.blobs, Now: h.now, NewUUID: id.New, Detect: media.Detect, Log: quiet,
		UploadLifetimes: map[ingest.Door]time.Duration{ingest.DoorBrightSign: 24 * time.Hour},
	}
	options := Options{}
	for _, change := range h.tune {
		change(&options, &config)
	}
	h.engine = engine.New(config)
	h.ok(h.engine.Recover(context.Background()))
	h.door = New(Deps{
		Engine: h.engine, Logins: plainLogins{h}, Tokens: plainTokens{h}, Log: quiet, Options: options,
		Address: func(*http.Request) string { return "192.0.2.7" },
		ID:      func(*http.Request) string { return "request-7" },
		Base:    func(*http.Request) string { return "https://upload.example.com" },
	})
	h.mux = http.NewServeMux()
	h.door.Routes(h.mux)
}

func (h *harness) close() {
	h.ok(h.blobs.Close())
	h.ok(h.db.Close())
}

func (h *harness) restart() {
	h.t.Helper()
	h.close()
	h.open()
}

// plainLogins checks that the password is the one that was stored.
type plainLogins struct{ h *harness }

func (l plainLogins) Login(_ context.Context, c ingest.Credentials) (p ingest.Principal, err error) {
	err = l.h.db.View(context.Background(), func(tx ingest.Tx) error {
		u, err := tx.UserByLogin(c.Login)
		if err != nil || u.PasswordHash != "plain:"+c.Password || !u.Valid(l.h.now()) {
			return &ingest.Error{Kind: ingest.Unauthenticated, Op: "test", Code: ingest.CodeBadCredentials, Msg: "no such login"}
		}
		m, err := tx.Memberships(u.Number)
		p = u.Principal(m)
		return err
	})
	return p, err
}

// plainTokens are good for the user whose login they are, in the account of the harness.
type plainTokens struct{ h *harness }

func (plainTokens) Issue(context.Context, ingest.Number, ingest.Number) (string, time.Time, error) {
	return "", time.Time{}, &ingest.Error{Kind: ingest.Unavailable, Op: "test", Msg: "tests make their own tokens"}
}

func (t plainTokens) Open(ctx context.Context, token string) (ingest.Principal, ingest.Number, error) {
	p, err := plainLogins(t).Login(ctx, ingest.Credentials{Login: token, Password: token})
	return p, t.h.company.Number, err
}

func (h *harness) now() time.Time { return h.clock.Now() }

// later moves the clock, and lets the engine do what has become due.
func (h *harness) later(d time.Duration) {
	h.t.Helper()
	h.clock.Move(d)
	h.ok(h.engine.Tick(context.Background()))
}

func (h *harness) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("unexpected error: %v", err)
	}
}

// newUser makes a user with a role by the vendor's word for it.
func (h *harness) newUser(login string, c *ingest.Company, word string) *user {
	h.t.Helper()
	role, title, err := ingest.ParseRole(word)
	h.ok(err)
	u := &ingest.User{Login: login, PasswordHash: "plain:" + login, Created: h.now()}
	p := doortest.User(h.t, h.db, u, ingest.Membership{Company: c.Number, Role: role, Title: title, Active: true})
	return &user{account: c.Name, login: login, Principal: p}
}
