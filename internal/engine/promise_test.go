package engine_test

import (
	"slices"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// An asset that is to come is found by its UUID as long as its upload is under way.
func TestPromisedAsset(t *testing.T) {
	w := newWorld(t)
	target := w.target(w.editor, w.at("secret/one.bin"))
	u, err := w.toward(w.editor, target)
	w.ok(err)
	find := func(p ingest.Principal, c *ingest.Company) (*ingest.Upload, error) {
		return w.engine.PromisedAsset(w.ctx, p, c.Number, target.UUID)
	}
	for _, p := range []ingest.Principal{w.editor, w.colleague, w.viewer, w.boss, w.admin} {
		got, err := find(p, w.demo)
		w.ok(err)
		same(t, "upload", got.UUID, u.UUID)
	}
	_, err = find(w.outsider, w.other)
	w.refused(err, ingest.NotFound, "")
	_, err = find(w.outsider, w.demo)
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	_, err = w.engine.PromisedAsset(w.ctx, w.editor, w.demo.Number, "")
	w.refused(err, ingest.NotFound, "")
	w.group(w.demo, "g", w.editor.User)
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "in/secret/", engine.SetPermissions, nil, false))
	if got, err := find(w.viewer, w.demo); got != nil || ingest.KindOf(err) != ingest.NotFound {
		t.Errorf("upload %+v, %v", got, err)
	}
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "in/secret/", engine.RemovePermissions, nil, false))
	w.sendParts(u, "1111")
	w.finishParts(u)
	_, err = find(w.editor, w.demo)
	w.refused(err, ingest.NotFound, "")

	again, err := w.toward(w.editor, w.target(w.editor, w.by(target.UUID)))
	w.ok(err)
	got, err := find(w.viewer, w.demo)
	w.ok(err)
	same(t, "the new version's upload", got.UUID, again.UUID)
	w.ok(w.engine.Abort(w.ctx, w.editor, again.UUID))
	_, err = find(w.editor, w.demo)
	w.refused(err, ingest.NotFound, "")
}

func relating(r ingest.Relation) func(*engine.BeginSpec) {
	return func(s *engine.BeginSpec) { s.Options.Relation = r }
}

// A file is related to the content record that it was uploaded for, once.
func TestAFileForAContentRecord(t *testing.T) {
	w := newWorld(t)
	record, err := w.engine.CreateContent(w.ctx, w.editor, w.demo.Number, "", "")
	w.ok(err)
	r, err := w.engine.ContentRelation(w.ctx, w.editor, w.demo.Number, record)
	w.ok(err)
	assets := func() int {
		t.Helper()
		c, err := w.engine.Content(w.ctx, w.editor, w.demo.Number, record)
		w.ok(err)
		return len(c.Assets)
	}
	u := w.parted(4, 4, relating(r))
	w.sendParts(u, "1111")
	same(t, "before the end", assets(), 0)
	w.db.rerunning(func() {})
	a := w.finishParts(u)
	w.db.rerunning(nil)
	w.finishParts(u)
	same(t, "at the end", assets(), 1)
	next := w.parted(4, 4, over(a, relating(r)))
	w.sendParts(next, "2222")
	w.finishParts(next)
	same(t, "after a new version", assets(), 1)

	for name, tt := range map[string]struct {
		p       ingest.Principal
		company *ingest.Company
		record  ingest.UUID
		kind    ingest.Kind
		code    ingest.Code
	}{
		"unknown":              {w.editor, w.demo, id.New(), ingest.NotFound, ""},
		"of another company":   {w.outsider, w.other, record, ingest.NotFound, ""},
		"in another's company": {w.outsider, w.demo, record, ingest.Forbidden, ingest.CodeNotMember},
		"by a viewer":          {w.viewer, w.demo, record, ingest.Forbidden, ingest.CodeRole},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.engine.ContentRelation(w.ctx, tt.p, tt.company.Number, tt.record)
			w.refused(err, tt.kind, tt.code)
		})
	}
}

// A file goes with the asset that it was uploaded for, at once when it is finished.
func TestAFileThatGoesWithAnAsset(t *testing.T) {
	w := newWorld(t)
	film := w.kept("", "film.mp4", "film")
	subtitles := id.New()
	r, err := w.engine.AssetRelation(w.ctx, w.editor, w.demo.Number, film.UUID, string(subtitles))
	w.ok(err)
	u := w.parted(4, 4, relating(r))
	w.sendParts(u, "1111")
	a := w.finishParts(u)
	w.finishParts(u)
	list, err := w.engine.RelatedAssets(w.ctx, w.viewer, w.demo.Number, film.Number)
	w.ok(err)
	if len(list) != 1 || list[0].UUID != a.UUID || list[0].Kind != subtitles {
		t.Errorf("related files %+v", list)
	}
	_, err = w.engine.AssetRelation(w.ctx, w.viewer, w.demo.Number, film.UUID, "")
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.AssetRelation(w.ctx, w.editor, w.demo.Number, id.New(), "")
	w.refused(err, ingest.NotFound, "")

	// A new version of the film itself does not go with the film.
	u = w.parted(4, 4, over(film, relating(r)))
	w.sendParts(u, "2222")
	w.finishParts(u)
	list, err = w.engine.RelatedAssets(w.ctx, w.viewer, w.demo.Number, film.Number)
	w.ok(err)
	same(t, "related files", len(list), 1)
}

// What a file was uploaded for may be gone when it is there: the file is stored, the
// job log says why it is related to nothing, and no list stumbles over it.
func TestWhatAFileIsForIsGone(t *testing.T) {
	for name, prepare := range map[string]func(*world) (ingest.Relation, func() error){
		"a record": func(w *world) (ingest.Relation, func() error) {
			record, err := w.engine.CreateContent(w.ctx, w.editor, w.demo.Number, "", "")
			w.ok(err)
			r, err := w.engine.ContentRelation(w.ctx, w.editor, w.demo.Number, record)
			w.ok(err)
			return r, func() error { return w.engine.DeleteContent(w.ctx, w.editor, w.demo.Number, record) }
		},
		"an asset": func(w *world) (ingest.Relation, func() error) {
			film := w.kept("", "film.mp4", "film")
			r, err := w.engine.AssetRelation(w.ctx, w.editor, w.demo.Number, film.UUID, "")
			w.ok(err)
			return r, func() error { w.trash(film); return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r, remove := prepare(w)
			u := w.parted(4, 4, relating(r))
			w.sendParts(u, "1111")
			w.ok(remove())
			a := w.finishParts(u)
			same(t, "bytes", w.read(a.UUID), "1111")
			if row := w.row(u.Job, ingest.LogUploadWarning); row.Asset != a.Number || !strings.Contains(row.Message, "not related") {
				t.Errorf("row %+v", row)
			}
			same(t, "warnings of the job", w.storedJob(u.Job).Counts.Warning, int64(1))
			records, err := w.engine.ContentsOf(w.ctx, w.viewer, w.demo.Number, a.Number)
			w.ok(err)
			same(t, "records", len(records), 0)
		})
	}
}

// A wish to have derived files made anew is announced when the new bytes are there.
func TestRecreateIsAnnounced(t *testing.T) {
	w := newWorld(t)
	old := w.kept("", "film.mp4", "film")
	u := w.parted(4, 4, over(old, func(s *engine.BeginSpec) { s.Options.Recreate = `["Thumbnail"]` }))
	w.sendParts(u, "1111")
	if slices.Contains(w.events(), ingest.EventAssetRecreate) {
		t.Error("it is announced before the bytes are there")
	}
	w.finishParts(u)
	w.finishParts(u)
	n := 0
	w.view(func(tx ingest.Tx) error {
		list, err := tx.Events(ingest.Page{Limit: 1000})
		for _, e := range list {
			if e.Kind == ingest.EventAssetRecreate {
				n++
				if e.Subject != old.UUID || e.Data != `{"names":["Thumbnail"]}` {
					t.Errorf("event %+v", e)
				}
			}
		}
		return err
	})
	same(t, "events", n, 1)
}
