package engine_test

import (
	"bytes"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

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

// What is told of a page names its parts, as far as the reader may read them, and so
// does nothing else.
func TestPartsOfAnAsset(t *testing.T) {
	w := newWorld(t)
	spec := w.sessionOf("Shop", 0, "index.html", "a.css")
	spec.Members[1].Folder = "closed"
	session, members := w.beginSession(w.editor, spec)
	css := w.give(w.editor, members[1], "css")
	_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("Shop", w.give(w.editor, members[0], "html"), css))
	w.ok(err)
	parts := func(p ingest.Principal, a *ingest.Asset) (list []string) {
		t.Helper()
		d, err := w.engine.Asset(w.ctx, p, a.UUID)
		w.ok(err)
		for _, part := range d.Parts {
			list = append(list, part.RelativePath+" "+part.Target+" "+part.Asset.FileName)
		}
		return list
	}
	want := []string{`.\a.css a.css a.css`}
	same(t, "of the page", parts(w.viewer, page.Asset), want)
	same(t, "of a part", parts(w.viewer, css), []string(nil))
	same(t, "of a file", parts(w.viewer, w.put(w.editor, w.job("j"), file{"", "a.xml", "x"})), []string(nil))
	groups := map[string]ingest.Number{"g": w.group(w.demo, "g", w.colleague.User)}
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "closed/", engine.SetPermissions, entries(groups, "g Read +"), false))
	same(t, "to one who may not read it", parts(w.viewer, page.Asset), []string(nil))
	same(t, "to one who may", parts(w.colleague, page.Asset), want)
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
	_, second, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, engine.PageSpec{Name: engine.PageName{Text: "Second"}, Main: main.Number, FileName: "index.html", Parts: []engine.PagePart{
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
