package e2e_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestRangesAndConditions reads parts of an original, and asks about it, before
// and after it was replaced.
func TestRangesAndConditions(t *testing.T) {
	s := start(t)
	first, second := bytesOf("first", 500_000), bytesOf("second", 400_000)
	s.upload(auth(), newJob("a"), file("a.zip", first))
	path := "/v1/assets/" + s.asset("a.zip").UUID + "/original"
	ask := func(status int, content string, header ...string) *http.Response {
		t.Helper()
		res := s.get(path, header...)
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != status || (status < 300 && string(text) != content) {
			t.Errorf("%v: %s with %d bytes, %v; want %d with %d", header, res.Status, len(text), err, status, len(content))
		}
		return res
	}
	tag := ask(200, first).Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) {
		t.Errorf("the entity tag %s is not strong", tag)
	}
	if got := ask(206, first[100:200], "Range", "bytes=100-199").Header.Get("Content-Range"); got != "bytes 100-199/500000" {
		t.Errorf("Content-Range is %q", got)
	}
	ask(206, first[len(first)-7:], "Range", "bytes=-7")
	ask(206, first[499_990:], "Range", "bytes=499990-", "If-Range", tag)
	ask(416, "", "Range", "bytes=500000-")
	ask(304, "", "If-None-Match", tag)

	s.upload(auth(), newJob("b"), file("a.zip", second))
	if got := ask(200, second, "If-None-Match", tag).Header.Get("ETag"); got == tag {
		t.Error("the replaced file has the entity tag of the old one")
	}
	ask(200, second, "Range", "bytes=100-199", "If-Range", tag)
	ask(412, "", "If-Match", tag)
}

// TestReplaceUnderReaders replaces an asset while others read it. Whoever began
// to read the old bytes gets all of them, and nobody gets a mixture.
func TestReplaceUnderReaders(t *testing.T) {
	const size = 24 << 20
	s := start(t)
	versions := map[string]string{"A": strings.Repeat("A", size), "B": strings.Repeat("B", size), "C": strings.Repeat("C", size)}
	s.upload(auth(), newJob("a"), file("big.zip", versions["A"]))
	url := s.url + "/v1/assets/" + s.asset("big.zip").UUID + "/original"

	slow := s.openSlowly(url)
	beginning := make([]byte, 1000)
	if _, err := io.ReadFull(slow, beginning); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := wholeVersion(s.openSlowly(url), versions); err != "" {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, name := range []string{"B", "C"} {
		s.upload(auth(), newJob(name), file("big.zip", versions[name]))
	}
	rest, err := io.ReadAll(slow)
	if err != nil || string(beginning)+string(rest) != versions["A"] {
		t.Errorf("the open download ended after %d bytes with %v, or with other bytes", len(beginning)+len(rest), err)
	}
	close(done)
	readers.Wait()
	s.holds("big.zip", versions["C"])
}

// wholeVersion reads to the end and says what is wrong with what came.
func wholeVersion(r io.ReadCloser, versions map[string]string) string {
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	for _, v := range versions {
		if string(text) == v {
			return ""
		}
	}
	return "a reader got a mixture, or part of a file"
}

// openSlowly opens a download over a connection that holds little on its way.
func (s *server) openSlowly(url string) io.ReadCloser {
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, ReadBufferSize: 4 << 10}
	transport.DialContext = (&net.Dialer{Control: smallReceiveBuffer}).DialContext
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return failing{err}
	}
	req.SetBasicAuth(adminLogin, adminPassword)
	res, err := transport.RoundTrip(req)
	if err != nil {
		return failing{err}
	}
	s.t.Cleanup(func() { res.Body.Close() })
	return res.Body
}

// failing is a body that could not be opened.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
func (f failing) Close() error             { return nil }
