package engine_test

import (
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// What is made of a file is stored, replaced and put away only where the owner of the
// job may do that; each refusal is a row.
func TestPermissionsBindWhatIsMade(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"e": w.group(w.demo, "e", w.editor.User), "c": w.group(w.demo, "c", w.colleague.User)}
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B", "C")))
	w.process()
	first, third := w.namedAs("doc_1", ingest.TypeImage), w.namedAs("doc_3", ingest.TypeImage)
	w.put(w.boss, w.job("other"), file{"closed", "x.xml", "x"})
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "closed/", engine.SetPermissions, entries(groups, "e Read +", "c Read +", "c Write +"), false))
	moved, err := w.engine.MoveAssets(w.ctx, w.boss, w.demo.Number, []engine.AssetMove{{Asset: first.Number, Folder: "closed/"}, {Asset: third.Number, Folder: "closed/"}})
	w.ok(err)
	if len(moved.Errors) > 0 {
		t.Fatal(moved.Errors)
	}
	j, _, task := w.document("again", "", "doc.pdf", "two")
	r := completely(w.ripped("doc", "other A", "other B"))
	spool, err := r.Intake.Receive(w.ctx, strings.NewReader(jpeg+"new"), -1)
	w.ok(err)
	r.Made = append(r.Made, engine.Made{Key: "page/9", Spool: spool, Folder: "closed/", FileName: "new.jpg", Type: ingest.TypeImage, Kind: ingest.DerivedPage, Page: 9})
	w.complete(task, r)
	w.process()
	if got := w.stored(first); got.Version != first.Version || w.read(first.UUID) != jpeg+"A" {
		t.Errorf("a page that the owner may not write was replaced: %+v", got)
	}
	if got := w.stored(third); !got.Trashed.IsZero() {
		t.Errorf("a page that the owner may not delete is in the trash: %+v", got)
	}
	if second := w.namedAs("doc_2", ingest.TypeImage); w.read(second.UUID) != jpeg+"other B" {
		t.Error("a page that the owner may write was not replaced")
	}
	var refused []string
	for _, row := range w.rows(j.Number) {
		if row.Type == ingest.LogUploadError {
			refused = append(refused, row.AssetName)
		}
	}
	same(t, "refused", refused, []string{"doc_1.jpg", "new.jpg"})
	// An administrator may.
	_, out := w.deliver(w.boss, w.job("boss", rasterized), file{"", "doc.pdf", "%PDF-1.4 three"})
	if out[0].Asset == nil {
		t.Fatal(out[0].Reason)
	}
	w.complete(w.pagesTask(), completely(w.ripped("doc", "boss's A")))
	w.process()
	if w.read(first.UUID) != jpeg+"boss's A" || w.stored(third).Trashed.IsZero() {
		t.Error("what the administrator's job made is not in place of the earlier")
	}
}

// What one run made of the present bytes stays when another run of the same bytes makes
// something else, although it was made of earlier bytes too.
func TestEncodingsOfSeveralRuns(t *testing.T) {
	w := newWorld(t)
	encoded := func(job, body string, keys ...string) {
		_, _, task := w.document(job, "", "doc.pdf", body)
		w.complete(task, engine.TaskResult{Intake: w.engine.NewIntake()})
		for _, key := range keys {
			o := order(ingest.JobReprocess, job+key)
			o.Assets, o.Processing.PDF = []ingest.Number{task.Asset}, &ingest.Rasterize{Process: "Rasterize"}
			w.submit(w.editor, o)
			for _, s := range w.claimSteps() {
				w.ok(w.engine.ReplanStep(w.ctx, s))
			}
			r := engine.TaskResult{Intake: w.engine.NewIntake(), Completes: []ingest.DerivedKind{ingest.DerivedEncoding}}
			spool, err := r.Intake.Receive(w.ctx, strings.NewReader(jpeg+body+key), -1)
			w.ok(err)
			r.Made = []engine.Made{{Key: "encoding/" + key, Spool: spool, FileName: "doc_" + key + ".jpg", Type: ingest.TypeImage, Kind: ingest.DerivedEncoding}}
			w.complete(w.pagesTask(), r)
			w.process()
		}
	}
	encoded("first", "one", "a")
	encoded("second", "two", "a", "b")
	for _, name := range []string{"doc_a", "doc_b"} {
		if a := w.namedAs(name, ingest.TypeImage); w.read(a.UUID) != jpeg+"two"+name[4:] {
			t.Errorf("%s has other bytes", name)
		}
	}
}
