package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// A document that goes to the trash while its pages are made gets none of them, and what was made of it before stays as
// it is. The log says so, and when it is back it can be processed again.
func TestPagesOfATrashedDocument(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B")))
	w.process()
	j, _, task := w.document("again", "", "doc.pdf", "two")
	assets, blobs := w.assetCount(w.demo), w.blobCount()
	w.trashed(a)
	w.complete(task, completely(w.ripped("doc", "changed", "B", "C")))
	w.process()
	if w.assetCount(w.demo) != assets || w.blobCount() != blobs || w.stageCount() != 0 {
		t.Errorf("%d assets and %d blobs, were %d and %d; %d stages", w.assetCount(w.demo), w.blobCount(), assets, blobs, w.stageCount())
	}
	if first := w.namedAs("doc_1", ingest.TypeImage); w.read(first.UUID) != jpeg+"A" {
		t.Error("a page of the trashed document was replaced")
	}
	w.namedAs("doc_2", ingest.TypeImage)
	if diff := cmp.Diff([]string{"FileUpdated doc.pdf", "UploadWarning doc.pdf"}, w.linesOf(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if row := w.row(j.Number, ingest.LogUploadWarning); !strings.Contains(row.Message, "in the trash") {
		t.Errorf("row %+v", row)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Pending != 0 || got.Counts != (ingest.JobCounts{Total: 1, Update: 1, Warning: 1}) {
		t.Errorf("job %+v", got)
	}
	w.processedAgain(a)
	w.complete(w.pagesTask(), completely(w.ripped("doc", "changed", "B", "C")))
	w.process()
	if first := w.namedAs("doc_1", ingest.TypeImage); w.read(first.UUID) != jpeg+"changed" {
		t.Error("the document that is back has its old page")
	}
	w.namedAs("doc_3", ingest.TypeImage)
}

// trashed puts an asset into the trash as a person does.
func (w *world) trashed(a *ingest.Asset) {
	w.t.Helper()
	b, err := w.engine.TrashAssets(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
	w.ok(err)
	if b.Success != 1 {
		w.t.Fatalf("%+v", b.Errors)
	}
}

// processedAgain brings an asset back from the trash and queues the steps that it lacks.
func (w *world) processedAgain(a *ingest.Asset) {
	w.t.Helper()
	b, err := w.engine.Restore(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
	w.ok(err)
	if b.Success != 1 {
		w.t.Fatalf("%+v", b.Errors)
	}
	begun, err := w.engine.ReprocessAsCame(w.ctx, w.boss, w.demo.Number, engine.Again{Failed: true})
	w.ok(err)
	if len(begun) != 1 || begun[0].Assets != 1 {
		w.t.Fatalf("begun %+v", begun)
	}
	for _, s := range w.claimSteps() {
		w.ok(w.engine.ReplanStep(w.ctx, s))
	}
}

// A Photoshop file in the trash does not become a template of layers that were not made.
func TestLayersOfATrashedFile(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.document("j", "", "doc.pdf", "one")
	w.trashed(a)
	r := w.ripped("doc", "A")
	r.Type, r.Words = "PsdTemplate", []string{"word"}
	w.complete(task, r)
	w.process()
	if got := w.stored(a); got.Type != ingest.TypePDF || got.State != ingest.AssetReady {
		t.Errorf("the file is %+v", got)
	}
	if got := w.valuesOf(a, ingest.FieldWords); !slices.Equal(got, []string{"word"}) {
		t.Errorf("what was found in the file itself: %q", got)
	}
}

// An archive that stays an asset and goes to the trash while it is unpacked gets no more members.
func TestMembersOfATrashedArchive(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.archive("in", "photos.zip")
	w.ok(w.members(task, 1, nil, file{"", "a.jpg", jpeg + "a"}))
	w.change(a, func(a *ingest.Asset) { a.Part = false })
	w.trashed(a)
	err := w.members(task, 2, nil, file{"", "b.jpg", jpeg + "b"})
	w.refused(err, ingest.Gone, "")
	if diff := cmp.Diff([]string{"in/a.jpg"}, w.listed()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	if work, err := w.engine.UnpackWork(w.ctx, task); err != nil || work.Next != 1 || work.Taken != 1 {
		t.Errorf("work %+v, %v", work, err)
	}
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: ingest.Message(err), Final: true}))
	w.process()
	if got := w.warnings(j.Number); len(got) != 1 || !strings.Contains(got[0], "in the trash") {
		t.Errorf("warnings %q", got)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone {
		t.Errorf("job %+v", got)
	}
}
