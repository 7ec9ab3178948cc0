package brightsign

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/internal/protocol/guard"
)

func TestLogPath(t *testing.T) {
	token := newToken()
	for p, want := range map[string]string{
		"/Upload/2019/03/REST/Sessions/" + token:                                    "/Upload/2019/03/REST/Sessions/***",
		"/Upload/2019/03/REST/Sessions/None/Uploads/" + token + "/":                 "/Upload/2019/03/REST/Sessions/None/Uploads/***/",
		"/upload/2017/01/rest/sessions/" + token + "/uploads/" + token + "/CHUNKS/": "/upload/2017/01/rest/sessions/***/uploads/***/CHUNKS/",
		"//Upload//2019/03/REST/Sessions//" + token:                                 "//Upload//2019/03/REST/Sessions//***",
		"/x/../Upload/2019/03/REST/Sessions/" + token:                               "/***/../Upload/2019/03/REST/Sessions/***",
		"/UPLOAD/" + token:                        "/UPLOAD/***",
		"/Upload/2019/03/REST/Uploads%2f" + token: "/Upload/2019/03/REST/***",
		"/Upload/2019/03/REST/Sessions/None/Uploads/" + token + "/Chunks/" + token[:8]: "/Upload/2019/03/REST/Sessions/None/Uploads/***/Chunks/***",
		"/Uploads/2014/07/SOAP/Basic/": "/Uploads/2014/07/SOAP/Basic/",
		"/2019/03/REST/Token":          "/2019/03/REST/Token",
		"/v1/assets/" + token:          "/v1/assets/" + token,
		"/":                            "/",
		"":                             "",
	} {
		if got := LogPath(p); got != want {
			t.Errorf("%s is logged as %s, want %s", p, got, want)
		}
	}
}

// What is done by the REST interface and by SOAP leaves no token in the log: neither in
// that of the requests nor in that of the door.
func TestNoTokenIsLogged(t *testing.T) {
	h := newRESTHarness(t)
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	door := h.mux
	guarded := guard.New(guard.Options{Log: log, LogPath: LogPath}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = Fold(r.URL.Path)
		door.ServeHTTP(w, r)
	}))
	h.mux = http.NewServeMux()
	h.mux.Handle("/", guarded)
	// A mux cleans paths; these requests reach the guard as they are.
	raw := func(method, target string) {
		r := httptest.NewRequest(method, "https://upload.example.com"+target, nil)
		r.SetBasicAuth(accountName+"/"+h.editor.login, h.editor.login)
		guarded.ServeHTTP(httptest.NewRecorder(), r)
	}
	c := h.authorize(h.editor)
	tokens := map[string]string{"bearer": c.bearer}

	path, st := h.begin(map[string]any{"fileName": "a.png", "fileSize": 2})
	tokens["upload"] = st.text("uploadToken")
	h.want(204, h.chunk(path, 0, []byte("ab")))
	h.want(200, h.do(restRequest{method: "GET", path: path}))
	h.want(200, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"fileName": "a.png"}}))
	h.want(409, h.chunk(path, 0, []byte("ab")))

	session, page := h.pageSession(map[string]any{"fileName": "p.html", "assets": []any{map[string]any{"fileName": "a.js"}}})
	tokens["session"], tokens["page"] = page.text("sessionToken"), page.text("uploadToken")
	tokens["asset"] = page.json["assets"].([]any)[0].(map[string]any)["uploadToken"].(string)
	h.want(204, h.chunk(session+"Uploads/"+tokens["asset"]+"/", 0, []byte("x")))
	h.want(409, c.send("PUT", session, mediaCompletePage, "", "{}"))
	h.want(405, c.send("PATCH", session, "", "", nil))
	h.want(404, c.send("GET", session+"Uploads/"+tokens["upload"], "", "", nil))
	h.want(404, c.send("GET", session+"Nonsense/"+tokens["asset"], "", "", nil))
	h.want(406, c.send("PUT", session+"Uploads/"+tokens["page"], "", "", "{}"))
	h.want(401, h.do(restRequest{method: "GET", path: session, as: restNobody}))
	h.want(204, c.send("DELETE", session, "", "", nil))

	base := "/Upload/2019/03/REST"
	raw("GET", "/"+base+"//Sessions/None//Uploads/"+tokens["upload"])
	raw("GET", "/x/.."+base+session)
	raw("GET", strings.ToLower(base+session)+"?sessionToken="+tokens["session"])
	raw("GET", base+"/Sessions%2F"+tokens["session"])

	soap := text(h.start(h.editor, "FileName", "soap.txt"), "UploadToken")
	tokens["soap"] = soap
	h.append(h.editor, "", soap, 0, []byte("abc"))
	h.refused(h.editor, opAppend, chunkOf(tokens["session"], soap, 0, 0, []byte("abc")), "session")
	h.cancel(h.editor, soap)
	h.refused(h.editor, opComplete, args("", members("UploadToken", soap)), "already Cancelled")

	h.door.Logins = nil // every call panics from now on
	if got := h.do(restRequest{method: "GET", path: path}); got.code != 500 {
		t.Errorf("a panic: %d %s", got.code, got.raw)
	}

	written := h.log.String()
	if n := strings.Count(written, "msg=request "); n < 20 || !strings.Contains(written, "path=/Upload/2019/03/REST/Sessions/***/Uploads/***/Chunks/ ") || !strings.Contains(written, "panicked") {
		t.Fatalf("the log has %d requests:\n%s", n, written)
	}
	for what, token := range tokens {
		if token == "" || strings.Contains(strings.ToLower(written), strings.ToLower(token)) {
			t.Errorf("the log has the token %q of the %s:\n%s", token, what, written)
		}
	}
}
