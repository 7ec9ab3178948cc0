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
	for part := range int64(mostParts - 1) {
		c.add("a", part)
	}
	c.add("b", 7)
	c.add("b", 7)
	if n, all := c.count("b"); n != 1 || !all || c.total != mostParts {
		t.Errorf("%d parts of b, all %v, %d together", n, all, c.total)
	}
	c.add("b", 8)
	if _, all := c.count("b"); all || c.total > mostParts {
		t.Errorf("nothing was forgotten: %d together", c.total)
	}
	c.forget("a")
	c.forget("b")
	if len(c.seen) != 0 || c.total != 0 {
		t.Errorf("%d uploads, %d parts left", len(c.seen), c.total)
	}
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
