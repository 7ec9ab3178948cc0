package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sluice/internal/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func closed(options Options) *Client {
	options.Enabled, options.AllowPrivate = true, true
	return New(options)
}

func TestFetch(t *testing.T) {
	var headers http.Header
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		headers = r.Header.Clone()
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Disposition", `attachment; filename="boot.png"`)
		w.Header().Set("Set-Cookie", "a=b")
		_, _ = io.WriteString(w, "bytes")
	})
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c := closed(Options{UserAgent: "Test/1"})
	for range 2 {
		response, err := c.Fetch(t.Context(), strings.Replace(server.URL, "http://", "http://bob:hunter2@", 1)+"/x")
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(response.Body)
		if err != nil || string(data) != "bytes" || response.Size != 5 || response.FileName != "boot.png" || response.ContentType != "image/png" {
			t.Errorf("%q, %v, %+v", data, err, response)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		want := http.Header{
			"Accept": {"*/*"}, "Accept-Encoding": {"identity"}, "User-Agent": {"Test/1"}, "Connection": {"close"},
			"Authorization": {"Basic Ym9iOmh1bnRlcjI="},
		}
		if diff := cmp.Diff(want, headers); diff != "" {
			t.Errorf("headers differ (-want +got):\n%s", diff)
		}
	}
}

// TestCompressedFile gets the bytes that were sent, although they are said to be encoded.
func TestCompressedFile(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("text"))
	_ = w.Close()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	response, err := closed(Options{}).Fetch(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if data, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(data, packed.Bytes()) {
		t.Errorf("%q, %v", data, err)
	}
}

func TestSizeLimit(t *testing.T) {
	const most = 1000
	for _, c := range []struct {
		size      int
		announced bool
		fits      bool
	}{{most, true, true}, {most, false, true}, {0, true, true}, {most + 1, true, false}, {most + 1, false, false}, {50 * most, false, false}} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if !c.announced {
				w.(http.Flusher).Flush()
			} else {
				w.Header().Set("Content-Length", fmt.Sprint(c.size))
			}
			_, _ = w.Write(make([]byte, c.size))
		})
		response, err := closed(Options{MaxBytes: most}).Fetch(t.Context(), server.URL)
		if !c.fits && c.announced {
			if ingest.KindOf(err) != ingest.TooLarge || !strings.Contains(ingest.Message(err), "1001 bytes, at most 1000") {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		data, err := io.ReadAll(response.Body)
		if c.fits && (err != nil || len(data) != c.size) {
			t.Errorf("%+v: %d bytes, %v", c, len(data), err)
		}
		if !c.fits && (len(data) != most || ingest.KindOf(err) != ingest.TooLarge || !strings.Contains(ingest.Message(err), "1000 bytes")) {
			t.Errorf("%+v: %d bytes, %v", c, len(data), err)
		}
		if size := response.Size; c.announced && size != int64(c.size) || !c.announced && size != -1 {
			t.Errorf("%+v: size %d", c, size)
		}
		_ = response.Body.Close()
	}
}

func TestStatuses(t *testing.T) {
	for status, want := range map[int]ingest.Kind{
		204: ingest.Invalid, 206: ingest.Invalid, 304: ingest.Invalid, 302: ingest.Invalid, 400: ingest.Invalid, 401: ingest.Invalid,
		403: ingest.Invalid, 404: ingest.NotFound, 410: ingest.NotFound, 429: ingest.Invalid, 500: ingest.Unavailable, 503: ingest.Unavailable,
	} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		c := closed(Options{})
		_, err := c.Fetch(t.Context(), server.URL+"/a?sig=hunter2")
		if ingest.KindOf(err) != want || ingest.CodeOf(err) != CodeStatus ||
			!strings.Contains(ingest.Message(err), fmt.Sprint(status)) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Fetch, %d: %v", status, err)
		}
		got, err := c.Get(t.Context(), server.URL)
		if got != status || (err == nil) != (status < 300) || err != nil && ingest.KindOf(err) != want {
			t.Errorf("Get, %d: %d, %v", status, got, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/left/{n}", func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" {
			t.Errorf("Referer %q", r.Referer())
		}
		n, _ := strconv.Atoi(r.PathValue("n"))
		if n == 0 {
			_, _ = io.WriteString(w, "end")
			return
		}
		w.Header().Set("Location", fmt.Sprintf("../left/%d", n-1))
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	server := serve(t, mux.ServeHTTP)
	for _, c := range []struct {
		most int
		path string
		code ingest.Code
	}{
		{0, "/left/5", ""}, {0, "/left/6", ingest.CodeLimit}, {2, "/left/2", ""}, {2, "/left/3", ingest.CodeLimit},
		{-1, "/left/0", ""}, {-1, "/left/1", ingest.CodeLimit},
		{0, "/to?to=file:///etc/passwd", ingest.CodeMalformed}, {0, "/to?to=http://bob:hunter2@%25zz/", ingest.CodeMalformed},
		{0, "/to?to=http://bob:hunter2@[::1/", ingest.CodeMalformed},
	} {
		response, err := closed(Options{MaxRedirects: c.most}).Fetch(t.Context(), server.URL+c.path)
		if c.code == "" {
			if err != nil {
				t.Errorf("%+v: %v", c, err)
				continue
			}
			if data, err := io.ReadAll(response.Body); string(data) != "end" || err != nil {
				t.Errorf("%+v: %q, %v", c, data, err)
			}
			_ = response.Body.Close()
			continue
		}
		if ingest.CodeOf(err) != c.code || ingest.KindOf(err) != ingest.Invalid || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestRedirectKeepsNoCredentials is redirected to another host.
func TestRedirectKeepsNoCredentials(t *testing.T) {
	var seen string
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = "asked " + r.Header.Get("Authorization") })
	server := serve(t, http.RedirectHandler(other.URL, http.StatusMovedPermanently).ServeHTTP)
	if _, err := closed(Options{}).Get(t.Context(), strings.Replace(server.URL, "http://", "http://bob:hunter2@", 1)); err != nil || seen != "asked " {
		t.Errorf("%q, %v", seen, err)
	}
}

func TestNetworkTrouble(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
	})
	long := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 2*maxHeader))
	})
	c := closed(Options{})
	for _, raw := range []string{gone.URL, long.URL} {
		if _, err := c.Fetch(t.Context(), raw); ingest.KindOf(err) != ingest.Unavailable {
			t.Errorf("%s: %v", raw, err)
		}
	}
	response, err := c.Fetch(t.Context(), cut.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if string(data) != "half" || ingest.KindOf(err) != ingest.Unavailable || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", data, err)
	}
}

// silent answers the first request with these bytes and then says nothing more.
func silent(answer string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			buffer := make([]byte, 4096)
			if _, err := server.Read(buffer); err != nil {
				return
			}
			if _, err := io.WriteString(server, answer); err != nil {
				return
			}
			_, _ = server.Read(buffer) // until the client closes
		}()
		return client, nil
	}
}

// TestTimeLimit stalls before the headers and within the body.
func TestTimeLimit(t *testing.T) {
	for name, answer := range map[string]string{"headers": "", "body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"} {
		synctest.Test(t, func(t *testing.T) {
			c := closed(Options{Timeout: 20 * time.Second})
			c.transport.DialContext = silent(answer)
			began := time.Now()
			response, err := c.Fetch(t.Context(), "http://slow.example/a")
			if err == nil {
				_, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			if ingest.KindOf(err) != ingest.Unavailable || !strings.Contains(ingest.Message(err), "longer than 20s") {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took != 20*time.Second {
				t.Errorf("%s: ended after %s", name, took)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := closed(Options{})
		c.transport.DialContext = silent("")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.Fetch(ctx, "http://slow.example/a")
		if !errors.Is(err, context.Canceled) || ingest.KindOf(err) != ingest.Unavailable || !strings.Contains(ingest.Message(err), "stopped") {
			t.Errorf("%v", err)
		}
	})
}

// TestGetReadsLittle calls a server whose body never ends.
func TestGetReadsLittle(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	})
	if status, err := closed(Options{}).Get(t.Context(), server.URL); status != http.StatusOK || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}

func TestOff(t *testing.T) {
	c := New(Options{AllowPrivate: true})
	if _, err := c.Fetch(t.Context(), "http://127.0.0.1:1/"); ingest.CodeOf(err) != CodeOff || ingest.KindOf(err) != ingest.Conflict {
		t.Errorf("Fetch: %v", err)
	}
	if _, err := c.Get(t.Context(), "http://127.0.0.1:1/"); ingest.CodeOf(err) != CodeOff {
		t.Errorf("Get: %v", err)
	}
}
