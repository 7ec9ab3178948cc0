package brightsign

import (
	"net/http"
	"testing"

	"sluice/internal/ingest"
)

func TestRESTMediaTypesOfRequests(t *testing.T) {
	h := newRESTHarness(t)
	upload, _ := h.begin(map[string]any{"fileName": "a.png"})
	session, _ := h.pageSession(map[string]any{"fileName": "p.html"})
	body := map[string]any{"fileName": "a.png"}
	for _, c := range []struct {
		method, path, media string
		code                int
	}{
		{"POST", "/Sessions/", "", 406},
		{"POST", "/Sessions/", "application/json", 406},
		{"POST", "/Sessions/", mediaStartFile, 406},
		{"POST", "/Sessions/", mediaCompletePage, 406},
		{"POST", "/Sessions/", "application/vnd.bsn.start.webpage.upload.arguments.201808+json", 406},
		{"POST", "/Sessions/", "application/vnd.bsn.start.webpage.upload.arguments+json", 406},
		{"POST", "/Sessions/", "application/vnd.bsn.start.webpage.upload.arguments.201701+json", 201},
		{"POST", "/Sessions/", "Application/VND.bsn.Start.Webpage.Upload.Arguments.201903+JSON ; charset=utf-8", 201},
		{"POST", "/Sessions/None/Uploads/", mediaStartAsset, 406},
		{"POST", "/Sessions/None/Uploads/", mediaCompleteFile, 406},
		{"PUT", upload, "", 406},
		{"PUT", upload, "text/plain", 406},
		{"PUT", upload, mediaStartPage, 406},
		{"PUT", upload, mediaStartAsset, 200},
		{"PUT", session, "", 406},
		{"PUT", session, mediaStartPage, 406},
		{"PUT", session, mediaCompletePage, 409}, // nothing was uploaded
		{"POST", upload + "Chunks/", mediaStartFile, 415},
		{"POST", upload + "Chunks/", "application/json", 415},
		{"POST", upload + "Chunks/", "Application/Octet-Stream; x=y", 204},
		{"POST", upload + "Chunks/", "", 204},
	} {
		if got := h.do(restRequest{method: c.method, path: c.path, media: c.media, body: body}); got.code != c.code {
			t.Errorf("%s %s with %q: %d, want %d\n%s", c.method, c.path, c.media, got.code, c.code, got.raw)
		}
	}
}

func TestRESTAccept(t *testing.T) {
	h := newRESTHarness(t)
	upload, _ := h.begin(map[string]any{"fileName": "a.png"})
	own, other := mediaType(mediaFileStatus, newVersion), mediaType(mediaFileStatus, oldVersion)
	for _, c := range []struct {
		accept string
		media  string // "" = not acceptable
	}{
		{"", own}, {"*/*", own}, {"application/*", own}, {own, own}, {other, own}, {"text/plain, " + own + ";q=0.5", own},
		{"application/json", mediaJSON}, {"application/json, text/plain, */*", own}, {"application/json;q=0.5, " + own, own},
		{mediaError, ""}, {"text/html", ""}, {own + ";q=0", ""}, {"*/*;q=0.0, text/plain", ""}, {mediaType(mediaPageStatus, newVersion), ""},
	} {
		got := h.do(restRequest{method: "GET", path: upload, accept: c.accept})
		if c.media == "" {
			h.want(406, got)
		} else if got.code != 200 || got.header.Get("Content-Type") != c.media {
			t.Errorf("Accept %q: %d %q, want %q", c.accept, got.code, got.header.Get("Content-Type"), c.media)
		}
	}
	// errors are told under their own type whatever is accepted, and chunks have no answer to accept
	h.want(404, h.do(restRequest{method: "GET", path: "/Sessions/None/Uploads/x/", accept: own}))
	h.want(204, h.do(restRequest{method: "POST", path: upload + "Chunks/", media: mediaChunk, accept: mediaError, body: "x"}))
	h.want(204, h.do(restRequest{method: "DELETE", path: upload, accept: "text/html"}))
	// nothing is begun for a client that cannot learn of it
	h.want(406, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, accept: "text/html", body: map[string]any{"fileName": "p.html"}}))
	h.want(406, h.do(restRequest{method: "PUT", path: upload, media: mediaCompleteFile, accept: "text/html", body: map[string]any{"fileName": "p.html"}}))
}

// Completing a session is the one call that does its work before it says that its
// answer is not acceptable.
func TestRESTNotAcceptableAfterSuccess(t *testing.T) {
	h := newRESTHarness(t)
	for accept, code := range map[string]int{
		"application/vnd.bsn.content.upload.status.pagedlist.201701+json, " + mediaError: 406, mediaError: 406, "text/html": 406,
		"*/*": 200, "application/json": 200, mediaType(mediaPageStatus, newVersion): 200, "": 200,
	} {
		session, st := h.pageSession(map[string]any{"fileName": "p.html"})
		complete := restRequest{method: "PUT", path: session, media: mediaCompletePage, accept: accept, body: "{}"}
		h.want(409, h.do(complete)) // a failure is not hidden
		h.fill(session+"Uploads/"+st.text("uploadToken")+"/", mediaStartAsset, map[string]any{"fileName": "p.html"}, []byte("x"))
		h.want(code, h.do(complete))
		got := h.want(200, h.do(restRequest{method: "GET", path: session}))
		if _, _, parts := h.page(ingest.Number(got.number("contentId"))); got.text("state") != stateCompleted || len(parts) != 0 {
			t.Errorf("Accept %q: %s", accept, got.raw)
		}
	}
}

func TestRESTNegotiation(t *testing.T) {
	h := newRESTHarness(t)
	data := []byte("the same bytes")
	first := h.put("first.txt", data).number("contentId")
	both := h.full(mediaFileStatus) + ", " + h.full(mediaNegotiation)
	start := func(accept string, body map[string]any) restReply {
		return h.want(201, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, accept: accept, body: body}))
	}
	known := map[string]any{"fileName": "second.txt", "fileSize": len(data), "sha1Hash": sha(data)}
	got := start(both, known)
	matches, _ := got.json["matchingFiles"].([]any)
	if got.header.Get("Content-Type") != h.full(mediaNegotiation) || len(matches) != 1 || int64(matches[0].(map[string]any)["id"].(float64)) != first || got.text("uploadToken") == "" {
		t.Fatalf("negotiation: %v %s", got.header, got.raw)
	}
	// the client may ignore it
	path := "/Sessions/None/Uploads/" + got.text("uploadToken") + "/"
	h.want(204, h.chunk(path, 0, data))
	h.want(200, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: known}))
	for accept, body := range map[string]map[string]any{
		"": known, "*/*": known, "application/json": known, h.full(mediaFileStatus): known,
		both: {"fileName": "x", "fileSize": 3, "sha1Hash": sha([]byte("new"))}, both + ",a/b": {"fileName": "x"}, both + ",c/d": {"fileName": "x", "sha1Hash": ""},
	} {
		if got := start(accept, body); got.json["matchingFiles"] != nil || got.header.Get("Content-Type") == h.full(mediaNegotiation) {
			t.Errorf("Accept %q: %v %s", accept, got.header, got.raw)
		}
	}
}

func TestRESTStrictNegotiation(t *testing.T) {
	h := newRESTHarness(t, with(func(o *Options) { o.StrictNegotiation = true }))
	data := []byte("the same bytes")
	h.put("first.txt", data)
	known := map[string]any{"fileName": "second.txt", "fileSize": len(data), "sha1Hash": sha(data)}
	for accept, code := range map[string]int{h.full(mediaFileStatus): 406, h.full(mediaFileStatus) + ", " + h.full(mediaNegotiation): 201, "": 201, "*/*": 201, "application/json": 201} {
		h.want(code, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, accept: accept, body: known}))
	}
	unknown := map[string]any{"fileName": "third.txt", "sha1Hash": sha([]byte("new"))}
	h.want(201, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, accept: h.full(mediaFileStatus), body: unknown}))
}

// A client that was not told of a stored file has not chosen it when it cancels.
func TestRESTUntoldMatchIsNotTaken(t *testing.T) {
	h := newRESTHarness(t)
	data := []byte("shared script")
	h.put("lib.js", data)
	for accept, code := range map[string]int{h.full(mediaFileStatus): http.StatusConflict, h.full(mediaFileStatus) + "," + h.full(mediaNegotiation): http.StatusOK} {
		session, st := h.pageSession(map[string]any{"fileName": "p.html", "assets": []any{map[string]any{"fileName": "lib.js", "sha1Hash": sha(data)}}})
		h.fill(session+"Uploads/"+st.text("uploadToken")+"/", mediaStartAsset, map[string]any{"fileName": "p.html"}, []byte("x"))
		asset := assetPath(session, st, 0)
		h.want(200, h.do(restRequest{method: "PUT", path: asset, media: mediaStartAsset, accept: accept, body: map[string]any{"fileName": "lib.js"}}))
		h.want(204, h.do(restRequest{method: "DELETE", path: asset}))
		h.want(code, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: "{}"}))
	}
}
