package outbound

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestValidateURL(t *testing.T) {
	open := Options{Enabled: true}
	listed := Options{Enabled: true, Hosts: []string{"files.example", "*.CDN.example."}}
	for _, c := range []struct {
		options Options
		url     string
		code    ingest.Code // "" = taken
	}{
		{open, "https://files.example/a.jpg", ""},
		{open, "HTTP://Files.Example:8080", ""},
		{open, "https://user:secret@files.example:8443/a?b#c", ""},
		{open, "http://8.8.8.8/", ""},
		{Options{}, "https://files.example/a.jpg", CodeOff},
		{open, "", ingest.CodeMissing},
		{open, "https://files.example/" + strings.Repeat("a", maxURL), ingest.CodeLimit},
		{open, "files.example/a.jpg", ingest.CodeMalformed},
		{open, "//files.example/a.jpg", ingest.CodeMalformed},
		{open, "file:///etc/passwd", ingest.CodeMalformed},
		{open, "ftp://files.example/", ingest.CodeMalformed},
		{open, "http:files.example", ingest.CodeMalformed},
		{open, "http://", ingest.CodeMalformed},
		{open, "http://:80/", ingest.CodeMalformed},
		{open, "http://files.example/\x7f", ingest.CodeMalformed},
		{open, "http://files.example:22/", CodeRefusedAddress},
		{open, "http://files.example:0/", CodeRefusedAddress},
		{open, "http://files.example:080/", CodeRefusedAddress},
		{open, "http://localhost/", CodeRefusedAddress},
		{open, "http://LOCALHOST./", CodeRefusedAddress},
		{open, "http://a.localhost/", CodeRefusedAddress},
		{open, "http://127.0.0.1/", CodeRefusedAddress},
		{open, "http://127.0.0.1./", CodeRefusedAddress},
		{open, "http://[::1]/", CodeRefusedAddress},
		{open, "http://[::ffff:10.0.0.1]/", CodeRefusedAddress},
		{open, "http://[fe80::1%25eth0]/", CodeRefusedAddress},
		{open, "http://169.254.169.254/latest/meta-data/", CodeRefusedAddress},
		{listed, "http://files.example/", ""},
		{listed, "http://FILES.example./", ""},
		{listed, "http://a.b.cdn.example/", ""},
		{listed, "http://cdn.example/", CodeRefusedAddress},
		{listed, "http://.cdn.example/", CodeRefusedAddress},
		{listed, "http://evilcdn.example/", CodeRefusedAddress},
		{listed, "http://files.example.evil.example/", CodeRefusedAddress},
		{listed, "http://files.example@evil.example/", CodeRefusedAddress},
		{Options{Enabled: true, AllowPrivate: true}, "http://127.0.0.1:5/", ""},
		{Options{Enabled: true, AllowPrivate: true}, "http://localhost:70000/", CodeRefusedAddress},
		{Options{Enabled: true, Hosts: []string{"127.0.0.1"}}, "http://127.0.0.1/", CodeRefusedAddress},
		{Options{Enabled: true, Hosts: []string{"*"}}, "http://files.example/", CodeRefusedAddress},
	} {
		err := New(c.options).ValidateURL(c.url)
		kind := ingest.Invalid
		if c.code == CodeOff {
			kind = ingest.Conflict
		}
		switch {
		case c.code == "" && err != nil:
			t.Errorf("%.80q: %v", c.url, err)
		case c.code != "" && (ingest.CodeOf(err) != c.code || ingest.KindOf(err) != kind):
			t.Errorf("%.80q: %v, want %s", c.url, err, c.code)
		}
	}
}

// TestNoSecretsInErrors sends URLs with secrets that are refused for different reasons.
func TestNoSecretsInErrors(t *testing.T) {
	c := New(Options{Enabled: true})
	for _, raw := range []string{
		"http://bob:hunter2@files.example:22/a?sig=hunter2#hunter2", "http://bob:hunter2@127.0.0.1/a?sig=hunter2",
		"ftp://bob:hunter2@files.example/", "http://bob:hunter2@files.example/%zz?hunter2", "http://bob:hunter2@[::1/",
	} {
		err := c.ValidateURL(raw)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "bob") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestFileName(t *testing.T) {
	for _, c := range []struct{ disposition, url, want string }{
		{"", "http://h/a/b%20c.jpg?x=1", "b c.jpg"},
		{"", "http://h/", ""},
		{"", "http://h", ""},
		{"", "http://h/folder/", ""},
		{"", "http://h/a/..", ""},
		{"", "http://h/a%2F..%2Fb.jpg", "b.jpg"},
		{"", "http://h/a%5Cb%00%0A.jpg", "b.jpg"},
		{"", "http://h/%ff.jpg", ".jpg"},
		{`attachment; filename="x y.png"`, "http://h/a.jpg", "x y.png"},
		{`attachment; filename="../../etc/x.png"`, "http://h/a.jpg", "x.png"},
		{`attachment; filename="C:\\dir\\x.png"`, "http://h/a.jpg", "x.png"},
		{`inline; filename*=UTF-8''K%C3%B6ln.png; filename=koeln.png`, "http://h/a.jpg", "Köln.png"},
		{`attachment; filename=".."`, "http://h/a.jpg", "a.jpg"},
		{`attachment`, "http://h/a.jpg", "a.jpg"},
		{`;;;`, "http://h/a.jpg", "a.jpg"},
		{"", "http://h/" + strings.Repeat("ö", 200) + ".tiff", strings.Repeat("ö", 125) + ".tiff"},
		{"", "http://h/a." + strings.Repeat("x", 300), "a." + strings.Repeat("x", 253)},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		if c.disposition != "" {
			header.Set("Content-Disposition", c.disposition)
		}
		if diff := cmp.Diff(c.want, fileName(header, u)); diff != "" {
			t.Errorf("%q %.60q (-want +got):\n%s", c.disposition, c.url, diff)
		}
	}
}
