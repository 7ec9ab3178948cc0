package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

func TestEveryKindHasItsFault(t *testing.T) {
	want := map[ingest.Kind]int{
		ingest.Internal: 500, ingest.Invalid: 400, ingest.Unauthenticated: 401, ingest.Forbidden: 403, ingest.NotFound: 404, ingest.Conflict: 409,
		ingest.Mismatch: 422, ingest.TooLarge: 413, ingest.Gone: 410, ingest.Throttled: 429, ingest.Unavailable: 503,
	}
	for _, kind := range ingest.Kinds() {
		l := &library{fail: &ingest.Error{Kind: kind, Op: "engine.X", Msg: "what the caller may know", Err: errors.New("secret cause")}}
		s := newSite(t, l)
		for _, path := range []string{
			"/v1/assets", "/v1/assets?company=Demo", "/v1/assets/" + string(uid(1)), "/v1/assets/" + string(uid(1)) + "/original",
			"/v1/assets/" + string(uid(1)) + "/thumbnail", "/v1/assets/" + string(uid(1)) + "/derived/" + string(uid(2)),
			"/v1/jobs", "/v1/jobs/" + string(uid(1)), "/v1/jobs/" + string(uid(1)) + "/log", "/v1/companies",
		} {
			w := s.ask("GET", path)
			body := w.Body.String()
			p := problemIn(t, w, want[kind])
			wantDetail := "what the caller may know"
			if kind == ingest.Internal {
				wantDetail = ""
			}
			if p.Detail != wantDetail || strings.Contains(body, "secret") || strings.Contains(body, "engine.X") {
				t.Errorf("%s %s: %s", kind, path, body)
			}
			if got, want := w.Header().Get("Retry-After") != "", kind == ingest.Throttled || kind == ingest.Unavailable; got != want {
				t.Errorf("%s: Retry-After %v", kind, got)
			}
			if got, want := strings.HasPrefix(w.Header().Get("Www-Authenticate"), `Basic realm="`), kind == ingest.Unauthenticated; got != want {
				t.Errorf("%s: WWW-Authenticate %q", kind, w.Header().Get("Www-Authenticate"))
			}
			if logged := strings.Contains(s.logged.String(), "secret cause") && strings.Contains(s.logged.String(), p.RequestID); logged != (kind == ingest.Internal) {
				t.Errorf("%s: log %q", kind, s.logged.String())
			}
			s.logged.Reset()
		}
	}
}

func TestCodes(t *testing.T) {
	cases := []struct {
		err    error
		status int
		code   string
	}{
		{&ingest.Error{Kind: ingest.Unavailable, Code: ingest.CodeDiskFull}, 507, "disk-full"},
		{&ingest.Error{Kind: ingest.Internal, Code: ingest.CodeDiskFull}, 500, "internal"},
		{&ingest.Error{Kind: ingest.Forbidden, Code: ingest.CodeNotMember}, 403, "not-member"},
		{&ingest.Error{Kind: ingest.NotFound, Code: ingest.CodeJobUnknown}, 404, "job-unknown"},
		{&ingest.Error{Kind: ingest.Gone}, 410, "gone"},
		{&ingest.Error{Kind: 200}, 500, "internal"},
		{errors.New("plain"), 500, "internal"},
	}
	for _, c := range cases {
		s := newSite(t, &library{fail: c.err})
		if p := problemIn(t, s.ask("GET", "/v1/jobs"), c.status); p.Code != c.code {
			t.Errorf("%v: code %q", c.err, p.Code)
		}
	}
}

func TestLogin(t *testing.T) {
	cases := []struct {
		name   string
		header []string
		status int
		code   string
	}{
		{"nothing", []string{"Authorization", "Negotiate x"}, 401, "no-credentials"},
		{"password", []string{"Authorization", "Basic Ym9zc0BleGFtcGxlLmNvbTpww6Rzc3dvcmQ="}, 200, ""},
		{"wrong password", []string{"Authorization", "Basic Ym9zc0BleGFtcGxlLmNvbTp4"}, 401, "bad-credentials"},
		{"guesser", []string{"Authorization", "Basic Z3Vlc3Nlcjp4"}, 429, "throttled"},
		{"bearer", []string{"Authorization", "Bearer slk_good"}, 200, ""},
		{"wrong bearer", []string{"Authorization", "Bearer slk_bad"}, 401, "bad-credentials"},
		{"key", []string{"X-Api-Key", "slk_good"}, 200, ""},
		{"wrong key", []string{"X-Api-Key", "slk_bad"}, 401, "bad-credentials"},
	}
	s := newSite(t, &library{companies: twoCompanies()})
	for _, c := range cases {
		w := s.ask("GET", "/v1/companies", c.header...)
		if c.status == http.StatusOK {
			if w.Code != c.status {
				t.Errorf("%s: status %d", c.name, w.Code)
			}
			continue
		}
		if p := problemIn(t, w, c.status); p.Code != c.code {
			t.Errorf("%s: code %q", c.name, p.Code)
		}
		if got := w.Header().Get("Www-Authenticate"); (c.status == 401) != strings.HasPrefix(got, "Basic realm=") {
			t.Errorf("%s: WWW-Authenticate %q", c.name, got)
		}
	}
	if s.logins.address != "192.0.2.1" {
		t.Errorf("logins came from %q", s.logins.address)
	}
}

func TestInfo(t *testing.T) {
	s := newSite(t, &library{})
	stranger := decode[infoItem](t, s.ask("GET", "/v1/info", "Authorization", "none").Body)
	if stranger.Name != "Sluice" || stranger.Version != "1.2.3" || !stranger.Healthy || stranger.Doors != nil || stranger.Limits != nil || stranger.Login != "" {
		t.Errorf("a stranger learns %+v", stranger)
	}
	known := get[infoItem](t, s, "/v1/info")
	if len(known.Doors) != 1 || known.Doors[0].Address != "https://media.example/files/" || known.Limits["scene7.maxPostSize"] != 2<<30 || known.Login != boss.Login {
		t.Errorf("a user learns %+v", known)
	}
	problemIn(t, s.ask("GET", "/v1/info", "Authorization", "Bearer slk_bad"), http.StatusUnauthorized)
	s.fail = errors.New("down")
	if get[infoItem](t, s, "/v1/info").Healthy {
		t.Error("healthy without a database")
	}
}
