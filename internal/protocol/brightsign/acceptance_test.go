package brightsign

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// noise is content that differs everywhere.
func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = r.Read(b)
	return b
}

// Check 1: a file as PHP clients send it.
func TestPlainUpload(t *testing.T) {
	h := newHarness(t)
	content := noise(700_000, 1)
	said := members("ChunksCount", "3", "ContentType", "Video", "FileName", "promo.mp4", "FileSize", "700000", "VirtualPath", `\Shared\Incoming\`)
	null := `<a:SessionToken i:nil="true"/>`
	begun := h.call(h.editor, opStartFile, args("", said+null))
	token := text(begun, "UploadToken")
	if len(token) < 32 || text(begun, "State") != "Started" || begun.Child("ContentId") != nil {
		t.Fatalf("start answers %v", texts(begun))
	}
	part := 0
	for offset := 0; offset < len(content); offset += 256_000 {
		chunk := content[offset:min(offset+256_000, len(content))]
		inner := `<sessionToken i:nil="true"/>` + parameters("uploadToken", token, "partNumber", fmt.Sprint(part), "data", encoded(chunk), "offset", fmt.Sprint(offset))
		if got := h.call(h.editor, opAppend, inner).Text; got != "true" {
			t.Fatalf("chunk %d: %q", part, got)
		}
		part++
	}
	done := h.call(h.editor, opComplete, args("", said+null+members("UploadToken", token)))
	now := "2026-03-01T12:00:00.250Z"
	want := map[string]string{
		"ChunksTotal": "3", "ContentId": text(done, "ContentId"), "EndTime": now, "FileName": "promo.mp4", "FileSize": "700000", "LastActivityTime": now,
		"SHA1Hash": upper(sha(content)), "StartTime": now, "State": "Completed", "UploadToken": token,
	}
	if diff := cmp.Diff(want, texts(done)); diff != "" {
		t.Errorf("complete (-want +got):\n%s", diff)
	}
	files := map[ingest.Number]stored{h.contentID(done): {"Shared/Incoming/", "promo.mp4", string(content)}}
	if diff := cmp.Diff(files, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}
}

// Check 5: a gap is told of, and can be filled.
func TestGap(t *testing.T) {
	h := newHarness(t)
	content := noise(3000, 2)
	token := text(h.start(h.editor, "FileName", "a.bin", "FileSize", "3000"), "UploadToken")
	h.append(h.editor, "", token, 0, content[:1000])
	h.append(h.editor, "", token, 2000, content[2000:])
	h.refused(h.editor, opComplete, args("", members("UploadToken", token)), "incomplete", "2000 of 3000", "offset 1000")
	h.append(h.editor, "", token, 1000, content[1000:2000])
	if got := h.state(h.editor, token); got != "Uploaded" {
		t.Errorf("state %s", got)
	}
	done := h.complete(h.editor, "UploadToken", token)
	if got := h.library()[h.contentID(done)]; !bytes.Equal([]byte(got.Content), content) {
		t.Error("the file is not what was sent")
	}
}

// Check 4: chunks come in parallel, in any order and more than once.
func TestChunksInParallel(t *testing.T) {
	h := newHarness(t)
	const parts, size = 50, 20_011
	content := noise(parts*size, 3)
	token := text(h.start(h.editor, "FileName", "a.bin", "FileSize", fmt.Sprint(len(content)), "SHA1Hash", sha(content)), "UploadToken")
	order := append(rand.Perm(parts), 7, 7, 30, 49, 0)
	answers := make(chan string, len(order))
	for _, part := range order {
		go func() {
			inner := chunkOf("", token, part, int64(part*size), content[part*size:(part+1)*size])
			got := h.send(plainMessage(h.editor), opAppend, inner)
			answers <- text(got.root, "Body", "AppendChunkResponse", "AppendChunkResult")
		}()
	}
	for range order {
		if got := <-answers; got != "true" {
			t.Fatalf("a chunk was answered with %q", got)
		}
	}
	done := h.complete(h.editor, "UploadToken", token)
	if got := h.library()[h.contentID(done)].Content; sha([]byte(got)) != sha(content) {
		t.Error("the file is not what was sent")
	}
}

// Check 6: a hash that does not match leaves the upload open for repair.
func TestHashMismatch(t *testing.T) {
	h := newHarness(t)
	content := noise(3000, 4)
	token := text(h.start(h.editor, "FileName", "a.bin", "FileSize", "3000", "SHA1Hash", "SHA1:"+upper(sha(content))), "UploadToken")
	h.append(h.editor, "", token, 0, content[:1000])
	h.append(h.editor, "", token, 1000, noise(1000, 5))
	h.append(h.editor, "", token, 2000, content[2000:])
	for range 2 {
		h.refused(h.editor, opComplete, args("", members("UploadToken", token)), "SHA1", "does not match")
		if got := h.state(h.editor, token); got != "Corrupted" {
			t.Fatalf("state %s", got)
		}
	}
	if got := h.library(); len(got) != 0 {
		t.Errorf("library %v", got)
	}
	h.append(h.editor, "", token, 1000, content[1000:2000])
	for _, remembered := range h.door.recent.seen {
		if factsOf(remembered.upload).Corrupted {
			t.Error("the next chunk would mend it again")
		}
	}
	done := h.complete(h.editor, "UploadToken", token)
	if text(done, "State") != "Completed" || text(done, "SHA1Hash") != "SHA1:"+upper(sha(content)) {
		t.Errorf("complete answers %v", texts(done))
	}
	if got := h.library()[h.contentID(done)].Content; got != string(content) {
		t.Error("the file is not what was sent")
	}
}

// Check 7: what completion says goes before what the start said; the rest stays.
func TestOverride(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "ContentType", "Audio", "FileLastModifiedDate", "2014-07-01T10:00:00+02:00", "FileName", "a.png", "FileSize", "3",
		"VirtualPath", `\A\`), "UploadToken")
	h.append(h.editor, "", token, 0, []byte("abc"))
	done := h.complete(h.editor, "FileName", "b.png", "UploadToken", token, "VirtualPath", `\B\`)
	if text(done, "FileName") != "b.png" {
		t.Errorf("complete answers %v", texts(done))
	}
	number := h.contentID(done)
	if diff := cmp.Diff(map[ingest.Number]stored{number: {"B/", "b.png", "abc"}}, h.library()); diff != "" {
		t.Errorf("library (-want +got):\n%s", diff)
	}
	want := map[string]string{keyContentType: "Audio", keyLastModified: "2014-07-01T08:00:00Z"}
	if diff := cmp.Diff(want, h.asset(number).Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

// A completion that fails leaves nothing of what it said (section 7: faults never
// change a state; section 8.3: values are those of this call, else of the start).
func TestOverridesOfAFailedCompletionAreForgotten(t *testing.T) {
	tests := map[string][]string{
		"size":        {"FileSize", "9"},
		"smaller":     {"FileSize", "1"},
		"hash":        {"SHA1Hash", sha([]byte("other"))},
		"name":        {"FileName", "other.png", "FileSize", "9"},
		"folder":      {"VirtualPath", `\Other\`, "FileSize", "9"},
		"bad folder":  {"VirtualPath", `Other`},
		"type":        {"ContentType", "Video", "FileSize", "9"},
		"chunks":      {"ChunksCount", "-1"},
		"bad content": {"ContentId", "99"},
	}
	for name, wrong := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			token := text(h.start(h.editor, "ContentType", "Audio", "FileName", "a.png", "FileSize", "3", "VirtualPath", `\A\`), "UploadToken")
			h.append(h.editor, "", token, 0, []byte("abc"))
			h.refused(h.editor, opComplete, args("", members(append(wrong, "UploadToken", token)...)))
			number := h.contentID(h.complete(h.editor, "UploadToken", token))
			if diff := cmp.Diff(map[ingest.Number]stored{number: {"A/", "a.png", "abc"}}, h.library()); diff != "" {
				t.Errorf("library (-want +got):\n%s", diff)
			}
			if got := h.asset(number).Metadata[keyContentType]; got != "Audio" {
				t.Errorf("type %s", got)
			}
		})
	}
}

// Section 8.3, guard of step 2: the default of a number is not a size.
func TestSizeZeroAtCompletion(t *testing.T) {
	h := newHarness(t)
	begin := func() string {
		token := text(h.start(h.editor, "FileName", "a.png", "FileSize", "3"), "UploadToken")
		h.append(h.editor, "", token, 0, []byte("abc"))
		return token
	}
	done := h.complete(h.editor, "UploadToken", begin(), "FileSize", "0")
	if text(done, "FileSize") != "3" || h.library()[h.contentID(done)].Content != "abc" {
		t.Errorf("complete answers %v", texts(done))
	}
	token := begin()
	h.append(h.editor, "", token, 3, []byte("d"))
	h.refused(h.editor, opComplete, args("", members("UploadToken", token, "FileSize", "0")), "exceed")
}

// Sections 8.2 and 8.3: the size is judged at the end, not before.
func TestSizeIsJudgedAtCompletion(t *testing.T) {
	tests := []struct {
		name, begun, ended string
		want               string // size or keyword
	}{
		{"raised", "3", "5", "5"},
		{"lowered", "9", "5", "5"},
		{"never told", "", "", "5"},
		{"told at the end", "", "5", "5"},
		{"too much", "3", "", "exceed"},
		{"too little", "7", "", "incomplete"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			token := text(h.start(h.editor, "FileName", "a.txt", "FileSize", tt.begun), "UploadToken")
			h.append(h.editor, "", token, 0, []byte("abcde"))
			got := h.send(plainMessage(h.editor), opComplete, args("", members("UploadToken", token, "FileSize", tt.ended)))
			if got.status != 200 {
				h.refused(h.editor, opComplete, args("", members("UploadToken", token, "FileSize", tt.ended)), tt.want)
				return
			}
			if size := text(h.result(got, opComplete), "FileSize"); size != tt.want {
				t.Errorf("size %s, want %s", size, tt.want)
			}
		})
	}
}
