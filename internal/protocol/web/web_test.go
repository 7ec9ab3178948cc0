package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sluice/internal/protocol/guard"
)

func deps(health error) Deps {
	return Deps{
		Version: "1.2.3<b>", Healthy: func(context.Context) error { return health },
		Doors: []Door{{Title: "tus", About: "Uppy & others", Path: "/files/"}, {Title: "Softphone", Path: "/{company}/softphone/"}},
		Links: []Link{{Title: "API", Path: "/v1/docs"}},
	}
}

func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestStartPage(t *testing.T) {
	h := New(deps(nil))
	w := ask(h, "GET", "/")
	body := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	for _, want := range []string{
		"1.2.3&lt;b&gt;", "The server is healthy.", "http://example.com/files/", "http://example.com/{company}/softphone/", "Uppy &amp; others",
		`<a href="/v1/docs">API</a>`, "curl -u LOGIN:PASSWORD http://example.com/v1/jobs",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, " style=") || strings.Contains(body, "<style") {
		t.Error("the page holds what its policy forbids")
	}
	if ill := ask(New(deps(errors.New("secret"))), "GET", "/").Body.String(); strings.Contains(ill, "healthy.") || strings.Contains(ill, "secret") || !strings.Contains(ill, "does not answer") {
		t.Error("the page of an ill server is wrong")
	}
}

func TestAddressesFollowThePublicURL(t *testing.T) {
	h := guard.New(guard.Options{Log: slog.New(slog.DiscardHandler), PublicURL: "https://media.example/"}).Wrap(New(deps(nil)))
	w := ask(h, "GET", "/")
	if body := w.Body.String(); !strings.Contains(body, "<code>https://media.example/files/</code>") || strings.Contains(body, "example.com") {
		t.Error(body)
	}
	if got := w.Header().Get("Content-Security-Policy"); got != policy {
		t.Errorf("policy %q", got)
	}
}

func TestHostCannotWriteIntoThePage(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = `"><script>alert(1)</script>`
	w := httptest.NewRecorder()
	New(deps(nil)).ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "alert") {
		t.Error("the host was repeated")
	}
}

func TestMissingPage(t *testing.T) {
	w := ask(New(deps(nil)), "GET", "/a<script>/"+strings.Repeat("x", 5000))
	if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "<script>") || w.Body.Len() > 2000 || !strings.Contains(w.Body.String(), `href="/"`) {
		t.Errorf("%d, %d bytes: %.300s", w.Code, w.Body.Len(), w.Body)
	}
	if strings.Contains(w.Body.String(), "1.2.3") {
		t.Error("the page tells more than it should")
	}
}

func TestEverythingThePagesUseIsServedHere(t *testing.T) {
	h := New(deps(nil))
	for _, page := range []string{"/", "/nothing"} {
		body := ask(h, "GET", page).Body.String()
		for _, used := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(body, -1) {
			if used[1] == "/v1/docs" || used[1] == "/" {
				continue
			}
			if w := ask(h, "GET", "/"+strings.TrimPrefix(used[1], "/")); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
				t.Errorf("%s: %d", used[1], w.Code)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	h := New(deps(nil))
	for path, want := range map[string]int{"/": 405, "/style.css": 405, "/nothing": 404} {
		if w := ask(h, "POST", path); w.Code != want || want == 405 && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d %v", path, w.Code, w.Header())
		}
	}
	server := httptest.NewServer(h)
	defer server.Close()
	answer, err := http.Head(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 || answer.ContentLength < 100 {
		t.Errorf("HEAD: %d, length %d", answer.StatusCode, answer.ContentLength)
	}
}
