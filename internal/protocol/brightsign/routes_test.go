package brightsign

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// get asks for a page of the door, by the way that the server takes.
func (h *harness) ask(method, path, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, "https://upload.example.com"+path, strings.NewReader(body))
	r.URL.Path = Fold(r.URL.Path)
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	return w
}

// Section 1.2: what is served where.
func TestAddresses(t *testing.T) {
	h := newHarness(t)
	call := plainMessage(h.editor).envelope(opFileStatus, parameters("uploadToken", newToken()))
	tests := []struct {
		method, path string
		status       int
		contains     string
	}{
		{"GET", "/Uploads/2014/07/SOAP/WSDL/", 200, "<wsdl:definitions"}, {"GET", "/Uploads/2014/07/SOAP/WSDL", 200, "<wsdl:definitions"},
		{"GET", "/uploads/2014/07/soap/wsdl/", 200, "<wsdl:definitions"}, {"GET", "/UPLOADS/2017/01/SOAP/WSDL/", 200, "<wsdl:definitions"},
		{"GET", "/Uploads/2014/07/SOAP/Basic/?wsdl", 200, "<wsdl:definitions"}, {"GET", "/Uploads/2014/07/SOAP/Basic?singleWsdl", 200, "<wsdl:definitions"},
		{"GET", "/Uploads/2014/07/SOAP/Basic/?WSDL", 200, "<wsdl:definitions"}, {"GET", "/Uploads/2014/07/SOAP/Basic/", 200, "/Uploads/2014/07/SOAP/WSDL/"},
		{"POST", "/Uploads/2014/07/SOAP/Basic/", 200, "GetFileUploadStatusResult"}, {"POST", "/Uploads/2014/07/SOAP/Basic", 200, "GetFileUploadStatusResult"},
		{"POST", "/uploads/2014/07/soap/BASIC/?wsdl", 200, "GetFileUploadStatusResult"}, {"POST", "/Uploads/2014/07/SOAP/Basic/?a=b&c", 200, "GetFileUploadStatusResult"},
		{"POST", "/Uploads/2014/07/SOAP/WSDL/", 200, "GetFileUploadStatusResult"}, {"POST", "/Uploads/2019/03/SOAP/Basic/", 200, "GetFileUploadStatusResult"},
		{"PUT", "/Uploads/2014/07/SOAP/Basic/", 405, ""}, {"DELETE", "/Uploads/2014/07/SOAP/WSDL/", 405, ""},
		{"GET", "/Uploads/2014/07/SOAP/", 404, ""}, {"POST", "/Uploads/2014/7/SOAP/Basic/", 404, ""}, {"POST", "/Uploads/2014/07/SOAP/Basic/more", 404, ""}, {"GET", "/Uploads/", 404, ""},
	}
	for _, tt := range tests {
		w := h.ask(tt.method, tt.path, call)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.contains) {
			t.Errorf("%s %s: status %d, %.200s", tt.method, tt.path, w.Code, w.Body)
		}
		kind, wsdl := w.Header().Get("Content-Type"), strings.Contains(tt.contains, "wsdl:")
		if (wsdl || tt.method == "POST" && tt.status == 200) && kind != "text/xml; charset=utf-8" {
			t.Errorf("%s %s: content type %s", tt.method, tt.path, kind)
		}
		if w.Code == 200 && w.Header().Get("Content-Length") == "" {
			t.Errorf("%s %s: no content length", tt.method, tt.path)
		}
	}
}

// Section 1.3: the body's element decides what is called; the header of HTTP does not.
func TestSOAPActionIsNotNeeded(t *testing.T) {
	h := newHarness(t)
	for _, action := range []string{"", `""`, `"` + defaultService + `ContentUploadService/CancelFileUpload"`, "nonsense"} {
		m := plainMessage(h.editor)
		m.http = map[string]string{"SOAPAction": action}
		h.result(h.send(m, opFileStatus, ""), opFileStatus)
		got := h.fault(h.send(m, "Authenticate", ""))
		if got.Code != "ActionNotSupported" {
			t.Errorf("action %s: told %v", action, got)
		}
	}
}

// Messages that are none.
func TestMessagesThatAreNone(t *testing.T) {
	h := newHarness(t)
	whole := plainMessage(h.editor).envelope(opFileStatus, "")
	tests := map[string]struct{ body, keyword string }{
		"empty": {"", "XML"}, "text": {"hello", "XML"}, "cut short": {whole[:len(whole)-20], "well-formed XML"}, "cut in the header": {whole[:200], "well-formed XML"},
		"not closed right": {strings.Replace(whole, "</s:Body>", "</s:Head>", 1), "well-formed XML"}, "no envelope": {"<a><b/></a>", "SOAP"},
		"no body": {`<s:Envelope xmlns:s="` + soap11 + `"><s:Header/></s:Envelope>`, "SOAP"}, "empty body": {`<s:Envelope xmlns:s="` + soap11 + `"><s:Body/></s:Envelope>`, "SOAP"},
		"too deep":  {strings.Replace(whole, "</GetFile", strings.Repeat("<x>", 80)+strings.Repeat("</x>", 80)+"</GetFile", 1), "XML"},
		"encrypted": {`<s:Envelope xmlns:s="` + soap11 + `"><s:Body><e:EncryptedData xmlns:e="http://www.w3.org/2001/04/xmlenc#"/></s:Body></s:Envelope>`, "encrypted"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h.t = t
			got := h.fault(h.post(endpoint, []byte(tt.body), nil))
			if got.Code != "Client" || !strings.Contains(got.Sentence, tt.keyword) {
				t.Errorf("told %v", got)
			}
		})
	}
}

// Check 26: document types are refused wherever they stand, before anything in them
// is read.
func TestDoctype(t *testing.T) {
	h := newHarness(t)
	const entity = `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY f "grows">]>`
	token := text(h.start(h.editor, "FileName", "a"), "UploadToken")
	m := plainMessage(h.editor)
	for name, body := range map[string]string{
		"before":       entity + m.envelope(opStartFile, args("", members("FileName", "&e;"))),
		"after prolog": `<?xml version="1.0"?>` + "\n" + entity + m.envelope(opFileStatus, ""),
		"lower case":   strings.ToLower(entity) + m.envelope(opFileStatus, ""),
		"inside":       m.envelope(opFileStatus, entity),
		"in a chunk":   m.envelope(opAppend, parameters("uploadToken", token)+"<offset>0</offset>"+entity+"<data>YQ==</data>"),
		"behind data":  m.envelope(opAppend, parameters("uploadToken", token)+"<data>YQ==</data>"+entity+"<offset>0</offset>"),
	} {
		got := h.fault(h.post(endpoint, []byte(body), nil))
		if got.Code != "Client" || !strings.Contains(got.Sentence, "well-formed XML") || strings.Contains(got.Sentence, "root:") {
			t.Errorf("%s: told %v", name, got)
		}
	}
	if got := h.fault(h.post(endpoint, []byte(m.envelope(opStartFile, args("", "<a:FileName>&undeclared;</a:FileName>"))), nil)); !strings.Contains(got.Sentence, "well-formed XML") {
		t.Errorf("an entity that is not declared: %v", got)
	}
	if got := h.state(h.editor, token); got != "Started" {
		t.Errorf("state %s", got)
	}
}

// A panic is a fault that says nothing of itself.
func TestPanicsAreFaults(t *testing.T) {
	h := newHarness(t)
	h.door.Logins = nil
	got := h.send(plainMessage(h.editor), opFileStatus, "")
	if told := h.fault(got); told.Code != "Server" || !strings.Contains(told.Sentence, "request-7") || got.status != http.StatusInternalServerError {
		t.Errorf("told %v", told)
	}
}
