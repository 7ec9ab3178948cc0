package brightsign

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// stages counts the staging areas that the blobs have.
func (h *harness) stages() (n int) {
	h.t.Helper()
	h.ok(h.blobs.Stages(context.Background(), func(ingest.StageID) error {
		n++
		return nil
	}))
	return n
}

// Check 12: cancelling removes what has arrived, once.
func TestCancel(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a.bin", "FileSize", "9"), "UploadToken")
	h.append(h.editor, "", token, 0, []byte("abc"))
	if got := h.stages(); got != 1 {
		t.Fatalf("%d stages before", got)
	}
	first := h.cancel(h.editor, token)
	if text(first, "State") != "Cancelled" || text(first, "EndTime") == "" || text(first, "UploadToken") != token || h.stages() != 0 {
		t.Errorf("cancel answers %v, %d stages", texts(first), h.stages())
	}
	h.later(time.Minute)
	if diff := cmp.Diff(texts(first), texts(h.cancel(h.editor, token))); diff != "" {
		t.Errorf("second time (-first +second):\n%s", diff)
	}
	if got := h.state(h.editor, token); got != "Cancelled" {
		t.Errorf("state %s", got)
	}
	for _, unknown := range []string{"", newToken(), "nope"} {
		if got := h.cancel(h.editor, unknown); !isNull(got) {
			t.Errorf("cancelling %q answers %v", unknown, texts(got))
		}
	}
	if got := h.call(h.editor, opCancel, ""); !isNull(got) {
		t.Errorf("cancelling nothing answers %v", texts(got))
	}
}

// Section 8.4: cancelling what is complete removes nothing.
func TestCancelAfterCompletion(t *testing.T) {
	h := newHarness(t)
	done := h.upload(h.editor, []byte("abc"), "FileName", "a")
	if diff := cmp.Diff(texts(done), texts(h.cancel(h.editor, text(done, "UploadToken")))); diff != "" {
		t.Errorf("cancel (-completed +cancelled):\n%s", diff)
	}
	if got := h.library()[h.contentID(done)].Content; got != "abc" {
		t.Errorf("the file is %q", got)
	}
}

// Check 13 and section 8.4: questions about tokens that nobody has; and the names
// that the documentation has for them.
func TestStatusQueries(t *testing.T) {
	h := newHarness(t)
	page := h.startPage(h.editor, pageOf(nil))
	session, main := text(page, "SessionToken"), text(page, "UploadToken")
	plain := text(h.start(h.editor, "FileName", "plain"), "UploadToken")
	files := []struct{ parameter, token, want string }{
		{"uploadToken", plain, plain}, {"UploadToken", plain, plain}, {"sessionToken", plain, plain}, {"uploadToken", session, main}, {"sessionToken", session, main},
		{"uploadToken", upper(plain), plain}, {"uploadToken", newToken(), ""}, {"uploadToken", "", ""}, {"token", plain, ""},
	}
	for _, tt := range files {
		got := h.call(h.editor, opFileStatus, parameters(tt.parameter, tt.token))
		if text(got, "UploadToken") != tt.want || isNull(got) != (tt.want == "") {
			t.Errorf("file status of %s %s: %v", tt.parameter, tt.token, texts(got))
		}
	}
	pages := []struct{ parameter, token, want string }{
		{"sessionToken", session, session}, {"uploadToken", session, session}, {"sessionToken", main, ""}, {"sessionToken", plain, ""}, {"sessionToken", newToken(), ""}, {"sessionToken", "", ""},
	}
	for _, tt := range pages {
		got := h.call(h.editor, opPageStatus, parameters(tt.parameter, tt.token))
		if text(got, "SessionToken") != tt.want || isNull(got) != (tt.want == "") {
			t.Errorf("page status of %s %s: %v", tt.parameter, tt.token, texts(got))
		}
	}
	if got := h.cancel(h.editor, session); !isNull(got) {
		t.Errorf("cancelling a session answers %v", texts(got))
	}
}

// Section 7: what ended is told of for a day, then the token is unknown.
func TestRetention(t *testing.T) {
	h := newHarness(t)
	done := text(h.upload(h.editor, []byte("abc"), "FileName", "a"), "UploadToken")
	cancelled := text(h.start(h.editor, "FileName", "b"), "UploadToken")
	h.cancel(h.editor, cancelled)
	idle := text(h.start(h.editor, "FileName", "c"), "UploadToken")
	h.later(24*time.Hour - time.Second)
	states := func() []string {
		return []string{h.state(h.editor, done), h.state(h.editor, cancelled), h.state(h.editor, idle)}
	}
	if diff := cmp.Diff([]string{"Completed", "Cancelled", "Started"}, states()); diff != "" {
		t.Errorf("a second before (-want +got):\n%s", diff)
	}
	h.later(time.Second)
	if diff := cmp.Diff([]string{"", "", "Terminated"}, states()); diff != "" {
		t.Errorf("after a day (-want +got):\n%s", diff)
	}
	h.refused(h.editor, opComplete, args("", members("UploadToken", done)), "upload", "not exist")
	h.later(24 * time.Hour)
	if diff := cmp.Diff([]string{"", "", ""}, states()); diff != "" {
		t.Errorf("after two days (-want +got):\n%s", diff)
	}
}

// Section 7: every call that is accepted puts off the end of what is under way.
func TestActivityPutsOffTheEnd(t *testing.T) {
	h := newHarness(t)
	page := h.startPage(h.editor, pageOf([]file{{"css\\", "a.css", "a"}}))
	session, slot := text(page, "SessionToken"), assetTokens(page)[0]
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "9"), "UploadToken")
	calls := []struct {
		name string
		call func()
	}{
		{"start", func() {
			h.start(h.editor, "FileName", "a", "FileSize", "9", "UploadToken", token)
			h.start(h.editor, "FileName", "a.css", "UploadToken", slot, "SessionToken", session)
		}},
		{"chunk", func() {
			h.append(h.editor, "", token, 0, []byte("abc"))
			h.append(h.editor, "", slot, 0, []byte("a"))
		}},
		{"start, then chunk", func() {
			h.start(h.editor, "FileName", "a", "FileSize", "9", "UploadToken", token)
			h.append(h.editor, "", token, 3, []byte("abc"))
			h.start(h.editor, "FileName", "a.css", "UploadToken", slot, "SessionToken", session)
			h.append(h.editor, "", slot, 0, []byte("a"))
		}},
		{"cancel of a slot", func() {
			h.start(h.editor, "FileName", "a", "FileSize", "9", "UploadToken", token)
			h.cancel(h.editor, slot)
		}},
	}
	for _, tt := range calls {
		h.later(23 * time.Hour)
		tt.call()
		h.later(23 * time.Hour)
		if got := h.state(h.editor, token); got == "Terminated" {
			t.Fatalf("%s: the upload is %s", tt.name, got)
		}
		if got := text(h.pageStatus(h.editor, session), "State"); got == "Terminated" {
			t.Fatalf("%s: the session is %s", tt.name, got)
		}
		h.start(h.editor, "FileName", "a", "FileSize", "9", "UploadToken", token)
		h.start(h.editor, "FileName", "a.css", "UploadToken", slot, "SessionToken", session)
	}
}
