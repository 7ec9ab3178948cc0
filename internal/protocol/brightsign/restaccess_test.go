package brightsign

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
)

func TestRESTLogin(t *testing.T) {
	h := newRESTHarness(t)
	for name, header := range map[string]map[string]string{
		"nothing":        {},
		"wrong password": {"Authorization": "Basic VGVzdE5ldHdvcmsvZWRpdG9yQGV4YW1wbGUuY29tOndyb25n"},
		"unknown token":  {"Authorization": "Bearer nonsense"},
		"empty token":    {"Authorization": "Bearer "},
		"other scheme":   {"Authorization": "Digest x"},
	} {
		for _, c := range []restRequest{{method: "GET", path: "/Sessions/None/Uploads/x/"}, {method: "POST", path: "/Sessions/None/Uploads/x/Chunks/"}, {method: "PUT", path: "/Sessions/x/"}} {
			c.as, c.header = restNobody, header
			got := h.want(http.StatusUnauthorized, h.do(c))
			if ways := got.header.Values("WWW-Authenticate"); len(ways) != 2 || !strings.HasPrefix(ways[0], "Bearer ") || !strings.HasPrefix(ways[1], "Basic ") {
				t.Errorf("%s: WWW-Authenticate %q", name, ways)
			}
		}
	}
	c := h.authorize(h.editor)
	if got := c.send("GET", "/sessions/none/uploads/x", "", "", nil); got.code != 404 {
		t.Errorf("with a token: %d", got.code)
	}
	h.later(61 * time.Minute)
	h.want(401, c.send("GET", "/sessions/none/uploads/x", "", "", nil))
}

func TestRESTPermissions(t *testing.T) {
	h := newRESTHarness(t)
	number := h.put("old.png", []byte("old")).number("contentId")
	path, _ := h.begin(map[string]any{"fileName": "a.png", "fileSize": 1})
	session, _ := h.pageSession(map[string]any{"fileName": "p.html"})
	start := restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, body: map[string]any{"fileName": "b.png"}}
	for _, c := range []restRequest{
		start,
		{method: "POST", path: "/Sessions/", media: mediaStartPage, body: map[string]any{"fileName": "p.html"}},
		{method: "POST", path: path + "Chunks/", media: mediaChunk, body: "x"},
		{method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"fileName": "a.png"}},
		{method: "PUT", path: path, media: mediaStartFile, body: map[string]any{"fileName": "a.png"}},
		{method: "PUT", path: session, media: mediaCompletePage, body: "{}"},
	} {
		c.as = h.viewer
		if got := h.want(403, h.do(c)); !strings.Contains(got.text("message"), permissionUpload) {
			t.Errorf("%s %s: %s", c.method, c.path, got.raw)
		}
	}
	h.want(200, h.do(restRequest{method: "GET", path: path, as: h.viewer}))
	h.want(200, h.do(restRequest{method: "GET", path: session, as: h.viewer}))
	h.want(204, h.do(restRequest{method: "DELETE", path: path, as: h.viewer}))
	h.want(204, h.do(restRequest{method: "DELETE", path: session, as: h.viewer}))

	start.as = h.publisher
	h.want(201, h.do(start))
	start.body = map[string]any{"fileName": "new.png", "contentId": number}
	if got := h.want(403, h.do(start)); !strings.Contains(got.text("message"), permissionUpdate) {
		t.Errorf("overwriting: %s", got.raw)
	}
	start.as = h.editor
	got := h.want(201, h.do(start))
	path = "/Sessions/None/Uploads/" + got.text("uploadToken") + "/"
	h.want(204, h.chunk(path, 0, []byte("new")))
	done := h.want(200, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"contentId": number}}))
	if file := h.library()[ingest.Number(number)]; done.number("contentId") != number || file.Content != "new" {
		t.Errorf("overwritten: %s %v", done.raw, file)
	}
	start.body = map[string]any{"fileName": "new.png", "contentId": 999999}
	h.want(400, h.do(start))
}

// What belongs to one account does not exist for another.
func TestRESTAccountsAreApart(t *testing.T) {
	h := newRESTHarness(t)
	data := []byte("secret bytes")
	h.put("a.png", data)
	upload, _ := h.begin(map[string]any{"fileName": "b.png", "fileSize": 3})
	session, st := h.pageSession(map[string]any{"fileName": "p.html"})
	main := session + "Uploads/" + st.text("uploadToken") + "/"
	token := h.authorize(h.stranger).bearer
	for _, path := range []string{upload, main, "/Sessions/None/Uploads/" + st.text("uploadToken") + "/", strings.Replace(upload, "None", st.text("sessionToken"), 1)} {
		for _, c := range []restRequest{
			{method: "GET", path: path}, {method: "DELETE", path: path}, {method: "POST", path: path + "Chunks/", media: mediaChunk, body: "xyz"},
			{method: "PUT", path: path, media: mediaStartFile, body: map[string]any{"fileName": "x"}}, {method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"fileName": "x"}},
		} {
			c.as = h.stranger
			h.want(404, h.do(c))
			c.as, c.header = restNobody, map[string]string{"Authorization": "Bearer " + token}
			h.want(404, h.do(c))
		}
	}
	h.want(404, h.do(restRequest{method: "GET", path: session, as: h.stranger}))
	h.want(404, h.do(restRequest{method: "DELETE", path: session, as: h.stranger}))
	h.want(404, h.do(restRequest{method: "PUT", path: session, media: mediaCompletePage, body: "{}", as: h.stranger}))
	got := h.want(201, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, accept: h.full(mediaNegotiation), as: h.stranger,
		body: map[string]any{"fileName": "x", "sha1Hash": sha(data)}}))
	if got.json["matchingFiles"] != nil {
		t.Errorf("a stranger learns of stored bytes: %s", got.raw)
	}
	if state := h.state(upload); state != stateStarted {
		t.Errorf("state %s", state)
	}
}
