package brightsign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// Check 8 and section 8.5: names of files, counted in UTF-16 code units and kept byte
// by byte.
func TestFileNames(t *testing.T) {
	h := newHarness(t)
	good := []string{
		strings.Repeat("a", 128), strings.Repeat("ä", 128), strings.Repeat("😀", 64), "a", ".hidden", "..a", "a..", "a b .png ", "cafe\u0301.png", "caf\u00e9.png",
		"日本語.png", "a&b.png", "a'b;c%2e%2e.png", "-rf", "CON", "a\u00a0b", "~", "$HOME",
	}
	for _, name := range good {
		t.Run(name, func(t *testing.T) {
			done := h.upload(h.editor, []byte(name), "FileName", name)
			if got := h.library()[h.contentID(done)]; got.Name != name || got.Content != name || text(done, "FileName") != name {
				t.Errorf("%q is stored as %q and told as %q", name, got.Name, text(done, "FileName"))
			}
		})
	}
	bad := map[string]string{
		strings.Repeat("a", 129): "128", strings.Repeat("😀", 65): "128", strings.Repeat("😀", 64) + "a": "128", "": "empty", " \t ": "empty", "a/b.png": "not valid",
		`a\b.png`: "not valid", `..\b.png`: "not valid", "..": "not valid", ".": "not valid", "a:b": "not valid", "a*": "not valid", "a?": "not valid",
		`a"b`: "not valid", "a<b": "not valid", "a>b": "not valid", "a|b": "not valid", "a\tb": "not valid", "a\nb": "not valid",
	}
	for name, keyword := range bad {
		t.Run(name, func(t *testing.T) {
			h.refused(h.editor, opStartFile, args("", members("FileName", name)), "file name", keyword)
		})
	}
	h.refused(h.editor, opStartFile, args("", `<a:FileName i:nil="true"/><a:FileSize>3</a:FileSize>`), "file name", "empty")
}

// Check 9: sizes.
func TestFileSizes(t *testing.T) {
	h := newHarness(t)
	for _, size := range []string{"0", "5000000000", " +7 ", "3.0"} {
		begun := h.start(h.editor, "FileName", "a", "FileSize", size)
		if got, want := text(begun, "FileSize"), strings.TrimSuffix(strings.Trim(size, " +"), ".0"); got != want {
			t.Errorf("size %q is told as %q", size, got)
		}
	}
	h.refused(h.editor, opStartFile, args("", members("FileName", "a", "FileSize", "5000000001")), "file size", "5000000000")
	h.refused(h.editor, opStartFile, args("", members("FileName", "a", "FileSize", "-1")), "file size", "negative")
	for _, size := range []string{"3.5", "x", "99999999999999999999", "1e3", "+", "."} {
		got := h.fault(h.send(plainMessage(h.editor), opStartFile, args("", members("FileName", "a", "FileSize", size))))
		if got.Code != "DeserializationFailed" || !strings.Contains(got.Sentence, "FileSize") {
			t.Errorf("size %q: %v", size, got)
		}
	}
}

// Check 9: chunks at the far end of the largest file.
func TestFarChunks(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "5000000000"), "UploadToken")
	h.append(h.editor, "", token, maxFileSize-3, []byte("abc"))
	h.refused(h.editor, opAppend, chunkOf("", token, 0, maxFileSize-2, []byte("abc")), "chunk", "exceeds")
	h.refused(h.editor, opAppend, chunkOf("", token, 0, maxFileSize+1, []byte("a")), "chunk", "exceeds")
	h.refused(h.editor, opAppend, chunkOf("", token, 0, 9223372036854775807, []byte("a")), "chunk", "exceeds")
	h.refused(h.editor, opComplete, args("", members("UploadToken", token)), "incomplete", "3 of 5000000000", "offset 0")
}

// Check 10: folders.
func TestVirtualPaths(t *testing.T) {
	long := `\` + strings.Repeat("a", 126) + `\`
	good := []struct{ given, folder string }{
		{`\X\Y\`, "X/Y/"}, {`\`, ""}, {"/", ""}, {"", "Shared/Incoming/"}, {"/u/v/", "u/v/"}, {`\u/v\`, "u/v/"}, {long, long[1:127] + "/"},
		{`\` + strings.Repeat("😀", 63) + `\`, strings.Repeat("😀", 63) + "/"}, {`\a b\`, "a b/"}, {`\Ünï\`, "Ünï/"}, {`\...\`, ".../"},
	}
	for _, tt := range good {
		t.Run(tt.given, func(t *testing.T) {
			h := newHarness(t)
			done := h.upload(h.editor, []byte("x"), "FileName", "f", "VirtualPath", tt.given)
			want := map[ingest.Number]stored{h.contentID(done): {tt.folder, "f", "x"}}
			if diff := cmp.Diff(want, h.library()); diff != "" {
				t.Errorf("library (-want +got):\n%s", diff)
			}
		})
	}
	h := newHarness(t)
	bad := map[string]string{
		`X\Y\`: "slash", `\X`: "slash", `X`: "slash", " ": "slash", `\` + strings.Repeat("a", 127) + `\`: "128", `\` + strings.Repeat("😀", 63) + `a\`: "128",
		`\\`: "not valid", `\a\\b\`: "not valid", `\.\`: "not valid", `\..\`: "not valid", `\a\..\..\b\`: "not valid", `\a:\`: "not valid", `\ \`: "not valid", `//a/`: "not valid",
	}
	for path, keyword := range bad {
		t.Run(path, func(t *testing.T) {
			h.refused(h.editor, opStartFile, args("", members("FileName", "f", "VirtualPath", path)), "virtual path", keyword)
		})
	}
}

// Section 8.5: folders are the same whatever case they are written in, and keep the
// one that they were made with.
func TestFoldersAreFoundWithoutRegardToCase(t *testing.T) {
	h := newHarness(t)
	h.upload(h.editor, []byte("1"), "FileName", "1", "VirtualPath", `\Résumé\New York\`)
	h.upload(h.editor, []byte("2"), "FileName", "2", "VirtualPath", `\RÉSUMÉ\new york\Deep\`)
	h.upload(h.editor, []byte("3"), "FileName", "3", "VirtualPath", `/résumé/NEW YORK/DEEP/`)
	var folders []string
	for _, f := range h.library() {
		folders = append(folders, f.Name+" in "+f.Folder)
	}
	want := []string{"1 in Résumé/New York/", "2 in Résumé/New York/Deep/", "3 in Résumé/New York/Deep/"}
	if diff := cmp.Diff(want, sorted(folders)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
}

// Check 11: offsets and tokens of chunks.
func TestChunkParameters(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	h.append(h.editor, "", token, 0, []byte("abc"))
	h.append(h.editor, "", token, 0, nil)
	h.append(h.editor, "", upper(token), 0, []byte("abc"))
	if got := h.call(h.editor, opAppend, parameters("uploadToken", token, "data", encoded([]byte("abc")))).Text; got != "true" {
		t.Errorf("without offset and part: %s", got)
	}
	h.refused(h.editor, opAppend, chunkOf("", token, 0, -1, []byte("abc")), "offset", "negative")
	h.refused(h.editor, opAppend, chunkOf("", token, -1, 0, []byte("abc")), "part number", "negative")
	h.refused(h.editor, opAppend, chunkOf("", "", 0, 0, []byte("abc")), "upload token", "empty")
	for _, unknown := range []string{"nope", newToken(), token + "0", strings.Repeat("f", 70), "../../" + token, "' or 1=1"} {
		h.refused(h.editor, opAppend, chunkOf("", unknown, 0, 0, []byte("abc")), "upload", "not exist")
	}
	done := h.complete(h.editor, "UploadToken", token)
	if got := h.library()[h.contentID(done)].Content; got != "abc" {
		t.Errorf("the file is %q", got)
	}
}

// Section 5.1: ways to write the data of a chunk, and what is none.
func TestChunkData(t *testing.T) {
	h := newHarness(t)
	good := map[string]string{
		"plain": "YWJj", "spaces": " Y W\tJ\r\nj ", "cdata": "<![CDATA[YWJj]]>", "two cdata": "YW<![CDATA[J]]>j", "references": "YW&#13;&#10;Jj", "comment": "YW<!-- x -->Jj",
	}
	for name, data := range good {
		t.Run(name, func(t *testing.T) {
			token := text(h.start(h.editor, "FileName", name, "FileSize", "3"), "UploadToken")
			for _, order := range []string{"<data>%s</data><offset>0</offset><uploadToken>%s</uploadToken>", "<b:data xmlns:b='urn:b'>%s</b:data><uploadToken>%s</uploadToken>"} {
				if got := h.call(h.editor, opAppend, fmt.Sprintf(order, data, token)).Text; got != "true" {
					t.Errorf("answer %q", got)
				}
			}
			done := h.complete(h.editor, "UploadToken", token)
			if got := h.library()[h.contentID(done)].Content; got != "abc" {
				t.Errorf("the file is %q", got)
			}
		})
	}
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	for _, data := range []string{"YWJ", "YW=j", "YWJj=", "YWJj!", "YW-_", "<x>YWJj</x>"} {
		t.Run(data, func(t *testing.T) {
			h.t = t
			h.refused(h.editor, opAppend, parameters("uploadToken", token)+"<data>"+data+"</data><offset>0</offset>", "chunk data", "not valid base64")
			h.refused(h.editor, opAppend, "<offset>0</offset>"+parameters("uploadToken", token)+"<data>"+data+"</data>", "chunk data", "not valid base64")
		})
	}
	h.t = t
	for _, data := range []string{"", `<data i:nil="true"/>`, `<data i:nil="1"></data>`} {
		h.refused(h.editor, opAppend, parameters("uploadToken", token)+data+"<offset>0</offset>", "chunk data", "specified")
	}
	if got := h.state(h.editor, token); got != "Started" {
		t.Errorf("refused chunks made the state %s", got)
	}
}
