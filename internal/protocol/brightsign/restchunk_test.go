package brightsign

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"sluice/internal/ingest"
)

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// finished completes an upload and returns its bytes.
func (h *restHarness) finished(path string, data []byte) string {
	h.t.Helper()
	got := h.want(200, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"fileName": "done.bin", "fileSize": len(data), "sha1Hash": sha(data)}}))
	return h.content(h.asset(ingest.Number(got.number("contentId"))))
}

func TestRESTChunksInAnyOrderAtOnce(t *testing.T) {
	h := newRESTHarness(t)
	data := make([]byte, 3<<20+77)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	const size = 100_000
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": len(data)})
	var offsets []int
	for at := 0; at < len(data); at += size {
		offsets = append(offsets, at, at) // each one twice
	}
	rand.Shuffle(len(offsets), func(i, j int) { offsets[i], offsets[j] = offsets[j], offsets[i] })
	var wg sync.WaitGroup
	slots := make(chan bool, 8)
	for _, at := range offsets {
		slots <- true
		wg.Go(func() {
			defer func() { <-slots }()
			if got := h.chunk(path, at, data[at:min(at+size, len(data))]); got.code != http.StatusNoContent {
				t.Errorf("chunk at %d: %d %s", at, got.code, got.raw)
			}
		})
	}
	wg.Wait()
	if got := h.finished(path, data); got != string(data) {
		t.Error("the content differs")
	}
}

func TestRESTChunkReplacesAnother(t *testing.T) {
	h := newRESTHarness(t)
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": 10})
	h.want(204, h.chunk(path, 0, []byte("wrongWORDS")))
	got := h.want(409, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: map[string]any{"fileName": "a.bin", "sha1Hash": sha([]byte("rightWORDS"))}}))
	if state := h.state(path); state != stateCorrupted || !strings.Contains(got.text("message"), "does not match") {
		t.Errorf("state %s: %s", state, got.raw)
	}
	h.want(204, h.chunk(path, 0, []byte("right")))
	if got := h.finished(path, []byte("rightWORDS")); got != "rightWORDS" {
		t.Errorf("content %q", got)
	}
}

// A chunk that breaks off changes nothing of what it was to replace.
func TestRESTChunkThatBreaksOffReplacesNothing(t *testing.T) {
	h := newRESTHarness(t)
	data := bytes.Repeat([]byte("good"), 100_000)
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": len(data)})
	h.want(204, h.chunk(path, 0, data))
	broken := io.MultiReader(bytes.NewReader(bytes.Repeat([]byte("bad!"), 90_000)), iotest.ErrReader(errors.New("connection reset")))
	got := h.want(400, h.do(restRequest{method: "POST", path: path + "Chunks/?offset=0", media: mediaChunk, body: broken}))
	if !strings.Contains(got.text("message"), "too early") {
		t.Errorf("broken: %s", got.raw)
	}
	if got := h.finished(path, data); got != string(data) {
		t.Error("the content differs")
	}
}

func TestRESTChunkThatBreaksOffIsNotStored(t *testing.T) {
	h := newRESTHarness(t)
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": 3})
	broken := io.MultiReader(strings.NewReader("xxx"), iotest.ErrReader(io.ErrUnexpectedEOF))
	h.want(400, h.do(restRequest{method: "POST", path: path + "Chunks/", media: mediaChunk, body: broken}))
	if state := h.state(path); state != stateStarted {
		t.Errorf("state %s", state)
	}
}

func TestRESTChunkLimits(t *testing.T) {
	const most = 100_000
	h := newRESTHarness(t, with(func(o *Options) { o.MaxMessage = most }))
	path, _ := h.begin(map[string]any{"fileName": "a.bin"})
	chunk := func(offset string, body any, header map[string]string) restReply {
		return h.do(restRequest{method: "POST", path: path + "Chunks/" + offset, media: mediaChunk, body: body, header: header})
	}
	data := bytes.Repeat([]byte("x"), most+1)
	h.want(413, chunk("", data, nil))
	h.want(413, chunk("", io.MultiReader(bytes.NewReader(data)), nil)) // without a length
	h.want(413, chunk("", zipped(t, data), map[string]string{"Content-Encoding": "gzip"}))
	if state := h.state(path); state != stateStarted {
		t.Errorf("state %s", state)
	}
	h.want(204, chunk("", data[:most], nil))
	h.want(413, chunk("", io.MultiReader(bytes.NewReader(data)), nil)) // over stored bytes: it is held
	h.want(204, chunk("", zipped(t, data[:most]), map[string]string{"Content-Encoding": "gzip"}))
	h.want(204, chunk("?offset=5", nil, nil)) // nothing is no error
	h.want(204, chunk("?offset=100000", io.MultiReader(strings.NewReader("")), nil))
	h.want(415, chunk("", "x", map[string]string{"Content-Encoding": "zstd"}))
	h.want(400, chunk("?offset=-1", "x", nil))
	h.want(400, chunk("?offset=abc", "x", nil))
	h.want(400, chunk("?offset=99999999999999999999", "x", nil))
	h.want(413, chunk("?offset=5000000001", "x", nil))
	h.want(413, chunk("?offset=5000000000", "x", nil))
	h.want(204, chunk("?offset=", "y", nil))
	if got := h.finished(path, append([]byte("y"), data[1:most]...)); len(got) != most {
		t.Errorf("%d bytes", len(got))
	}
	h.want(409, chunk("", "x", nil)) // it is complete
}

func TestRESTStrictChunkCountCountsPlaces(t *testing.T) {
	h := newRESTHarness(t, with(func(o *Options) { o.StrictChunkCount = true }))
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": 6, "chunksCount": 2})
	for _, at := range []int{0, 3, 3} {
		h.want(204, h.chunk(path, at, []byte("abc")))
	}
	if got := h.finished(path, []byte("abcabc")); got != "abcabc" {
		t.Errorf("content %q", got)
	}
}

// Chunks over a real connection, whose client sends all before it reads.
func TestRESTOverASocket(t *testing.T) {
	h := newRESTHarness(t)
	server := httptest.NewServer(h.folded())
	defer server.Close()
	path, _ := h.begin(map[string]any{"fileName": "a.bin", "fileSize": 20 << 20})
	send := func(offset int, body io.Reader, login string) int {
		r, err := http.NewRequestWithContext(t.Context(), "POST", fmt.Sprintf("%s/upload/2019/03/rest%schunks?offset=%d", server.URL, path, offset), body)
		h.ok(err)
		r.SetBasicAuth(accountName+"/"+login, login)
		r.Header.Set("Content-Type", mediaChunk)
		res, err := server.Client().Do(r)
		h.ok(err)
		defer res.Body.Close()
		return res.StatusCode
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for at := 0; at < 20<<20; at += len(data) {
		if code := send(at, bytes.NewReader(data), h.editor.login); code != 204 {
			t.Fatalf("chunk at %d: %d", at, code)
		}
	}
	if code := send(0, bytes.NewReader(bytes.Repeat(data, 17)), h.editor.login); code != 413 {
		t.Errorf("a chunk that is too large: %d", code)
	}
	if code := send(0, bytes.NewReader(bytes.Repeat(data, 8)), "nobody@example.com"); code != 401 {
		t.Errorf("a stranger's chunk: %d", code)
	}
	if state := h.state(path); state != stateUploaded {
		t.Errorf("state %s", state)
	}
}
