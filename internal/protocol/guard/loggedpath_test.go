package guard_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/internal/protocol/guard"
)

func TestMaskPath(t *testing.T) {
	known := func(element string) bool { return element == "m" || element == "info" }
	for path, want := range map[string]string{
		"": "", "/": "/", "/m": "/m", "/m/": "/m/", "/m/s3cret": "/m/***", "/m/s3cret/info/": "/m/***/info/", "//m//s3cret": "//m//***", "/../m/./s3cret": "/../m/./***",
		"/m/a/b": "/m/***/***", "*": "***", "/m/***": "/m/***", "/m/in fo": "/m/***", "/M/info": "/***/info",
	} {
		if got := guard.MaskPath(path, known); got != want {
			t.Errorf("%q is logged as %q, want %q", path, got, want)
		}
	}
}

// What a door has masked is nowhere in the log: whether it answers, refuses, fails or
// is not reached, and however long the path is.
func TestSecretsInPathsAreNotLogged(t *testing.T) {
	const secret = "c0ffee00c0ffee00c0ffee00"
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /m/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("id")) })
	mux.HandleFunc("GET /m/{id}/panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
	mux.HandleFunc("GET /open/{id}", func(http.ResponseWriter, *http.Request) {})
	handler := guard.New(guard.Options{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		LogPath: func(path string) string {
			if !strings.Contains(path, "/m/") {
				return path
			}
			return guard.MaskPath(path, func(element string) bool { return element == "m" || element == "panic" })
		},
	}).Wrap(mux)
	for _, c := range []struct {
		method, target string
		status         int
		path           string // as it is logged
	}{
		{"GET", "/m/" + secret, 200, "/m/***"},
		{"GET", "/m/" + secret + "?e=1&s=" + secret, 200, "/m/***"},
		{"GET", "/m/" + secret + "/panic", 500, "/m/***/panic"},
		{"GET", "/m/" + secret + "/nothing", 404, "/m/***/***"},
		{"GET", "//m/" + secret, 307, "//m/***"},
		{"DELETE", "/m/" + secret, 405, "/m/***"},
		{"GET", "/m/" + strings.Repeat("x/", 200) + secret, 404, "/m/***/***"},
		{"GET", "/open/7?e=1&s=" + secret, 200, "/open/7"},
	} {
		log.Reset()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(c.method, c.target, nil))
		lines := log.String()
		if w.Code != c.status || !strings.Contains(lines, " path="+c.path) || strings.Contains(lines, "c0ffee") {
			t.Errorf("%s %s: status %d, want %d; logged\n%s", c.method, c.target, w.Code, c.status, lines)
		}
	}
}
