package nomad

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/ingest"
)

// TestPartTags: entity tags are taken in every form in which clients send them, and no
// others (check 6).
func TestPartTags(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart*2), "replace")
	tag := s.want(200, u.put(0, u.slice(0))).header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) || len(tag) < 10 {
		t.Fatalf("entity tag %s", tag)
	}
	bare := strings.Trim(tag, `"`)
	for _, wrong := range []string{"", `""`, "W/", bare + "0", strings.Repeat("0", len(bare)), bare[:len(bare)-1] + "g"} {
		s.want(400, u.confirm(0, wrong))
	}
	part := "/asset/upload/part/" + string(u.Parts[0].ID) + "/complete"
	for _, body := range []string{"", "{}", `{"etag":null}`, `{"etag":5}`} {
		a := s.want(400, s.send("POST", part, body, "Authorization", "Bearer "+s.token))
		if body == `{"etag":null}` && !strings.Contains(a.text("message"), "Access-Control-Expose-Headers") {
			t.Errorf("message %q", a.text("message"))
		}
	}
	s.want(400, u.confirm(1, tag)) // nothing has arrived, and it is another part's
	for _, right := range []string{tag, bare, "W/" + tag, strings.ToUpper(bare), ` ` + tag + ` `, tag} {
		s.want(200, u.confirm(0, right))
	}
	s.want(200, s.send("POST", part, "<request><etag>&quot;"+bare+"&quot;</etag></request>", "Authorization", "Bearer "+s.token, "Content-Type", "application/xml"))
	boss := s.login("boss@example.com").text("token")
	s.want(404, s.send("POST", part, `{"etag":"`+bare+`"}`, "Authorization", "Bearer "+boss))
	s.want(404, s.send("POST", "/asset/upload/part/"+string(u.ID)+"/complete", `{"etag":"`+bare+`"}`, "Authorization", "Bearer "+s.token))
	s.want(401, s.send("POST", part, `{"etag":"`+bare+`"}`))
}

// TestPartBodies: only a body of the part's length counts (check 6).
func TestPartBodies(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart+3), "replace")
	s.want(400, u.put(1, "ab"))
	s.want(400, u.put(1, "abcd"))
	s.want(400, u.put(1, ""))
	chunked := func(body string) int {
		req, err := http.NewRequest("PUT", *u.Parts[1].URL, struct{ *strings.Reader }{strings.NewReader(body)})
		s.ok(err)
		req.ContentLength = -1
		resp, err := http.DefaultClient.Do(req)
		s.ok(err)
		resp.Body.Close()
		return resp.StatusCode
	}
	for body, want := range map[string]int{"ab": 400, "abcd": 400} {
		if got := chunked(body); got != want {
			t.Errorf("chunked %q: %d", body, got)
		}
	}
	if a := s.do("GET", "/admin/asset/upload/"+string(u.ID), "", 200); strings.Contains(a.raw, `"isCompleted":true`) {
		t.Errorf("parts %s", a.raw)
	}
	if got := chunked(u.slice(1)); got != 200 {
		t.Errorf("chunked: %d", got)
	}
	u.whole()
	s.stores(t, string(u.AssetID), u.content)
}

// TestPartRepeats: a part may be sent again; what was sent last counts, and a failed
// repetition changes nothing (check 6).
func TestPartRepeats(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart+3), "replace")
	first := s.want(200, u.put(1, "abc")).header.Get("ETag")
	s.want(200, u.confirm(1, first))
	if again := s.want(200, u.put(1, "abc")).header.Get("ETag"); again != first {
		t.Errorf("the same bytes have the tags %s and %s", first, again)
	}
	s.want(400, u.put(1, "toolong"))
	s.want(400, u.put(1, "xyz", "Content-MD5", base64.StdEncoding.EncodeToString(make([]byte, 16))))
	s.want(200, u.confirm(1, first))
	other := s.want(200, u.put(1, "xyz")).header.Get("ETag")
	if other == first {
		t.Error("other bytes have the same tag")
	}
	u.deliver(0)
	a := s.want(400, u.call("complete"))
	if !strings.Contains(a.text("message"), "2 (received, not confirmed)") {
		t.Errorf("message %q", a.text("message"))
	}
	s.want(400, u.confirm(1, first))
	s.want(200, u.confirm(1, other))
	s.want(200, u.call("complete"))
	s.stores(t, string(u.AssetID), filling(testPart)+"xyz")
}

// TestPartsAtOnce: the bytes of two bodies for one part never mix.
func TestPartsAtOnce(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart), "replace")
	bodies := []string{strings.Repeat("a", testPart), strings.Repeat("b", testPart), strings.Repeat("c", testPart), strings.Repeat("d", testPart)}
	var wait sync.WaitGroup
	for _, body := range bodies {
		wait.Go(func() {
			for range 3 {
				s.want(200, u.put(0, body))
			}
		})
	}
	wait.Wait()
	last := s.want(200, u.put(0, bodies[2]))
	s.want(200, u.confirm(0, last.header.Get("ETag")))
	s.want(200, u.call("complete"))
	s.stores(t, string(u.AssetID), bodies[2])
}

// TestPartAddresses: an address is good for its part, its length and its time only
// (check 6).
func TestPartAddresses(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart*2), "replace")
	path := u.path(0)
	at, query, _ := strings.Cut(path, "?")
	expires, mac, _ := strings.Cut(query, "&s=")
	_, otherMAC, _ := strings.Cut(u.path(1), "&s=")
	other, _, _ := strings.Cut(u.path(1), "?")
	stranger := s.start("b.bin", filling(testPart*2), "replace")
	foreign, _, _ := strings.Cut(stranger.path(0), "?")
	for what, address := range map[string]string{
		"no query":            at,
		"no signature":        at + "?" + expires,
		"no expiry":           at + "?s=" + mac,
		"another's signature": at + "?" + expires + "&s=" + otherMAC,
		"another part":        other + "?" + query,
		"another upload":      foreign + "?" + query,
		"another expiry":      at + "?e=99999999999&s=" + mac,
		"a longer expiry":     at + "?" + expires + "0&s=" + mac,
		"half a signature":    at + "?" + expires + "&s=" + mac[:len(mac)-3],
		"a changed signature": at + "?" + expires + "&s=" + mac[:len(mac)-1] + map[bool]string{true: "A", false: "B"}[mac[len(mac)-1] != 'A'],
	} {
		if a := s.send("PUT", address, u.slice(0)); a.status != 403 {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
		}
	}
	for what, id := range map[string]string{
		"an id of nothing": "00000000-0000-4000-8000-00000000000a", "no id": "x", "the upload as a part": string(u.ID),
		"an upload that there is not": "00000009-9999-8000-850c-c24718daf1a6", "a part that there is not": string(partID(&ingest.Upload{Number: 1, UUID: u.ID}, 3)),
	} {
		if a := s.send("PUT", partPath+id+"?"+query, u.slice(0)); a.status != 404 {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
		}
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if a := s.want(405, s.send(method, path, "")); a.header.Get("Allow") == "" {
			t.Error("no Allow")
		}
	}
	s.want(200, s.send("PUT", path, u.slice(0), "Authorization", "Bearer nonsense", "Content-Type", "text/plain;charset=UTF-8"))
	s.later(time.Hour)
	a := s.want(403, s.send("PUT", path, u.slice(0)))
	if !strings.Contains(a.text("message"), "expired") {
		t.Errorf("message %q", a.text("message"))
	}
	fresh := s.start("a.bin", filling(testPart*2), "continue")
	s.want(200, fresh.put(0, u.slice(0)))
}

// TestPartChecksums: whatever a request promises of its bytes is checked (7.1).
func TestPartChecksums(t *testing.T) {
	s := newShelf(t, Options{})
	const body = "abc"
	sum := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	md, sha := md5.Sum([]byte(body)), sha256.Sum256([]byte(body))
	crc := crc32.Checksum([]byte(body), crc32.MakeTable(crc32.Castagnoli))
	crcText := sum([]byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
	u := s.start("a.bin", body, "replace")
	for header, right := range map[string]string{
		"Content-MD5": sum(md[:]), "x-amz-checksum-sha256": sum(sha[:]), "x-amz-checksum-crc32c": crcText,
		"Digest": "sha-256=" + sum(sha[:]), "Content-Digest": "sha-256=:" + sum(sha[:]) + ":", "x-amz-content-sha256": hex.EncodeToString(sha[:]),
	} {
		s.want(200, u.put(0, body, header, right))
		a := s.want(400, u.put(0, "abd", header, right))
		if !strings.Contains(a.text("message"), header) {
			t.Errorf("%s: message %q", header, a.text("message"))
		}
		if header != "x-amz-content-sha256" && header != "Digest" && header != "Content-Digest" {
			s.want(400, u.put(0, body, header, "nonsense"))
		}
	}
	s.want(200, u.put(0, body, "Digest", "unknown=1", "x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
	s.want(200, u.put(0, body, "Digest", strings.Repeat("sha-256="+sum(sha[:])+",", mostChecksums)))
	if a := s.want(400, u.put(0, body, "Digest", strings.Repeat("sha-256="+sum(sha[:])+",", mostChecksums+1))); !strings.Contains(a.text("message"), "16") {
		t.Errorf("message %q", a.text("message"))
	}
	if a := s.want(400, u.put(0, "ab")); a.text("message") != "Part 1 has 3 bytes, 2 were sent." {
		t.Errorf("message %q", a.text("message"))
	}
	a := s.want(200, u.put(0, body, "Content-MD5", sum(md[:])))
	if tag := a.header.Get("ETag"); tag != fmt.Sprintf(`"%x"`, md) {
		t.Errorf("with Content-MD5 the tag is %s", tag)
	}
	s.restart()
	s.want(200, u.confirmRestarted(0, fmt.Sprintf("%x", md)))
}

// confirmRestarted is confirm at the server that listens now.
func (u *begun) confirmRestarted(n int, tag string) answer {
	u.t.Helper()
	return u.confirm(n, tag)
}

// TestPartCORS: pages of the origins that are allowed read the tags (check 7).
func TestPartCORS(t *testing.T) {
	s := newShelf(t, Options{Origins: []string{"https://app.example.com"}})
	u := s.start("a.bin", "abc", "replace")
	for _, path := range []string{u.path(0), partPath + "x?e=1&s=2", "/asset/upload/start"} {
		resp, err := http.DefaultClient.Do(mustRequest(s, "OPTIONS", path, "Origin", "https://app.example.com", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type, x-amz-meta-a"))
		s.ok(err)
		resp.Body.Close()
		h := resp.Header
		if resp.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != "https://app.example.com" || h.Get("Access-Control-Max-Age") != "7200" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") {
			t.Errorf("%s: %s %v", path, resp.Status, h)
		}
	}
	a := s.want(200, u.put(0, "abc", "Origin", "https://app.example.com"))
	if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "ETag") || a.header.Get("Vary") != "Origin" {
		t.Errorf("headers %v", a.header)
	}
	if a := s.want(404, s.send("PUT", partPath+"x?e=1&s=2", "abc", "Origin", "https://app.example.com")); a.header.Get("Access-Control-Allow-Origin") == "" {
		t.Error("a failure cannot be read by the page")
	}
	if a := s.want(200, u.put(0, "abc", "Origin", "https://evil.example.com")); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a page of another origin may read the answer")
	}
}

func mustRequest(s *shelf, method, path string, headers ...string) *http.Request {
	s.t.Helper()
	req, err := http.NewRequest(method, s.server.URL+path, nil)
	s.ok(err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// TestSecretsOfPartsAreNotLogged looks for signatures and tokens in all that was logged.
func TestSecretsOfPartsAreNotLogged(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", "abc", "replace")
	s.want(400, u.put(0, "ab"))
	s.want(403, s.send("PUT", u.path(0)+"x", "abc"))
	u.whole()
	_, mac, _ := strings.Cut(u.path(0), "&s=")
	for _, secret := range []string{mac, s.token} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// TestTextBodies: bytes that a client sent as a text, each of which became a code
// point, are the bytes again (7.1).
func TestTextBodies(t *testing.T) {
	s := newShelf(t, Options{})
	content := filling(testPart*2 + 7)
	text := func(b string) string {
		var out strings.Builder
		for _, c := range []byte(b) {
			out.WriteRune(rune(c))
		}
		return out.String()
	}
	const kind = "text/plain;charset=UTF-8"
	u := s.start("a.bin", content, "replace")
	for n := range u.Parts {
		tag := s.want(200, u.put(n, text(u.slice(n)), "Content-Type", kind)).header.Get("ETag")
		if again := s.want(200, u.put(n, u.slice(n))).header.Get("ETag"); again != tag {
			t.Errorf("part %d has the tag %s as a text, %s as it is", n+1, tag, again)
		}
		s.want(200, u.confirm(n, tag))
	}
	s.want(200, u.call("complete"))
	s.stores(t, string(u.AssetID), content)

	// A checksum is that of what was sent, while the tag stands for what is kept.
	summed := s.start("sum.bin", "\xe9\xe8\xe7", "replace")
	md := md5.Sum([]byte(text("\xe9\xe8\xe7")))
	sum := base64.StdEncoding.EncodeToString(md[:])
	s.want(400, summed.put(0, text("\xe9\xe8\xe6"), "Content-Type", kind, "Content-MD5", sum))
	tag := s.want(200, summed.put(0, text("\xe9\xe8\xe7"), "Content-Type", kind, "Content-MD5", sum)).header.Get("ETag")
	s.want(200, summed.confirm(0, tag))

	small := s.start("b.bin", "\xe9\xe8\xe7", "replace")
	for what, body := range map[string]string{
		"a code point beyond": "\u00e9\u00e8\u0100", "too few": "\u00e9\u00e8", "too many": "\u00e9\u00e8\u00e7\u00e7", "no UTF-8": "\xe9\xe8\xe7\xe7",
	} {
		if a := small.put(0, body, "Content-Type", kind); a.status != 400 {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
		}
	}
	s.want(400, small.put(0, text("\xe9\xe8\xe7"), "Content-Type", "text/plain"))
	s.want(400, small.put(0, text("\xe9\xe8\xe7")))
	s.want(200, small.put(0, "\xe9\xe8\xe7", "Content-Type", kind)) // the length fits: these are the bytes
	off := newShelf(t, Options{PlainText: true})
	v := off.start("c.bin", "\xe9\xe8\xe7", "replace")
	off.want(400, v.put(0, text("\xe9\xe8\xe7"), "Content-Type", kind))
}
