package brightsign

import (
	"io"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/wire/soap"
)

func TestEveryKindHasAStatus(t *testing.T) {
	want := map[ingest.Kind]int{
		ingest.Internal: 500, ingest.Invalid: 400, ingest.Unauthenticated: 401, ingest.Forbidden: 403, ingest.NotFound: 404, ingest.Conflict: 409,
		ingest.Mismatch: 409, ingest.TooLarge: 413, ingest.Gone: 409, ingest.Throttled: 429, ingest.Unavailable: 503,
	}
	for _, kind := range ingest.Kinds() {
		p := problemOf(&ingest.Error{Kind: kind, Msg: "words"}, "request-7")
		if p.code != want[kind] || p.message == "" {
			t.Errorf("%s: %d %q", kind, p.code, p.message)
		}
		if kind == ingest.Internal && (strings.Contains(p.message, "words") || !strings.Contains(p.message, "request-7")) {
			t.Errorf("an internal failure shows %q", p.message)
		}
	}
	for code, err := range map[int]error{
		500: io.ErrNoProgress, 400: refuse("x"), 401: &Fault{Code: codeSecurity}, 403: denied(permissionUpdate), 404: required(unknownToken(), sentenceNoUpload),
		409: already(stateCompleted), 413: &soap.TooLongError{Limit: 7}, 406: &problem{code: 406}, 503: &Fault{Code: codeServer, err: &ingest.Error{Kind: ingest.Unavailable}},
	} {
		if p := problemOf(err, ""); p.code != code {
			t.Errorf("%v: %d, want %d", err, p.code, code)
		}
	}
	for _, code := range []ingest.Code{ingest.CodeNoMembership, ingest.CodeUnknownCompany, ingest.CodeCompanyExpired} {
		if p := problemOf(&ingest.Error{Kind: ingest.Forbidden, Code: code}, ""); p.code != 401 || p.message != sentenceIdentity {
			t.Errorf("%s: %d %s", code, p.code, p.message)
		}
	}
	if p := problemOf(&ingest.Error{Kind: ingest.NotFound, Code: ingest.CodeUnknownPage}, ""); p.code != 400 {
		t.Errorf("unknown page: %d", p.code)
	}
}

func TestRESTConflictsAndUnknown(t *testing.T) {
	h := newRESTHarness(t)
	unknown := "/Sessions/None/Uploads/" + newToken() + "/"
	args := map[string]any{"fileName": "a.png"}
	for _, c := range []restRequest{{method: "GET", path: unknown}, {method: "DELETE", path: unknown}, {method: "PUT", path: unknown, media: mediaStartFile, body: args},
		{method: "PUT", path: unknown, media: mediaCompleteFile, body: args}, {method: "POST", path: unknown + "Chunks/", media: mediaChunk, body: "x"},
		{method: "GET", path: "/Sessions/" + newToken()}, {method: "DELETE", path: "/Sessions/" + newToken()}, {method: "DELETE", path: "/Sessions/None"},
		{method: "PUT", path: "/Sessions/" + newToken(), media: mediaCompletePage, body: "{}"}, {method: "PUT", path: "/Sessions/None", media: mediaCompletePage, body: "{}"},
		{method: "POST", path: "/Sessions/" + newToken() + "/Uploads/", media: mediaStartAsset, body: args}} {
		h.want(404, h.do(c))
	}
	done := h.put("done.png", []byte("x"))
	path := "/Sessions/None/Uploads/" + done.text("uploadToken") + "/"
	again := h.want(200, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: args}))
	if again.raw != done.raw {
		t.Errorf("completing again: %s\nfirst: %s", again.raw, done.raw)
	}
	h.want(409, h.do(restRequest{method: "DELETE", path: path}))
	h.want(409, h.do(restRequest{method: "PUT", path: path, media: mediaStartFile, body: args}))
	h.want(409, h.chunk(path, 0, []byte("x")))

	gap, _ := h.begin(map[string]any{"fileName": "gap.png", "fileSize": 9})
	h.want(204, h.chunk(gap, 6, []byte("xyz")))
	if got := h.want(409, h.do(restRequest{method: "PUT", path: gap, media: mediaCompleteFile, body: args})); !strings.Contains(got.text("message"), "incomplete: 3 of 9") {
		t.Errorf("gap: %s", got.raw)
	}
	for body, code := range map[string]int{`{}`: 400, `{"fileName":"a/b"}`: 400, `{"fileName":"a","fileSize":-1}`: 400, `{"fileName":"a","fileSize":5000000001}`: 413, `{"fileName":"a","sha1Hash":"x"}`: 400,
		`{"fileName":"a","virtualPath":"a\\..\\b"}`: 400, `{"fileName":"a","fileSize":5000000000}`: 201, `nonsense`: 400} {
		h.want(code, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, body: body}))
	}
	page := map[string]any{"name": "Taken", "fileName": "p.html"}
	session, st := h.pageSession(page)
	h.fill(session+"Uploads/"+st.text("uploadToken")+"/", mediaStartAsset, map[string]any{"fileName": "p.html"}, []byte("x"))
	h.want(200, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: "{}"}))
	h.want(409, h.do(restRequest{method: "DELETE", path: session}))
	h.want(409, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: page}))
	h.want(400, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: map[string]any{"webPageId": 999999, "fileName": "p.html"}}))
}

func TestRESTPanicAndStorage(t *testing.T) {
	h := newRESTHarness(t)
	path, _ := h.begin(map[string]any{"fileName": "a.png"})
	h.door.Tokens = nil // a defect
	got := h.want(500, h.do(restRequest{method: "GET", path: path, as: restNobody, header: map[string]string{"Authorization": "Bearer secret-token-0"}}))
	if !strings.Contains(got.text("message"), "request-7") || strings.Contains(got.raw, "nil pointer") {
		t.Errorf("panic: %s", got.raw)
	}
	if log := h.log.String(); !strings.Contains(log, "operation panicked") || strings.Contains(log, "secret-token") {
		t.Errorf("log: %s", log)
	}
}

func TestRESTSurvivesARestart(t *testing.T) {
	h := newRESTHarness(t)
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": 6})
	h.want(204, h.chunk(path, 3, []byte("def")))
	h.restart()
	h.equip()
	h.want(204, h.chunk(path, 0, []byte("abc")))
	if got := h.finished(path, []byte("abcdef")); got != "abcdef" {
		t.Errorf("content %q", got)
	}
	h.later(25 * time.Hour)
	h.want(404, h.do(restRequest{method: "GET", path: path}))
}
