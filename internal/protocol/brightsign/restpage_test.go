package brightsign

import (
	"net/http"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// pageSession opens a session for a page and returns its path and the status.
func (h *restHarness) pageSession(body map[string]any) (string, restReply) {
	h.t.Helper()
	a := h.want(http.StatusCreated, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: body}))
	return "/Sessions/" + a.text("sessionToken") + "/", a
}

// fill uploads a file of a session.
func (h *restHarness) fill(path string, start string, body map[string]any, data []byte) {
	h.t.Helper()
	h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: path, media: start, body: body}))
	h.want(http.StatusNoContent, h.chunk(path, 0, data))
	h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: path, media: strings.Replace(start, "start.", "complete.", 1), body: body}))
}

// assetPath is the path of the i-th asset of a session.
func assetPath(session string, a restReply, i int) string {
	return session + "Uploads/" + a.json["assets"].([]any)[i].(map[string]any)["uploadToken"].(string) + "/"
}

func TestRESTPageIsUpdatedWithNegotiation(t *testing.T) {
	h := newRESTHarness(t)
	css, js := []byte("p{}"), []byte("alert(1)")
	page := func(id any, html string, script []byte) map[string]any {
		return map[string]any{"webPageId": id, "name": "Menu", "fileName": "menu.html", "fileSize": len(html), "mediaType": "DeviceWebpage", "virtualPath": "Pages", "assets": []any{
			map[string]any{"fileName": "a.css", "relativePath": `css\`, "fileSize": len(css), "sha1Hash": sha(css)},
			map[string]any{"fileName": "a.js", "relativePath": `\`, "fileSize": len(script), "sha1Hash": sha(script)},
		}}
	}
	session, st := h.pageSession(page(nil, "<one>", js))
	main := session + "Uploads/" + st.text("uploadToken") + "/"
	h.fill(main, mediaStartFile, map[string]any{"fileName": "menu.html", "mediaType": "Webpage"}, []byte("<one>"))
	h.fill(assetPath(session, st, 0), mediaStartAsset, map[string]any{"fileName": "a.css"}, css)
	h.fill(assetPath(session, st, 1), mediaStartAsset, map[string]any{"fileName": "a.js"}, js)
	done := h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: "{}", accept: "*/*"}))
	number := done.number("contentId")
	if number == 0 || done.header.Get("Content-Type") != h.full(mediaPageStatus) || h.asset(ingest.Number(number)).Path != "Pages/" {
		t.Fatalf("created: %v %s", done.header, done.raw)
	}

	script := []byte("alert(2)")
	session, st = h.pageSession(page(number, "<two>", script))
	main = session + "Uploads/" + st.text("uploadToken") + "/"
	h.fill(main, mediaStartAsset, map[string]any{"fileName": "menu.html", "contentId": number, "relativePath": `\`}, []byte("<two>"))
	got := h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: assetPath(session, st, 0), media: mediaStartAsset, body: map[string]any{"fileName": "a.css"},
		accept: h.full(mediaFileStatus) + "," + h.full(mediaNegotiation)}))
	matches, _ := got.json["matchingFiles"].([]any)
	if got.header.Get("Content-Type") != h.full(mediaNegotiation) || len(matches) != 1 {
		t.Fatalf("negotiation: %v %s", got.header, got.raw)
	}
	if m := matches[0].(map[string]any); m["fileName"] != "a.css" || !strings.EqualFold(m["shA1Hash"].(string), sha(css)) || m["id"].(float64) <= 0 || m["type"] != "Auto" && m["type"] != "Image" {
		t.Errorf("match: %v", m)
	}
	h.want(http.StatusNoContent, h.do(restRequest{method: "DELETE", path: assetPath(session, st, 0)}))
	h.want(http.StatusConflict, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: "{}"}))
	h.fill(assetPath(session, st, 1), mediaStartAsset, map[string]any{"fileName": "a.js"}, script)
	whole := h.want(http.StatusOK, h.do(restRequest{method: "GET", path: session}))
	done = h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: whole.raw}))
	if done.number("contentId") != number {
		t.Errorf("the page has another number: %s", done.raw)
	}
	if _, html, parts := h.page(ingest.Number(number)); html != "<two>" || parts["css/a.css"] != string(css) || parts["a.js"] != string(script) {
		t.Errorf("page %q %q", html, parts)
	}
}

// The status of a session has a name that nobody gave: sent back, it is no wish.
func TestRESTStatusSentBackNamesNothing(t *testing.T) {
	h := newRESTHarness(t)
	first, one := h.pageSession(map[string]any{"fileName": "index.html"})
	second, two := h.pageSession(map[string]any{"fileName": "index.html"})
	for i, session := range []string{first, second} {
		st := []restReply{one, two}[i]
		h.fill(session+"Uploads/"+st.text("uploadToken")+"/", mediaStartAsset, map[string]any{"fileName": "index.html"}, []byte("x"))
		done := h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: st.json}))
		if want := []string{"index", "index (2)"}[i]; st.text("name") != "index" || done.text("name") != want {
			t.Errorf("started as %q, made as %q, want %q", st.text("name"), done.text("name"), want)
		}
		again := h.want(http.StatusOK, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: st.json}))
		if again.raw != done.raw {
			t.Errorf("again: %s\nfirst: %s", again.raw, done.raw)
		}
	}
}
