package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/auth"
	"sluice/internal/blob/fsblob"
	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/people"
	"sluice/internal/protocol/guard"
	"sluice/internal/store/sqlite"
	"sluice/internal/telemetry"
)

// wholeServer serves all doors as Run does, without media processes, to an
// administrator root with the password "secret", and returns its address.
func wholeServer(t *testing.T, log *slog.Logger, set func(*config.Config)) string {
	t.Helper()
	cfg := config.Default()
	if set != nil {
		set(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "sluice.db"), sqlite.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := fsblob.Open(dir, fsblob.Options{Logger: log, SegmentSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	logins := auth.New(store, time.Now, auth.Options{TokenLifetime: cfg.TokenLifetime.Std()})
	if _, err := people.New(store, logins, time.Now).Bootstrap(t.Context(), people.First{Login: "root", Password: "secret", Company: "Demo"}); err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Store: store, Blobs: blobs, Now: time.Now, NewUUID: id.New, Detect: media.Detect, Log: log})
	mux, err := routes(cfg, e, logins, &health{store: store}, telemetry.NewMetrics(telemetry.ReadVersion()), log)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(guard.New(guard.Options{Log: log, PublicURL: cfg.PublicURL}).Wrap(mux))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		blobs.Close()
		store.Close()
	})
	return strings.TrimPrefix(server.URL, "http://")
}

// raw sends a request line and a body exactly as they are and returns the answer.
func raw(t *testing.T, address, line, headers, body string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", line, address, headers, len(body), body)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// Base addresses are typed by hand, and clients follow no redirect.
func TestNomadPathsAsTyped(t *testing.T) {
	address := wholeServer(t, slog.New(slog.DiscardHandler), nil)
	const login = `{"username":"root","password":"secret"}`
	for _, path := range []string{
		"/api/account/login", "/account/login", "/api/account/login/", "//api//account/login/", "//account//login", "/api//account/login", "/api/account//login//",
	} {
		resp, body := raw(t, address, "POST "+path, "", login)
		var answer struct {
			Token             string
			ExpirationSeconds int
		}
		if err := json.Unmarshal([]byte(body), &answer); resp.StatusCode != http.StatusOK || err != nil || answer.Token == "" {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
			continue
		}
		if answer.ExpirationSeconds < 43_180 || answer.ExpirationSeconds > 43_200 {
			t.Errorf("the token expires in %d s", answer.ExpirationSeconds)
		}
		if resp, body := raw(t, address, "GET //api//account/user", "Authorization: Bearer "+answer.Token+"\r\n", ""); resp.StatusCode != http.StatusOK {
			t.Errorf("the token was answered %d %s", resp.StatusCode, body)
		}
	}
	if resp, body := raw(t, address, "POST //api//account/nothing", "", "{}"); resp.StatusCode != http.StatusNotFound || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("no such call: %d %s %s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
}

func TestNomadFromAPageOfAnotherOrigin(t *testing.T) {
	address := wholeServer(t, slog.New(slog.DiscardHandler), func(c *config.Config) { c.CORSOrigins = []string{"https://app.example.com"} })
	for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example.com": ""} {
		header := "Origin: " + origin + "\r\n"
		resp, _ := raw(t, address, "OPTIONS //api/account/login", header+"Access-Control-Request-Method: POST\r\n", "")
		if resp.StatusCode != http.StatusNoContent || resp.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("preflight of %s: %d %q", origin, resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"))
		}
		resp, _ = raw(t, address, "POST /api/account/login", header, `{"username":"root","password":"wrong"}`)
		if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("a failure to %s: %d %q", origin, resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"))
		}
	}
}

// A token lives for an hour at least, however short those of others do.
func TestNomadTokensLiveAnHour(t *testing.T) {
	address := wholeServer(t, slog.New(slog.DiscardHandler), func(c *config.Config) { c.TokenLifetime = config.Duration(time.Minute) })
	_, body := raw(t, address, "POST /api/account/login", "", `{"username":"root","password":"secret"}`)
	var answer struct{ ExpirationSeconds int }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.ExpirationSeconds < 3580 || answer.ExpirationSeconds > 3600 {
		t.Errorf("%d s, %v", answer.ExpirationSeconds, err)
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	var log loggedText
	address := wholeServer(t, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), nil)
	resp, body := raw(t, address, "POST /api/account/login", "", `{"username":"root","password":"secret"}`)
	var in struct{ Token, RefreshToken string }
	if err := json.Unmarshal([]byte(body), &in); resp.StatusCode != http.StatusOK || err != nil {
		t.Fatal(resp.StatusCode, err)
	}
	raw(t, address, "POST /api/account/login", "", `{"username":"root","password":"not the secret"}`)
	raw(t, address, "GET /api/account/user", "Authorization: Bearer "+in.Token+"\r\n", "")
	raw(t, address, "GET /api/account/user", "Authorization: Bearer "+in.Token+"x\r\n", "")
	raw(t, address, "POST /api/account/refresh-token", "", `{"refreshToken":"`+in.RefreshToken+`"}`)
	raw(t, address, "POST /api/account/logout", "Authorization: Bearer "+in.Token+"\r\n", "")
	raw(t, address, "POST /api/account/refresh-token", "", `{"refreshToken":"`+in.RefreshToken+`"}`)
	text := log.String()
	if strings.Count(text, "msg=request") != 7 {
		t.Errorf("the log has not all requests:\n%s", text)
	}
	for _, secret := range []string{"secret", in.Token, in.RefreshToken, strings.Split(in.Token, ".")[2], strings.Split(in.RefreshToken, ".")[2]} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestMailerOfTheSettings(t *testing.T) {
	cfg := config.Default()
	var out loggedText
	m, err := newMailer(cfg, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), "bob@example.com", "Code", "123456"); err != nil || !strings.Contains(out.String(), "no mail server is set up") {
		t.Errorf("%v, wrote %q", err, out.String())
	}
	cfg.MailURL, cfg.MailFrom = "http://u:geheim@mail.example.com", "sluice@example.com"
	if _, err := newMailer(cfg, &out); ingest.KindOf(err) != ingest.Invalid || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a wrong address: %v", err)
	}
}

func TestSignerTellsForgeriesFromFailures(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "sluice.db"), sqlite.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ring := auth.NewKeyring(store, time.Now)
	s := signer{ring}
	first, err := s.MAC(t.Context(), "part", "1", "2")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // two keys are live
		if err := s.Verify(t.Context(), "part", first, "1", "2"); err != nil {
			t.Errorf("of a live key: %v", err)
		}
		if _, err := ring.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{
		"retired key": s.Verify(t.Context(), "part", first, "1", "2"), "nonsense": s.Verify(t.Context(), "part", "x", "1", "2"), "nothing": s.Verify(t.Context(), "part", "", "1"),
	} {
		if ingest.KindOf(err) != ingest.Forbidden || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	store.Close()
	broken := signer{auth.NewKeyring(store, time.Now)}
	if err := broken.Verify(context.Background(), "part", first, "1", "2"); err == nil || ingest.KindOf(err) == ingest.Forbidden {
		t.Errorf("without a store: %v", err)
	}
}

// loggedText is a log that several requests write to.
type loggedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *loggedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *loggedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
