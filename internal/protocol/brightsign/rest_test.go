package brightsign

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/protocol/doortest"
)

// Versions of the interface.
const (
	oldVersion = "2017/01"
	newVersion = "2019/03"
)

// restHarness is the harness for the REST interface: with tokens that are handed out,
// and a log that tests can read.
type restHarness struct {
	*harness
	tokens  *restTokens
	log     *doortest.Log
	version string
}

func newRESTHarness(t *testing.T, tune ...func(*Options, *engine.Config)) *restHarness {
	t.Helper()
	h := &restHarness{harness: newHarness(t, tune...), tokens: &restTokens{good: map[string]restToken{}}, log: &doortest.Log{}, version: newVersion}
	h.tokens.h = h.harness
	h.equip()
	return h
}

// equip gives the door what the plain harness does not have.
func (h *restHarness) equip() {
	h.door.Tokens = h.tokens
	h.door.Log = slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// restRequest is a request of a test; what is empty is not sent.
type restRequest struct {
	method, path string // the path stands behind the base of the version
	media        string // name of the media type of the arguments, or a full type with a slash
	accept       string
	body         any // nil, string, []byte or something to be written as JSON
	as           *user
	header       map[string]string
}

// restReply is what came back.
type restReply struct {
	code   int
	header http.Header
	raw    string
	json   map[string]any
}

func (a restReply) text(name string) string {
	text, _ := a.json[name].(string)
	return text
}

func (a restReply) number(name string) int64 {
	n, _ := a.json[name].(float64)
	return int64(n)
}

// full is the full media type of a name, which is one already when it has a slash.
func (h *restHarness) full(name string) string {
	if name == "" || strings.Contains(name, "/") {
		return name
	}
	return mediaType(name, h.version)
}

// do sends a call as the editor, by Basic authentication, unless it says otherwise.
func (h *restHarness) do(c restRequest) restReply {
	h.t.Helper()
	r := h.request(c)
	w := httptest.NewRecorder()
	h.folded().ServeHTTP(w, r)
	got := restReply{code: w.Code, header: w.Header(), raw: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &got.json); err != nil {
			h.t.Fatalf("%s %s: the answer is not JSON: %v\n%s", c.method, c.path, err, got.raw)
		}
	}
	return got
}

// folded is what is served, as the application serves it.
func (h *restHarness) folded() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = Fold(r.URL.Path)
		h.mux.ServeHTTP(w, r)
	})
}

func (h *restHarness) request(c restRequest) *http.Request {
	h.t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	case io.Reader:
		body = b
	default:
		text, err := json.Marshal(b)
		h.ok(err)
		body = bytes.NewReader(text)
	}
	path := c.path
	if !strings.HasPrefix(path, "//") {
		path = "/Upload/" + h.version + "/REST" + path
	}
	r := httptest.NewRequest(c.method, "https://upload.example.com"+strings.Replace(path, "//", "/", 1), body)
	if c.media != "" {
		r.Header.Set("Content-Type", h.full(c.media))
	}
	if c.accept != "" {
		r.Header.Set("Accept", c.accept)
	}
	if c.as == nil {
		c.as = h.editor
	}
	if c.as != restNobody {
		r.SetBasicAuth(c.as.account+"/"+c.as.login, c.as.login)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	return r
}

// restNobody sends no credentials.
var restNobody = &user{}

// want fails the test unless the answer has the status.
func (h *restHarness) want(code int, a restReply) restReply {
	h.t.Helper()
	if a.code != code {
		h.t.Fatalf("status %d, want %d\n%s", a.code, code, a.raw)
	}
	if code >= 400 && (a.header.Get("Content-Type") != mediaError || a.text("message") == "") {
		h.t.Errorf("no proper error: %s %s", a.header.Get("Content-Type"), a.raw)
	}
	if code < 300 && a.raw != "" && a.header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("the answer may be cached: %v", a.header)
	}
	return a
}

// begin starts a plain upload and returns its path.
func (h *restHarness) begin(body map[string]any) (path string, a restReply) {
	h.t.Helper()
	a = h.want(http.StatusCreated, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, body: body}))
	return "/Sessions/None/Uploads/" + a.text("uploadToken") + "/", a
}

// chunk sends bytes to an offset.
func (h *restHarness) chunk(upload string, offset int, data []byte) restReply {
	h.t.Helper()
	return h.do(restRequest{method: "POST", path: fmt.Sprintf("%sChunks/?offset=%d", upload, offset), media: mediaChunk, body: data})
}

// put uploads a file whole and returns the answer to its completion.
func (h *restHarness) put(name string, data []byte) restReply {
	h.t.Helper()
	path, _ := h.begin(map[string]any{"fileName": name, "fileSize": len(data)})
	h.want(http.StatusNoContent, h.chunk(path, 0, data))
	return h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"fileName": name}}))
}

func (h *restHarness) state(path string) string {
	h.t.Helper()
	return h.want(http.StatusOK, h.do(restRequest{method: "GET", path: path})).text("state")
}
