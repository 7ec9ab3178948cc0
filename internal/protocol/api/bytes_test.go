package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

const text = "0123456789abcdefghijklmnopqrstuvwxyz"

// fileSite serves text as the original of asset 1, with a known digest, and as
// the thumbnail of asset 1 and the derived file 2, without.
func fileSite(t *testing.T, name, contentType string) (*site, string) {
	sum := sha256.Sum256([]byte(text))
	known := &engine.File{Name: name, ContentType: contentType, SHA256: sum[:], Modified: noon, Blob: ingest.BlobRef{Key: "one"}, Bytes: &blob{content: []byte(text)}}
	other := &engine.File{Name: name, ContentType: contentType, Modified: noon, Blob: ingest.BlobRef{Key: "two"}, Bytes: &blob{content: []byte(text)}}
	s := newSite(t, &library{
		originals: map[ingest.UUID]*engine.File{uid(1): known},
		thumbs:    map[ingest.UUID]*engine.File{uid(1): other},
		made:      map[ingest.UUID]*engine.File{uid(2): other},
	})
	return s, "/v1/assets/" + string(uid(1))
}

func TestOriginalHeaders(t *testing.T) {
	s, asset := fileSite(t, "a.png", "image/png")
	w := s.ask("GET", asset+"/original")
	sum := sha256.Sum256([]byte(text))
	want := map[string]string{
		"ETag": `"` + hex.EncodeToString(sum[:]) + `"`, "Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		"Last-Modified": "Mon, 04 May 2026 10:00:00 GMT", "Content-Type": "image/png", "Content-Length": "36", "Accept-Ranges": "bytes",
		"Content-Disposition": `inline; filename="a.png"`, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox",
		"Cache-Control": "private, no-cache",
	}
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if w.Code != 200 || w.Body.String() != text {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	for _, path := range []string{asset + "/thumbnail", asset + "/derived/" + string(uid(2))} {
		w := s.ask("GET", path)
		if tag := w.Header().Get("ETag"); w.Code != 200 || w.Body.String() != text || !strings.HasPrefix(tag, `"b-`) || w.Header().Get("Repr-Digest") != "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestRangesAndConditions(t *testing.T) {
	s, asset := fileSite(t, "a.png", "image/png")
	tag := s.ask("HEAD", asset+"/original").Header().Get("ETag")
	const stored, before, after = "Mon, 04 May 2026 10:00:00 GMT", "Mon, 04 May 2026 09:59:59 GMT", "Mon, 04 May 2026 10:00:01 GMT"
	many := "bytes=" + strings.Repeat("0-0,", 60) + "1-1"
	cases := []struct {
		name   string
		header []string
		status int
		body   string // "" = not compared
		ranges string // Content-Range
	}{
		{"from", []string{"Range", "bytes=30-"}, 206, "uvwxyz", "bytes 30-35/36"},
		{"from to", []string{"Range", "bytes=0-3"}, 206, "0123", "bytes 0-3/36"},
		{"past the end", []string{"Range", "bytes=34-99"}, 206, "yz", "bytes 34-35/36"},
		{"last", []string{"Range", "bytes=-2"}, 206, "yz", "bytes 34-35/36"},
		{"last of more", []string{"Range", "bytes=-99"}, 206, text, "bytes 0-35/36"},
		{"nothing there", []string{"Range", "bytes=36-"}, 416, "", "bytes */36"},
		{"malformed", []string{"Range", "bytes=x"}, 416, "", ""},
		{"too many", []string{"Range", many}, 200, text, ""},
		{"If-Range holds", []string{"Range", "bytes=0-3", "If-Range", tag}, 206, "0123", "bytes 0-3/36"},
		{"If-Range fails", []string{"Range", "bytes=0-3", "If-Range", `"other"`}, 200, text, ""},
		{"If-Range weak", []string{"Range", "bytes=0-3", "If-Range", "W/" + tag}, 200, text, ""},
		{"If-Range date", []string{"Range", "bytes=0-3", "If-Range", stored}, 206, "0123", "bytes 0-3/36"},
		{"If-Range old date", []string{"Range", "bytes=0-3", "If-Range", before}, 200, text, ""},
		{"If-None-Match", []string{"If-None-Match", tag}, 304, "", ""},
		{"If-None-Match weak in a list", []string{"If-None-Match", `"x", W/` + tag}, 304, "", ""},
		{"If-None-Match any", []string{"If-None-Match", "*"}, 304, "", ""},
		{"If-None-Match other", []string{"If-None-Match", `"x"`}, 200, text, ""},
		{"If-None-Match goes first", []string{"If-None-Match", `"x"`, "If-Modified-Since", after}, 200, text, ""},
		{"If-Modified-Since", []string{"If-Modified-Since", stored}, 304, "", ""},
		{"If-Modified-Since before", []string{"If-Modified-Since", before}, 200, text, ""},
		{"If-Match", []string{"If-Match", tag}, 200, text, ""},
		{"If-Match any", []string{"If-Match", "*"}, 200, text, ""},
		{"If-Match other", []string{"If-Match", `"x"`}, 412, "", ""},
		{"If-Match weak", []string{"If-Match", "W/" + tag}, 412, "", ""},
		{"If-Unmodified-Since", []string{"If-Unmodified-Since", stored}, 200, text, ""},
		{"If-Unmodified-Since before", []string{"If-Unmodified-Since", before}, 412, "", ""},
		{"condition and range", []string{"If-Match", tag, "Range", "bytes=-1"}, 206, "z", "bytes 35-35/36"},
	}
	for _, c := range cases {
		w := s.ask("GET", asset+"/original", c.header...)
		if w.Code != c.status || c.body != "" && w.Body.String() != c.body || c.ranges != "" && w.Header().Get("Content-Range") != c.ranges {
			t.Errorf("%s: %d %q %q", c.name, w.Code, w.Body, w.Header().Get("Content-Range"))
		}
		if c.status >= 400 {
			problemIn(t, w, c.status)
		}
		if c.status == 304 && (w.Body.Len() != 0 || w.Header().Get("ETag") != tag) {
			t.Errorf("%s: %q %v", c.name, w.Body, w.Header())
		}
		head := s.ask("HEAD", asset+"/original", c.header...)
		if head.Code != c.status || head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD, %s: %d, %d bytes, Content-Length %q instead of %q", c.name, head.Code, head.Body.Len(), head.Header().Get("Content-Length"), w.Header().Get("Content-Length"))
		}
	}
}

func TestSeveralRanges(t *testing.T) {
	s, asset := fileSite(t, "a.png", "image/png")
	w := s.ask("GET", asset+"/original", "Range", "bytes=0-1,10-12,-1")
	kind, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" || w.Code != 206 {
		t.Fatalf("%d %q %v", w.Code, kind, err)
	}
	var got []string
	for parts := multipart.NewReader(w.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(p)
		got = append(got, p.Header.Get("Content-Range")+" "+p.Header.Get("Content-Type")+" "+string(b))
	}
	want := []string{"bytes 0-1/36 image/png 01", "bytes 10-12/36 image/png abc", "bytes 35-35/36 image/png z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestJSONConditions(t *testing.T) {
	a := newAsset(1, 1, "", "a.png")
	s := newSite(t, &library{
		companies: twoCompanies(), jobs: threeJobs(), assets: []*ingest.Asset{a},
		details: map[ingest.UUID]engine.AssetDetail{a.UUID: {Asset: a, Company: twoCompanies()[1]}},
	})
	for _, path := range []string{"/v1/assets/" + string(uid(1)), "/v1/jobs/" + string(uid(1)), "/v1/assets", "/v1/openapi.json", "/v1/docs"} {
		w := s.ask("GET", path)
		tag := w.Header().Get("ETag")
		if w.Code != 200 || len(tag) < 10 || tag[0] != '"' {
			t.Fatalf("%s: %d, ETag %q", path, w.Code, tag)
		}
		if again := s.ask("GET", path, "If-None-Match", tag); again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s: If-None-Match: %d", path, again.Code)
		}
		problemIn(t, s.ask("GET", path, "If-Match", `"x"`), 412)
		head := s.ask("HEAD", path)
		if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") || head.Header().Get("ETag") != tag {
			t.Errorf("%s: HEAD: %d %v", path, head.Code, head.Header())
		}
	}
	before := s.ask("GET", "/v1/assets/"+string(uid(1))).Header().Get("ETag")
	a.State = ingest.AssetFailed
	if w := s.ask("GET", "/v1/assets/"+string(uid(1)), "If-None-Match", before); w.Code != 200 {
		t.Errorf("a changed asset: %d", w.Code)
	}
}

func TestDisposition(t *testing.T) {
	cases := []struct{ contentType, name, want string }{
		{"image/png", "a.png", `inline; filename="a.png"`},
		{"image/jpeg; charset=x", "a b.jpg", `inline; filename="a b.jpg"`},
		{"video/mp4", "a.mp4", `inline; filename="a.mp4"`},
		{"audio/mpeg", "a.mp3", `inline; filename="a.mp3"`},
		{"text/html", "a.html", `attachment; filename="a.html"`},
		{"text/html; charset=utf-8", "a.html", `attachment; filename="a.html"`},
		{"image/svg+xml", "a.svg", `attachment; filename="a.svg"`},
		{"application/xml", "a.xml", `attachment; filename="a.xml"`},
		{"text/javascript", "a.js", `attachment; filename="a.js"`},
		{"application/pdf", "a.pdf", `attachment; filename="a.pdf"`},
		{"", "a", `attachment; filename="a"`},
		{"nonsense;;", "a", `attachment; filename="a"`},
		{"image/png", "", `inline`},
		{"image/png", `say "hi".png`, `inline; filename="say _hi_.png"; filename*=UTF-8''say%20%22hi%22.png`},
		{"image/png", `back\slash.png`, `inline; filename="back_slash.png"; filename*=UTF-8''back%5Cslash.png`},
		{"image/png", "Grün 100%.png", `inline; filename="Gr_n 100_.png"; filename*=UTF-8''Gr%C3%BCn%20100%25.png`},
		{"image/png", "靴.png", `inline; filename="_.png"; filename*=UTF-8''%E9%9D%B4.png`},
		{"image/png", "a\r\nX-Evil: 1.png", `inline; filename="a__X-Evil: 1.png"; filename*=UTF-8''a%0D%0AX-Evil%3A%201.png`},
	}
	for _, c := range cases {
		if got := disposition(c.contentType, c.name); got != c.want {
			t.Errorf("%q %q:\n got %s\nwant %s", c.contentType, c.name, got, c.want)
		}
	}
	_, params, err := mime.ParseMediaType(disposition("image/png", `"Grün" 'x' *(1)%.png`))
	if err != nil || params["filename"] != `"Grün" 'x' *(1)%.png` {
		t.Errorf("%v %v", params, err)
	}
}

func TestFileOverARealConnection(t *testing.T) {
	big := bytes.Repeat([]byte(text), 100_000)
	s := newSite(t, &library{originals: map[ingest.UUID]*engine.File{
		uid(1): {Name: "big", Modified: time.Time{}, Blob: ingest.BlobRef{Key: "k"}, Bytes: &blob{content: big}},
	}})
	server := newServer(t, s)
	r, _ := http.NewRequest("GET", server+"/v1/assets/"+string(uid(1))+"/original", nil)
	r.Header.Set("X-Api-Key", "slk_good")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Equal(got, big) || answer.Header.Get("Content-Type") != "application/octet-stream" || answer.Header.Get("Last-Modified") != "" {
		t.Errorf("%d bytes, %v, %v", len(got), err, answer.Header)
	}
}
