package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// pageSpec is what the pages of these tests are made of: index.html, the page's own
// file, and others by their names. Without a name the page keeps the one it has.
func (w *world) pageSpec(name string, main *ingest.Asset, parts ...*ingest.Asset) engine.PageSpec {
	s := engine.PageSpec{Name: engine.PageName{Text: name, Derived: true}, Main: main.Number, FileName: "index.html", Folder: "web"}
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

// The page's own file is called and put as it is said at the end, whatever was said
// when it was uploaded; so is the next version's.
func TestThePlaceOfAPage(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("j"), file{"Pages/Here", "there.xml", "x"})
	groups := map[string]ingest.Number{"c": w.group(w.demo, "c", w.colleague.User)}
	w.put(w.editor, w.job("j"), file{"closed", "closed.xml", "x"})
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "closed/", engine.SetPermissions, entries(groups, "c Read +", "c Write +"), false))
	var number ingest.Number
	for i, tt := range []struct{ folder, name, path string }{{"PAGES/here/New", "start+1.htm", "Pages/Here/New/"}, {"", "end", ""}} {
		session, members := w.beginSession(w.editor, w.sessionOf(fmt.Sprint("s", i), number, "index.html"))
		spec := w.pageSpec("", w.give(w.editor, members[0], "html"))
		if number == 0 {
			spec.Name.Text = "Shop"
		}
		for _, bad := range []struct {
			folder, name string
			kind         ingest.Kind
			code         ingest.Code
		}{{"", "", ingest.Invalid, ""}, {"", "a/b", ingest.Invalid, ""}, {"a/../b", "a", ingest.Invalid, ""}, {"closed", "a", ingest.Forbidden, ingest.CodePermission}} {
			spec.Folder, spec.FileName = bad.folder, bad.name
			_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
			w.refused(err, bad.kind, bad.code)
		}
		title := fmt.Sprint("title ", i)
		spec.Folder, spec.FileName, spec.Metadata = tt.folder, tt.name, map[string]string{"title": title}
		_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
		w.ok(err)
		a := w.stored(page.Asset)
		if number == 0 {
			number = a.Number
		}
		same(t, "page", []any{a.Number, page.Name, a.Path, a.FileName, a.Metadata["title"]}, []any{number, "Shop", tt.path, tt.name, title})
		var folder *ingest.Folder
		w.view(func(tx ingest.Tx) (err error) { folder, err = tx.Folder(w.demo.Number, tt.path); return err })
		same(t, "folder", folder.Number, a.Folder)
	}
}
