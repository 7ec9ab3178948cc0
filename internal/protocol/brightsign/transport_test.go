package brightsign

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"sluice/internal/wire/xmltree"
)

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// padded makes a message as long as is wanted, by a comment behind the root.
func padded(body string, size int) []byte {
	return []byte(body + "<!--" + strings.Repeat("x", size-len(body)-7) + "-->")
}

// Section 1.2: messages in SOAP 1.2 are answered in SOAP 1.2.
func TestSOAP12(t *testing.T) {
	h := newHarness(t)
	m := plainMessage(h.editor)
	m.version = soap12
	m.http = map[string]string{"Content-Type": `application/soap+xml; charset=utf-8; action="x"`}
	got := h.send(m, opStartFile, args("", members("FileName", "a", "FileSize", "3")))
	token := text(h.result(got, opStartFile), "UploadToken")
	check := func(got reply) {
		t.Helper()
		if got.root.Space != soap12 || got.header.Get("Content-Type") != "application/soap+xml; charset=utf-8" {
			t.Errorf("answered in %s as %s", got.root.Space, got.header.Get("Content-Type"))
		}
	}
	check(got)
	got = h.send(m, opAppend, chunkOf("", token, 0, 0, []byte("abc")))
	check(got)
	if h.result(got, opAppend).Text != "true" {
		t.Errorf("the chunk: %s", got.raw)
	}
	got = h.send(m, opStartFile, args("", members("FileName", "")))
	check(got)
	if told := h.fault(got); told.Code != "Sender" {
		t.Errorf("told %v", told)
	}
	m.header = security11(usernameToken(accountName+"/"+h.editor.login, "x"))
	got = h.send(m, opFileStatus, "")
	check(got)
	if code := text(got.root, "Body", "Fault", "Code", "Subcode", "Value"); !strings.HasSuffix(code, ":FailedAuthentication") {
		t.Errorf("subcode %s", code)
	}
	got = h.post(endpoint, []byte("no XML"), m.http)
	check(got)
}

// Section 1.2: compressed bodies, for chunks and for everything else.
func TestCompressedRequests(t *testing.T) {
	h := newHarness(t)
	m := plainMessage(h.editor)
	content := bytes.Repeat([]byte("sluice "), 100_000)
	start := m.envelope(opStartFile, args("", members("FileName", "a", "FileSize", fmt.Sprint(len(content)))))
	for _, encoding := range []string{"gzip", "x-gzip", "GZIP"} {
		header := map[string]string{"Content-Encoding": encoding}
		token := text(h.result(h.post(endpoint, gzipped(t, []byte(start)), header), opStartFile), "UploadToken")
		half := len(content) / 2
		for i, part := range [][]byte{content[:half], content[half:]} {
			chunk := m.envelope(opAppend, chunkOf("", token, i, int64(i*half), part))
			if got := h.result(h.post(endpoint, gzipped(t, []byte(chunk)), header), opAppend).Text; got != "true" {
				t.Fatalf("the chunk: %s", got)
			}
		}
		done := h.complete(h.editor, "UploadToken", token)
		if got := h.library()[h.contentID(done)].Content; got != string(content) {
			t.Errorf("%s: the file is not what was sent", encoding)
		}
	}
	packed := gzipped(t, []byte(start))
	for name, body := range map[string][]byte{"not packed": []byte(start), "cut short": packed[:len(packed)-20], "changed": append(bytes.Clone(packed[:len(packed)-8]), make([]byte, 8)...)} {
		got := h.post(endpoint, body, map[string]string{"Content-Encoding": "gzip"})
		if told := h.fault(got); told.Code != "Client" {
			t.Errorf("%s: told %v", name, told)
		}
	}
	if told := h.fault(h.post(endpoint, []byte(start), map[string]string{"Content-Encoding": "br"})); !strings.Contains(told.Sentence, "encoding") {
		t.Errorf("told %v", told)
	}
}

// mtom packs a message whose data is a part of its own.
func mtom(envelope, encoding, href string, data []byte) ([]byte, map[string]string) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "--b0und\r\nContent-ID: <root@x>\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"text/xml\"\r\n\r\n%s\r\n", envelope)
	fmt.Fprintf(&b, "--b0und\r\nContent-ID: <%s>\r\nContent-Transfer-Encoding: %s\r\n\r\n", href, encoding)
	b.Write(data)
	b.WriteString("\r\n--b0und--\r\n")
	return b.Bytes(), map[string]string{"Content-Type": `multipart/related; type="application/xop+xml"; start="<root@x>"; start-info="text/xml"; boundary="b0und"`}
}

// Chunks as attachments: MTOM, wherever the offset stands, also over what is there.
func TestMTOM(t *testing.T) {
	h := newHarness(t)
	m := plainMessage(h.editor)
	include := `<data><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:part%401"/></data>`
	content := append(noise(100_000, 8), "\r\n--b0un\r\n"...)
	for name, form := range map[string]struct {
		inner, encoding string
		data            []byte
	}{
		"offset behind":  {parameters("uploadToken", "TOKEN", "partNumber", "0") + include + "<offset>0</offset>", "binary", content},
		"offset before":  {"<offset>0</offset>" + include + parameters("uploadToken", "TOKEN"), "binary", content},
		"base64 in part": {parameters("uploadToken", "TOKEN") + include, "base64", []byte(encoded(content))},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			token := text(h.start(h.editor, "FileName", name, "FileSize", fmt.Sprint(len(content))), "UploadToken")
			body, header := mtom(m.envelope(opAppend, strings.ReplaceAll(form.inner, "TOKEN", token)), form.encoding, "part@1", form.data)
			for range 2 {
				if got := h.result(h.post(endpoint, body, header), opAppend).Text; got != "true" {
					t.Fatalf("the chunk: %s", got)
				}
			}
			done := h.complete(h.editor, "UploadToken", token)
			if got := h.library()[h.contentID(done)].Content; got != string(content) {
				t.Error("the file is not what was sent")
			}
		})
	}
	h.t = t
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	inner := parameters("uploadToken", token) + include
	body, header := mtom(m.envelope(opAppend, inner), "binary", "another@1", []byte("abc"))
	if told := h.fault(h.post(endpoint, body, header)); !strings.Contains(told.Sentence, "MTOM") {
		t.Errorf("a part that is not there: %v", told)
	}
	if told := h.fault(h.send(m, opAppend, inner)); !strings.Contains(told.Sentence, "MTOM") {
		t.Errorf("a message without parts: %v", told)
	}
	whole, header := mtom(m.envelope(opAppend, inner), "binary", "part@1", []byte("abc"))
	if told := h.fault(h.post(endpoint, whole[:len(whole)-12], header)); told.Code != "Client" {
		t.Errorf("a part that breaks off: %v", told)
	}
	if got := h.state(h.editor, token); got != "Started" {
		t.Errorf("state %s", got)
	}
	body, header = mtom(m.envelope(opFileStatus, parameters("uploadToken", token)), "binary", "part@1", []byte("abc"))
	if got := text(h.result(h.post(endpoint, body, header), opFileStatus), "State"); got != "Started" {
		t.Errorf("another operation as MTOM: %s", got)
	}
}

// Section 1.4: a binary part that has to be held takes the memory that was set aside for
// it, and no more.
func TestMemoryOfAHeldPart(t *testing.T) {
	h := newHarness(t)
	content := noise(8<<20, 9)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", fmt.Sprint(len(content))), "UploadToken")
	inner := parameters("uploadToken", token) + `<data><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:part@1"/></data>`
	body, header := mtom(plainMessage(h.editor).envelope(opAppend, inner), "binary", "part@1", content)
	send := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if got := h.result(h.post(endpoint, body, header), opAppend).Text; got != "true" {
			t.Fatalf("the chunk: %s", got)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	first := send() // goes to its place as it arrives
	if again := send(); again > first+uint64(len(body))+1<<20 {
		t.Errorf("a part of %d bytes that replaces another took %d bytes of memory, %d before", len(content), again, first)
	}
}

// Bodies over a real connection, with and without a length, one part after the other;
// and one that breaks off in the middle.
func TestBodiesOverAConnection(t *testing.T) {
	h := newHarness(t)
	server := httptest.NewServer(h.mux)
	defer server.Close()
	m := plainMessage(h.editor)
	content := noise(2_000_000, 9)
	token := text(h.start(h.editor, "FileName", "a.bin", "FileSize", fmt.Sprint(len(content))), "UploadToken")
	post := func(body io.Reader) reply {
		t.Helper()
		answer, err := http.Post(server.URL+"/Uploads/2014/07/SOAP/Basic/?wsdl", "text/xml", body)
		h.ok(err)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		h.ok(err)
		root, err := xmltree.Parse(raw, xmltree.Limits{})
		h.ok(err)
		return reply{status: answer.StatusCode, header: answer.Header, raw: raw, root: root}
	}
	unsized := struct{ io.Reader }{strings.NewReader(m.envelope(opAppend, chunkOf("", token, 0, 0, content[:1_000_000])))}
	if got := post(unsized); h.result(got, opAppend).Text != "true" || got.header.Get("Content-Length") == "" {
		t.Errorf("a body without a length: %s", got.raw)
	}
	sized := strings.NewReader(m.envelope(opAppend, "<offset>1000000</offset>"+parameters("uploadToken", token, "data", encoded(content[1_000_000:]))))
	if got := post(sized); h.result(got, opAppend).Text != "true" {
		t.Errorf("a body with a length: %s", got.raw)
	}
	other := text(h.start(h.editor, "FileName", "b.bin", "FileSize", "1000000"), "UploadToken")
	broken := m.envelope(opAppend, "<offset>0</offset>"+parameters("uploadToken", other, "data", encoded(content[:1_000_000])))
	request, err := http.NewRequest("POST", server.URL+"/Uploads/2014/07/SOAP/Basic/", io.MultiReader(strings.NewReader(broken[:700_000]), failingReader{}))
	h.ok(err)
	if answer, err := http.DefaultClient.Do(request); err == nil {
		answer.Body.Close()
	}
	h.t = t
	if got := h.state(h.editor, other); got != "Started" {
		t.Errorf("after a chunk that broke off the state is %s", got)
	}
	done := h.complete(h.editor, "UploadToken", token)
	if got := h.library()[h.contentID(done)].Content; got != string(content) {
		t.Error("the file is not what was sent")
	}
}

// failingReader is a client that goes away.
type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
