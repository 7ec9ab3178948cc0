package nomad

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// resolve asks for a download link.
func (s *shelf) resolve(a *ingest.Asset, address string, status int) string {
	s.t.Helper()
	raw := s.do("GET", "/admin/asset/"+string(a.UUID)+"/resolve-full-url?url="+url.QueryEscape(address), "", status).raw
	return strings.Trim(strings.ReplaceAll(raw, `\u0026`, "&"), `"`)
}

func TestResolveFullURL(t *testing.T) {
	s := newShelf(t, Options{})
	s.folder(s.root, "Films")
	a := s.put("Films/", "A trip.mp4", "moving pictures")
	full := s.do("GET", "/admin/asset/"+string(a.UUID), "", 200).text("fullUrl")
	for _, address := range []string{"", "acme::Films/A trip.mp4", "Films/A trip.mp4", "/A trip.mp4", full} {
		if _, body := s.fetch("GET", s.resolve(a, address, 200)); body != "moving pictures" {
			t.Errorf("%q leads to %q", address, body)
		}
	}
	s.resolve(a, "acme::Films/other.mp4", 404)
	s.resolve(a, "rip.mp4", 404)
	s.do("GET", "/admin/asset/"+s.root+"/resolve-full-url?url=", "", 404)
}

func TestDownload(t *testing.T) {
	s := newShelf(t, Options{})
	a := s.put("", "Füße.html", "<script>0123456789</script>")
	link := s.resolve(a, "", 200)
	resp, body := s.fetch("GET", link)
	if resp.StatusCode != 200 || body != "<script>0123456789</script>" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	for name, want := range map[string]string{
		"Content-Disposition": "attachment; filename*=utf-8''F%C3%BC%C3%9Fe.html", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox",
		"Cache-Control": "private, no-cache", "Accept-Ranges": "bytes", "Content-Length": "27",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	tag := resp.Header.Get("ETag")
	if resp, body := s.fetch("HEAD", link); resp.StatusCode != 200 || body != "" || resp.Header.Get("Content-Length") != "27" {
		t.Errorf("HEAD: %d %q", resp.StatusCode, body)
	}
	if resp, body := s.fetch("GET", link, "Range", "bytes=8-11"); resp.StatusCode != 206 || body != "0123" {
		t.Errorf("a range: %d %q", resp.StatusCode, body)
	}
	if resp, _ := s.fetch("GET", link, "If-None-Match", tag); resp.StatusCode != 304 {
		t.Errorf("unchanged: %d", resp.StatusCode)
	}
	if resp, body := s.fetch("GET", link, "Range", "bytes="+strings.Repeat("0-1,", 60)+"0-1"); resp.StatusCode != 200 || len(body) != 27 {
		t.Errorf("too many ranges: %d, %d bytes", resp.StatusCode, len(body))
	}
	short := strings.Replace(link, "/F%C3%BC%C3%9Fe.html", "", 1)
	if resp, _ := s.fetch("GET", short); short == link || resp.StatusCode != 200 {
		t.Errorf("without the name: %d", resp.StatusCode)
	}
	for _, method := range []string{"PUT", "POST", "DELETE"} {
		if resp, _ := s.fetch(method, link); resp.StatusCode != 405 {
			t.Errorf("%s: %d", method, resp.StatusCode)
		}
	}
}

func TestDownloadRefused(t *testing.T) {
	s := newShelf(t, Options{})
	a, b := s.put("", "one.txt", "1"), s.put("", "two.txt", "2")
	link := s.resolve(a, "", 200)
	u, err := url.Parse(link)
	s.ok(err)
	with := func(change func(q url.Values)) string {
		q := u.Query()
		change(q)
		return "http://" + u.Host + u.Path + "?" + q.Encode()
	}
	for name, forged := range map[string]string{
		"another file":  strings.Replace(link, string(a.UUID), string(b.UUID), 1),
		"later expiry":  with(func(q url.Values) { q.Set("e", "9999999999") }),
		"no expiry":     with(func(q url.Values) { q.Del("e") }),
		"no signature":  with(func(q url.Values) { q.Del("s") }),
		"signature cut": with(func(q url.Values) { q.Set("s", q.Get("s")[1:]) }),
	} {
		if resp, body := s.fetch("GET", forged); resp.StatusCode != 403 || !strings.Contains(body, `"message"`) || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	part := s.do("POST", "/asset/upload/start", object("relativePath", "x.txt", "contentLength", 1), 200).json["parts"].([]any)[0].(map[string]any)["url"].(string)
	if resp, _ := s.fetch("GET", strings.Replace(part, "/u/p/", "/u/d/", 1)); resp.StatusCode != 403 {
		t.Errorf("the address of a part: %d", resp.StatusCode)
	}
	s.later(25 * time.Hour)
	if resp, _ := s.fetch("GET", link); resp.StatusCode != 403 {
		t.Errorf("expired: %d", resp.StatusCode)
	}
	s.token = s.login("ann@example.com").text("token")
	link = s.resolve(b, "", 200)
	s.do("DELETE", "/admin/asset/"+string(b.UUID), "", 200)
	if resp, _ := s.fetch("GET", link); resp.StatusCode != 404 {
		t.Errorf("a deleted file: %d", resp.StatusCode)
	}
}

// TestDownloadOutlivesAReplacement checks that an open download ends with the bytes
// that it began with, and the next one has the new ones.
func TestDownloadOutlivesAReplacement(t *testing.T) {
	s := newShelf(t, Options{})
	const size = 8 << 20
	start := object("relativePath", "big.bin", "contentLength", size, "parentId", s.root, "uploadOverwriteOption", "replace")
	id := s.upload(start, strings.Repeat("o", size))
	link := s.do("GET", "/admin/asset/"+id, "", 200).text("fullUrl")
	resp, err := http.Get(link)
	s.ok(err)
	defer resp.Body.Close()
	head := make([]byte, 1000)
	_, err = io.ReadFull(resp.Body, head)
	s.ok(err)
	if again := s.upload(start, strings.Repeat("n", size)); again != id {
		t.Errorf("the new bytes became %s, want %s", again, id)
	}
	rest, err := io.ReadAll(resp.Body)
	s.ok(err)
	if old := string(head) + string(rest); old != strings.Repeat("o", size) {
		t.Errorf("the open download got %d bytes, some of them new", len(old))
	}
	if _, body := s.fetch("GET", link); body != strings.Repeat("n", size) {
		t.Error("the next download does not have the new bytes")
	}
}

// TestNoLinkIntoOtherCompanies checks that the verb behind the links knows no caller
// and is reached by a signature alone.
func TestNoLinkIntoOtherCompanies(t *testing.T) {
	s := newShelf(t, Options{})
	a := s.put("", "one.txt", "1")
	if got := s.as("root@example.com", "GET", "/admin/asset/"+string(a.UUID), ""); got.status == 200 && got.text("bucketName") != "acme" {
		t.Errorf("%s", got.raw)
	}
	token := s.send("POST", "/api/account/login", object("userName", "ann@example.com", "password", annPassword, "applicationId", s.zenith.UUID)).text("token")
	for _, path := range []string{"", "/detail", "/resolve-full-url"} {
		if got := s.send("GET", "/api/admin/asset/"+string(a.UUID)+path, "", "Authorization", "Bearer "+token); got.status != 404 {
			t.Errorf("%q through another company: %d", path, got.status)
		}
	}
	_, err := s.engine.Assets(context.Background(), s.ann, engine.AssetQuery{Company: s.zenith.Number}, ingest.Page{})
	s.ok(err)
}
