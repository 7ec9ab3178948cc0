package brightsign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// uploaded brings a session so far that it can be completed.
func (h *harness) uploaded(a pageArgs) (session string, tokens []string) {
	h.t.Helper()
	page := h.startPage(h.editor, a)
	session, tokens = text(page, "SessionToken"), assetTokens(page)
	h.sendFile(h.editor, session, text(page, "UploadToken"), a.main)
	for i, token := range tokens {
		h.sendFile(h.editor, session, token, a.assets[i])
	}
	return session, tokens
}

// assetsXML writes a list of assets from the members of each.
func assetsXML(list ...string) string {
	inner := ""
	for _, one := range list {
		inner += "<a:WebPageAssetUploadArguments>" + one + "</a:WebPageAssetUploadArguments>"
	}
	return "<a:Assets>" + inner + "</a:Assets>"
}

// Section 9.5: the assets that completion names are the final set; without any, those
// of the start are.
func TestFinalSetOfAssets(t *testing.T) {
	said := func(f file, more ...string) string {
		return members(append([]string{"FileName", f.name, "RelativePath", f.relative}, more...)...)
	}
	all := threeAssets()
	whole := map[string]string{"css/site.css": "body{}", "js/lib/a.js": "let a", "logo.png": "not really"}
	tests := []struct {
		name   string
		assets func(tokens []string) string
		want   map[string]string
	}{
		{"missing", func([]string) string { return "" }, whole},
		{"empty", func([]string) string { return "<a:Assets/>" }, whole},
		{"nil", func([]string) string { return `<a:Assets i:nil="true"/>` }, whole},
		{"fewer", func([]string) string { return assetsXML(said(all[2])) }, map[string]string{"logo.png": "not really"}},
		{"other order", func([]string) string { return assetsXML(said(all[2]), said(all[0]), said(all[1])) }, whole},
		{"by token, renamed and moved", func(tokens []string) string {
			return assetsXML(members("UploadToken", tokens[0], "FileName", "new.css", "RelativePath", `styles\`))
		}, map[string]string{"styles/new.css": "body{}"}},
		{"by place in the list", func([]string) string {
			return assetsXML(said(file{`css\`, "first.css", ""}), said(all[1]), said(all[2]))
		}, map[string]string{"css/first.css": "body{}", "js/lib/a.js": "let a", "logo.png": "not really"}},
		{"by place in the list, with its hash", func([]string) string {
			return assetsXML(said(all[2]), said(file{"", "lib.js", ""}, "SHA1Hash", sha([]byte(all[1].content))))
		}, map[string]string{"js/lib/lib.js": "let a", "logo.png": "not really"}},
		{"token before place", func(tokens []string) string {
			return assetsXML(said(all[1], "SHA1Hash", sha([]byte(all[1].content))), members("UploadToken", tokens[1], "FileName", "moved.js", "RelativePath", `js\`))
		}, map[string]string{"js/lib/a.js": "let a", "js/moved.js": "let a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			a := pageOf(threeAssets())
			session, tokens := h.uploaded(a)
			inner := args("", members("FileName", "index.html", "SessionToken", session)+tt.assets(tokens))
			if diff := cmp.Diff(tt.want, h.parts(h.call(h.editor, opCompletePage, inner))); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

// Section 9.5: a file that no start has named is allowed if its hash is that of stored
// content, or if it is the asset of the page that it says.
func TestFilesThatCompletionIsTheFirstToName(t *testing.T) {
	tests := []struct {
		name string
		said []string // of the file new.x; OWN, OTHER and FOREIGN are identifiers of files of pages
		want string   // its content; "" = it is missing
	}{
		{"hash of a file of the library", []string{"SHA1Hash", sha([]byte("library"))}, "library"},
		{"hash and size", []string{"SHA1Hash", sha([]byte("library")), "FileSize", "7"}, "library"},
		{"hash and another size", []string{"SHA1Hash", sha([]byte("library")), "FileSize", "8"}, ""},
		{"hash of a file of another page", []string{"SHA1Hash", sha([]byte("theirs"))}, "theirs"},
		{"hash of a file of this page", []string{"SHA1Hash", sha([]byte("own"))}, "own"},
		{"hash of nothing", []string{"SHA1Hash", sha([]byte("nothing"))}, ""},
		{"hash of another account's file", []string{"SHA1Hash", sha([]byte("secret"))}, ""},
		{"identifier", []string{"WebPageAssetId", "OWN"}, "own"},
		{"identifier and hash", []string{"WebPageAssetId", "OWN", "SHA1Hash", sha([]byte("own"))}, "own"},
		{"identifier and another hash", []string{"WebPageAssetId", "OWN", "SHA1Hash", sha([]byte("library"))}, ""},
		{"identifier of another page's file", []string{"WebPageAssetId", "OTHER"}, ""},
		{"identifier of another account's file", []string{"WebPageAssetId", "FOREIGN"}, ""},
		{"nothing", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.upload(h.editor, []byte("library"), "FileName", "lib.js", "VirtualPath", `\L\`)
			own := h.publish(h.editor, pageOf([]file{{`css\`, "own.css", "own"}}))
			id := func(page *element) string { return text(page.Child("Assets").Children[0], "ContentId") }
			said := strings.NewReplacer("OWN", id(own), "OTHER", id(h.publish(h.editor, pageOf([]file{{"", "theirs.css", "theirs"}}))),
				"FOREIGN", id(h.publish(h.stranger, pageOf([]file{{"", "secret.css", "secret"}}))))
			session, _ := h.uploaded(pageOf(nil).update(text(own, "ContentId")))
			asset := said.Replace(members(append(tt.said, "FileName", "new.x", "RelativePath", `new\`)...))
			inner := args("", members("SessionToken", session)+assetsXML(asset))
			if tt.want == "" {
				h.refused(h.editor, opCompletePage, inner, "not uploaded", "new.x")
				return
			}
			if diff := cmp.Diff(map[string]string{"new/new.x": tt.want}, h.parts(h.call(h.editor, opCompletePage, inner))); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

// Section 9.5: hashes that completion names are checked.
func TestHashesAtCompletion(t *testing.T) {
	h := newHarness(t)
	a := pageOf([]file{{"", "a.css", "a"}})
	session, _ := h.uploaded(a)
	wrong := sha([]byte("x"))
	asset := members("FileName", "a.css")
	h.refused(h.editor, opCompletePage, args("", members("FileName", "index.html", "SessionToken", session, "SHA1Hash", wrong)), "SHA1", "does not match")
	h.refused(h.editor, opCompletePage, args("", members("SessionToken", session)+assetsXML(asset+members("SHA1Hash", wrong))), "SHA1", "does not match")
	h.refused(h.editor, opCompletePage, args("", members("SessionToken", session, "SHA1Hash", "x")), "SHA1", "not valid")
	if got := text(h.pageStatus(h.editor, session), "State"); got != "Uploaded" {
		t.Errorf("the session is %s", got)
	}
	inner := members("SessionToken", session, "SHA1Hash", "sha1:"+sha([]byte(a.main.content))) + assetsXML(asset+members("SHA1Hash", upper(sha([]byte("a")))))
	if got := text(h.call(h.editor, opCompletePage, args("", inner)), "State"); got != "Completed" {
		t.Errorf("state %s", got)
	}
}

// Section 9.5: what completion says of the page's own file goes before what was said
// of it earlier.
func TestMainFileIsOverriddenAtCompletion(t *testing.T) {
	h := newHarness(t)
	session, _ := h.uploaded(pageOf(nil))
	said := members("FileName", "start.htm", "SessionToken", session, "VirtualPath", `\Elsewhere\`, "FileLastModifiedDate", "2014-07-01T10:00:00Z", "Name", "Mine")
	done := h.call(h.editor, opCompletePage, args("WebPageUploadArguments", said))
	number := h.contentID(done)
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"Elsewhere/", "start.htm", "<html>1</html>"}}, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}
	if text(done, "FileName") != "start.htm" || text(done, "Name") != "Mine" || h.asset(number).Metadata[keyLastModified] != "2014-07-01T10:00:00Z" {
		t.Errorf("complete answers %v, stored with %v", texts(done), h.asset(number).Metadata)
	}
	session, _ = h.uploaded(pageOf(nil))
	for keyword, said := range map[string][]string{"file name": {"FileName", "a/b"}, "virtual path": {"VirtualPath", "x"}, "file size": {"FileSize", "-1"}, "content type": {"ContentType", "Image"}} {
		h.refused(h.editor, opCompletePage, args("", members(append(said, "SessionToken", session)...)), keyword)
	}
}

// Section 9.3: what a match may be, and in which order matches are told.
func TestMatchesOfAssets(t *testing.T) {
	h := newHarness(t)
	same := []byte("shared bytes")
	library := text(h.upload(h.editor, same, "FileName", "lib.css"), "ContentId")
	other := h.publish(h.editor, pageOf([]file{{"", "other.css", string(same)}}))
	own := h.publish(h.editor, pageOf([]file{{`a\`, "one.css", string(same)}, {`b\`, "two.css", string(same)}}))
	id := func(page *element, i int) string { return text(page.Child("Assets").Children[i], "ContentId") }
	one, two := "one.css "+id(own, 0), "two.css "+id(own, 1)
	rest := []string{"other.css " + id(other, 0), "lib.css " + library}
	tests := []struct {
		name, relative, preferred string
		want                      []string
	}{
		{"the one at the place first", `b\`, "", []string{two, one}}, {"the other place", `a\`, "", []string{one, two}}, {"the one that is named", `c\`, id(own, 1), []string{two, one}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := map[string]string{`a\`: "one.css", `b\`: "two.css", `c\`: "new.css"}[tt.relative]
			asset := members("FileName", name, "FileSize", fmt.Sprint(len(same)), "RelativePath", tt.relative, "SHA1Hash", sha(same), "WebPageAssetId", tt.preferred)
			page := h.call(h.editor, opStartPage, args("WebPageUpdateArguments", members("FileName", "index.html", "WebPageId", text(own, "ContentId"))+assetsXML(asset)))
			begun := h.start(h.editor, "FileName", name, "UploadToken", assetTokens(page)[0])
			if diff := cmp.Diff(append(tt.want, rest...), matches(begun)); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
		})
	}
	page := h.startPage(h.editor, pageArgs{main: file{"", "n.html", "n"}, assets: []file{{"", "n.css", string(same)}}, hashes: true})
	if got := h.start(h.editor, "FileName", "n.css", "FileSize", "5", "UploadToken", assetTokens(page)[0]); kindOf(got) != "" {
		t.Errorf("another size matches: %v", matches(got))
	}
}

// Section 9.3: content of the library, or of another page, is linked, not moved.
func TestMatchesAreLinked(t *testing.T) {
	h := newHarness(t)
	library := h.contentID(h.upload(h.editor, []byte("lib"), "FileName", "lib.css", "VirtualPath", `\L\`))
	first := h.publish(h.editor, pageOf([]file{{"", "part.css", "part"}}))
	a := pageOf([]file{{`x\`, "lib2.css", "lib"}, {`x\`, "part2.css", "part"}})
	a.hashes = true
	page := h.startPage(h.editor, a)
	session := text(page, "SessionToken")
	h.sendFile(h.editor, session, text(page, "UploadToken"), a.main)
	for i, token := range assetTokens(page) {
		if begun := h.start(h.editor, "FileName", a.assets[i].name, "UploadToken", token); len(matches(begun)) != 1 {
			t.Fatalf("%s matches %v", a.assets[i].name, matches(begun))
		}
		h.cancel(h.editor, token)
	}
	if got := text(h.pageStatus(h.editor, session), "State"); got != "Uploaded" {
		t.Errorf("the session is %s", got)
	}
	second := h.completePage(h.editor, a, session)
	if diff := cmp.Diff(map[string]string{"x/lib2.css": "lib", "x/part2.css": "part"}, h.parts(second)); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"part.css": "part"}, h.parts(first)); diff != "" {
		t.Errorf("the other page (-want +got):\n%s", diff)
	}
	if got := h.library()[library]; got != (stored{"L/", "lib.css", "lib"}) || len(h.library()) != 3 {
		t.Errorf("library %v", h.library())
	}
}

// Section 9.6: files of sessions that never end are removed a day after those did.
func TestOrphansOfSessions(t *testing.T) {
	h := newHarness(t)
	session, tokens := h.uploaded(pageOf([]file{{"", "a.css", "a"}}))
	part := h.contentID(h.call(h.editor, opFileStatus, parameters("uploadToken", tokens[0])))
	h.later(24*time.Hour + time.Second)
	if got := text(h.pageStatus(h.editor, session), "State"); got != "Terminated" {
		t.Errorf("the session is %s", got)
	}
	h.refused(h.editor, opCompletePage, args("", members("SessionToken", session)), "already Terminated")
	h.later(24*time.Hour - time.Second)
	if h.asset(part).Emptied {
		t.Error("removed before the day was over")
	}
	h.later(2 * time.Second)
	if !h.asset(part).Emptied {
		t.Error("not removed after a day")
	}
}
