package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/config"
	"sluice/internal/people"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLockNamesItsHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	lock, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockDataDir(dir)
	if err == nil || !strings.Contains(err.Error(), "in use by process ") {
		t.Errorf("second lock: %v", err)
	}
	lock.release()
	again, err := lockDataDir(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again.release()
}

// serve starts a listening server without the rest of the application.
func serve(t *testing.T, grace time.Duration, h http.HandlerFunc) (url string, stop func() error) {
	t.Helper()
	cfg := config.Default()
	cfg.Listen = "127.0.0.1:0"
	f, err := listen(cfg, h, &memory{set: func(int64) {}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.serve(ctx, &health{}, grace) }()
	return f.url(), func() error { cancel(); return <-ended }
}

func TestStopLetsARequestEnd(t *testing.T) {
	inside, goOn := make(chan bool), make(chan bool)
	url, stop := serve(t, time.Minute, func(w http.ResponseWriter, _ *http.Request) {
		inside <- true
		<-goOn
		io.WriteString(w, "done")
	})
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(url)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		answer <- string(text)
	}()
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	waitUntilRefused(t, url)
	goOn <- true
	if text := <-answer; text != "done" {
		t.Errorf("the open request got %q", text)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// waitUntilRefused returns when the server accepts no more connections.
func waitUntilRefused(t *testing.T, url string) {
	t.Helper()
	for range 1000 {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		c.Close()
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server still accepts connections")
}

func TestStopCutsABodyAndWaitsForItsHandler(t *testing.T) {
	inside := make(chan bool)
	var got string
	url, stop := serve(t, time.Millisecond, func(_ http.ResponseWriter, r *http.Request) {
		inside <- true
		text, err := io.ReadAll(r.Body)
		if err == nil {
			t.Error("the cut body ended without an error")
		}
		got = string(text)
	})
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it")
	<-inside
	if err := stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if got != "half of it" {
		t.Errorf("the handler had put down %q when the server had ended", got)
	}
}

func TestListenNamesTheAddressThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := config.Default()
	cfg.Listen = l.Addr().String()
	if _, err := listen(cfg, http.NotFoundHandler(), &memory{set: func(int64) {}}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), cfg.Listen) {
		t.Errorf("got %v", err)
	}
	cfg.Listen, cfg.TLSCert, cfg.TLSKey = "127.0.0.1:0", "none.pem", "none.pem"
	if _, err := listen(cfg, http.NotFoundHandler(), &memory{set: func(int64) {}}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "TLS certificate") {
		t.Errorf("got %v", err)
	}
}

func TestIntroduceIsSilentAfterTheFirstStart(t *testing.T) {
	var out bytes.Buffer
	introduce(&out, people.Made{})
	if out.Len() != 0 {
		t.Errorf("wrote %q", &out)
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	cfg := config.Default()
	cfg.DataDir = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(cfg.DataDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Doctor(t.Context(), cfg, &out); err == nil || !strings.Contains(out.String(), "is not a directory") {
		t.Errorf("%v\n%s", err, &out)
	}
	cfg.DataDir = filepath.Join(t.TempDir(), "sluice-data")
	out.Reset()
	if err := Doctor(t.Context(), cfg, &out); err != nil || !strings.Contains(out.String(), "will be made by the first start") {
		t.Errorf("%v\n%s", err, &out)
	}
	if _, err := os.Stat(cfg.DataDir); err == nil {
		t.Error("the doctor made the data directory")
	}
}
