package brightsign

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// threeAssets are those of the pages of tests.
func threeAssets() []file {
	return []file{{`css\`, "site.css", "body{}"}, {`js\lib\`, "a.js", "let a"}, {`\`, "logo.png", "not really"}}
}

// statesOf are the states of the assets in the status of a session.
func statesOf(page *element) (states []string) {
	for _, asset := range page.Child("Assets").Children {
		states = append(states, text(asset, "FileName")+" "+text(asset, "State"))
	}
	return states
}

// Check 16: a new page with assets in folders of its own.
func TestNewPage(t *testing.T) {
	h := newHarness(t)
	a := pageOf(threeAssets())
	a.extra = members("VirtualPath", `\Pages\`)
	page := h.startPage(h.editor, a)
	session, main := text(page, "SessionToken"), text(page, "UploadToken")
	want := map[string]string{
		"FileName": "index.html", "FileSize": "14", "LastActivityTime": text(page, "StartTime"), "Name": "index", "SessionToken": session,
		"StartTime": "2026-03-01T12:00:00.250Z", "State": "Started", "UploadToken": main,
	}
	if diff := cmp.Diff(want, texts(page)); diff != "" || session == main {
		t.Errorf("start (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"site.css Queued", "a.js Queued", "logo.png Queued"}, statesOf(page)); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	tokens := assetTokens(page)
	h.refused(h.editor, opCompletePage, a.xml("SessionToken", session), "web page", "not uploaded")
	done := h.sendFile(h.editor, session, main, a.main, "ContentType", "WebPage")
	h.sendFile(h.editor, session, tokens[2], a.assets[2])
	if got := text(h.pageStatus(h.editor, session), "State"); got != "Uploading" {
		t.Errorf("session is %s", got)
	}
	h.refused(h.editor, opCompletePage, a.xml("SessionToken", session), "assets", "not uploaded", "site.css, a.js")
	h.sendFile(h.editor, session, tokens[0], a.assets[0])
	h.sendFile(h.editor, session, tokens[1], a.assets[1])
	before := h.pageStatus(h.editor, session)
	if text(before, "State") != "Uploaded" || len(h.library()) != 0 {
		t.Errorf("session is %s, library %v", text(before, "State"), h.library())
	}
	completed := h.completePage(h.editor, a, session)
	number := h.contentID(completed)
	if text(completed, "State") != "Completed" || number != h.contentID(done) || text(completed, "EndTime") == "" || text(completed, "Name") != "index" {
		t.Errorf("complete answers %v", texts(completed))
	}
	if diff := cmp.Diff([]string{"site.css Completed", "a.js Completed", "logo.png Completed"}, statesOf(completed)); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	for _, asset := range completed.Child("Assets").Children {
		if h.contentID(asset) == number {
			t.Errorf("asset %v has the page's identifier", texts(asset))
		}
	}
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"Pages/", "index.html", "<html>1</html>"}}, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}
	name, html, parts := h.page(number)
	wantParts := map[string]string{"css/site.css": "body{}", "js/lib/a.js": "let a", "logo.png": "not really"}
	if diff := cmp.Diff(wantParts, parts); diff != "" || name != "index" || html != "<html>1</html>" {
		t.Errorf("page %s %s (-want +got):\n%s", name, html, diff)
	}
	if diff := cmp.Diff(completed, h.completePage(h.editor, a, session)); diff != "" {
		t.Errorf("completing again (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(completed.Children, h.pageStatus(h.editor, session).Children); diff != "" {
		t.Errorf("status (-completed +status):\n%s", diff)
	}
}

// Section 9.1: zero assets are allowed, and so is none at all.
func TestPageWithoutAssets(t *testing.T) {
	for name, assets := range map[string][]file{"empty": {}, "missing": nil} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			done := h.publish(h.editor, pageOf(assets))
			if _, html, parts := h.page(h.contentID(done)); html != "<html>1</html>" || len(parts) != 0 {
				t.Errorf("page %s with %v", html, parts)
			}
		})
	}
}

// Section 9.1: a page has 10,000 assets at most.
func TestPageWithTooManyAssets(t *testing.T) {
	h := newHarness(t)
	list := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<a:x><a:FileName>%d</a:FileName></a:x>", i)
		}
		return members("FileName", "i.html", "SessionToken", "s") + "<a:Assets>" + b.String() + "</a:Assets>"
	}
	for _, operation := range []string{opStartPage, opCompletePage} {
		h.refused(h.editor, operation, args("", list(10_001)), "more than 10000 assets", "has 10001")
	}
	r := httptest.NewRequest("POST", endpoint, strings.NewReader(plainMessage(h.editor).envelope(opStartPage, args("", list(10_000)))))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	if got := strings.Count(w.Body.String(), "<a:ContentUploadStatus>"); w.Code != 200 || got != 10_000 {
		t.Errorf("status %d, %d assets have tokens", w.Code, got)
	}
}

// Section 9.1: names of pages are unique, derived ones give way.
func TestPageNames(t *testing.T) {
	h := newHarness(t)
	publish := func(name string) string {
		a := pageOf(nil)
		a.name = name
		return text(h.publish(h.editor, a), "Name")
	}
	var got []string
	for _, name := range []string{"", "", "Menu", "index (3)", ""} {
		got = append(got, publish(name))
	}
	if diff := cmp.Diff([]string{"index", "index (2)", "Menu", "index (3)", "index (4)"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	a := pageOf(nil)
	a.name = "MENU"
	h.refused(h.editor, opStartPage, a.xml(), "web page", "name", "already", "exists")
	for _, main := range []struct{ file, name string }{{"noext", "noext"}, {".html", ".html"}, {"a.b.html", "a.b"}} {
		a := pageOf(nil)
		a.main.name = main.file
		if got := text(h.startPage(h.editor, a), "Name"); got != main.name {
			t.Errorf("%s makes the name %q", main.file, got)
		}
	}
}

// Section 9.1: on an update a name given renames, none keeps.
func TestPageNamesOnUpdate(t *testing.T) {
	h := newHarness(t)
	a := pageOf(nil)
	a.name = "First"
	id := text(h.publish(h.editor, a), "ContentId")
	a.name = "Second"
	h.publish(h.editor, a)
	a.name = ""
	if got := text(h.publish(h.editor, a.update(id)), "Name"); got != "First" {
		t.Errorf("an update without a name makes it %q", got)
	}
	a.name = "second"
	h.refused(h.editor, opStartPage, a.update(id).xml(), "web page", "name", "already", "exists")
	a.name = "FIRST"
	if got := text(h.publish(h.editor, a.update(id)), "Name"); got != "FIRST" {
		t.Errorf("its own name in other letters makes it %q", got)
	}
	a.name = "Third"
	h.publish(h.editor, a.update(id))
	a.name = "First"
	if got := text(h.publish(h.editor, a), "Name"); got != "First" {
		t.Errorf("a name that is free again becomes %q", got)
	}
}
