package softphone

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

const exampleContent = "....binary...data...here..."

// example is the request that the vendor's page prints, with a blank line before the
// headers of the file.
func example(method, eol string, headers ...string) []byte {
	w := newWire(eol, "/upload_media")
	w.method, w.headers = method, append(w.headers, headers...)
	w.text("from", "johndow")
	w.text("password", senderPassword)
	w.text("description", "johndow")
	w.line("--boundary")
	w.line("")
	w.line("Content-Disposition: form-data; name=file; filename=helloworld.mp4")
	w.line("Content-Type: video/mp4")
	w.line("")
	w.line(exampleContent)
	w.line(end)
	return w.bytes()
}

func TestConformance01And02TheExample(t *testing.T) {
	for _, method := range []string{"POST", "PUT"} {
		for _, eol := range []string{"\r\n", "\n"} {
			for _, json := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%q/%v", method, eol, json), func(t *testing.T) {
					h := newHarness(t, anyType)
					var headers []string
					kind, shape := "text/xml", "<response><media_url>%s</media_url></response>"
					if json {
						headers = []string{"Accept: application/json"}
						kind, shape = "application/json", `{"media_url":"%s"}`
					}
					r := h.raw(example(method, eol, headers...))
					address := h.field(r, "media_url")
					if r.status != 200 || r.header.Get("Content-Type") != kind || r.body != fmt.Sprintf(shape, address) || r.header.Get("Content-Length") != strconv.Itoa(len(r.body)) {
						t.Fatalf("%d %v %s", r.status, r.header, r.body)
					}
					got := h.do("GET", h.local(address), "")
					if diff := cmp.Diff(reply{200, got.header, exampleContent}, got, cmp.AllowUnexported(reply{})); diff != "" {
						t.Error(diff)
					}
					if !strings.HasSuffix(address, "/helloworld.mp4") {
						t.Errorf("the address is %s", address)
					}
				})
			}
		}
	}
}

func TestConformance04Credentials(t *testing.T) {
	h := newHarness(t, anyType)
	key := "from=johndow&password=geheim-%C3%84nnchen%261"
	basic := func(user, password string) string {
		r, _ := http.NewRequest("GET", "/", nil)
		r.SetBasicAuth(user, password)
		return r.Header.Get("Authorization")
	}
	for _, c := range []struct {
		name, query string
		parts       []string
		headers     []string
		status      int
		say         string
	}{
		{name: "parts", parts: []string{"from", sender, "password", senderPassword}, status: 200},
		{name: "query", query: "?" + key, status: 200},
		{name: "app's own names", query: "?cloud_username=JohnDow&cloud_password=geheim-%C3%84nnchen%261", status: 200},
		{name: "headers", headers: []string{"X-Username", sender, "X-Password", senderPassword}, status: 200},
		{name: "Basic", headers: []string{"Authorization", basic(sender, senderPassword)}, status: 200},
		{name: "the same everywhere", query: "?" + key, parts: []string{"username", sender, "pass", senderPassword}, status: 200},
		{name: "half in a header", headers: []string{"X-Username", sender}, parts: []string{"password", senderPassword}, status: 200},
		{name: "contradictory", query: "?" + key, parts: []string{"from", "ann@example.com"}, status: 400, say: "Contradictory user names or passwords"},
		{name: "absent", status: 401, say: "Wrong user name or password"},
		{name: "variables", query: "?from=%account[username]%&password=%account[password]%", status: 401, say: "Wrong user name or password"},
		{name: "wrong password", query: "?from=johndow&password=x", status: 401, say: "Wrong user name or password"},
		{name: "wrong password in a part", parts: []string{"from", sender, "password", "x"}, status: 401, say: "Wrong user name or password"},
		{name: "another company's user", parts: []string{"from", outsider, "password", outsiderPassword}, status: 401, say: "Wrong user name or password"},
		{name: "no user", parts: []string{"password", senderPassword}, status: 401, say: "Wrong user name or password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := h.in(t)
			body, kind := form("a.mp4", "video/mp4", noise(100), c.parts...)
			before := h.files()
			r := h.do("POST", "/acme/softphone/upload_media"+c.query, body, append([]string{"Content-Type", kind}, c.headers...)...)
			if r.status != c.status || h.field(r, "message") != c.say || r.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%d %s", r.status, r.body)
			}
			if made := h.files() - before; (made == 1) != (c.status == 200) {
				t.Errorf("%d files were stored", made)
			}
		})
	}
}

func TestConformance04APIKey(t *testing.T) {
	h := newHarness(t, anyType)
	key := h.newKey(sender)
	for name, headers := range map[string][]string{
		"Bearer": {"Authorization", "Bearer " + key}, "password": {"X-Username", sender, "X-Password", key},
	} {
		body, kind := form("a.mp4", "video/mp4", noise(10))
		if r := h.do("POST", "/upload_media", body, append(headers, "Content-Type", kind)...); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	body, kind := form("a.mp4", "video/mp4", noise(10), "from", receiver, "token", key)
	if r := h.do("POST", "/upload_media", body, "Content-Type", kind); r.status != 401 {
		t.Errorf("the key of another user: %d %s", r.status, r.body)
	}
}

func TestConformance05Refusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		tune    []func(*ingest.CompanySettings)
		file    string // media type
		texts   []string
		size    int
		status  int
		say     string
		headers []string
	}{
		{name: "402", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.QuotaBytes = 50 }}, size: 100, status: 402, say: "Not enough credit"},
		{name: "402 in German", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.QuotaBytes = 50 }, door(settingLanguage, "de")},
			size: 100, status: 402, say: "Guthaben oder Speicherplatz reicht nicht aus"},
		{name: "406 malformed", texts: []string{"to", "no recipient at all"}, size: 100, status: 406, say: "Invalid recipient"},
		{name: "406 unknown", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.Softphone.RefuseUnknown = true }},
			texts: []string{"to", "+1555"}, size: 100, status: 406, say: "Invalid recipient"},
		{name: "406 missing", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.Softphone.RecipientNeeded = true }}, size: 100, status: 406, say: "Invalid recipient"},
		{name: "406 before 402", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.QuotaBytes = 50 }}, texts: []string{"to", "no recipient at all"}, size: 100, status: 406, say: "Invalid recipient"},
		{name: "402 before 415", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.QuotaBytes = 50 }}, file: "text/html", size: 100, status: 402, say: "Not enough credit"},
		{name: "413", tune: []func(*ingest.CompanySettings){func(s *ingest.CompanySettings) { s.Softphone.MediaMax = 64 << 10 }}, size: 64<<10 + 1, status: 413, say: "File is too large (limit 64 KB)"},
		{name: "415", file: "text/html", size: 100, status: 415, say: "This kind of file is not supported"},
	} {
		for _, as := range []string{"text/xml", "application/json"} {
			t.Run(c.name+" "+as, func(t *testing.T) {
				h := newHarness(t, c.tune...)
				file := c.file
				if file == "" {
					file = "image/jpeg"
				}
				body, kind := form("a.jpg", file, picture(c.size), append([]string{"from", sender, "password", senderPassword}, c.texts...)...)
				r := h.do("POST", "/upload_media", body, "Content-Type", kind, "Accept", as)
				shape := "<response><message>%s</message></response>"
				if as == "application/json" {
					shape = `{"message":%q}`
				}
				if want := fmt.Sprintf(shape, c.say); r.status != c.status || r.body != want || r.header.Get("Content-Type") != as {
					t.Errorf("%d %v %s, want %d %s", r.status, r.header, r.body, c.status, want)
				}
				if h.files() != 0 {
					t.Error("something was stored")
				}
			})
		}
	}
}

// A client that writes its whole body before it reads gets the answer, in mid-stream and
// before the body.
func TestConformance05LimitInMidStream(t *testing.T) {
	h := newHarness(t, anyType, func(s *ingest.CompanySettings) { s.Softphone.MediaMax = 1 << 20 })
	h.narrow()
	for _, c := range []struct {
		name  string
		size  int
		query string
		want  int
	}{
		{"in the file", 1<<20 + 700_000, "", 413},
		{"announced", 3 << 20, "", 413},
		{"declared", 10_000, "?media_size=2000000", 413},
		{"wrong password", 900_000, "?from=johndow&password=x", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := h.in(t)
			w := newWire("\r\n", "/upload_media"+c.query)
			if c.want != 401 {
				w.login()
			}
			w.file("name=file; filename=a.mp4", "video/mp4", noise(c.size))
			w.line(end)
			conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
			h.ok(err)
			defer conn.Close()
			h.ok(conn.SetDeadline(time.Now().Add(20 * time.Second)))
			h.ok(conn.(*net.TCPConn).SetWriteBuffer(16 << 10))
			request := w.bytes()
			const slow = 64 << 10
			for len(request) > 0 { // as a phone does
				n, err := conn.Write(request[:min(slow, len(request))])
				if err != nil && c.size <= maxDrain {
					t.Fatalf("the connection ended with %d bytes to go: %v", len(request)-n, err)
				}
				if err != nil {
					break
				}
				request = request[n:]
			}
			r := h.readReply(conn, "POST")
			if r.status != c.want || h.field(r, "message") == "" {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

// An app that asks before it sends its body is told at once, and sends nothing.
func TestExpectContinue(t *testing.T) {
	h := newHarness(t, anyType)
	for query, want := range map[string]string{"?from=johndow&password=x": "HTTP/1.1 401", "?from=eve&password=eves-own-3": "HTTP/1.1 401", "?from=johndow&password=geheim-%C3%84nnchen%261": "HTTP/1.1 100"} {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		h.ok(err)
		defer conn.Close()
		h.ok(conn.SetDeadline(time.Now().Add(20 * time.Second)))
		fmt.Fprintf(conn, "POST /upload_media%s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n", query)
		head := make([]byte, len(want))
		if _, err := conn.Read(head); err != nil || string(head) != want {
			t.Errorf("%s: %q, %v", query, head, err)
		}
	}
}

func TestOtherMethodsAndAddresses(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		method, path, allow string
		status              int
	}{
		{"GET", "/upload_media", "POST, PUT", 405},
		{"DELETE", "/acme/softphone/upload_media_precheck", "GET, HEAD, POST, PUT", 405},
		{"PUT", "/acme/softphone/fetch_messages", "GET, POST", 405},
		{"POST", "/m/" + longToken, "GET, HEAD", 405},
		{"POST", "/" + longToken, "GET, HEAD, PUT", 405},
		{"DELETE", "/acme/mmmsg/", "POST", 405},
		{"POST", "/acme/softphone/nonsense", "", 404},
		{"POST", "/nobody/softphone/upload_media", "", 404},
		{"GET", "/m/" + longToken, "", 404},
		{"GET", "/" + longToken, "", 404},
	} {
		r := h.do(c.method, c.path, "")
		if r.status != c.status || r.header.Get("Allow") != c.allow || h.field(r, "message") == "" {
			t.Errorf("%s %s: %d %q %s", c.method, c.path, r.status, r.header.Get("Allow"), r.body)
		}
	}
}

func TestConformance06PrecheckAgreesWithUpload(t *testing.T) {
	for _, c := range []struct {
		name   string
		tune   func(*ingest.CompanySettings)
		values []string
	}{
		{"good", nil, []string{"to", receiverNumber}},
		{"wrong password", nil, []string{"password", "x"}},
		{"recipient", nil, []string{"to", "no recipient at all"}},
		{"unknown recipient", func(s *ingest.CompanySettings) { s.Softphone.RefuseUnknown = true }, []string{"to", "+1555"}},
		{"credit", func(s *ingest.CompanySettings) { s.UserQuotaBytes = 20_000 }, nil},
		{"size", func(s *ingest.CompanySettings) { s.Softphone.MediaMax = 20_000 }, nil},
		{"type", nil, []string{"content_type", "application/x-msdownload"}},
		{"no number as size", nil, []string{"media_size", "big"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, func(s *ingest.CompanySettings) {
				if c.tune != nil {
					c.tune(s)
				}
			})
			said := map[string]string{"from": sender, "password": senderPassword, "media_size": "30000", "content_type": "image/jpeg"}
			for i := 0; i+1 < len(c.values); i += 2 {
				said[c.values[i]] = c.values[i+1]
			}
			var query, texts []string
			for name, value := range said {
				query, texts = append(query, name+"="+strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", " ", "%20").Replace(value)), append(texts, name, value)
			}
			verdicts := map[string]reply{}
			for _, method := range []string{"GET", "HEAD", "POST", "PUT"} {
				path := "/upload_message_precheck"
				var body string
				if method == "GET" || method == "HEAD" {
					path += "?" + strings.Join(query, "&")
				} else {
					body = strings.Join(query, "&")
				}
				verdicts[method] = h.do(method, path, body)
			}
			if h.files() != 0 {
				t.Error("the precheck stored something")
			}
			file := said["content_type"]
			body, kind := form("a", file, picture(30_000), texts...)
			upload := h.do("POST", "/upload_media", body, "Content-Type", kind)
			for method, v := range verdicts {
				same := v.status == upload.status && (method == "HEAD" || v.status == 200 || v.body == upload.body)
				if !same || v.status == 200 && method != "HEAD" && v.body != "<response></response>" {
					t.Errorf("%s says %d %s, the upload %d %s", method, v.status, v.body, upload.status, upload.body)
				}
			}
			if (upload.status == 200) != (c.name == "good" || c.name == "no number as size") {
				t.Errorf("the upload gives %d %s", upload.status, upload.body)
			}
		})
	}
}

func TestConformance07ReadingMedia(t *testing.T) {
	h := newHarness(t, anyType)
	content := picture(10_000)
	url := h.upload("čau \"1\".jpg", "image/jpeg", content)
	whole := h.do("GET", url, "")
	tag := whole.header.Get("ETag")
	if whole.status != 200 || whole.body != string(content) || !strings.HasPrefix(tag, `"`) || whole.header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("%d %v", whole.status, whole.header)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox",
		"Content-Disposition": `inline; filename="_au _1_.jpg"; filename*=UTF-8''%C4%8Dau%20%221%22.jpg`, "Cache-Control": "private, max-age=86400",
	} {
		if got := whole.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	token := strings.Split(url, "/")[2]
	for _, c := range []struct {
		name, method, path string
		headers            []string
		status             int
		body, contentRange string
	}{
		{"HEAD", "HEAD", url, nil, 200, "", ""},
		{"without the name", "GET", "/m/" + token, nil, 200, string(content), ""},
		{"first byte", "GET", url, []string{"Range", "bytes=0-0"}, 206, string(content[:1]), "bytes 0-0/10000"},
		{"middle", "GET", url, []string{"Range", "bytes=5000-5999"}, 206, string(content[5000:6000]), "bytes 5000-5999/10000"},
		{"to the end", "GET", url, []string{"Range", "bytes=9000-"}, 206, string(content[9000:]), "bytes 9000-9999/10000"},
		{"suffix", "GET", url, []string{"Range", "bytes=-10"}, 206, string(content[9990:]), "bytes 9990-9999/10000"},
		{"beyond the end", "GET", url, []string{"Range", "bytes=10000-"}, 416, "<response><message>There is nothing at this address</message></response>", "bytes */10000"},
		{"If-Range", "GET", url, []string{"Range", "bytes=0-0", "If-Range", tag}, 206, string(content[:1]), "bytes 0-0/10000"},
		{"If-Range of something else", "GET", url, []string{"Range", "bytes=0-0", "If-Range", `"x"`}, 200, string(content), ""},
		{"If-None-Match", "GET", url, []string{"If-None-Match", tag}, 304, "", ""},
		{"If-Modified-Since", "GET", url, []string{"If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}, 304, "", ""},
		{"If-Match of something else", "GET", url, []string{"If-Match", `"x"`}, 412, "<response><message>There is nothing at this address</message></response>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := h.do(c.method, c.path, "", c.headers...)
			if r.status != c.status || r.body != c.body || r.header.Get("Content-Range") != c.contentRange {
				t.Errorf("%d %v, %d bytes", r.status, r.header, len(r.body))
			}
		})
	}
	t.Run("expired", func(t *testing.T) {
		h.move(ingest.DefaultMediaLifetime - time.Hour)
		if r := h.do("GET", url, ""); r.status != 200 || r.header.Get("Cache-Control") > "private, max-age=3600" {
			t.Errorf("shortly before: %d %v", r.status, r.header)
		}
		h.move(2 * time.Hour)
		if r := h.do("GET", url, "", "Accept", "application/json"); r.status != 410 || r.body != `{"message":"This file has expired"}` {
			t.Errorf("after its time: %d %s", r.status, r.body)
		}
	})
}

// What a browser could run must not run, and is not looked into for its type.
func TestNothingRunsInBrowsers(t *testing.T) {
	h := newHarness(t, anyType)
	for _, c := range []struct{ name, kind, content string }{
		{"a.html", "text/html", "<!DOCTYPE html><script>alert(1)</script>"},
		{"a.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`},
		{"a.js", "text/javascript", "alert(1)"},
		{"a.xhtml", "application/xhtml+xml", `<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`},
	} {
		body, kind := form(c.name, c.kind, []byte(c.content), "from", sender, "password", senderPassword)
		r := h.do("POST", "/upload_media", body, "Content-Type", kind)
		if r.status != 200 {
			if r.status != 415 {
				t.Errorf("%s: %d %s", c.name, r.status, r.body)
			}
			continue // scripts are refused by default whatever the company takes
		}
		got := h.do("GET", h.local(h.field(r, "media_url")), "")
		if !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("Content-Security-Policy") != "sandbox" ||
			got.header.Get("X-Content-Type-Options") != "nosniff" || got.body != c.content {
			t.Errorf("%s is served with %v", c.name, got.header)
		}
	}
}

func TestOneUploadIsOneFile(t *testing.T) {
	h := newHarness(t, anyType)
	content := noise(1000)
	first := h.upload("a.mp4", "video/mp4", content, "to", receiverNumber, "description", "x")
	if again := h.upload("a.mp4", "video/mp4", content, "to", receiverNumber, "description", "x"); again != first {
		t.Errorf("sent again, the address is %s instead of %s", again, first)
	}
	if other := h.upload("a.mp4", "video/mp4", content, "to", receiverNumber, "description", "y"); other == first {
		t.Error("with another description it is the same")
	}
	body, kind := form("b.mp4", "video/mp4", []byte("one"), "from", sender, "password", senderPassword)
	body = strings.Replace(body, "--boundary--", "--boundary\r\nContent-Disposition: form-data; name=file; filename=c.mp4\r\n\r\ntwo\r\n--boundary--", 1)
	if r := h.do("POST", "/upload_media", body, "Content-Type", kind); r.status != 200 || !bytes.HasSuffix([]byte(h.field(r, "media_url")), []byte("/b.mp4")) {
		t.Errorf("two files: %d %s", r.status, r.body)
	}
	h.set(door(settingStrict, "true"))
	if r := h.do("POST", "/upload_media", body, "Content-Type", kind); r.status != 400 {
		t.Errorf("two files where one is the rule: %d %s", r.status, r.body)
	}
}
