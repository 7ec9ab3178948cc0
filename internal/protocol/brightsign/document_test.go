package brightsign

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// utf16Text is a message in the other encoding that XML processors must read.
func utf16Text(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// Large messages wait for memory; small ones and chunks need none of it. What was taken
// is given back, whatever came of the message.
func TestLargeMessagesWaitForMemory(t *testing.T) {
	h := newRESTHarness(t)
	m := plainMessage(h.editor)
	spaces := strings.Repeat(" ", 400_000)
	large := []byte(m.envelope(opStartPage, pageOf(nil).xml()+spaces))
	taken, err := h.door.documents.take(t.Context(), maxDocuments)
	h.ok(err)
	answers := make(chan int, 2)
	go func() { answers <- h.post(endpoint, large, nil).status }()
	go func() {
		answers <- h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: `{"fileName":"a.html"` + spaces + `}`}).code
	}()
	h.result(h.send(m, opStartFile, args("", members("FileName", "small"))), opStartFile)
	h.upload(h.editor, noise(1<<20, 1), "FileName", "chunk")
	select {
	case status := <-answers:
		t.Errorf("a large message was answered with %d while there was no room", status)
	case <-time.After(50 * time.Millisecond):
	}
	h.door.documents.give(taken)
	for range 2 {
		if status := <-answers; status != 200 && status != 201 {
			t.Errorf("status %d", status)
		}
	}
	h.fault(h.post(endpoint, []byte(m.envelope(opStartPage, spaces)), nil))
	h.fault(h.post(endpoint, []byte(m.envelope(opStartPage, spaces))[:300_000], nil))
	if h.door.documents.left != maxDocuments {
		t.Errorf("%d bytes were not given back", maxDocuments-h.door.documents.left)
	}
}

// Messages that must be read whole before it is known who sends them are few and not
// long.
func TestMessagesInUTF16(t *testing.T) {
	h := newHarness(t)
	m := plainMessage(h.editor)
	token := text(h.result(h.post(endpoint, utf16Text(m.envelope(opStartFile, args("", members("FileName", "ü.txt")))), nil), opStartFile), "UploadToken")
	content := noise(256<<10, 1)
	if got := h.result(h.post(endpoint, utf16Text(m.envelope(opAppend, chunkOf("", token, 0, 0, content))), nil), opAppend); got.Text != "true" {
		t.Errorf("a chunk is answered with %q", got.Text)
	}
	for range 2 * maxForeign {
		if got := h.fault(h.post(endpoint, utf16Text(plainMessage(nil).envelope(opFileStatus, strings.Repeat(" ", 1<<20))), nil)); !strings.Contains(got.Sentence, "too large") {
			t.Errorf("a stranger's long message: %v", got)
		}
		h.fault(h.post(endpoint, utf16Text(plainMessage(nil).envelope(opFileStatus, "")), nil))
	}
	done := h.complete(h.editor, "UploadToken", token)
	if h.library()[h.contentID(done)].Content != string(content) || h.door.foreign.left != maxForeign {
		t.Errorf("the file differs, or places were not given back: %d of %d", h.door.foreign.left, maxForeign)
	}
}

// What stands beside the data of a chunk is little.
func TestMarkupBesideAChunk(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	beside := "<other>" + strings.Repeat("x", smallDocument) + "</other>"
	first := parameters("uploadToken", token, "offset", "0")
	data := parameters("data", encoded([]byte("abc")))
	for _, inner := range []string{beside + first + data, first + data + beside, first + beside + data, data + beside + first} {
		h.refused(h.editor, opAppend, inner, "message", "too large")
	}
	if got := h.state(h.editor, token); got != "Started" {
		t.Errorf("state %s", got)
	}
	h.append(h.editor, "", token, 0, []byte("abc"))
	if h.door.held.left != maxHeld {
		t.Errorf("%d bytes were not given back", maxHeld-h.door.held.left)
	}
}
