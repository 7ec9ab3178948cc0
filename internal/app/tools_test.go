package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func newTestTools(t *testing.T, change func(*config.Config)) (*tools, config.Config, engine.Config) {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	change(&cfg)
	kit, err := newTools(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kit.runner.Close() })
	var c engine.Config
	kit.equip(cfg, &c)
	return kit, cfg, c
}

// Nothing of the machine or the network is open unless the operator says so.
func TestToolsAreOffByDefault(t *testing.T) {
	kit, cfg, c := newTestTools(t, func(*config.Config) {})
	if c.CheckURL != nil || c.CheckDirectory != nil || c.Callbacks || c.ServerName == "" {
		t.Errorf("engine is equipped with %+v", c)
	}
	handlers := kit.steps(cfg, nil)
	for _, kind := range []ingest.TaskKind{ingest.TaskFetch, ingest.TaskFile, ingest.TaskDirectory, ingest.TaskCallback} {
		if handlers[kind] != nil {
			t.Errorf("%s has a handler", kind)
		}
	}
	if _, err := kit.fetching.Fetch(context.Background(), "http://example.com/"); ingest.KindOf(err) != ingest.Conflict {
		t.Errorf("fetching: %v", err)
	}
	if err := kit.fetching.call(context.Background(), "http://example.com/"); ingest.KindOf(err) != ingest.Conflict {
		t.Errorf("calling: %v", err)
	}
}

func TestToolsThatAreOn(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "file") }))
	defer other.Close()
	root := t.TempDir()
	kit, cfg, c := newTestTools(t, func(cfg *config.Config) {
		cfg.Fetch, cfg.FetchAllowPrivate, cfg.Callbacks = true, true, true
		cfg.UploadRoots, cfg.PublicURL = []string{"in=" + root}, "https://media.example.com:8443"
	})
	if c.CheckURL == nil || c.CheckDirectory == nil || !c.Callbacks || c.ServerName != "media.example.com" {
		t.Fatalf("engine is equipped with %+v", c)
	}
	if c.CheckURL(other.URL) != nil || c.CheckURL("ftp://x/") == nil || c.CheckDirectory("in") != nil || c.CheckDirectory("/etc") == nil {
		t.Error("the checks are wrong")
	}
	if n := len(kit.steps(cfg, nil)); n != 8 {
		t.Errorf("%d kinds of steps", n)
	}
	if c.Letters || kit.pushes(nil)[ingest.TaskLetter] != nil {
		t.Error("letters are on without a mail server")
	}
	mailing, _, c := newTestTools(t, func(cfg *config.Config) {
		cfg.MailURL, cfg.MailFrom = "smtp://mail.example.com", "sluice@example.com"
	})
	if !c.Letters || mailing.pushes(nil)[ingest.TaskLetter] == nil {
		t.Error("letters are off although there is a mail server")
	}
	got, err := kit.fetching.Fetch(t.Context(), other.URL+"/a.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil || string(text) != "file" || got.FileName != "a.txt" || got.Size != 4 {
		t.Errorf("%q, %+v, %v", text, got, err)
	}
	if err := kit.fetching.call(t.Context(), other.URL); err != nil {
		t.Error(err)
	}
	closed, _, _ := newTestTools(t, func(cfg *config.Config) { cfg.Fetch = true })
	if _, err := closed.fetching.Fetch(t.Context(), other.URL); ingest.KindOf(err) != ingest.Invalid {
		t.Errorf("a private address without leave: %v", err)
	}
}
