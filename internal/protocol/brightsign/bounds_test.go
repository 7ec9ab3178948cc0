package brightsign

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Check 9 by REST: 5,000,000,000 bytes are accepted at the start, one more is refused.
func TestRESTFileSizes(t *testing.T) {
	h := newRESTHarness(t)
	for _, at := range []struct{ path, media string }{{"/Sessions/None/Uploads/", mediaStartFile}, {"/Sessions/", mediaStartPage}} {
		for size, code := range map[string]int{"0": 201, "5000000000": 201, "5000000001": 413, "-1": 400, "9223372036854775807": 413, "9223372036854775808": 400} {
			got := h.want(code, h.do(restRequest{method: "POST", path: at.path, media: at.media, body: `{"fileName":"a.html","fileSize":` + size + `}`}))
			if code == 201 && fmt.Sprint(got.number("fileSize")) != size {
				t.Errorf("%s: told %s", size, got.raw)
			}
			if code >= 400 && size != "9223372036854775808" && !strings.Contains(got.text("message"), "file size") {
				t.Errorf("%s: told %s", size, got.raw)
			}
		}
	}
}

// Check 9 for web pages and their files.
func TestFileSizesOfPages(t *testing.T) {
	h := newHarness(t)
	page := func(main, asset string) string {
		return args("", members("FileName", "i.html", "FileSize", main)+assetsXML(members("FileName", "a.css", "FileSize", asset)))
	}
	h.call(h.editor, opStartPage, page("5000000000", "5000000000"))
	h.refused(h.editor, opStartPage, page("5000000001", "1"), "file size", "5000000000")
	h.refused(h.editor, opStartPage, page("1", "5000000001"), "file size", "5000000000")
	h.refused(h.editor, opStartPage, page("1", "-1"), "file size", "negative")
}

// Section 8.2: the general limit by default is 16 MiB, to the byte, for chunks and for
// questions.
func TestDefaultMessageLimit(t *testing.T) {
	const limit = 16 << 20
	h := newHarness(t)
	m := plainMessage(h.editor)
	token := text(h.start(h.editor, "FileName", "a"), "UploadToken")
	question := m.envelope(opFileStatus, parameters("uploadToken", token))
	chunk := m.envelope(opAppend, chunkOf("", token, 0, 0, noise(12_000_000, 1)))
	for _, body := range []string{question, chunk} {
		if got := h.post(endpoint, padded(body, limit), nil); got.status != 200 {
			t.Errorf("a message of the limit: %.300s", got.raw)
		}
		if told := h.fault(h.post(endpoint, padded(body, limit+1), nil)); !strings.Contains(told.Sentence, "message is too large") {
			t.Errorf("one byte more: %v", told)
		}
	}
}

// Check 26: names and paths of clients never reach the file system, neither those that
// are refused nor those that are taken.
func TestNamesNeverReachTheFileSystem(t *testing.T) {
	const mark = "escaped-by-name"
	h := newHarness(t)
	for _, climb := range []string{`..\..\` + mark, "../../" + mark, `..\` + mark, "/" + mark, `C:\` + mark, mark + "\x00", "%2e%2e%2f" + mark, mark} {
		for operation, inner := range map[string]string{
			opStartFile: args("", members("FileName", climb, "FileSize", "0")), opFileStatus: parameters("uploadToken", climb), opPageStatus: parameters("sessionToken", climb),
			opCancel: parameters("uploadToken", climb), opAppend: chunkOf(climb, climb, 0, 0, []byte("x")), opComplete: args("", members("UploadToken", climb, "FileName", climb)),
			opStartPage: args("", members("FileName", climb, "Name", climb)+assetsXML(members("FileName", mark, "RelativePath", climb+`\`))),
		} {
			h.send(plainMessage(h.editor), operation, strings.ReplaceAll(inner, "\x00", "&#1;"))
		}
		for _, path := range []string{`\` + climb + `\`, climb, climb + `\`} {
			h.send(plainMessage(h.editor), opStartFile, args("", strings.ReplaceAll(members("FileName", "a", "VirtualPath", path), "\x00", "")))
		}
	}
	h.upload(h.editor, []byte("x"), "FileName", mark, "VirtualPath", `\`+mark+`\..`+mark+`\`)
	h.publish(h.editor, pageOf([]file{{mark + `\`, mark + ".css", "x"}}))
	h.start(h.editor, "FileName", mark+".open", "FileSize", "3")
	seen := 0
	h.ok(filepath.WalkDir(h.dir, func(path string, entry fs.DirEntry, err error) error {
		seen++
		if strings.Contains(filepath.Base(path), mark) {
			t.Errorf("there is %s", path)
		}
		return err
	}))
	for dir := h.dir; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(filepath.Dir(dir), mark)); !os.IsNotExist(err) {
			t.Errorf("beside %s: %v", dir, err)
		}
	}
	if seen < 5 {
		t.Errorf("the data directory has %d entries", seen)
	}
}

// What the contract sets no limit to has one all the same.
func TestLengthsWithoutALimitInTheContract(t *testing.T) {
	h := newHarness(t)
	long := func(n int) string { return strings.Repeat("a", n) }
	asset := func(pairs ...string) string {
		return args("", members("FileName", "i.html")+assetsXML(members(append(pairs, "FileName", "a.css")...)))
	}
	deep := strings.Repeat(long(100)+`\`, 10)
	h.call(h.editor, opStartPage, asset("RelativePath", long(128)+`\`))
	h.call(h.editor, opStartPage, asset("RelativePath", deep))
	h.refused(h.editor, opStartPage, asset("RelativePath", long(129)+`\`), "relative path", "not valid")
	h.refused(h.editor, opStartPage, asset("RelativePath", deep+long(100)+`\`), "relative path", "not valid", "1024")
	h.call(h.editor, opStartPage, args("", members("FileName", "i.html", "Name", long(256))))
	h.refused(h.editor, opStartPage, args("", members("FileName", "i.html", "Name", long(257))), "web page name", "256")
	session, _ := h.uploaded(pageOf(nil))
	h.refused(h.editor, opCompletePage, args("", members("SessionToken", session, "Name", long(257))), "web page name", "256")
	sum := sha([]byte("x"))
	h.start(h.editor, "FileName", "a", "SHA1Hash", " "+sum+"\n")
	h.refused(h.editor, opStartFile, args("", members("FileName", "a", "SHA1Hash", sum+strings.Repeat(" ", 256))), "SHA1", "not valid")
	m := plainMessage(h.editor)
	m.data = "urn:" + long(1020)
	h.result(h.send(m, opStartFile, args("", members("FileName", "a"))), opStartFile)
	m.data += "a"
	if told := h.fault(h.send(m, opStartFile, args("", members("FileName", "a")))); told.Code != "Client" || !strings.Contains(told.Sentence, "namespace") {
		t.Errorf("told %v", told)
	}
}

// Part numbers are remembered up to a bound, and what is not known is not judged.
func TestChunkCountsAreBounded(t *testing.T) {
	var c chunkCounts
	begun := time.Unix(1000, 0)
	for part := range int64(mostParts - 1) {
		c.add("a", part, begun)
	}
	c.add("b", 7, begun)
	c.add("b", 7, begun)
	if n, all := c.count("b", begun); n != 1 || !all || c.total != mostParts {
		t.Errorf("%d parts of b, all %v, %d together", n, all, c.total)
	}
	later := begun.Add(time.Second)
	c.add("b", 8, later)
	if _, all := c.count("b", begun); all || c.total > mostParts {
		t.Errorf("nothing was forgotten: %d together", c.total)
	}
	if _, all := c.count("c", later.Add(time.Second)); !all {
		t.Error("what is begun later is not judged")
	}
	c.forget("a")
	c.forget("b")
	if len(c.seen) != 0 || c.total != 0 {
		t.Errorf("%d uploads, %d parts left", len(c.seen), c.total)
	}
}

// An upload whose parts were forgotten while it was open is not judged; those that are
// begun later are.
func TestStrictChunkCountAfterPartsWereForgotten(t *testing.T) {
	h := newHarness(t, with(func(o *Options) { o.StrictChunkCount = true }))
	h.door.counts.most = 3
	begin := func(name string) string {
		return text(h.start(h.editor, "FileName", name, "FileSize", "4", "ChunksCount", "2"), "UploadToken")
	}
	add := func(token string, part int) {
		h.call(h.editor, opAppend, chunkOf("", token, part, int64(2*part), []byte("ab")))
	}
	one, two := begin("one"), begin("two")
	add(one, 0)
	add(two, 0)
	add(two, 1)
	h.later(time.Second)
	add(one, 1) // there is no room for it
	for _, token := range []string{one, two} {
		if got := text(h.complete(h.editor, "UploadToken", token), "State"); got != "Completed" {
			t.Errorf("state %s", got)
		}
	}
	h.later(time.Second)
	three := begin("three")
	h.call(h.editor, opAppend, chunkOf("", three, 0, 0, []byte("abcd")))
	h.refused(h.editor, opComplete, args("", members("UploadToken", three)), "chunks count", "2", "1 different")
}

// A file of a session that is cancelled and sent again is judged by what was sent again.
func TestStrictChunkCountOfAnotherTry(t *testing.T) {
	h := newHarness(t, with(func(o *Options) { o.StrictChunkCount = true }))
	page := h.startPage(h.editor, pageOf([]file{{"", "a.css", "abcd"}}))
	session, token := text(page, "SessionToken"), assetTokens(page)[0]
	for part := range 4 {
		h.call(h.editor, opAppend, chunkOf(session, token, part, int64(part), []byte("a")))
	}
	h.call(h.editor, opCancel, parameters("uploadToken", token, "sessionToken", session))
	h.start(h.editor, "FileName", "a.css", "SessionToken", session, "UploadToken", token, "FileSize", "4", "ChunksCount", "1")
	h.call(h.editor, opAppend, chunkOf(session, token, 0, 0, []byte("abcd")))
	h.complete(h.editor, "UploadToken", token, "SessionToken", session)
}

// After a restart the server does not know which parts came before.
func TestStrictChunkCountAfterARestart(t *testing.T) {
	h := newHarness(t, with(func(o *Options) { o.StrictChunkCount = true }))
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "4", "ChunksCount", "2"), "UploadToken")
	h.call(h.editor, opAppend, chunkOf("", token, 0, 0, []byte("ab")))
	h.later(time.Second)
	h.restart()
	h.call(h.editor, opAppend, chunkOf("", token, 1, 2, []byte("cd")))
	if got := text(h.complete(h.editor, "UploadToken", token), "State"); got != "Completed" {
		t.Errorf("state %s", got)
	}
}

// What was read of an upload before it changed is not remembered after the change.
func TestRecentForgetsWhatChangesMeanwhile(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	c := caller{Principal: h.editor.Principal, account: accountName}
	var r recent
	read := func(mark int) {
		var err error
		company, u, err := h.engine.WriteTarget(t.Context(), c.Principal, c.account, "brightsign", token)
		h.ok(err)
		c.company = company
		r.keep(c, token, u, h.now(), mark)
	}
	for name, change := range map[string]func(){"drop": func() { r.drop(token) }, "drop of another": func() { r.drop("x") }, "clear": r.clear} {
		mark := r.mark()
		change()
		read(mark)
		if _, ok := r.look(c, token, h.now()); ok {
			t.Errorf("%s: it is remembered", name)
		}
	}
	read(r.mark())
	if _, ok := r.look(c, token, h.now()); !ok {
		t.Error("it is not remembered when nothing changed")
	}
}

// Completing a page with very many files takes time by their number, not by its square.
func TestManyAssetsArePairedQuickly(t *testing.T) {
	const many = 20_000
	assets, members := make([]arguments, many), make([]engine.Status, many)
	for i := range many {
		assets[many-1-i] = arguments{FileName: fmt.Sprintf("%d.css", i), RelativePath: `css\`}
		u := newMember(t, facts{Args: arguments{FileName: fmt.Sprintf("%d.css", i), RelativePath: "css/"}})
		u.Upload.ClientKey = fmt.Sprint(i)
		members[i] = u
	}
	began := time.Now()
	for i, at := range pair(assets, members) {
		if at != many-1-i {
			t.Fatalf("asset %d is paired with %d", i, at)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// newMember is a file of a session of which these facts are known.
func newMember(t *testing.T, f facts) engine.Status {
	t.Helper()
	u := &ingest.Upload{}
	if err := f.set(u); err != nil {
		t.Fatal(err)
	}
	return engine.Status{Upload: u}
}
