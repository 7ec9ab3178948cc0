package brightsign

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// matches lists the identifiers and places in MatchingFiles.
func matches(begun *element) (list []string) {
	if files := begun.Child("MatchingFiles"); files != nil {
		for _, info := range files.Children {
			list = append(list, text(info, "FileName")+" "+text(info, "Id"))
		}
	}
	return list
}

// kindOf is the derived type that a result says it is.
func kindOf(e *element) string {
	for _, attr := range e.Attr {
		if attr.Space == instance && attr.Local == "type" {
			return attr.Value
		}
	}
	return ""
}

// Check 17: a new version of a page takes over what has not changed, is seen when it
// is whole, and what it has no more is removed a day later.
func TestPageUpdate(t *testing.T) {
	h := newHarness(t)
	first := h.publish(h.editor, pageOf(threeAssets()))
	id, number := text(first, "ContentId"), h.contentID(first)
	var parts []ingest.Number
	for _, asset := range first.Child("Assets").Children {
		parts = append(parts, h.contentID(asset))
	}
	h.later(time.Hour)

	next := pageOf([]file{{`css\`, "site.css", "body{}"}, {`js\lib\`, "a.js", "let b"}}).update(id)
	next.main.content = "<html>2</html>"
	page := h.startPage(h.editor, next)
	session, tokens := text(page, "SessionToken"), assetTokens(page)
	h.start(h.editor, "FileName", "index.html", "SessionToken", session, "UploadToken", text(page, "UploadToken"))
	said := members("ContentId", id, "ContentType", "WebPage", "FileName", "index.html", "FileSize", "14", "SessionToken", session, "UploadToken", text(page, "UploadToken"))
	h.call(h.editor, opStartFile, args("ContentUpdateArguments", said))
	h.append(h.editor, session, text(page, "UploadToken"), 0, []byte(next.main.content))
	done := h.call(h.editor, opComplete, args("ContentUpdateArguments", said))
	if text(done, "ContentId") != id || text(done, "State") != "Completed" {
		t.Errorf("the page's file: %v", texts(done))
	}

	same := h.start(h.editor, "FileName", "site.css", "SessionToken", session, "UploadToken", tokens[0])
	if kindOf(same) != "a:ContentNegotiationStatus" || text(same, "State") != "Started" || text(same, "UploadToken") != tokens[0] {
		t.Fatalf("start of what has not changed: %s %v", kindOf(same), texts(same))
	}
	info := texts(same.Child("MatchingFiles").Children[0])
	want := map[string]string{
		"FileName": "site.css", "FileSize": "6", "Id": text(first.Child("Assets").Children[0], "ContentId"), "SHA1Hash": upper(sha([]byte("body{}"))),
		"Type": "Image", "UploadDate": "2026-03-01T12:00:00.250Z", "VirtualPath": `\Shared\Incoming\`,
	}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Errorf("the file that matches (-want +got):\n%s", diff)
	}
	if got := h.call(h.editor, opCancel, parameters("sessionToken", session, "uploadToken", tokens[0])); text(got, "State") != "Cancelled" {
		t.Errorf("cancel answers %v", texts(got))
	}
	other := h.start(h.editor, "FileName", "a.js", "FileSize", "5", "SessionToken", session, "UploadToken", tokens[1])
	if kindOf(other) != "" || other.Child("MatchingFiles") != nil {
		t.Errorf("start of what has changed: %s %v", kindOf(other), matches(other))
	}
	h.append(h.editor, session, tokens[1], 0, []byte("let b"))
	h.complete(h.editor, "SessionToken", session, "UploadToken", tokens[1])

	old := map[string]string{"css/site.css": "body{}", "js/lib/a.js": "let a", "logo.png": "not really"}
	if _, html, have := h.page(number); html != "<html>1</html>" || !cmp.Equal(old, have) {
		t.Errorf("before it is complete the page is %s %v", html, have)
	}
	completed := h.completePage(h.editor, next, session)
	if text(completed, "ContentId") != id || text(completed.Child("Assets").Children[0], "ContentId") != info["Id"] {
		t.Errorf("complete answers %v, %v", texts(completed), texts(completed.Child("Assets").Children[0]))
	}
	fresh := map[string]string{"css/site.css": "body{}", "js/lib/a.js": "let b"}
	if _, html, have := h.page(number); html != "<html>2</html>" || !cmp.Equal(fresh, have) {
		t.Errorf("afterwards the page is %s %v", html, have)
	}
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"Shared/Incoming/", "index.html", "<html>2</html>"}}, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}

	gone := func() (gone []bool) {
		for _, part := range parts {
			gone = append(gone, h.asset(part).Emptied)
		}
		return gone
	}
	h.later(24*time.Hour - time.Second)
	if diff := cmp.Diff([]bool{false, false, false}, gone()); diff != "" {
		t.Errorf("a second before the day is over (-want +got):\n%s", diff)
	}
	h.later(2 * time.Second)
	if diff := cmp.Diff([]bool{false, true, true}, gone()); diff != "" {
		t.Errorf("after a day (-want +got):\n%s", diff)
	}
	if _, html, have := h.page(number); html != "<html>2</html>" || !cmp.Equal(fresh, have) {
		t.Errorf("after a day the page is %s %v", html, have)
	}
}

// Section 9.3: an asset that is not uploaded at all counts as there if the page, or
// the asset that the client names, has its hash.
func TestUnchangedAssetsNeedNoCalls(t *testing.T) {
	h := newHarness(t)
	id := text(h.publish(h.editor, pageOf(threeAssets())), "ContentId")
	next := pageOf(threeAssets()).update(id)
	page := h.startPage(h.editor, next)
	session := text(page, "SessionToken")
	h.sendFile(h.editor, session, text(page, "UploadToken"), next.main)
	before := h.library()
	completed := h.completePage(h.editor, next, session)
	if diff := cmp.Diff(map[string]string{"css/site.css": "body{}", "js/lib/a.js": "let a", "logo.png": "not really"}, h.parts(completed)); diff != "" || len(before) != 1 {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	moved := pageOf([]file{{`elsewhere\`, "b.css", "body{}"}}).update(id)
	page = h.startPage(h.editor, moved)
	session = text(page, "SessionToken")
	h.sendFile(h.editor, session, text(page, "UploadToken"), moved.main)
	h.refused(h.editor, opCompletePage, moved.xml("SessionToken", session), "not uploaded", "b.css")
	asset := text(completed.Child("Assets").Children[0], "ContentId")
	named := members("FileName", "b.css", "RelativePath", `elsewhere\`, "SHA1Hash", sha([]byte("body{}")), "WebPageAssetId", asset)
	inner := members("FileName", "index.html", "SessionToken", session) + "<a:Assets><a:WebPageAssetUploadArguments>" + named + "</a:WebPageAssetUploadArguments></a:Assets>"
	completed = h.call(h.editor, opCompletePage, args("WebPageUpdateArguments", inner))
	if diff := cmp.Diff(map[string]string{"elsewhere/b.css": "body{}"}, h.parts(completed)); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// Section 9.5: the answer to a completion shows every file of the page as it is there,
// also those that were not sent. One that was cancelled for a match stays cancelled
// (9.3). Asking again gives the same.
func TestStatusOfFilesThatWereNotSent(t *testing.T) {
	h := newHarness(t)
	first := h.publish(h.editor, pageOf(threeAssets()))
	id := text(first, "ContentId")
	main := members("FileName", "index.html", "FileSize", "1", "WebPageId", id)
	sums := map[string]string{"site.css": sha([]byte("body{}")), "a.js": sha([]byte("let a")), "logo.png": sha([]byte("not really"))}
	said := func(name, relative string, more ...string) string {
		return members(append([]string{"FileName", name, "RelativePath", relative}, more...)...)
	}
	page := h.call(h.editor, opStartPage, args("WebPageUpdateArguments", main+
		assetsXML(said("site.css", `css\`, "SHA1Hash", sums["site.css"]), said("a.js", `js\lib\`, "SHA1Hash", sums["a.js"]))))
	session, tokens := text(page, "SessionToken"), assetTokens(page)
	h.sendFile(h.editor, session, text(page, "UploadToken"), file{"", "index.html", "2"})
	h.start(h.editor, "FileName", "a.js", "UploadToken", tokens[1])
	h.cancel(h.editor, tokens[1])
	logo := text(first.Child("Assets").Children[2], "ContentId")
	inner := members("SessionToken", session) + assetsXML(members("UploadToken", tokens[0]), members("UploadToken", tokens[1]), said("new.png", "", "WebPageAssetId", logo))
	done := h.call(h.editor, opCompletePage, args("WebPageUpdateArguments", inner))
	want := [][]string{
		{"site.css", "6", sums["site.css"], "Completed"}, {"a.js", "5", sums["a.js"], "Cancelled"}, {"new.png", "10", upper(sums["logo.png"]), "Completed"},
	}
	for what, status := range map[string]*element{"at once": done, "asked again": h.pageStatus(h.editor, session)} {
		var got [][]string
		for _, asset := range status.Child("Assets").Children {
			got = append(got, []string{text(asset, "FileName"), text(asset, "FileSize"), text(asset, "SHA1Hash"), text(asset, "State")})
			if number := h.contentID(asset); h.asset(number).Emptied || text(asset, "EndTime") == "" {
				t.Errorf("%s: asset %v", what, texts(asset))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// parts are the files of the page that a session has become.
func (h *harness) parts(completed *element) map[string]string {
	h.t.Helper()
	_, _, parts := h.page(h.contentID(completed))
	return parts
}

// Section 9.3: a slot that was cancelled without a match is not there; it can be
// started again.
func TestCancelledSlots(t *testing.T) {
	h := newHarness(t)
	a := pageOf([]file{{"", "a.css", "a"}})
	page := h.startPage(h.editor, a)
	session, main, slot := text(page, "SessionToken"), text(page, "UploadToken"), assetTokens(page)[0]
	h.sendFile(h.editor, session, main, a.main)
	h.start(h.editor, "FileName", "a.css", "UploadToken", slot)
	h.append(h.editor, session, slot, 0, []byte("a"))
	h.cancel(h.editor, slot)
	h.refused(h.editor, opCompletePage, a.xml("SessionToken", session), "assets", "not uploaded", "a.css")
	h.refused(h.editor, opAppend, chunkOf(session, slot, 0, 0, []byte("a")), "already Cancelled")
	h.refused(h.editor, opComplete, args("", members("UploadToken", slot)), "already Cancelled")
	if got := text(h.start(h.editor, "FileName", "a.css", "UploadToken", slot), "State"); got != "Started" {
		t.Errorf("started again it is %s", got)
	}
	h.append(h.editor, session, slot, 0, []byte("a"))
	h.complete(h.editor, "UploadToken", slot)
	if diff := cmp.Diff(map[string]string{"a.css": "a"}, h.parts(h.completePage(h.editor, a, session))); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// Section 8.4: the session stays open when its main file is cancelled, and needs it.
func TestCancelledMainFile(t *testing.T) {
	h := newHarness(t)
	a := pageOf(nil)
	page := h.startPage(h.editor, a)
	session, main := text(page, "SessionToken"), text(page, "UploadToken")
	h.start(h.editor, "FileName", "index.html", "UploadToken", main)
	h.cancel(h.editor, main)
	h.refused(h.editor, opCompletePage, a.xml("SessionToken", session), "web page", "not uploaded")
	h.sendFile(h.editor, session, main, a.main)
	if got := text(h.completePage(h.editor, a, session), "State"); got != "Completed" {
		t.Errorf("state %s", got)
	}
}
