package softphone

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// anyType lets a company send what the tests make up.
func anyType(s *ingest.CompanySettings) { s.Softphone.MediaTypes = []string{"*"} }

// wire writes a request as bytes, with one kind of line ends everywhere but in the
// content.
type wire struct {
	eol     string
	method  string
	path    string
	headers []string
	body    bytes.Buffer
}

func newWire(eol, path string) *wire {
	return &wire{eol: eol, method: "POST", path: path, headers: []string{`Content-Type: multipart/form-data; charset=utf-8; boundary="boundary"`}}
}

func (w *wire) line(text string) { w.body.WriteString(text + w.eol) }

func (w *wire) text(name, value string) {
	w.line("--boundary")
	w.line("Content-Disposition: form-data; name=" + name)
	w.line("")
	w.line(value)
}

// file writes the file part; disposition is what stands behind "form-data; ".
func (w *wire) file(disposition, contentType string, content []byte) {
	w.line("--boundary")
	w.line("Content-Disposition: form-data; " + disposition)
	if contentType != "" {
		w.line("Content-Type: " + contentType)
	}
	w.line("")
	w.body.Write(content)
	w.line("")
}

func (w *wire) login() {
	w.text("from", sender)
	w.text("password", senderPassword)
}

func (w *wire) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1%s", w.method, w.path, w.eol)
	for _, h := range append([]string{"Host: up.example.org", "Connection: close", "Cache-Control: max-age=0", "User-Agent: CloudSoftphone/1.5.6",
		fmt.Sprintf("Content-Length: %d", w.body.Len())}, w.headers...) {
		b.WriteString(h + w.eol)
	}
	b.WriteString(w.eol)
	b.Write(w.body.Bytes())
	return b.Bytes()
}

// variant is one row of the table of section 3.2.
type variant struct {
	name   string
	write  func(w *wire, content []byte)
	stored string // file name that the answer's address ends with
	status int    // 0 = 200
	say    string // message of a refusal
}

const end = "--boundary--"

func variants() []variant {
	const plain = `name=file; filename=a.mp4`
	disposed := func(disposition string) func(*wire, []byte) {
		return func(w *wire, content []byte) {
			w.login()
			w.file(disposition, "video/mp4", content)
			w.line(end)
		}
	}
	return []variant{
		{name: "1 file first", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.file(plain, "video/mp4", content)
			w.login()
			w.line(end)
		}},
		{name: "1 file in the middle", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.text("from", sender)
			w.file(plain, "video/mp4", content)
			w.text("password", senderPassword)
			w.line(end)
		}},
		{name: "2 unquoted names", stored: "helloworld.mp4", write: disposed(`name=file; filename=helloworld.mp4`)},
		{name: "3 quoted names", stored: "a%20b.mp4", write: disposed(`name="file"; filename="a b.mp4"`)},
		{name: "4 unquoted name with spaces", stored: "IMG%201%20%282%29.mp4", write: disposed(`name=file; filename=IMG 1 (2).mp4`)},
		{name: "4 unquoted name in UTF-8", stored: "%C4%8Dau.mp4", write: disposed(`name=file; filename=čau.mp4`)},
		{name: "5 extended name", stored: "%C4%8Dau.mp4", write: disposed(`name="file"; filename="x.mp4"; filename*=UTF-8''%C4%8Dau.mp4`)},
		{name: "6 blank line before the headers", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.login()
			w.line("--boundary")
			w.line("")
			w.line("Content-Disposition: form-data; " + plain)
			w.line("Content-Type: video/mp4")
			w.line("")
			w.body.Write(content)
			w.line("")
			w.line(end)
		}},
		{name: "8 no type", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.login()
			w.text("content_type", "video/mp4")
			w.file(plain, "", content)
			w.line(end)
		}},
		{name: "9 nothing behind the last delimiter", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.login()
			w.file(plain, "video/mp4", content)
			w.body.WriteString(end)
		}},
		{name: "10 no closing delimiter", status: http.StatusBadRequest, say: "Upload is incomplete", write: func(w *wire, content []byte) {
			w.login()
			w.file(plain, "video/mp4", content)
		}},
		{name: "11 names twice", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.text("from", "")
			w.login()
			w.text("from", "somebody else")
			w.file(plain, "video/mp4", content)
			w.file(`name=file; filename=second.mp4`, "video/mp4", []byte("second"))
			w.line(end)
		}},
		{name: "12 Windows path", stored: "a.mp4", write: disposed(`name=file; filename="C:\x\a.mp4"`)},
		{name: "12 Unix path", stored: "a.mp4", write: disposed(`name=file; filename=/sdcard/a.mp4`)},
		{name: "12 parent folder", stored: "a", write: disposed(`name=file; filename="../a"`)},
		{name: "13 credentials in headers", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.headers = append(w.headers, "X-Username: "+sender, "X-Password:"+senderPassword)
			w.file(plain, "video/mp4", content)
			w.line(end)
		}},
		{name: "13 credentials in the query", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.path += "?from=johndow&password=geheim-%C3%84nnchen%261&media_size=456000"
			w.file(plain, "video/mp4", content)
			w.line(end)
		}},
		{name: "no file name", stored: "media.mp4", write: disposed(`name=media_content`)},
		{name: "empty file name", stored: "media.mp4", write: disposed(`name=x; filename=""`)},
		{name: "a part that is no text", stored: "media.mp4", write: disposed(`name=blob`)},
		{name: "unquoted boundary with odd characters", stored: "a.mp4", write: func(w *wire, content []byte) {
			w.headers = []string{"Content-Type: multipart/form-data; boundary=----=_Part/1 (x); charset=utf-8"}
			w.login()
			w.file(plain, "video/mp4", content)
			w.line(end)
			changed := bytes.ReplaceAll(w.body.Bytes(), []byte("--boundary"), []byte("------=_Part/1 (x)"))
			w.body.Reset()
			w.body.Write(changed)
		}},
		{name: "chunked", stored: "a.mp4", write: nil},
	}
}

// chunked is the request of a client that does not know its length.
func chunked(w *wire, content []byte) []byte {
	w.login()
	w.file("name=file; filename=a.mp4", "video/mp4", content)
	w.line(end)
	request := bytes.Replace(w.bytes(), fmt.Appendf(nil, "Content-Length: %d", w.body.Len()), []byte("Transfer-Encoding: chunked"), 1)
	head, _, _ := bytes.Cut(request, []byte(w.eol+w.eol))
	var b bytes.Buffer
	b.Write(head)
	b.WriteString(w.eol + w.eol)
	for body := w.body.Bytes(); len(body) > 0; {
		n := min(len(body), 50_000)
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

// Every variant of section 3.2, with both line ends and every size: the bytes that can
// be read are the bytes that were sent, or the refusal stores nothing.
func TestConformance03Variants(t *testing.T) {
	h := newHarness(t, anyType)
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 5<<20 + 1} {
		for _, v := range variants() {
			for _, eol := range []string{"\r\n", "\n"} {
				t.Run(fmt.Sprintf("%s/%d/%q", v.name, size, eol), func(t *testing.T) {
					h := h.in(t)
					h.variant(v, size, eol)
				})
			}
		}
	}
}

func (h *harness) variant(v variant, size int, eol string) {
	h.t.Helper()
	content := noise(size)
	w := newWire(eol, "/acme/softphone/upload_media")
	var request []byte
	if v.write == nil {
		request = chunked(w, content)
	} else {
		v.write(w, content)
		request = w.bytes()
	}
	before := h.files()
	r := h.raw(request)
	status, say := v.status, v.say
	if size == 0 && status == 0 && v.name != "11 names twice" {
		status, say = http.StatusBadRequest, "Empty media" // variant 14
	}
	if status != 0 {
		if r.status != status || h.field(r, "message") != say || h.files() != before {
			h.t.Fatalf("%d %s, %d files more", r.status, r.body, h.files()-before)
		}
		return
	}
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "text/xml" {
		h.t.Fatalf("%d %s", r.status, r.body)
	}
	address := h.local(h.field(r, "media_url"))
	stored := v.stored
	if size == 0 {
		stored, content = "second.mp4", []byte("second")
	}
	if size != 1 && !strings.HasSuffix(address, "/"+stored) { // a byte may have been sent before, under another name
		h.t.Errorf("the address is %s, want %s at its end", address, stored)
	}
	if got := h.do("GET", address, ""); got.status != http.StatusOK || sum([]byte(got.body)) != sum(content) {
		h.t.Errorf("what was stored differs: %d, %d bytes of %d", got.status, len(got.body), len(content))
	}
}

// files counts the assets of the company.
func (h *harness) files() int64 {
	h.t.Helper()
	var usage ingest.Usage
	h.ok(h.db.View(h.t.Context(), func(tx ingest.Tx) (err error) {
		usage, err = tx.Usage(h.company.Number, 0)
		return err
	}))
	return usage.Files
}

// Contents that look like the form around them.
func TestConformance03TreacherousContents(t *testing.T) {
	h := newHarness(t, anyType)
	for name, content := range map[string]string{
		"delimiter without a line end": "abc--boundary\r\nContent-Disposition: form-data; name=from\r\n\r\nx",
		"begins like a header":         "Content-Type: x\r\n\r\nabc",
		"begins like a disposition":    "Content-Disposition: form-data; name=password\r\n\r\nabc",
		"longer boundary":              "abc\r\n--boundaryX\r\nabc",
		"carriage returns at the end":  "abc\r\r",
	} {
		t.Run(name, func(t *testing.T) {
			h := h.in(t)
			if got := h.do("GET", h.upload("a.mp4", "video/mp4", []byte(content)), ""); got.body != content {
				t.Errorf("stored %q", got.body)
			}
		})
	}
}
