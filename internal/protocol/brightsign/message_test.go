package brightsign

import (
	"fmt"
	"strings"
	"testing"
)

// Check 18: messages of the two methods of sessions, to the byte, packed or not.
func TestSessionMessageLimit(t *testing.T) {
	h := newHarness(t)
	m := plainMessage(h.editor)
	start := m.envelope(opStartPage, pageOf(nil).xml())
	complete := m.envelope(opCompletePage, pageOf(nil).xml("SessionToken", newToken()))
	for _, packed := range []bool{false, true} {
		send := func(body string, size int) reply {
			content := padded(body, size)
			if len(content) != size {
				t.Fatalf("the message has %d bytes", len(content))
			}
			if packed {
				return h.post(endpoint, gzipped(t, content), map[string]string{"Content-Encoding": "gzip"})
			}
			return h.post(endpoint, content, nil)
		}
		h.result(send(start, 2_097_152), opStartPage)
		if told := h.fault(send(complete, 2_097_152)); !strings.Contains(told.Sentence, "not exist") {
			t.Errorf("told %v", told)
		}
		for _, body := range []string{start, complete} {
			told := h.fault(send(body, 2_097_153))
			if told.Code != "Client" || !strings.Contains(told.Sentence, "message") || !strings.Contains(told.Sentence, "2097152") {
				t.Errorf("told %v", told)
			}
		}
	}
}

// A message is too long as well when what makes it so stands in the middle.
func TestSessionMessageLimitInside(t *testing.T) {
	h := newHarness(t)
	m := plainMessage(h.editor)
	const mark = "MARK"
	body := m.envelope(opStartPage, pageOf(nil).xml()+mark)
	for size, want := range map[int]bool{2_097_152: true, 2_097_153: false} {
		whole := strings.Replace(body, mark, strings.Repeat(" ", size-len(body)+len(mark)), 1)
		got := h.post(endpoint, []byte(whole), nil)
		if ok := got.status == 200; ok != want || len(whole) != size {
			t.Errorf("%d bytes: status %d", len(whole), got.status)
		}
	}
}

// Section 3.2: the general limit, for chunks and all others.
func TestGeneralMessageLimit(t *testing.T) {
	const limit = 300_000
	h := newHarness(t, with(func(o *Options) { o.MaxMessage = limit }))
	m := plainMessage(h.editor)
	token := text(h.start(h.editor, "FileName", "a"), "UploadToken")
	first := parameters("uploadToken", token) + "<offset>0</offset>"
	for name, body := range map[string]string{
		"status": m.envelope(opFileStatus, parameters("uploadToken", token)), "start": m.envelope(opStartFile, args("", members("FileName", "a"))),
	} {
		if got := h.post(endpoint, padded(body, limit), nil); got.status != 200 {
			t.Errorf("%s of the limit: %s", name, got.raw)
		}
		if told := h.fault(h.post(endpoint, padded(body, limit+1), nil)); told.Code != "Client" || !strings.Contains(told.Sentence, "message is too large") {
			t.Errorf("%s, one byte more: told %v", name, told)
		}
	}
	for _, order := range []string{first + "<data>%s</data>", parameters("uploadToken", token) + "<data>%s</data><offset>0</offset>"} {
		empty := len(m.envelope(opAppend, strings.ReplaceAll(order, "%s", "")))
		for extra, want := range map[int]int{0: 200, 1: 500} {
			letters := (limit - empty) / 4 * 4
			data := encoded(noise(letters/4*3, 10)) + strings.Repeat("\n", limit-empty-letters+extra)
			body := m.envelope(opAppend, fmt.Sprintf(order, data))
			got := h.post(endpoint, []byte(body), nil)
			if got.status != want || len(body) != limit+extra {
				t.Errorf("a chunk in %d bytes: status %d\n%s", len(body), got.status, got.raw)
			}
		}
	}
}

// Section 3.2: the limit holds for what unpacks to more than it sends.
func TestPackedBombs(t *testing.T) {
	h := newHarness(t)
	body := padded(plainMessage(h.editor).envelope(opFileStatus, ""), 17<<20)
	told := h.fault(h.post(endpoint, gzipped(t, body), map[string]string{"Content-Encoding": "gzip"}))
	if !strings.Contains(told.Sentence, "message is too large") {
		t.Errorf("told %v", told)
	}
}

// A chunk of nearly the whole general limit goes through.
func TestLargeChunk(t *testing.T) {
	h := newHarness(t)
	content := noise(12_000_000, 11)
	done := h.upload(h.editor, content, "FileName", "a")
	if h.library()[h.contentID(done)].Content != string(content) {
		t.Error("the file is not what was sent")
	}
}

// Messages of the engine become sentences, whatever letter they begin with.
func TestSentences(t *testing.T) {
	for message, want := range map[string]string{
		"the quota is used up": "The quota is used up.", "Done.": "Done.", "übung.jpg: no room": "Übung.jpg: no room.", "日本.png is taken": "日本.png is taken.", "": "The request cannot be carried out.",
	} {
		if got := sentence(message); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
}
