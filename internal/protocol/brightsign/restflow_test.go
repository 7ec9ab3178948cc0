package brightsign

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// restClient walks through the interface as a program does, in its own spelling of
// addresses and with its own Accept headers.
type restClient struct {
	*restHarness
	bearer string
}

func (c restClient) send(method, path, media, accept string, body any) restReply {
	c.t.Helper()
	return c.do(restRequest{method: method, path: "//upload/" + c.version + "/REST" + path, media: media, accept: accept, body: body, as: restNobody,
		header: map[string]string{"Authorization": "Bearer " + c.bearer}})
}

// authorize gets a token as the Python library does.
func (h *restHarness) authorize(u *user) restClient {
	h.t.Helper()
	form := "grant_type=password&username=" + u.account + "%2F" + u.login + "&password=" + u.login + "&client_id=any"
	got := h.do(restRequest{method: "POST", path: "//" + h.version + "/REST/token", media: "application/x-www-form-urlencoded;charset=UTF-8", body: form, as: restNobody})
	if got.code != http.StatusOK || got.text("token_type") != "bearer" || got.number("expires_in") != 3600 {
		h.t.Fatalf("token: %d %s", got.code, got.raw)
	}
	return restClient{h, got.text("access_token")}
}

// versions runs a test in both versions.
func versions(t *testing.T, test func(t *testing.T, h *restHarness)) {
	for _, version := range restVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			h := newRESTHarness(t)
			h.version = version
			test(t, h)
		})
	}
}

// pythonChunk is the size of the chunks of the Python library.
const pythonChunk = 931072

// pythonFile sends a file as the Python library does: it starts it again, sends chunks
// and completes it, and looks at the answer to the last alone.
func (c restClient) pythonFile(args map[string]any, data []byte) int64 {
	c.t.Helper()
	session, upload := fmt.Sprint(args["sessionToken"]), args["uploadToken"].(string)
	kind := "webpage.asset"
	if args["sessionToken"] == nil {
		session, kind = "None", "content"
	}
	body := map[string]any{"fileName": args["fileName"], "fileSize": args["fileSize"]}
	for _, name := range []string{"relativePath", "virtualPath"} {
		if value, ok := args[name]; ok {
			body[name] = value
		}
	}
	path := "/sessions/" + session + "/uploads/" + upload
	c.want(http.StatusOK, c.send("PUT", path+"/", "start."+kind+".upload.arguments", c.full(mediaFileStatus), body))
	for at := 0; at < len(data); at += pythonChunk {
		got := c.send("POST", fmt.Sprintf("%s/chunks?offset=%d", path, at), mediaChunk, mediaError, data[at:min(at+pythonChunk, len(data))])
		c.want(http.StatusNoContent, got)
	}
	accept := c.full(mediaFileStatus) + ", " + c.full(mediaNegotiation) + ", " + mediaError
	got := c.want(http.StatusOK, c.send("PUT", path, "complete."+kind+".upload.arguments", accept, body))
	if got.text("state") != stateCompleted {
		c.t.Errorf("state %s", got.raw)
	}
	return got.number("contentId")
}

func TestRESTPythonPlainUpload(t *testing.T) {
	versions(t, func(t *testing.T, h *restHarness) {
		c := h.authorize(h.editor)
		data := bytes.Repeat([]byte("video"), 500_000)
		job := map[string]any{"fileName": "promo.mp4", "fileSize": len(data), "mediaType": "Video", "fileLastModifiedDate": "2026-01-05T10:11:12.345678", "virtualPath": `\`, "sha1Hash": sha(data)}
		got := h.want(http.StatusCreated, c.send("POST", "/sessions/None/uploads", mediaStartFile, h.full(mediaFileStatus), job))
		if value, there := got.json["sessionToken"]; value != nil || !there || got.text("uploadToken") == "" {
			t.Fatalf("tokens: %s", got.raw)
		}
		args := got.json
		args["virtualPath"] = `\`
		number := ingest.Number(c.pythonFile(args, data))
		if file := h.library()[number]; file.Folder != "" || file.Name != "promo.mp4" || file.Content != string(data) {
			t.Errorf("the library has %q %q with %d bytes", file.Folder, file.Name, len(file.Content))
		}
		// the same file again: the client does not take the negotiation status
		if got := c.send("POST", "/sessions/None/uploads", mediaStartFile, h.full(mediaFileStatus), job); got.code != http.StatusCreated {
			t.Errorf("again: %d %s", got.code, got.raw)
		}
	})
}

func TestRESTPythonWebSite(t *testing.T) {
	versions(t, func(t *testing.T, h *restHarness) {
		c := h.authorize(h.editor)
		html, css, js := []byte("<html>"), []byte("p{}"), bytes.Repeat([]byte("x"), pythonChunk+10)
		others := []map[string]any{
			{"fileName": "style.css", "relativePath": `css\`, "fileSize": len(css), "mediaType": "Text", "sha1Hash": sha(css), "uploadPath": "/home/me/site/css/style.css"},
			{"fileName": "app.js", "relativePath": `\`, "fileSize": len(js), "mediaType": "Auto", "sha1Hash": sha(js), "uploadPath": "/home/me/site/app.js"},
		}
		session := h.want(http.StatusCreated, c.send("POST", "/sessions", mediaStartPage, h.full(mediaPageStatus)+", "+mediaError,
			map[string]any{"name": "My site", "filename": "index.html", "mediaType": "Webpage", "fileSize": len(html), "sha1Hash": sha(html), "assets": others})).json
		if session["state"] != stateStarted {
			t.Errorf("state %v", session["state"])
		}
		session["relativePath"] = `\`
		c.pythonFile(session, html)
		for _, one := range session["assets"].([]any) {
			asset := one.(map[string]any)
			for i, other := range others {
				if other["sha1Hash"] == asset["shA1Hash"] {
					asset["relativePath"] = other["relativePath"]
					c.pythonFile(asset, [][]byte{css, js}[i])
				}
			}
		}
		// the library takes 406 for success, and nothing else
		accept := "application/vnd.bsn.content.upload.status.pagedlist.201701+json, application/vnd.bsn.error+json"
		path := "/sessions/" + session["sessionToken"].(string)
		h.want(http.StatusNotAcceptable, c.send("PUT", path, mediaCompletePage, accept, session))
		got := h.want(http.StatusOK, c.send("GET", path, "", "", nil))
		if got.text("state") != stateCompleted {
			t.Fatalf("state %s", got.raw)
		}
		name, page, parts := h.page(ingest.Number(got.number("contentId")))
		if name != "My site" || page != string(html) || len(parts) != 2 || parts["css/style.css"] != string(css) || parts["app.js"] != string(js) {
			t.Errorf("page %q %q, %d parts", name, page, len(parts))
		}
		h.want(http.StatusNotAcceptable, c.send("PUT", path, mediaCompletePage, accept, session)) // once more: the same page
	})
}

// TestRESTGoUpload is what the Go library does: a hash at the end only, chunks of
// 5 MiB, and waiting until all has arrived.
func TestRESTGoUpload(t *testing.T) {
	h := newRESTHarness(t)
	c := h.authorize(h.editor)
	data := []byte(strings.Repeat("0123456789abcdef", 700_000))
	args := map[string]any{"sessionToken": nil, "uploadToken": nil, "fileName": "clip.mp4", "fileSize": len(data), "virtualPath": "", "mediaType": "Auto",
		"fileLastModifiedDate": "0001-01-01T00:00:00", "sha1Hash": "", "fileThumb": nil, "tags": map[string]string{"a": "b"}}
	accept := h.full(mediaFileStatus) + "," + h.full(mediaNegotiation) + "," + mediaError
	got := h.want(http.StatusCreated, c.send("POST", "/Sessions/None/Uploads/", mediaStartFile, accept, args))
	path := "/Sessions/None/Uploads/" + got.text("uploadToken") + "/"
	const size = 5 << 20
	for at := 0; at < len(data); at += size {
		h.want(http.StatusNoContent, c.send("POST", fmt.Sprintf("%sChunks/?offset=%d", path, at), mediaChunk, "", data[at:min(at+size, len(data))]))
	}
	if got := c.send("GET", path, "", h.full(mediaFileStatus), nil); got.text("state") != stateUploaded {
		t.Errorf("before completion: %s", got.raw)
	}
	args["sha1Hash"] = sha(data)
	got = h.want(http.StatusOK, c.send("PUT", path, mediaCompleteFile, accept, args))
	if got.text("state") != stateCompleted || got.text("shA1Hash") != sha(data) || got.text("sha1Hash") != sha(data) || got.number("fileSize") != int64(len(data)) {
		t.Errorf("completed: %s", got.raw)
	}
	file := h.library()[ingest.Number(got.number("contentId"))]
	if file.Folder != "Shared/Incoming/" || file.Content != string(data) {
		t.Errorf("the library has %q with %d bytes", file.Folder, len(file.Content))
	}
}
