package softphone

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// base is the path under which the company's apps allocate.
func (h *harness) base() string {
	h.t.Helper()
	secret, err := h.engine.TransferSecret(h.t.Context(), h.company.Number)
	h.ok(err)
	return "/acme/mmmsg/" + secret + "/"
}

// allocate allocates an object and returns its path.
func (h *harness) allocate(kind string, size int) string {
	h.t.Helper()
	r := h.do("POST", h.base(), fmt.Sprintf(`{"contentType":%q,"contentSize":%d}`, kind, size), "Content-Type", "application/json")
	var a struct{ URL string }
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != http.StatusCreated {
		h.t.Fatalf("allocate: %d %s", r.status, r.body)
	}
	return h.local(a.URL)
}

func TestConformance09Transfer(t *testing.T) {
	h := newHarness(t)
	plain := picture(70_001)
	key := noise(16)
	block, err := aes.NewCipher(key)
	h.ok(err)
	secret := make([]byte, len(plain))
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(secret, plain)

	path := h.allocate("image/jpeg", len(secret))
	if !regexp.MustCompile(`^/[A-Za-z0-9_-]{33,128}$`).MatchString(path) {
		t.Fatalf("the address is %s", path)
	}
	if r := h.do("GET", path, ""); r.status != 404 {
		t.Errorf("before it is there: %d", r.status)
	}
	if r := h.do("PUT", path, string(secret[1:]), "Content-Type", "image/jpeg"); r.status != 400 {
		t.Errorf("wrong length: %d %s", r.status, r.body)
	}
	if r := h.do("PUT", path, string(secret), "Content-Type", "image/jpeg"); r.status != 201 {
		t.Fatalf("put: %d %s", r.status, r.body)
	}
	if r := h.do("PUT", path, string(secret), "Content-Type", "image/jpeg"); r.status != 200 {
		t.Errorf("the same again: %d %s", r.status, r.body)
	}
	if r := h.do("PUT", path, string(plain), "Content-Type", "image/jpeg"); r.status != 409 {
		t.Errorf("other bytes: %d %s", r.status, r.body)
	}
	for _, at := range []string{path, "/acme/mmmsg" + path} {
		r := h.do("GET", at, "")
		opened := make([]byte, len(r.body))
		cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(opened, []byte(r.body))
		if r.status != 200 || crc32.ChecksumIEEE(opened) != crc32.ChecksumIEEE(plain) || r.header.Get("Content-Type") != "image/jpeg" || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", at, r.status, r.header)
		}
	}
	if r := h.do("GET", path, "", "Range", "bytes=70000-"); r.status != 206 || r.body != string(secret[70_000:]) {
		t.Errorf("the last byte: %d", r.status)
	}
	if r := h.do("HEAD", path, ""); r.status != 200 || r.header.Get("Content-Length") != "70001" {
		t.Errorf("HEAD: %d %v", r.status, r.header)
	}
	if r := h.do("GET", "/other/mmmsg"+path, ""); r.status != 404 {
		t.Errorf("below another company: %d", r.status)
	}
	h.move(ingest.DefaultTransferLifetime + 24*60*60*1e9)
	if r := h.do("GET", path, ""); r.status != 410 {
		t.Errorf("after its time: %d %s", r.status, r.body)
	}
}

func TestConformance09Allocation(t *testing.T) {
	h := newHarness(t, func(s *ingest.CompanySettings) { s.Softphone.MMMSGMax = 64 << 10 })
	base := h.base()
	basic := []string{"Authorization", "Basic am9obmRvdzpnZWhlaW0tw4RubmNoZW4mMQ=="}
	for _, c := range []struct {
		name, path, body string
		headers          []string
		networks         string
		mode             ingest.TransferMode
		status           int
		say              string
	}{
		{name: "usual", path: base, body: `{"contentType":"image/jpeg","contentSize":100}`, status: 201},
		{name: "without the slash", path: strings.TrimSuffix(base, "/"), body: `{"contentType":"image/jpeg","contentSize":100}`, status: 201},
		{name: "other spellings", path: base, body: `{"content-type":"image/jpeg","content-size":"100"}`, status: 201},
		{name: "too large", path: base, body: `{"contentType":"image/jpeg","contentSize":65537}`, status: 413, say: "File is too large (limit 64 KB)"},
		{name: "no size", path: base, body: `{"contentType":"image/jpeg"}`, status: 400, say: "Upload is incomplete"},
		{name: "no JSON", path: base, body: `contentSize=5`, status: 400, say: "Upload is incomplete"},
		{name: "no secret", path: "/acme/mmmsg/", body: `{"contentSize":100}`, status: 404, say: "There is nothing at this address"},
		{name: "wrong secret", path: "/acme/mmmsg/" + longToken + "/", body: `{"contentSize":100}`, status: 404, say: "There is nothing at this address"},
		{name: "login instead of the secret", path: "/acme/mmmsg/", body: `{"contentSize":100}`, headers: basic, status: 201},
		{name: "login of another company", path: "/acme/mmmsg/", body: `{"contentSize":100}`, headers: []string{"Authorization", "Basic ZXZlOmV2ZXMtb3duLTM="}, status: 401, say: "Wrong user name or password"},
		{name: "other network", path: base, body: `{"contentSize":100}`, networks: "10.0.0.0/8", status: 403, say: "Media messages are not enabled"},
		{name: "own network", path: base, body: `{"contentSize":100}`, networks: "10.0.0.0/8, 127.0.0.0/8", status: 201},
		{name: "open", path: "/acme/mmmsg/", body: `{"contentSize":100}`, mode: ingest.TransferOpen, status: 201},
		{name: "off", path: base, body: `{"contentSize":100}`, mode: ingest.TransferOff, status: 404, say: "There is nothing at this address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := h.in(t)
			h.set(door(settingNetworks, c.networks), func(s *ingest.CompanySettings) { s.Softphone.MMMSG = c.mode })
			r := h.do("POST", c.path, c.body, append([]string{"Content-Type", "application/json"}, c.headers...)...)
			if r.status != c.status || h.field(r, "message") != c.say || r.header.Get("Content-Type") != "application/json" || len(r.body) > 4<<10 {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}
