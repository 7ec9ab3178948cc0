package brightsign

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Check 19: an empty file needs no chunk.
func TestEmptyFile(t *testing.T) {
	h := newHarness(t)
	empty := "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"
	for _, said := range [][]string{
		{"FileName", "a", "FileSize", "0", "ChunksCount", "0"}, {"FileName", "b", "FileSize", "0", "ChunksCount", "1"}, {"FileName", "c"}, {"FileName", "d", "SHA1Hash", "SHA1:" + empty},
	} {
		token := text(h.start(h.editor, said...), "UploadToken")
		done := h.complete(h.editor, append(said, "UploadToken", token)...)
		if text(done, "FileSize") != "0" || h.library()[h.contentID(done)] != (stored{"Shared/Incoming/", said[1], ""}) {
			t.Errorf("%v: %v", said, texts(done))
		}
	}
}

// Check 20: completing twice, one after the other and at once, makes one file.
func TestCompletingTwice(t *testing.T) {
	h := newHarness(t)
	content := noise(300_000, 6)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "300000"), "UploadToken")
	h.append(h.editor, "", token, 0, content)
	inner := args("", members("UploadToken", token, "FileName", "b", "SHA1Hash", sha(content)))
	answers := make(chan reply)
	const times = 8
	for range times {
		go func() { answers <- h.send(plainMessage(h.editor), opComplete, inner) }()
	}
	var first *element
	for range times {
		got := h.result(<-answers, opComplete)
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("answers differ (-first +other):\n%s", diff)
		}
	}
	if diff := cmp.Diff(first, h.call(h.editor, opComplete, args("", members("UploadToken", token, "FileName", "c")))); diff != "" {
		t.Errorf("completing later (-first +later):\n%s", diff)
	}
	if diff := cmp.Diff(map[ingest.Number]stored{h.contentID(first): {"Shared/Incoming/", "b", string(content)}}, h.library()); diff != "" {
		t.Error("the library does not have the one file")
	}
	h.refused(h.editor, opStartFile, args("", members("FileName", "a", "UploadToken", token)), "already Completed")
	h.refused(h.editor, opAppend, chunkOf("", token, 0, 0, []byte("a")), "already Completed")
}

// Check 20 for sessions.
func TestCompletingAPageTwice(t *testing.T) {
	h := newHarness(t)
	a := pageOf([]file{{"", "a.css", "a"}})
	page := h.startPage(h.editor, a)
	session := text(page, "SessionToken")
	h.sendFile(h.editor, session, text(page, "UploadToken"), a.main)
	h.sendFile(h.editor, session, assetTokens(page)[0], a.assets[0])
	answers := make(chan reply)
	const times = 6
	for range times {
		go func() { answers <- h.send(plainMessage(h.editor), opCompletePage, a.xml("SessionToken", session)) }()
	}
	var first *element
	for range times {
		got := h.result(<-answers, opCompletePage)
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("answers differ (-first +other):\n%s", diff)
		}
	}
	if len(h.library()) != 1 || !cmp.Equal(map[string]string{"a.css": "a"}, h.parts(first)) {
		t.Errorf("library %v, parts %v", h.library(), h.parts(first))
	}
}

// Check 21: everything goes on where it was after a restart between any two calls.
func TestRestart(t *testing.T) {
	h := newHarness(t)
	content := noise(5000, 7)
	token := text(h.start(h.editor, "FileName", "a.bin", "FileSize", "5000", "SHA1Hash", sha(content), "VirtualPath", `\R\`), "UploadToken")
	h.restart()
	h.append(h.editor, "", token, 0, content[:2000])
	h.restart()
	h.append(h.editor, "", token, 3000, content[3000:])
	h.restart()
	if got := h.state(h.editor, token); got != "Uploading" {
		t.Errorf("state %s", got)
	}
	h.append(h.editor, "", token, 2000, content[2000:3000])
	h.restart()
	done := h.complete(h.editor, "UploadToken", token)
	h.restart()
	if diff := cmp.Diff(done, h.complete(h.editor, "UploadToken", token)); diff != "" {
		t.Errorf("after the restart (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(map[ingest.Number]stored{h.contentID(done): {"R/", "a.bin", string(content)}}, h.library()); diff != "" {
		t.Error("the library does not have the file")
	}

	a := pageOf([]file{{"", "a.css", "a"}, {"", "b.css", "b"}})
	page := h.startPage(h.editor, a)
	session, slots := text(page, "SessionToken"), assetTokens(page)
	h.sendFile(h.editor, session, text(page, "UploadToken"), a.main)
	h.cancel(h.editor, slots[1])
	h.append(h.editor, session, slots[0], 0, []byte("a"))
	before := h.pageStatus(h.editor, session)
	h.restart()
	after := h.pageStatus(h.editor, session)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the session (-before +after):\n%s", diff)
	}
	h.complete(h.editor, "UploadToken", slots[0])
	h.sendFile(h.editor, session, slots[1], a.assets[1])
	if diff := cmp.Diff(map[string]string{"a.css": "a", "b.css": "b"}, h.parts(h.completePage(h.editor, a, session))); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// What an upload leaves in the jobs of its account.
func TestJobs(t *testing.T) {
	h := newHarness(t)
	h.upload(h.editor, []byte("abc"), "FileName", "plain.txt")
	h.publish(h.editor, pageOf([]file{{"", "a.css", "a"}}))
	h.cancel(h.editor, text(h.start(h.editor, "FileName", "c.txt"), "UploadToken"))
	jobs, err := h.engine.Jobs(context.Background(), h.boss.Principal, ingest.JobFilter{Companies: []ingest.Number{h.company.Number}}, ingest.Page{})
	h.ok(err)
	got := map[string][]string{}
	for _, j := range jobs {
		rows, err := h.engine.JobLog(context.Background(), h.boss.Principal, j.UUID, ingest.LogFilter{}, ingest.Page{})
		h.ok(err)
		key := j.Name + " " + string(j.Door) + " " + string(j.State)
		got[key] = []string{}
		for _, row := range rows {
			if row.AssetName != "" {
				got[key] = append(got[key], string(row.Type)+" "+row.AssetName)
			}
		}
	}
	want := map[string][]string{
		"plain.txt brightsign Done": {"UploadSuccess plain.txt"},
		"index brightsign Done":     {"UploadSuccess index.html", "UploadSuccess a.css", "UploadSuccess index.html"},
		"c.txt brightsign Done":     {"UploadError c.txt"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

// Parts of pages are in no listing of the library, the page is.
func TestPartsAreNotListed(t *testing.T) {
	h := newHarness(t)
	a := pageOf(threeAssets())
	a.extra = members("VirtualPath", `\Pages\`)
	done := h.publish(h.editor, a)
	ctx := context.Background()
	for _, q := range []engine.AssetQuery{
		{Company: h.company.Number}, {Company: h.company.Number, Folder: accountName + "/Pages"}, {}, {Company: h.company.Number, Name: "*"},
	} {
		list, err := h.engine.Assets(ctx, h.boss.Principal, q, ingest.Page{})
		h.ok(err)
		if len(list) != 1 || list[0].Number != h.contentID(done) {
			t.Errorf("%+v lists %d files", q, len(list))
		}
	}
	for _, q := range []engine.AssetQuery{{Company: h.company.Number, Name: "site.css"}, {Company: h.company.Number, Folder: accountName + "/Pages/css"}} {
		list, err := h.engine.Assets(ctx, h.boss.Principal, q, ingest.Page{})
		h.ok(err)
		if len(list) != 0 {
			t.Errorf("%+v lists %d files", q, len(list))
		}
	}
}
