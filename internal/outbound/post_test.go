package outbound

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

func TestPost(t *testing.T) {
	var got []string
	status := http.StatusNoContent
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("Webhook-Id")+" "+r.Header.Get("Authorization")+" "+string(body))
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	})
	header := http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {"x.0"}}
	address := strings.Replace(server.URL, "http://", "http://bob:hunter2@", 1) + "/hook?a=b"
	n, err := closed(Options{}).Post(t.Context(), address, header, []byte("{}"))
	if n != http.StatusNoContent || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, status = range []int{http.StatusFound, http.StatusBadRequest, http.StatusInternalServerError} {
		n, err = closed(Options{}).Post(t.Context(), address, header, []byte("{}"))
		if n != status || ingest.CodeOf(err) != CodeStatus || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "a=b") {
			t.Errorf("%d, %v", n, err)
		}
	}
	for i, line := range got {
		if line != "POST /hook?a=b application/json x.0 Basic Ym9iOmh1bnRlcjI= {}" {
			t.Errorf("request %d: %s", i, line)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d requests, want 4: a redirect must not be followed", len(got))
	}
	server.Close()
	if n, err = closed(Options{}).Post(t.Context(), address, header, nil); n != 0 || ingest.KindOf(err) != ingest.Unavailable {
		t.Errorf("closed server: %d, %v", n, err)
	}
}

func TestPostToPrivateAddress(t *testing.T) {
	called := false
	server := serve(t, func(http.ResponseWriter, *http.Request) { called = true })
	_, err := New(Options{Enabled: true}).Post(t.Context(), server.URL, nil, []byte("{}"))
	if ingest.CodeOf(err) != CodeRefusedAddress || called {
		t.Errorf("%v, called %v", err, called)
	}
}
