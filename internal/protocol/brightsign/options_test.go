package brightsign

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Section 8.3, duplicate_name: what happens when the name is in the folder already.
func TestDuplicateNames(t *testing.T) {
	type files []string
	list := func(h *harness) (names files) {
		for _, f := range h.library() {
			names = append(names, f.Folder+f.Name+"="+f.Content)
		}
		return sorted(names)
	}
	twice := func(h *harness) {
		h.upload(h.editor, []byte("1"), "FileName", "a.txt", "VirtualPath", `\A\`)
		h.upload(h.editor, []byte("2"), "FileName", "a.txt", "VirtualPath", `\A\`)
		h.upload(h.editor, []byte("3"), "FileName", "a.txt", "VirtualPath", `\B\`)
	}
	t.Run("allow", func(t *testing.T) {
		h := newHarness(t)
		twice(h)
		if diff := cmp.Diff(files{"A/a.txt=1", "A/a.txt=2", "B/a.txt=3"}, list(h)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	})
	t.Run("rename", func(t *testing.T) {
		h := newHarness(t, with(func(o *Options) { o.DuplicateName = "rename" }))
		twice(h)
		got := list(h)
		if len(got) != 3 || got[0] == got[1] || got[2] != "B/a.txt=3" || h.namesIn("A/")["a.txt"] != 1 {
			t.Errorf("files %v", got)
		}
		// The status tells the name that the file has, at once and when it is asked for.
		token := text(h.start(h.editor, "FileName", "b.txt", "FileSize", "1", "VirtualPath", `\B\`), "UploadToken")
		h.append(h.editor, "", token, 0, []byte("4"))
		h.upload(h.editor, []byte("5"), "FileName", "b.txt", "VirtualPath", `\B\`)
		done := h.complete(h.editor, "UploadToken", token)
		asked := h.call(h.editor, opFileStatus, parameters("uploadToken", token))
		name := h.library()[h.contentID(done)].Name
		if diff := cmp.Diff([]string{name, name}, []string{text(done, "FileName"), text(asked, "FileName")}); diff != "" || name == "b.txt" {
			t.Errorf("names that are told (-want +got):\n%s", diff)
		}
	})
	t.Run("reject", func(t *testing.T) {
		h := newHarness(t, with(func(o *Options) { o.DuplicateName = "reject" }))
		h.upload(h.editor, []byte("1"), "FileName", "a.txt", "VirtualPath", `\A\`)
		token := text(h.start(h.editor, "FileName", "a.txt", "FileSize", "1", "VirtualPath", `\A\`), "UploadToken")
		h.append(h.editor, "", token, 0, []byte("2"))
		for range 2 {
			h.refused(h.editor, opComplete, args("", members("UploadToken", token)), "a.txt")
		}
		done := h.complete(h.editor, "UploadToken", token, "FileName", "b.txt")
		if text(done, "State") != "Completed" || text(done, "FileName") != "b.txt" {
			t.Errorf("with another name: %v", texts(done))
		}
		token = text(h.start(h.editor, "FileName", "c.txt", "FileSize", "1", "VirtualPath", `\A\`), "UploadToken")
		h.append(h.editor, "", token, 0, []byte("3"))
		h.refused(h.editor, opComplete, args("", members("UploadToken", token, "FileName", "b.txt")), "b.txt")
		h.complete(h.editor, "UploadToken", token)
		if diff := cmp.Diff(files{"A/a.txt=1", "A/b.txt=2", "A/c.txt=3"}, list(h)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		other := text(h.start(h.editor, "FileName", "a.txt", "FileSize", "1", "VirtualPath", `\A\`), "UploadToken")
		h.append(h.editor, "", other, 0, []byte("3"))
		h.refused(h.editor, opComplete, args("", members("UploadToken", other)), "a.txt")
		if got := text(h.cancel(h.editor, other), "State"); got != "Cancelled" {
			t.Errorf("cancelled it is %s", got)
		}
	})
	t.Run("the name is free when the server starts again", func(t *testing.T) {
		h := newHarness(t, with(func(o *Options) { o.DuplicateName = "reject" }))
		first := h.contentID(h.upload(h.editor, []byte("1"), "FileName", "a.txt"))
		token := text(h.start(h.editor, "FileName", "a.txt", "FileSize", "1"), "UploadToken")
		h.append(h.editor, "", token, 0, []byte("2"))
		h.refused(h.editor, opComplete, args("", members("UploadToken", token)), "a.txt")
		_, err := h.engine.TrashAssets(t.Context(), h.editor.Principal, h.company.Number, []ingest.Number{first})
		h.ok(err)
		h.restart()
		done := h.call(h.editor, opFileStatus, parameters("uploadToken", token))
		if text(done, "State") != "Completed" || text(done, "SHA1Hash") != upper(sha([]byte("2"))) {
			t.Errorf("the file that was refused before: %v", texts(done))
		}
	})
}

// namesIn counts the files of a folder by their names.
func (h *harness) namesIn(folder string) map[string]int {
	count := map[string]int{}
	for _, f := range h.library() {
		if f.Folder == folder {
			count[f.Name]++
		}
	}
	return count
}

// Section 8.3, strict_chunk_count: off, the number of chunks is nobody's business.
func TestChunkCounts(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprint(strict), func(t *testing.T) {
			h := newHarness(t, with(func(o *Options) { o.StrictChunkCount = strict }))
			token := text(h.start(h.editor, "FileName", "a", "FileSize", "4", "ChunksCount", "3"), "UploadToken")
			for part, data := range []string{"ab", "cd"} {
				h.call(h.editor, opAppend, chunkOf("", token, part, int64(2*part), []byte(data)))
				h.call(h.editor, opAppend, chunkOf("", token, part, int64(2*part), []byte(data)))
			}
			if strict {
				h.refused(h.editor, opComplete, args("", members("UploadToken", token)), "chunks count", "3", "2 different")
			}
			done := h.complete(h.editor, "UploadToken", token, "ChunksCount", "2")
			if text(done, "ChunksTotal") != "2" || h.library()[h.contentID(done)].Content != "abcd" {
				t.Errorf("complete answers %v", texts(done))
			}
		})
	}
}

// Section 9.3, negotiate_plain_uploads: off, clients of single files are told nothing.
func TestNegotiationOfPlainUploads(t *testing.T) {
	for _, on := range []bool{false, true} {
		h := newHarness(t, with(func(o *Options) { o.NegotiatePlain = on }))
		id := text(h.upload(h.editor, []byte("abc"), "FileName", "a"), "ContentId")
		begun := h.start(h.editor, "FileName", "b", "FileSize", "3", "SHA1Hash", sha([]byte("abc")))
		var want []string
		if on {
			want = []string{"a " + id}
		}
		if diff := cmp.Diff(want, matches(begun)); diff != "" {
			t.Errorf("on %v (-want +got):\n%s", on, diff)
		}
		token := text(begun, "UploadToken")
		h.append(h.editor, "", token, 0, []byte("abc"))
		if done := h.complete(h.editor, "UploadToken", token); text(done, "ContentId") == id || len(h.library()) != 2 {
			t.Errorf("a client that uploads anyway: %v", texts(done))
		}
	}
}

// Section 8.6: types of content, given and detected, as a match tells them.
func TestContentTypes(t *testing.T) {
	tests := []struct{ name, given, byDefault, want string }{
		{"a.mp4", "Image", "", "Image"}, {"a.jpg", "video", "", "Video"}, {"a.x", "AUDIO", "", "Audio"}, {"a.x", "Webpage", "", "WebPage"}, {"a.mp3", "", "", "Image"},
		{"a.mp3", "", "Auto", "Audio"}, {"a.mp3", "Auto", "", "Audio"}, {"a.JPEG", "Auto", "", "Image"}, {"a.m2ts", "Auto", "", "Video"}, {"a.flac", "Auto", "", "Audio"},
		{"a.htm", "Auto", "", "WebPage"}, {"a.xyz", "Auto", "", "Image"}, {"noext", "Auto", "Auto", "Image"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.given, func(t *testing.T) {
			h := newHarness(t, with(func(o *Options) { o.NegotiatePlain, o.DefaultType = true, tt.byDefault }))
			h.upload(h.editor, []byte{1, 2, 3}, "FileName", tt.name, "ContentType", tt.given)
			begun := h.start(h.editor, "FileName", "b", "SHA1Hash", sha([]byte{1, 2, 3}))
			if got := text(begun, "MatchingFiles", "ContentInfo", "Type"); got != tt.want {
				t.Errorf("type %q, want %q", got, tt.want)
			}
		})
	}
}

// Section 8.6: a file that counts as an image by default, and does not look like one,
// stands in the job's log.
func TestTypesThatDisagree(t *testing.T) {
	tests := map[string]struct {
		said []string
		want string // what it looks like; "" = nothing is said
	}{
		"a video":            {[]string{"FileName", "a.mp4"}, "Video"},
		"a page":             {[]string{"FileName", "a.HTM"}, "WebPage"},
		"by its content":     {[]string{"FileName", "noext"}, "WebPage"},
		"an image":           {[]string{"FileName", "a.jpg"}, ""},
		"nothing that tells": {[]string{"FileName", "a.css"}, ""},
		"a type was given":   {[]string{"FileName", "a.mp4", "ContentType", "Image"}, ""},
		"to be detected":     {[]string{"FileName", "a.mp4", "ContentType", "Auto"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			body := "<html><body>"
			if strings.HasSuffix(tt.said[1], ".css") {
				body = "body{}"
			}
			h.upload(h.editor, []byte(body), tt.said...)
			var want []string
			if tt.want != "" {
				want = []string{"Shared/Incoming/" + tt.said[1] + ": no content type was given, so that it counts as Image, but it looks like " + tt.want}
			}
			if diff := cmp.Diff(want, h.rows(ingest.LogUploadWarning)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
	h := newHarness(t, with(func(o *Options) { o.DefaultType = typeAuto }))
	h.upload(h.editor, []byte("x"), "FileName", "a.mp4")
	if got := h.rows(ingest.LogUploadWarning); got != nil {
		t.Errorf("where types are detected by default: %q", got)
	}
}

// rows are the messages of a type in the logs of all jobs.
func (h *harness) rows(kind ingest.LogType) (messages []string) {
	h.t.Helper()
	jobs, err := h.engine.Jobs(context.Background(), h.boss.Principal, ingest.JobFilter{}, ingest.Page{Limit: 100})
	h.ok(err)
	for _, j := range jobs {
		rows, err := h.engine.JobLog(context.Background(), h.boss.Principal, j.UUID, ingest.LogFilter{Types: []ingest.LogType{kind}}, ingest.Page{Limit: 100})
		h.ok(err)
		for _, r := range rows {
			messages = append(messages, r.Message)
		}
	}
	return messages
}

// Section 8.7: a picture that comes with a file is handed on, the completion's before
// the start's; what is no picture fails nothing.
func TestThumbnails(t *testing.T) {
	big := make([]byte, maxThumbnail+1)
	tests := []struct {
		name            string
		start, complete []byte
		want            string
	}{
		{"none", nil, nil, ""}, {"at the start", []byte("first"), nil, "first"}, {"at the end", nil, []byte("last"), "last"}, {"both", []byte("first"), []byte("last"), "last"},
		{"too large", big, nil, ""}, {"too large at the end", []byte("first"), big, "first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			said := []string{"FileName", "a.css", "FileSize", "3"}
			token := text(h.start(h.editor, append(said, "FileThumb", encoded(tt.start))...), "UploadToken")
			h.append(h.editor, "", token, 0, []byte("abc"))
			h.complete(h.editor, append(said, "FileThumb", encoded(tt.complete), "UploadToken", token)...)
			if got := h.givenThumbnail(); got != tt.want {
				t.Errorf("handed on %q, want %q", got, tt.want)
			}
		})
	}
}

// givenThumbnail is the picture that a worker is asked to look into.
func (h *harness) givenThumbnail() string {
	h.t.Helper()
	tasks, err := h.engine.ClaimTasks(context.Background(), 10)
	h.ok(err)
	for _, task := range tasks {
		if task.Kind == ingest.TaskThumbnail {
			picture, err := h.engine.GivenThumbnail(context.Background(), task)
			h.ok(err)
			return string(picture)
		}
	}
	return ""
}

// A store that is gone is the server's fault, and says nothing of itself.
func TestStorageFailure(t *testing.T) {
	h := newHarness(t, func(_ *Options, c *engine.Config) { c.Blobs = noBlobs{c.Blobs} })
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	if got := h.call(h.editor, opAppend, chunkOf("", token, 0, 0, []byte("abc"))).Text; got != "false" {
		t.Errorf("a chunk that is not stored is answered with %q", got)
	}
	if got := h.fault(h.send(plainMessage(h.editor), opComplete, args("", members("UploadToken", token)))); got.Code != "Server" || got.Sentence != sentenceStorage {
		t.Errorf("told %v", got)
	}
}

// noBlobs is a store of blobs whose disk is gone.
type noBlobs struct{ blobPort }

type blobPort = ingest.Blobs

func (noBlobs) NewStage(context.Context, ingest.StageID, ingest.StageSpec) (ingest.Stage, error) {
	return nil, &ingest.Error{Kind: ingest.Unavailable, Op: "test", Msg: "input/output error on /dev/sda"}
}
