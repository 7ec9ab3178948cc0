package brightsign

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// TestRESTTableOfCalls walks through every row of the table of contract section 11.
func TestRESTTableOfCalls(t *testing.T) {
	versions(t, func(t *testing.T, h *restHarness) {
		page := map[string]any{"fileName": "p.html", "fileSize": 1, "assets": []any{map[string]any{"fileName": "a.js", "fileSize": 2}}}
		none, session := "/Sessions/None/", ""
		var plain, main, asset string
		step := func(method, path, media string, body any, code int, reply string) restReply {
			t.Helper()
			got := h.want(code, h.do(restRequest{method: method, path: path, media: media, body: body}))
			if want := h.full(reply); got.header.Get("Content-Type") != want {
				t.Errorf("%s %s: type %q, want %q", method, path, got.header.Get("Content-Type"), want)
			}
			return got
		}
		got := step("POST", "/Sessions/", mediaStartPage, page, 201, mediaPageStatus)
		session = "/Sessions/" + got.text("sessionToken") + "/"
		if got.header.Get("Location") != "/Upload/"+h.version+"/REST"+session {
			t.Errorf("location %q", got.header.Get("Location"))
		}
		main, asset = session+"Uploads/"+got.text("uploadToken")+"/", assetPath(session, got, 0)

		got = step("POST", none+"Uploads/", mediaStartFile, map[string]any{"fileName": "f.png", "fileSize": 3}, 201, mediaFileStatus)
		plain = none + "Uploads/" + got.text("uploadToken") + "/"
		if got.text("state") != stateStarted || got.header.Get("Location") != "/Upload/"+h.version+"/REST"+plain {
			t.Errorf("started: %s at %q", got.raw, got.header.Get("Location"))
		}
		if got := step("PUT", plain, mediaStartFile, map[string]any{"fileName": "g.png"}, 200, mediaFileStatus); got.text("fileName") != "g.png" || got.number("fileSize") != 3 {
			t.Errorf("restarted: %s", got.raw)
		}
		step("PUT", main, mediaStartAsset, map[string]any{"fileName": "p.html"}, 200, mediaFileStatus)
		if got := step("PUT", asset, mediaStartAsset, map[string]any{"fileName": "a.js"}, 200, mediaFileStatus); got.text("state") != stateStarted || "/Sessions/"+got.text("sessionToken")+"/" != session {
			t.Errorf("slot: %s", got.raw)
		}
		step("POST", plain+"Chunks/?offset=1", mediaChunk, "23", 204, "")
		if got := step("GET", plain, "", nil, 200, mediaFileStatus); got.text("state") != stateUploading {
			t.Errorf("state: %s", got.raw)
		}
		step("POST", plain+"Chunks/", mediaChunk, "1", 204, "") // without an offset it is 0
		step("POST", main+"Chunks/?offset=0", mediaChunk, "h", 204, "")
		step("POST", asset+"chunks?OFFSET=0", mediaChunk, "js", 204, "")
		if got := step("GET", plain, "", nil, 200, mediaFileStatus); got.text("state") != stateUploaded {
			t.Errorf("state: %s", got.raw)
		}
		got = step("PUT", plain, mediaCompleteFile, map[string]any{"fileName": "g.png"}, 200, mediaFileStatus)
		if diff := cmp.Diff(stored{"Shared/Incoming/", "g.png", "123"}, h.library()[ingest.Number(got.number("contentId"))]); diff != "" {
			t.Error(diff)
		}
		step("PUT", main, mediaCompleteAsset, map[string]any{"fileName": "p.html"}, 200, mediaFileStatus)
		step("PUT", asset, mediaCompleteAsset, map[string]any{"fileName": "a.js"}, 200, mediaFileStatus)
		if got := step("GET", session, "", nil, 200, mediaPageStatus); got.text("state") != stateUploaded || got.text("name") != "p" {
			t.Errorf("session: %s", got.raw)
		}
		if got := step("PUT", session, mediaCompletePage, map[string]any{}, 200, mediaPageStatus); got.text("state") != stateCompleted || got.number("contentId") == 0 {
			t.Errorf("session: %s", got.raw)
		}

		path, _ := h.begin(map[string]any{"fileName": "c.png"})
		step("DELETE", path, "", nil, 204, "")
		step("DELETE", path, "", nil, 204, "")
		if state := h.state(path); state != stateCancelled {
			t.Errorf("cancelled: %s", state)
		}
		path, st := h.pageSession(page)
		step("DELETE", path, "", nil, 204, "")
		step("DELETE", path, "", nil, 204, "")
		if got := step("GET", path, "", nil, 200, mediaPageStatus); got.text("state") != stateTerminated {
			t.Errorf("cancelled session: %s", got.raw)
		}
		if state := h.state(assetPath(path, st, 0)); state != stateTerminated {
			t.Errorf("its asset: %s", state)
		}
		h.want(409, h.chunk(assetPath(path, st, 0), 0, []byte("x")))
	})
}

func TestRESTMembersOfAStatus(t *testing.T) {
	h := newRESTHarness(t)
	_, got := h.begin(map[string]any{"fileName": "a b.png", "fileSize": 7, "chunksCount": "3", "sha1Hash": strings.Repeat("Ab", 20)})
	token, location := got.text("uploadToken"), got.header.Get("Location")
	want := `{"chunksTotal":3,"contentId":null,"endTime":null,"fileName":"a b.png","fileSize":7,"lastActivityTime":"2026-03-01T12:00:00.250Z",` +
		`"shA1Hash":"` + strings.Repeat("Ab", 20) + `","sha1Hash":"` + strings.Repeat("Ab", 20) + `","sessionToken":null,"startTime":"2026-03-01T12:00:00.250Z","state":"Started","uploadToken":"` + token + `"}`
	if diff := cmp.Diff(want, got.raw); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(location, "/Sessions/None/Uploads/"+token+"/") {
		t.Errorf("location %q", location)
	}
	_, page := h.pageSession(map[string]any{"fileName": "p.html"})
	if list, ok := page.json["assets"].([]any); !ok || len(list) != 0 {
		t.Errorf("a page without assets: %s", page.raw)
	}
}

func TestRESTAddresses(t *testing.T) {
	h := newRESTHarness(t)
	_, st := h.begin(map[string]any{"fileName": "a.png"})
	token := st.text("uploadToken")
	for path, code := range map[string]int{
		"//upload/2019/03/rest/sessions/none/uploads/" + token:                   200,
		"//UPLOAD/2019/03/REST/SESSIONS/NONE/UPLOADS/" + token + "/":             200,
		"//Upload/2017/01/Rest/Sessions/None/Uploads/" + strings.ToUpper(token):  200,
		"//Upload/2018/05/REST/Sessions/None/Uploads/" + token:                   404,
		"//Uploads/2019/03/REST/Sessions/None/Uploads/" + token:                  404,
		"//Upload/2019/03/REST/Sessions/None/Files/" + token:                     404,
		"//Upload/2019/03/REST/Sessions/None/Uploads/" + token + "/Chunks/0":     404,
		"//Upload/2019/03/REST/Sessions/None/Uploads/" + strings.Repeat("a", 99): 404,
		"//Upload/2019/03/REST/Sessions/" + token + "/Uploads/" + token:          404,
		"//Upload/2019/03/REST/Sessions/None/":                                   404,
		"//Upload/2019/03/REST/OAS/":                                             404,
		"//Upload/":                                                              404,
		"//Upload/2019/03/REST":                                                  200,
	} {
		if got := h.do(restRequest{method: "GET", path: path}); got.code != code {
			t.Errorf("%s: %d, want %d", path, got.code, code)
		}
	}
	for path, allow := range map[string]string{"/Sessions/": "POST", "/Sessions/None/Uploads/": "POST", "/Sessions/None/Uploads/" + token + "/Chunks/": "POST",
		"/Sessions/None/Uploads/" + token: "GET, PUT, DELETE", "/Sessions/x/": "GET, PUT, DELETE"} {
		if got := h.want(405, h.do(restRequest{method: "PATCH", path: path})); got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow %q", path, got.header.Get("Allow"))
		}
	}
	if got := h.do(restRequest{method: "HEAD", path: "/Sessions/None/Uploads/" + token}); got.code != http.StatusOK {
		t.Errorf("HEAD: %d", got.code)
	}
}

func TestRESTSlotIsFoundByItsName(t *testing.T) {
	h := newRESTHarness(t)
	session, _ := h.pageSession(map[string]any{"fileName": "p.html", "assets": []any{map[string]any{"fileName": "a.js"}}})
	start := restRequest{method: "POST", path: session + "Uploads/", media: mediaStartAsset, body: map[string]any{"fileName": "a.js"}}
	got := h.want(201, h.do(start))
	if "/Sessions/"+got.text("sessionToken")+"/" != session {
		t.Errorf("slot: %s", got.raw)
	}
	h.want(409, h.do(start)) // it is no longer queued
}
