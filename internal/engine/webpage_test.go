package engine_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// pageFiles are what the pages of these tests are made of: index.html, the page's own,
// and others by their names.
func (w *world) pageSpec(name string, main *ingest.Asset, parts ...*ingest.Asset) engine.PageSpec {
	s := engine.PageSpec{Name: engine.PageName{Text: name, Derived: true}, Main: main.Number}
	if name == "" {
		s.Name = engine.PageName{}
	}
	for _, a := range parts {
		s.Parts = append(s.Parts, engine.PagePart{Asset: a.Number, FileName: a.FileName, RelativePath: `.\` + a.FileName, Target: a.FileName})
	}
	return s
}

// webPage makes a page with an index.html and one part, a.css, of the editor's.
func (w *world) webPage(name, body string) *engine.WebPage {
	w.t.Helper()
	session, members := w.beginSession(w.editor, w.sessionOf("page "+name+body, 0, "index.html", "a.css"))
	main, css := w.give(w.editor, members[0], "html "+name+body), w.give(w.editor, members[1], "css "+name+body)
	_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec(name, main, css))
	w.ok(err)
	return page
}

// revised gives a page a new version: its own file, new parts, and such as are there.
func (w *world) revised(page *engine.WebPage, body string, fresh []string, old ...*ingest.Asset) *engine.WebPage {
	w.t.Helper()
	session, members := w.beginSession(w.editor, w.sessionOf("update "+body, page.Asset.Number, append([]string{"index.html"}, fresh...)...))
	main := w.give(w.editor, members[0], body)
	var parts []*ingest.Asset
	for i, name := range fresh {
		parts = append(parts, w.give(w.editor, members[i+1], body+name))
	}
	_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main, append(parts, old...)...))
	w.ok(err)
	return got
}

// shown renders a page as its readers find it: name, bytes of its file, then parts.
func (w *world) shown(p ingest.Principal, number ingest.Number) (lines []string) {
	w.t.Helper()
	page, err := w.engine.WebPage(w.ctx, p, w.demo.Number, number)
	w.ok(err)
	lines = append(lines, page.Name, w.read(page.Asset.UUID))
	for _, part := range page.Parts {
		lines = append(lines, part.Target+" "+w.read(part.Asset.UUID))
	}
	return lines
}

func TestASessionBecomesAPage(t *testing.T) {
	w := newWorld(t)
	session, members := w.beginSession(w.editor, w.sessionOf("Shop", 0, "index.html", "a.css", "unused.js", "never.js"))
	main, css, unused := w.give(w.editor, members[0], "html"), w.give(w.colleague, members[1], "css"), w.give(w.editor, members[2], "js")
	w.write(members[3], 0, "half")
	same(t, "assets that lists show", w.assetCount(w.demo), 0)
	used := w.usage(w.demo, ingest.Principal{})
	same(t, "usage", used, ingest.Usage{Files: 3, Bytes: 9})

	spec := w.pageSpec("Shop", main, css)
	noted := 0
	spec.Note = func(u *ingest.Upload, page *engine.WebPage) error {
		noted++
		u.Facts = fmt.Appendf(nil, "%d parts", len(page.Parts))
		return nil
	}
	done, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
	w.ok(err)
	if done.State != ingest.UploadDone || done.Asset != main.Number || noted != 1 || string(w.storedUpload(session).Facts) != "1 parts" {
		t.Errorf("session %+v, noted %d times", done, noted)
	}
	if page.Asset.Number != main.Number || page.Asset.Part || w.stored(main).Part || page.Name != "Shop" {
		t.Errorf("page %+v", page.Asset)
	}
	same(t, "place", page.Parts[0].RelativePath, `.\a.css`)
	same(t, "the page", w.shown(w.viewer, main.Number), []string{"Shop", "html", "a.css css"})
	same(t, "assets that lists show", w.assetCount(w.demo), 1)
	same(t, "orphans", []bool{w.orphaned(main), w.orphaned(css), w.orphaned(unused)}, []bool{false, false, true})
	same(t, "the file that never came", []any{w.storedUpload(members[3]).State, w.stageCount()}, []any{ingest.UploadAborted, 0})
	if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadSuccess a.css", "UploadSuccess unused.js", "UploadSuccess index.html"), w.log(session.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if j := w.storedJob(session.Job); j.State != ingest.JobDone || j.Pending != 0 {
		t.Errorf("job %+v", j)
	}

	// Again, by whomever, at once: the same page.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, again, err := w.engine.FinishSession(w.ctx, w.colleague, session.UUID, engine.PageSpec{})
			if err != nil || again.Asset.Number != main.Number || len(again.Parts) != 1 {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
	wg.Wait()
	same(t, "usage", w.usage(w.demo, ingest.Principal{}), used)
}

func TestFinishSessionAtOnce(t *testing.T) {
	w := newWorld(t)
	session, members := w.beginSession(w.editor, w.sessionOf("Shop", 0, "index.html", "a.css"))
	main, css := w.give(w.editor, members[0], "html"), w.give(w.editor, members[1], "css")
	other := w.put(w.editor, w.job("j"), file{"", "logo.xml", "logo"})
	spec := w.pageSpec("Shop", main, css, other)
	var pages [8]*engine.WebPage
	var wg sync.WaitGroup
	for i := range pages {
		wg.Go(func() {
			var err error
			if _, pages[i], err = w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, page := range pages {
		if page == nil || page.Asset.Number != main.Number || page.Parts[1].Asset.Number != pages[0].Parts[1].Asset.Number {
			t.Fatalf("pages %+v", pages)
		}
	}
	same(t, "files", w.usage(w.demo, ingest.Principal{}).Files, int64(4))
}

// The store may run the transaction again; only its last run counts.
func TestFinishSessionUnderReruns(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	session, members := w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.html", "b.css"))
	main, css := w.give(w.editor, members[0], "new"), w.give(w.editor, members[1], "b")
	w.db.rerunning(func() {})
	_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main, css))
	w.db.rerunning(nil)
	w.ok(err)
	same(t, "the page", w.shown(w.viewer, got.Asset.Number), []string{"Shop", "new", "b.css b"})
	if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadSuccess b.css", "UploadSuccess index.html"), w.log(session.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	same(t, "blobs", w.blobCount(), 4) // two of its versions, the part it had and the one it has
}

func TestAPageIsUpdated(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.OrphanLifetime = time.Hour })
	page := w.webPage("Shop", "1")
	number, uuid, css := page.Asset.Number, page.Asset.UUID, page.Parts[0].Asset
	before := []string{"Shop", "html Shop1", "a.css css Shop1"}

	session, members := w.beginSession(w.colleague, w.sessionOf("u", number, "index.html", "b.css"))
	main, b := w.give(w.colleague, members[0], "new"), w.give(w.colleague, members[1], "b")
	same(t, "until the commit", w.shown(w.viewer, number), before)
	spec := w.pageSpec("", main, b)

	w.refusedToAll(session, spec, map[string]ingest.Principal{"a publisher": w.publisher, "a viewer": w.viewer, "another company": w.outsider})
	w.db.faults(nil, func() error { return errDisk })
	_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.db.faults(nil, nil)
	same(t, "after a commit that failed", w.shown(w.viewer, number), before)
	same(t, "the session", w.storedUpload(session).State, ingest.UploadOpen)

	_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
	w.ok(err)
	if got.Asset.Number != number || got.Asset.UUID != uuid || w.stored(got.Asset).Version == page.Asset.Version {
		t.Errorf("page %+v", got.Asset)
	}
	same(t, "the page", w.shown(w.viewer, number), []string{"Shop", "new", "b.css b"})
	if gone := w.stored(main); !gone.Emptied || gone.Part {
		t.Errorf("the part that became the version: %+v", gone)
	}
	if !bytes.Equal(w.blobOf(got.Asset).SHA1, sum1("new")) {
		t.Error("the digest is not that of the new bytes")
	}
	same(t, "the part that it had is an orphan", w.orphaned(css), true)
	w.clock.move(time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "the orphan after an hour", []any{w.stored(css).Emptied, w.read(css.UUID)}, []any{false, "css Shop1"})
	w.clock.move(time.Microsecond)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "the orphan after more", w.stored(css).Emptied, true)
	if _, err := w.engine.Original(w.ctx, w.admin, css.UUID); err == nil {
		t.Error("the bytes of a removed part are there")
	}
	same(t, "the page", w.shown(w.viewer, number), []string{"Shop", "new", "b.css b"})
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
		t.Errorf("the sweep removed %+v, %v", swept, err)
	}
}

// refusedToAll fails the test unless none of the callers may finish the session, which
// stays as it is.
func (w *world) refusedToAll(session *ingest.Upload, spec engine.PageSpec, callers map[string]ingest.Principal) {
	w.t.Helper()
	for name, p := range callers {
		_, _, err := w.engine.FinishSession(w.ctx, p, session.UUID, spec)
		if kind := ingest.KindOf(err); err == nil || kind != ingest.Forbidden && kind != ingest.NotFound {
			w.t.Errorf("%s: %v", name, err)
		}
		if got := w.storedUpload(session).State; got != ingest.UploadOpen {
			w.t.Fatalf("%s: the session is %s", name, got)
		}
	}
}

// Somebody who lost the right to overwrite meanwhile cannot update by a session that
// others began, and neither can what became of the page be brought back by one.
func TestAPageThatCannotBeUpdatedAnyMore(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(*world, *engine.WebPage)
		kind      ingest.Kind
		code      ingest.Code
	}{
		"in the trash": {func(w *world, page *engine.WebPage) { w.trash(page.Asset) }, ingest.NotFound, ingest.CodeUnknownPage},
		"gone": {func(w *world, page *engine.WebPage) {
			w.trash(page.Asset)
			_, err := w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{page.Asset.Number})
			w.ok(err)
		}, ingest.NotFound, ingest.CodeUnknownPage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			page := w.webPage("Shop", "1")
			session, members := w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.html"))
			main := w.give(w.editor, members[0], "new")
			tt.meanwhile(w, page)
			_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main))
			w.refused(err, tt.kind, tt.code)
			same(t, "the session", w.storedUpload(session).State, ingest.UploadOpen)
			same(t, "the part", []bool{w.stored(main).Part, w.orphaned(main)}, []bool{true, false})
		})
	}
}

// Parts go to and fro: used again they lose their mark, and never while a page has them.
func TestPartsThatAreUsedAgain(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.OrphanLifetime = time.Hour })
	page := w.webPage("Shop", "1")
	css := page.Parts[0].Asset
	w.revised(page, "without", nil)
	same(t, "dropped", w.orphaned(css), true)
	since := w.stored(css).Orphaned
	w.clock.move(time.Minute)
	w.revised(page, "without still", nil)
	same(t, "the time of the mark", w.stored(css).Orphaned, since)
	back := w.revised(page, "with it", nil, css)
	same(t, "taken again", []any{back.Parts[0].Asset.Number, w.orphaned(css)}, []any{css.Number, false})
	kept := w.revised(page, "with it and more", []string{"b.css"}, css)
	same(t, "kept", []any{kept.Parts[1].Asset.Number, w.orphaned(css)}, []any{css.Number, false})
	w.clock.move(2 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "the page", w.shown(w.viewer, page.Asset.Number), []string{"Shop", "with it and more", "b.css with it and moreb.css", "a.css css Shop1"})
	if _, err := w.engine.WebPage(w.ctx, w.viewer, w.demo.Number, css.Number); ingest.CodeOf(err) == ingest.CodeUnknownPage || ingest.KindOf(err) != ingest.NotFound || err == nil {
		t.Errorf("a part as a page: %v", err)
	}
}

// What others have is linked: the bytes are shared, and each outlives the other.
func TestLinkedParts(t *testing.T) {
	w := newWorld(t)
	logo := w.put(w.editor, w.job("j"), file{"", "logo.xml", "logo"})
	first := w.webPage("First", "1")
	css := first.Parts[0].Asset
	blobs := w.blobCount()
	session, members := w.beginSession(w.editor, w.sessionOf("second", 0, "index.html"))
	main := w.give(w.editor, members[0], "html")
	_, second, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, engine.PageSpec{Name: engine.PageName{Text: "Second"}, Main: main.Number, Parts: []engine.PagePart{
		{Asset: logo.Number, FileName: "picture.xml", Target: "img/picture.xml"},
		{Asset: css.Number, FileName: "b.css", Target: "b.css"},
		{Asset: css.Number, FileName: "c.css", Target: "c.css"},
		{Asset: main.Number, FileName: "copy.html", Target: "copy.html"},
	}})
	w.ok(err)
	want := []string{"Second", "html", "img/picture.xml logo", "b.css css First1", "c.css css First1", "copy.html html"}
	same(t, "the page", w.shown(w.viewer, main.Number), want)
	numbers := map[ingest.Number]bool{logo.Number: true, css.Number: true, main.Number: true}
	for _, part := range second.Parts {
		a := w.stored(part.Asset)
		if numbers[a.Number] || !a.Part || w.orphaned(a) {
			t.Errorf("part %+v", a)
		}
		numbers[a.Number] = true
	}
	same(t, "name of a linked part", second.Parts[0].Asset.FileName, "picture.xml")
	same(t, "blobs", w.blobCount(), blobs+1)
	same(t, "files", w.usage(w.demo, ingest.Principal{}).Files, int64(3+5))

	// The originals go; the links stay.
	for _, a := range []*ingest.Asset{logo, first.Asset} {
		w.trash(a)
		_, err := w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
		w.ok(err)
	}
	same(t, "the first page's part", w.orphaned(css), true)
	w.clock.move(25 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	_, err = w.engine.Sweep(w.ctx)
	w.ok(err)
	same(t, "the first page's part", w.stored(css).Emptied, true)
	same(t, "the page", w.shown(w.viewer, main.Number), want)

	// Then the links go, and the bytes with the last of them.
	w.trash(second.Asset)
	_, err = w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{main.Number})
	w.ok(err)
	same(t, "blobs before the orphans' time", w.blobCount(), 3)
	w.clock.move(25 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	same(t, "blobs", w.blobCount(), 0)
	same(t, "usage", w.usage(w.demo, ingest.Principal{}), ingest.Usage{})
}

// A linked part of a file whose digest is not there yet gets its own.
func TestALinkedPartWithoutADigest(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
	logo := w.put(w.editor, w.job("j"), file{"", "logo.xml", "logo"})
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	main := w.give(w.editor, members[0], "html")
	_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("s", main, logo))
	w.ok(err)
	w.digests()
	for _, a := range []*ingest.Asset{logo, main, page.Parts[0].Asset} {
		ref := w.blobOf(a)
		if !bytes.Equal(ref.SHA256, sha(w.read(a.UUID))) {
			t.Errorf("%s: SHA-256 %x", a.FileName, ref.SHA256)
		}
	}
}

// digests carries out the queued digest tasks as a worker does.
func (w *world) digests() {
	w.t.Helper()
	for _, task := range w.claim() {
		in, err := w.engine.TaskInput(w.ctx, task)
		w.ok(err)
		r, err := w.engine.OpenBlob(w.ctx, in.Blob.Key)
		if err != nil {
			w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no bytes"}))
			continue
		}
		b := make([]byte, r.Size())
		_, err = r.ReadAt(b, 0)
		r.Close()
		w.ok(err)
		w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{SHA256: sha(string(b))}))
	}
}

// What was still to be computed of a part that became a version is computed of the
// version; the part's own task ends without a word.
func TestAnUpdateWhoseDigestIsNotThereYet(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	w.digests()
	got := w.revised(page, "new", nil)
	w.digests()
	w.holds(got.Asset, "new")
	if w.blobOf(got.Asset).SHA256 == nil {
		t.Error("no SHA-256")
	}
	w.clock.move(time.Hour)
	if tasks := w.claim(); len(tasks) != 0 {
		t.Errorf("tasks are left: %+v", tasks)
	}
	var job ingest.Number
	for _, j := range w.jobs() {
		job = j.Number
	}
	if diff := cmp.Diff(whole("UploadSuccess index.html", "UploadSuccess index.html"), w.log(job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// A file that another page has taken as its part is still there for the session that
// it was uploaded in, and neither disturbs the other.
func TestAFileThatTwoSessionsUse(t *testing.T) {
	for name, ends := range map[string]func(w *world, session *ingest.Upload, main, part *ingest.Asset){
		"aborted": func(w *world, session *ingest.Upload, _, _ *ingest.Asset) {
			w.ok(w.engine.Abort(w.ctx, w.editor, session.UUID))
		},
		"finished without it": func(w *world, session *ingest.Upload, main, _ *ingest.Asset) {
			_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("Late", main))
			w.ok(err)
		},
		"finished with it": func(w *world, session *ingest.Upload, main, part *ingest.Asset) {
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("Late", main, part))
			w.ok(err)
			same(t, "the late page", w.shown(w.viewer, page.Asset.Number), []string{"Late", "late", "shared.css shared"})
		},
		"finished with it as its own file": func(w *world, session *ingest.Upload, _, part *ingest.Asset) {
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("Late", part))
			w.ok(err)
			same(t, "the late page", w.shown(w.viewer, page.Asset.Number), []string{"Late", "shared"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			late, members := w.beginSession(w.editor, w.sessionOf("late", 0, "index.html", "shared.css"))
			main, shared := w.give(w.editor, members[0], "late"), w.give(w.editor, members[1], "shared")
			early, others := w.beginSession(w.editor, w.sessionOf("early", 0, "index.html"))
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, early.UUID, w.pageSpec("Early", w.give(w.editor, others[0], "early"), shared))
			w.ok(err)
			ends(w, late, main, shared)
			w.clock.move(48 * time.Hour)
			w.ok(w.engine.Tick(w.ctx))
			same(t, "the early page", w.shown(w.viewer, page.Asset.Number), []string{"Early", "early", "shared.css shared"})
		})
	}
}

func TestFinishSessionRefuses(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Taken", "1")
	foreign := w.put(w.outsider, into(w.other, w.job("j")), file{"", "foreign.xml", "x"})
	trashed := w.put(w.editor, w.job("j"), file{"", "trashed.xml", "x"})
	w.trash(trashed)
	library := w.put(w.editor, w.job("j"), file{"", "library.html", "x"})
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html", "open.css"))
	main := w.give(w.editor, members[0], "html")
	_, others := w.beginSession(w.editor, w.sessionOf("other", 0, "index.html"))
	strange := w.give(w.editor, others[0], "other")
	tests := map[string]struct {
		change func(*engine.PageSpec)
		kind   ingest.Kind
		code   ingest.Code
	}{
		"no file of its own":         {func(s *engine.PageSpec) { s.Main = 0 }, ingest.Conflict, ""},
		"another session's file":     {func(s *engine.PageSpec) { s.Main = strange.Number }, ingest.Conflict, ""},
		"another page's part":        {func(s *engine.PageSpec) { s.Main = page.Parts[0].Asset.Number }, ingest.Conflict, ""},
		"a file of the library":      {func(s *engine.PageSpec) { s.Main = library.Number }, ingest.Conflict, ""},
		"a name in use":              {func(s *engine.PageSpec) { s.Name = engine.PageName{Text: "taken"} }, ingest.Conflict, ingest.CodeExists},
		"another company's file":     {func(s *engine.PageSpec) { s.Parts = []engine.PagePart{{Asset: foreign.Number}} }, ingest.NotFound, ""},
		"a file in the trash":        {func(s *engine.PageSpec) { s.Parts = []engine.PagePart{{Asset: trashed.Number}} }, ingest.NotFound, ""},
		"a file that does not exist": {func(s *engine.PageSpec) { s.Parts = []engine.PagePart{{Asset: 4711}} }, ingest.NotFound, ""},
		"a note that fails": {func(s *engine.PageSpec) {
			s.Note = func(*ingest.Upload, *engine.WebPage) error { return errDisk }
		}, ingest.Unavailable, ingest.CodeDiskFull},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			spec := w.pageSpec("s", main)
			tt.change(&spec)
			_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
			w.refused(err, tt.kind, tt.code)
			if got := w.storedUpload(session); got.State != ingest.UploadOpen || w.storedUpload(members[1]).State != ingest.UploadOpen || !w.stored(main).Part {
				t.Errorf("session %+v", got)
			}
		})
	}
	w.refusedToAll(session, w.pageSpec("s", main), map[string]ingest.Principal{"a viewer": w.viewer, "another company": w.outsider, "a stranger": w.stranger})
	_, got, err := w.engine.FinishSession(w.ctx, w.publisher, session.UUID, w.pageSpec("s", main)) // a new page is no overwriting
	w.ok(err)
	same(t, "the page", w.shown(w.viewer, got.Asset.Number), []string{"s", "html"})
}

// Parts are linked only by those who may read what they link.
func TestLinkingNeedsThePermissionToRead(t *testing.T) {
	w := newWorld(t)
	secret := w.put(w.editor, w.job("j"), file{"secret", "secret.xml", "secret"})
	groups := map[string]ingest.Number{"a": w.group(w.demo, "a", w.colleague.User)}
	w.ok(w.engine.ChangeAssetPermissions(w.ctx, w.boss, w.demo.Number, secret.Number, engine.SetPermissions, entries(groups, "a Read -")))
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	main := w.give(w.editor, members[0], "html")
	_, _, err := w.engine.FinishSession(w.ctx, w.colleague, session.UUID, w.pageSpec("s", main, secret))
	w.refused(err, ingest.Forbidden, ingest.CodePermission)
	_, _, err = w.engine.FinishSession(w.ctx, w.boss, session.UUID, w.pageSpec("s", main, secret))
	w.ok(err)
}

func TestOthersSeeNoPages(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	_, err := w.engine.WebPage(w.ctx, w.outsider, w.demo.Number, page.Asset.Number)
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	_, err = w.engine.WebPage(w.ctx, w.outsider, w.other.Number, page.Asset.Number)
	w.refused(err, ingest.NotFound, "")
	plain := w.put(w.editor, w.job("j"), file{"", "plain.html", "x"})
	_, err = w.engine.WebPage(w.ctx, w.viewer, w.demo.Number, plain.Number)
	w.refused(err, ingest.NotFound, ingest.CodeUnknownPage)
}

// Parts are in no list, no search and in nobody's way, but they count.
func TestPartsAreSeenNowhere(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	css := page.Parts[0].Asset
	list, err := w.engine.Assets(w.ctx, w.boss, engine.AssetQuery{Company: w.demo.Number}, ingest.Page{Limit: 100})
	w.ok(err)
	if len(list) != 1 || list[0].Number != page.Asset.Number {
		t.Errorf("list %+v", list)
	}
	numbered, err := w.engine.AssetsByNumber(w.ctx, w.boss, w.demo.Number, []ingest.Number{css.Number})
	w.ok(err)
	for _, a := range numbered {
		if a != nil {
			t.Errorf("by its number: %+v", a)
		}
	}
	for _, trash := range []bool{false, true} {
		w.view(func(tx ingest.Tx) error {
			list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{w.demo.Number}, Name: "a*", Trash: trash}, ingest.Page{Limit: 100})
			if len(list) != 0 {
				t.Errorf("by its name: %+v", list)
			}
			return err
		})
	}
	w.view(func(tx ingest.Tx) error {
		named, err := tx.AssetsNamed(w.demo.Number, "a")
		if len(named) != 0 {
			t.Errorf("named %+v", named)
		}
		return err
	})
	for verb, try := range map[string]func() error{
		"rename": func() error {
			return w.engine.RenameAsset(w.ctx, w.boss, w.demo.Number, css.Number, "other", true)
		},
		"trash": func() error {
			b, err := w.engine.TrashAssets(w.ctx, w.boss, w.demo.Number, []ingest.Number{css.Number})
			if err == nil && len(b.Errors) == 0 {
				return nil
			}
			return errBroken
		},
	} {
		if try() == nil {
			t.Errorf("%s: a part can be reached", verb)
		}
	}
	same(t, "usage", w.usage(w.demo, ingest.Principal{}), ingest.Usage{Files: 2, Bytes: int64(len("html Shop1") + len("css Shop1"))})

	// A file of the same name, under a rule that the whole company has it once, is new.
	a := w.upload(w.editor, "web", "a.css", "other", ingest.ConflictPolicy{CompanyWide: true, Taken: ingest.ActionFail, Otherwise: ingest.ActionFail})
	same(t, "name", []any{a.FileName, a.Number == css.Number}, []any{"a.css", false})
}

// In the trash a page keeps its parts; gone for good it leaves orphans.
func TestAPageIsDeleted(t *testing.T) {
	for _, at := range []string{"by hand", "in time", "at once"} {
		t.Run(at, func(t *testing.T) {
			w := newWorld(t)
			if at == "at once" {
				w.settings(w.demo, ingest.CompanySettings{ImmediateDelete: true})
			}
			page := w.webPage("Shop", "1")
			css := page.Parts[0].Asset
			_, err := w.engine.TrashAssets(w.ctx, w.editor, w.demo.Number, []ingest.Number{page.Asset.Number})
			w.ok(err)
			if at != "at once" {
				same(t, "a part of a page in the trash", w.orphaned(css), false)
				_, err = w.engine.Restore(w.ctx, w.editor, w.demo.Number, []ingest.Number{page.Asset.Number})
				w.ok(err)
				same(t, "restored", w.shown(w.viewer, page.Asset.Number), []string{"Shop", "html Shop1", "a.css css Shop1"})
				_, err = w.engine.TrashAssets(w.ctx, w.editor, w.demo.Number, []ingest.Number{page.Asset.Number})
				w.ok(err)
			}
			switch at {
			case "by hand":
				_, err = w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{page.Asset.Number})
				w.ok(err)
			case "in time":
				w.clock.move(8 * 24 * time.Hour)
				_, err = w.engine.Sweep(w.ctx)
				w.ok(err)
			}
			same(t, "its part", w.orphaned(css), true)
			w.clock.move(25 * time.Hour)
			w.ok(w.engine.Tick(w.ctx))
			same(t, "blobs, usage", []any{w.blobCount(), w.usage(w.demo, ingest.Principal{})}, []any{0, ingest.Usage{}})
			same(t, "the name is free", w.webPage("Shop", "2").Name, "Shop")
		})
	}
}

// Killed after the commit, a session is a page with nothing left over but stages, and
// finishing again gives the page.
func TestFinishSessionSurvivesACrash(t *testing.T) {
	for _, updates := range []bool{false, true} {
		t.Run(fmt.Sprintf("update %v", updates), func(t *testing.T) {
			w := newWorld(t)
			var number ingest.Number
			if updates {
				number = w.webPage("Shop", "1").Asset.Number
			}
			w.tune = append(w.tune, killAt("session.committed", 1))
			w.reboot()
			session, members := w.beginSession(w.editor, w.sessionOf("Shop", number, "index.html", "b.css", "open.js"))
			main, css := w.give(w.editor, members[0], "html"), w.give(w.editor, members[1], "css")
			w.write(members[2], 0, "half")
			spec := w.pageSpec("Shop", main, css)
			if !survive(func() { w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec) }) {
				t.Fatal("it was not killed")
			}
			w.tune = nil
			w.restart()
			w.ok(w.engine.Recover(w.ctx))
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
			w.ok(err)
			if updates && page.Asset.Number != number {
				t.Errorf("page %d, want %d", page.Asset.Number, number)
			}
			same(t, "the page", w.shown(w.viewer, page.Asset.Number), []string{"Shop", "html", "b.css css"})
			same(t, "the open file", w.storedUpload(members[2]).State, ingest.UploadAborted)
			swept, err := w.engine.Sweep(w.ctx)
			w.ok(err)
			same(t, "swept", swept, engine.Swept{Stages: 1})
			same(t, "assets", w.assetCount(w.demo)-len(w.emptied()), 1)
			if log := strings.Join(w.log(session.Job), "\n"); strings.Count(log, "UploadSuccess index.html") != 2 {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

// emptied lists the assets of the company that are but a memory.
func (w *world) emptied() (list []*ingest.Asset) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		all, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{w.demo.Number}, Trash: true}, ingest.Page{Limit: 1000})
		for _, a := range all {
			if a.Emptied {
				list = append(list, a)
			}
		}
		return err
	})
	return list
}
