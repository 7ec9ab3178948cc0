package brightsign

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// Check 14 and section 2.3: who may do what. Without a permission the fault names it.
func TestPermissions(t *testing.T) {
	h := newHarness(t)
	content := text(h.upload(h.editor, []byte("old"), "FileName", "old"), "ContentId")
	page := text(h.publish(h.editor, pageOf(nil)), "ContentId")
	const upload, update = "Content: Upload Content", "Content: Update Content"
	update11 := func(said ...string) string {
		return args("ContentUpdateArguments", members(append(said, "ContentId", content)...))
	}
	tests := []struct {
		name, operation string
		inner           func(token, session string) string
		lacks           map[*user]string // permission that the fault names
	}{
		{"start", opStartFile, func(string, string) string { return args("", members("FileName", "a")) }, map[*user]string{h.viewer: upload}},
		{"start of an update", opStartFile, func(string, string) string { return update11("FileName", "a") }, map[*user]string{h.viewer: upload, h.publisher: update}},
		{"chunk", opAppend, func(token, _ string) string { return chunkOf("", token, 0, 0, []byte("abc")) }, map[*user]string{h.viewer: upload}},
		{"complete", opComplete, func(token, _ string) string { return args("", members("UploadToken", token)) }, map[*user]string{h.viewer: upload}},
		{"complete as an update", opComplete, func(token, _ string) string { return update11("UploadToken", token) },
			map[*user]string{h.viewer: upload, h.publisher: update}},
		{"start of a page", opStartPage, func(string, string) string { return pageOf(nil).xml() }, map[*user]string{h.viewer: upload}},
		{"start of a new version", opStartPage, func(string, string) string { return pageOf(nil).update(page).xml() },
			map[*user]string{h.viewer: upload, h.publisher: update}},
		{"complete a page", opCompletePage, func(_, session string) string { return pageOf(nil).xml("SessionToken", session) }, map[*user]string{h.viewer: upload}},
		{"cancel", opCancel, func(token, _ string) string { return parameters("uploadToken", token) }, nil},
		{"status", opFileStatus, func(token, _ string) string { return parameters("uploadToken", token) }, nil},
		{"page status", opPageStatus, func(_, session string) string { return parameters("sessionToken", session) }, nil},
	}
	for _, tt := range tests {
		for _, u := range []*user{h.boss, h.editor, h.publisher, h.viewer} {
			t.Run(fmt.Sprintf("%s by %s", tt.name, u.login), func(t *testing.T) {
				h.t = t
				token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
				h.append(h.editor, "", token, 0, []byte("abc"))
				session := h.startPage(h.editor, pageOf(nil))
				h.sendFile(h.editor, text(session, "SessionToken"), text(session, "UploadToken"), pageOf(nil).main)
				inner := tt.inner(token, text(session, "SessionToken"))
				if lacks := tt.lacks[u]; lacks != "" {
					h.refused(u, tt.operation, inner, "Access is denied", `"`+lacks+`"`)
					return
				}
				if got := h.call(u, tt.operation, inner); isNull(got) {
					t.Error("the answer is null")
				}
			})
		}
	}
}

// Section 2.3: a chunk for an upload that overwrites needs the right to update; so
// does the completion of a new version of a page.
func TestOthersUpdatesNeedTheRight(t *testing.T) {
	h := newHarness(t)
	content := text(h.upload(h.editor, []byte("old"), "FileName", "old"), "ContentId")
	token := text(h.call(h.editor, opStartFile, args("ContentUpdateArguments", members("FileName", "a", "FileSize", "3", "ContentId", content))), "UploadToken")
	h.refused(h.publisher, opAppend, chunkOf("", token, 0, 0, []byte("abc")), "Access is denied", "Content: Update Content")
	h.append(h.editor, "", token, 0, []byte("abc"))
	h.refused(h.publisher, opComplete, args("", members("UploadToken", token)), "Access is denied", "Content: Update Content")

	a := pageOf(nil).update(text(h.publish(h.editor, pageOf(nil)), "ContentId"))
	page := h.startPage(h.editor, a)
	session := text(page, "SessionToken")
	h.sendFile(h.publisher, session, text(page, "UploadToken"), a.main)
	h.refused(h.publisher, opCompletePage, a.xml("SessionToken", session), "Access is denied", "Content: Update Content")
	if got := text(h.completePage(h.editor, a, session), "State"); got != "Completed" {
		t.Errorf("state %s", got)
	}
}

// The permission is asked for before what the arguments say (section 8).
func TestPermissionGoesBeforeArguments(t *testing.T) {
	h := newHarness(t)
	for _, operation := range []string{opStartFile, opComplete, opStartPage, opCompletePage} {
		h.refused(h.viewer, operation, "", "Access is denied")
		h.refused(h.viewer, operation, args("", members("FileName", "a/b", "UploadToken", "x", "SessionToken", "x")), "Access is denied")
	}
	h.refused(h.viewer, opAppend, "", "Access is denied")
	h.refused(h.viewer, opAppend, chunkOf("", "x", -1, -1, []byte("abc")), "Access is denied")
}

// Check 15 and section 8.3: overwriting keeps the identifier, and name and folder
// unless they are given.
func TestOverwrite(t *testing.T) {
	h := newHarness(t)
	number := h.contentID(h.upload(h.editor, []byte("old"), "FileName", "old.txt", "VirtualPath", `\A\`))
	overwrite := func(content string, kind string, said ...string) *element {
		said = append(said, "FileSize", fmt.Sprint(len(content)), "ContentId", fmt.Sprint(number))
		token := text(h.call(h.editor, opStartFile, args(kind, members(said...))), "UploadToken")
		h.append(h.editor, "", token, 0, []byte(content))
		return h.complete(h.editor, "UploadToken", token)
	}
	done := overwrite("new", "ContentUpdateArguments", "FileName", "old.txt")
	if h.contentID(done) != number {
		t.Errorf("the identifier is %s, was %d", text(done, "ContentId"), number)
	}
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"A/", "old.txt", "new"}}, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}
	overwrite("newer", "", "FileName", "new.txt", "VirtualPath", `\B\`)
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"B/", "new.txt", "newer"}}, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}
	for _, unknown := range []string{"0", "-1", "99999", "2147483648"} {
		for _, operation := range []string{opStartFile, opComplete} {
			token := text(h.start(h.editor, "FileName", "a", "FileSize", "0"), "UploadToken")
			inner := args("ContentUpdateArguments", members("FileName", "a", "UploadToken", token, "ContentId", unknown))
			h.refused(h.editor, operation, inner, "content", "not exist")
		}
	}
	foreign := text(h.upload(h.stranger, []byte("x"), "FileName", "x"), "ContentId")
	h.refused(h.editor, opStartFile, args("ContentUpdateArguments", members("FileName", "a", "ContentId", foreign)), "content", "not exist")
}

// Check 15: the identifier may come with the completion alone.
func TestOverwriteAtCompletion(t *testing.T) {
	h := newHarness(t)
	number := h.contentID(h.upload(h.editor, []byte("old"), "FileName", "old.txt"))
	token := text(h.start(h.editor, "FileName", "old.txt", "FileSize", "3"), "UploadToken")
	h.append(h.editor, "", token, 0, []byte("new"))
	done := h.call(h.editor, opComplete, args("ContentUpdateArguments", members("UploadToken", token, "ContentId", fmt.Sprint(number))))
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"Shared/Incoming/", "old.txt", "new"}}, h.library()); diff != "" || h.contentID(done) != number {
		t.Errorf("library (-want +got):\n%s", diff)
	}
}

// Tokens and identifiers of one account are unknown in another, whatever the role.
func TestAccountsAreApart(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	page := h.startPage(h.editor, pageOf([]file{{"", "a.css", "a"}}))
	session, main := text(page, "SessionToken"), text(page, "UploadToken")
	pageID := text(h.publish(h.editor, pageOf(nil)), "ContentId")
	for _, upload := range []string{token, main, assetTokens(page)[0]} {
		h.refused(h.stranger, opAppend, chunkOf("", upload, 0, 0, []byte("abc")), "upload", "not exist")
		h.refused(h.stranger, opStartFile, args("", members("FileName", "a", "UploadToken", upload)), "upload", "not exist")
		h.refused(h.stranger, opComplete, args("", members("UploadToken", upload)), "upload", "not exist")
		for _, operation := range []string{opCancel, opFileStatus} {
			if got := h.call(h.stranger, operation, parameters("uploadToken", upload)); !isNull(got) {
				t.Errorf("%s answers %v", operation, texts(got))
			}
		}
	}
	h.refused(h.stranger, opStartFile, args("", members("FileName", "a.css", "SessionToken", session)), "session", "not exist")
	h.refused(h.stranger, opCompletePage, pageOf(nil).xml("SessionToken", session), "session", "not exist")
	h.refused(h.stranger, opStartPage, pageOf(nil).update(pageID).xml(), "web page", "not exist")
	if got := h.pageStatus(h.stranger, session); !isNull(got) {
		t.Errorf("page status answers %v", texts(got))
	}
	h.append(h.editor, "", token, 0, []byte("abc"))
	h.complete(h.editor, "UploadToken", token)
	begun := h.startPage(h.stranger, pageArgs{main: file{"", "index.html", "x"}, assets: []file{{"", "a", "abc"}}, hashes: true})
	if got := h.start(h.stranger, "FileName", "a", "UploadToken", assetTokens(begun)[0]); kindOf(got) != "" {
		t.Errorf("another account's file is told of: %v", matches(got))
	}
}
