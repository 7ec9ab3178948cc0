package brightsign

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Section 9.4: where an asset is in its page, from what may be a directory or the
// whole path.
func TestRelativePaths(t *testing.T) {
	good := []struct{ relative, name, target string }{
		{`css\`, "a.css", "css/a.css"}, {"css/", "a.css", "css/a.css"}, {`\`, "a.css", "a.css"}, {"", "a.css", "a.css"}, {`.\css\`, "a.css", "css/a.css"}, {"./css/sub/", "a.css", "css/sub/a.css"},
		{`\css\`, "a.css", "css/a.css"}, {`css`, "a.css", "css/a.css"}, {`css\deep`, "a.css", "css/deep/a.css"}, {`css\a.css`, "a.css", "css/a.css"}, {"css/A.CSS", "a.css", "css/A.CSS"},
		{"css/b.css", "a.css", "css/b.css"}, {"css/b.CSS", "a.css", "css/b.CSS"}, {"v1.2", "a.css", "v1.2/a.css"}, {"fonts", "LICENSE", "fonts/LICENSE"}, {"LICENSE", "LICENSE", "LICENSE"},
		{`ümläut\`, "日本.png", "ümläut/日本.png"}, {`.\`, "a", "a"},
	}
	for _, tt := range good {
		t.Run(tt.relative+" "+tt.name, func(t *testing.T) {
			h := newHarness(t)
			done := h.publish(h.editor, pageOf([]file{{tt.relative, tt.name, "x"}}))
			if diff := cmp.Diff(map[string]string{tt.target: "x"}, h.parts(done)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
	h := newHarness(t)
	for _, relative := range []string{`..\`, `css\..\`, `css\..\..\x\`, `css\\x\`, `c:\`, `a*\`, "a\tb\\", `.\..\`, `\..\`, `css\.\`, ` \`, "../../etc/passwd", `..`} {
		h.refused(h.editor, opStartPage, pageOf([]file{{relative, "a.css", "x"}}).xml(), "relative path", "not valid")
	}
}

// Section 9.1: no two files of a page may be at the same place, whatever case they are
// written in.
func TestTwoFilesAtOnePlace(t *testing.T) {
	h := newHarness(t)
	for _, assets := range [][]file{
		{{`css\`, "a.css", "1"}, {"css/", "a.css", "2"}}, {{`css\`, "a.css", "1"}, {"CSS", "A.css", "2"}}, {{"", "a.css", "1"}, {"a.css", "a.css", "2"}}, {{"", "INDEX.html", "1"}},
	} {
		h.refused(h.editor, opStartPage, pageOf(assets).xml(), "relative path", "not valid")
	}
	h.startPage(h.editor, pageOf([]file{{`css\`, "a.css", "1"}, {"", "a.css", "2"}}))
	a := pageOf([]file{{`css\`, "a.css", "1"}, {"", "a.css", "2"}})
	page := h.startPage(h.editor, a)
	session := text(page, "SessionToken")
	h.sendFile(h.editor, session, text(page, "UploadToken"), a.main)
	for i, token := range assetTokens(page) {
		h.sendFile(h.editor, session, token, a.assets[i])
	}
	a.assets[1].relative = "css"
	h.refused(h.editor, opCompletePage, a.xml("SessionToken", session), "relative path", "not valid")
}

// Section 8.1: without an upload token the file name says which file of a session is
// meant, if only one can be.
func TestSlotsByName(t *testing.T) {
	h := newHarness(t)
	a := pageOf([]file{{`a\`, "x.css", "1"}, {`b\`, "x.css", "2"}, {"", "y.css", "3"}})
	a.hashes = true
	page := h.startPage(h.editor, a)
	session, tokens := text(page, "SessionToken"), assetTokens(page)
	h.refused(h.editor, opStartFile, args("", members("FileName", "x.css", "SessionToken", session)), "session", "2 queued")
	h.refused(h.editor, opStartFile, args("", members("FileName", "z.css", "SessionToken", session)), "session", "0 queued")
	for _, tt := range []struct {
		said  []string
		token string
	}{
		{[]string{"FileName", "x.css", "RelativePath", `b\`}, tokens[1]}, {[]string{"FileName", "x.css", "SHA1Hash", strings.ToUpper(sha([]byte("1")))}, tokens[0]},
		{[]string{"FileName", "y.css"}, tokens[2]}, {[]string{"FileName", "index.html"}, text(page, "UploadToken")},
	} {
		if got := h.start(h.editor, append(tt.said, "SessionToken", session)...); text(got, "UploadToken") != tt.token || text(got, "SessionToken") != session {
			t.Errorf("%v: %v", tt.said, texts(got))
		}
	}
	h.refused(h.editor, opStartFile, args("", members("FileName", "y.css", "SessionToken", session)), "session", "0 queued")
}

// Section 9.1: tokens among the arguments of a new session mean nothing.
func TestTokensAtTheStartOfASession(t *testing.T) {
	h := newHarness(t)
	own := text(h.start(h.editor, "FileName", "a"), "UploadToken")
	page := h.call(h.editor, opStartPage, pageOf(nil).xml("SessionToken", own, "UploadToken", own))
	if text(page, "SessionToken") == own || text(page, "UploadToken") == own || text(page, "State") != "Started" {
		t.Errorf("start answers %v", texts(page))
	}
}

// Tokens are hard to guess, all different, and need no escaping.
func TestTokens(t *testing.T) {
	h := newHarness(t)
	page := h.startPage(h.editor, pageOf([]file{{"", "a", "1"}, {"", "b", "2"}}))
	all := append(assetTokens(page), text(page, "SessionToken"), text(page, "UploadToken"), text(h.start(h.editor, "FileName", "a"), "UploadToken"))
	seen := map[string]bool{}
	for _, token := range all {
		if len(token) < 32 || len(token) > 64 || strings.Trim(token, "0123456789abcdef-") != "" || seen[token] {
			t.Errorf("token %q of %v", token, all)
		}
		seen[token] = true
	}
}
