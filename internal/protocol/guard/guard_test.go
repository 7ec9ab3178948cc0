package guard_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestClientAddressAndPublicURL(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct {
		name, remote  string
		header        map[string]string
		address, base string
	}{
		{"direct", "192.0.2.1:99", nil, "192.0.2.1", "http://files.example"},
		{"not from a proxy", "192.0.2.1:99", map[string]string{"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"},
			"192.0.2.1", "http://files.example"},
		{"proxy", "10.1.1.1:99", map[string]string{"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "cdn.example:444"},
			"1.2.3.4", "https://cdn.example:444"},
		{"client's own entry", "10.1.1.1:99", map[string]string{"X-Forwarded-For": "6.6.6.6, 1.2.3.4, 10.9.9.9"}, "1.2.3.4", "http://files.example"},
		{"rubbish", "10.1.1.1:99", map[string]string{"X-Forwarded-For": "x, 10.2.2.2", "X-Forwarded-Proto": "gopher"}, "10.2.2.2", "http://files.example"},
		{"IPv6 with port", "[::1]:99", map[string]string{"X-Forwarded-For": "[2001:db8::7]:5000"}, "2001:db8::7", "http://files.example"},
		{"mapped", "[::ffff:10.1.1.1]:99", map[string]string{"X-Forwarded-For": "1.2.3.4"}, "1.2.3.4", "http://files.example"},
		{"markup as host", "10.1.1.1:99", map[string]string{"X-Forwarded-Host": "a/<b>"}, "10.1.1.1", "http://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://files.example/x", nil)
			r.RemoteAddr = c.remote
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			var address, base string
			guard.New(guard.Options{Log: quietLog(), Trusted: trusted}).Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				address, base = guard.ClientAddress(r.Context()), guard.PublicURL(r.Context())
			})).ServeHTTP(httptest.NewRecorder(), r)
			if diff := cmp.Diff([]string{c.address, c.base}, []string{address, base}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswerAndLog(t *testing.T) {
	var log bytes.Buffer
	type seen struct {
		Method, Route string
		Status        int
	}
	var observed []seen
	mux := http.NewServeMux()
	mux.HandleFunc("POST /files/{id}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if guard.RequestID(r.Context()) != w.Header().Get("X-Request-Id") || n != 5 {
			t.Errorf("id %q, %d bytes", guard.RequestID(r.Context()), n)
		}
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, "made")
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(guard.New(guard.Options{
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
		Quiet: []string{"/healthz"},
		Observe: func(method, route string, status int, _ time.Duration) {
			observed = append(observed, seen{method, route, status})
		},
	}).Wrap(mux))
	defer srv.Close()

	r, _ := http.NewRequest("POST", srv.URL+"/files/7?token=geheim", strings.NewReader("hello"))
	r.SetBasicAuth("ann", "hunter2")
	made, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	made.Body.Close()
	failed, err := srv.Client().Get(srv.URL + "/panic")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(failed.Body)
	failed.Body.Close()
	health, err := srv.Client().Get(srv.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	health.Body.Close()
	srv.Close()

	id := made.Header.Get("X-Request-Id")
	if len(id) != 16 || made.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("header %v", made.Header)
	}
	if want := "internal error, request " + failed.Header.Get("X-Request-Id") + "\n"; failed.StatusCode != 500 || string(text) != want {
		t.Errorf("after a panic: %d %q", failed.StatusCode, text)
	}
	if diff := cmp.Diff([]seen{{"POST", "POST /files/{id}", 201}, {"GET", "GET /panic", 500}, {"GET", "GET /healthz", 200}}, observed); diff != "" {
		t.Error(diff)
	}
	lines := log.String()
	for _, want := range []string{"request=" + id + " address=127.0.0.1 method=POST path=/files/7 status=201 in=5 out=4 ", "value=boom"} {
		if !strings.Contains(lines, want) {
			t.Errorf("log lacks %q:\n%s", want, lines)
		}
	}
	for _, secret := range []string{"geheim", "hunter2", "healthz"} {
		if strings.Contains(lines, secret) {
			t.Errorf("log has %q:\n%s", secret, lines)
		}
	}
}

func TestPanicAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	srv := httptest.NewServer(guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic("boom")
	})))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading the answer gave %v", err)
	}
}

func TestBodyMustMove(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
	for _, c := range []struct {
		name  string
		pause time.Duration // between single bytes
		want  string
		after time.Duration
	}{
		{"stands still", time.Hour, "no byte of the body arrived for 1m0s", time.Minute},
		{"crawls", 10 * time.Second, "less than 1024 bytes per second: 8 bytes in 1m10s", 70 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				result := make(chan error, 1)
				l := serve(t, guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, err := io.Copy(io.Discard, r.Body)
					result <- err
				})))
				client, _ := l.dial(t)
				go func() {
					io.WriteString(client, head)
					for {
						if _, err := client.Write([]byte("x")); err != nil {
							return
						}
						select {
						case <-time.After(c.pause):
						case <-t.Context().Done():
							return
						}
					}
				}()
				err := <-result
				if ingest.KindOf(err) != ingest.Invalid || ingest.CodeOf(err) != ingest.CodeLimit || !strings.Contains(ingest.Message(err), c.want) {
					t.Errorf("got %v", err)
				}
				if d := time.Since(began); d != c.after {
					t.Errorf("gave up after %v, want %v", d, c.after)
				}
				client.Close()
			})
		})
	}
}

func TestSlowHandlerIsNotTheClientsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t, guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			first := make([]byte, 1)
			if _, err := io.ReadFull(r.Body, first); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Hour) // a busy disk
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Errorf("rest of the body: %v", err)
			}
			time.Sleep(time.Hour) // sealing
			if err := context.Cause(r.Context()); err != nil {
				t.Errorf("the request was cancelled: %v", err)
			}
			io.WriteString(w, "stored")
		})))
		client, answer := l.dial(t)
		io.WriteString(client, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\nbefore")
		if text := <-answer; !strings.HasSuffix(text, "stored") {
			t.Errorf("answer %q", text)
		}
	})
}

func TestConnectionServesAgainAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t, guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, r.URL.Path)
		})))
		client, answer := l.dial(t)
		io.WriteString(client, "POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
		time.Sleep(time.Hour)
		io.WriteString(client, "POST /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
		if text := <-answer; !strings.Contains(text, "/one") || !strings.HasSuffix(text, "/two") {
			t.Errorf("answers %q", text)
		}
	})
}

func TestClientThatTakesNothingIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := make(chan error, 1)
		l := serve(t, guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("x", 64<<20)), 64<<20))
			result <- err
		})))
		client := l.open(t)
		io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		began := time.Now()
		if err := <-result; err == nil || time.Since(began) != time.Minute {
			t.Errorf("ended with %v after %v", err, time.Since(began))
		}
	})
}

func TestReadFromGivesAllBytes(t *testing.T) {
	const size = 9<<20 + 17
	srv := httptest.NewServer(guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.bin", time.Time{}, bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef\n"), size/17+1)[:size]))
	})))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || len(b) != size || string(b[:17]) != "0123456789abcdef\n" {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestDrain(t *testing.T) {
	for _, c := range []struct {
		body  string
		limit int64
		want  bool
	}{{"", 0, true}, {"abc", 3, true}, {"abcd", 3, false}, {"abc", 1 << 40, true}} {
		if got := guard.Drain(strings.NewReader(c.body), c.limit); got != c.want {
			t.Errorf("%q within %d: %v", c.body, c.limit, got)
		}
	}
}

func TestCredentials(t *testing.T) {
	for _, c := range []struct {
		name, header, value string
		want                guard.Presented
		ok                  bool
	}{
		{"none", "X-Other", "1", guard.Presented{}, false},
		{"basic", "Authorization", "Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==", guard.Presented{Login: "Aladdin", Password: "open:sesame"}, true},
		{"bearer", "Authorization", "bearer slk_a_b", guard.Presented{Token: "slk_a_b"}, true},
		{"api key", "X-Api-Key", " slk_a_b ", guard.Presented{Token: "slk_a_b"}, true},
		{"digest", "Authorization", "Digest username=x", guard.Presented{}, false},
		{"broken basic", "Authorization", "Basic !!!", guard.Presented{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set(c.header, c.value)
			got, ok := guard.Credentials(r)
			if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
				t.Error(diff, ok)
			}
		})
	}
}

// logins records what it is asked.
type logins struct{ asked []string }

func (l *logins) Login(_ context.Context, c ingest.Credentials) (ingest.Principal, error) {
	l.asked = append(l.asked, "login", c.Login, c.Password, c.Address)
	return ingest.Principal{User: 1}, nil
}

func (l *logins) Token(_ context.Context, bearer, address string) (ingest.Principal, error) {
	l.asked = append(l.asked, "token", bearer, address)
	return ingest.Principal{User: 2}, nil
}

func TestPrincipal(t *testing.T) {
	l := &logins{}
	h := guard.New(guard.Options{Log: quietLog()}).Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := guard.Principal(r, l); err != nil && ingest.CodeOf(err) != ingest.CodeNoCredentials {
			t.Error(err)
		}
	}))
	for _, header := range []http.Header{{}, {"Authorization": {"Basic YTpi"}}, {"X-Api-Key": {"k"}}} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header, r.RemoteAddr = header, "192.0.2.7:1"
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if diff := cmp.Diff([]string{"login", "a", "b", "192.0.2.7", "token", "k", "192.0.2.7"}, l.asked); diff != "" {
		t.Error(diff)
	}
}
