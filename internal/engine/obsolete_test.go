package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// completely says that the pages and the catalog of a result are all that there are.
func completely(r engine.TaskResult) engine.TaskResult {
	r.Completes = []ingest.DerivedKind{ingest.DerivedPage, ingest.DerivedCatalog}
	if len(r.Made) < 2 {
		r.Sets = nil
	}
	return r
}

// linesOf are the rows of a job about files, sorted.
func (w *world) linesOf(j ingest.Number) []string {
	w.t.Helper()
	got := w.log(j)
	lines := got[3 : len(got)-2]
	slices.Sort(lines)
	return lines
}

// The pages that a replaced document no longer has go to the trash, with its catalog when one page is left, and come back
// as the same assets when it has them again.
func TestPagesThatAreNoMore(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B", "C")))
	w.process()
	second, catalog := w.namedAs("doc_2", ingest.TypeImage), w.namedAs("doc", "Catalog")
	j, _, task := w.document("shorter", "", "doc.pdf", "two")
	w.complete(task, completely(w.ripped("doc", "A")))
	w.process()
	want := []string{"FileUpdated doc.pdf", "TrashSuccess doc", "TrashSuccess doc_2.jpg", "TrashSuccess doc_3.jpg"}
	if diff := cmp.Diff(want, w.linesOf(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := w.stored(second); got.Trashed.IsZero() || got.Emptied {
		t.Errorf("page %+v", got)
	}
	if got := w.stored(w.namedAs("doc_1", ingest.TypeImage)); !got.Trashed.IsZero() {
		t.Errorf("the page that is left: %+v", got)
	}
	detail, err := w.engine.Asset(w.ctx, w.viewer, a.UUID)
	w.ok(err)
	for _, d := range detail.Derived {
		if d.Target == second.Number || d.Target == catalog.Number {
			t.Errorf("the document still has %s", d.Key)
		}
	}
	w.clock.move(time.Hour)
	_, _, task = w.document("longer", "", "doc.pdf", "three")
	w.complete(task, completely(w.ripped("doc", "A", "new")))
	w.process()
	if got := w.namedAs("doc_2", ingest.TypeImage); got.Number != second.Number || w.read(got.UUID) != jpeg+"new" {
		t.Errorf("page %+v", got)
	}
	if got := w.namedAs("doc", "Catalog"); got.Number != catalog.Number {
		t.Errorf("catalog %+v", got)
	}
	if members, err := w.engine.Members(w.ctx, w.viewer, w.demo.Number, catalog.Number); err != nil || len(members) != 2 {
		t.Errorf("members %+v: %v", members, err)
	}
}

// What was made of the same bytes stays, whatever is made now, and so does what a result does not claim to have all of.
func TestPagesThatStay(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B", "C")))
	w.process()
	assets := w.assetCount(w.demo)
	o := order(ingest.JobReprocess, "again")
	o.Assets, o.Processing.PDF = []ingest.Number{a.Number}, &ingest.Rasterize{Process: "Rasterize"}
	w.submit(w.editor, o)
	for _, s := range w.claimSteps() {
		w.ok(w.engine.ReplanStep(w.ctx, s))
	}
	w.complete(w.pagesTask(), completely(w.ripped("doc", "A")))
	w.process()
	_, _, task = w.document("cut short", "", "doc.pdf", "two")
	w.complete(task, w.ripped("doc", "A"))
	w.process()
	if got := w.assetCount(w.demo); got != assets {
		t.Errorf("%d assets, were %d", got, assets)
	}
	for _, name := range []string{"doc_1", "doc_2", "doc_3"} {
		w.namedAs(name, ingest.TypeImage)
	}
}

// A page that people use elsewhere, or that the owner of the job may not delete, stays with a warning.
func TestPagesThatAreUsed(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B", "C")))
	w.process()
	used := w.namedAs("doc_2", ingest.TypeImage)
	set, err := w.engine.CreateSet(w.ctx, w.editor, w.demo.Number, "", "mine", "ImageSet", 0)
	w.ok(err)
	w.update(func(tx ingest.Tx) error { return tx.PutLinks(ingest.LinkMember, set, []ingest.Link{{To: used.Number}}) })
	j, _, task := w.document("shorter", "", "doc.pdf", "two")
	w.complete(task, completely(w.ripped("doc", "A")))
	w.process()
	want := []string{"FileUpdated doc.pdf", "TrashSuccess doc", "TrashSuccess doc_3.jpg", "UploadWarning doc_2.jpg"}
	if diff := cmp.Diff(want, w.linesOf(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if row := w.row(j.Number, ingest.LogUploadWarning); !strings.HasSuffix(row.Message, "and stays because mine uses it") {
		t.Errorf("row %+v", row)
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 1, Update: 1, Warning: 1}) {
		t.Errorf("counts %+v", got)
	}
	if members, err := w.engine.Members(w.ctx, w.viewer, w.demo.Number, set); err != nil || len(members) != 1 {
		t.Errorf("members %+v: %v", members, err)
	}
}

// Where the company deletes at once, the bytes of the pages go too, and nothing else's.
func TestPagesThatAreDeletedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{ImmediateDelete: true})
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B")))
	w.process()
	blobs := w.blobCount()
	_, _, task = w.document("shorter", "", "doc.pdf", "two")
	w.complete(task, completely(w.ripped("doc", "A")))
	w.process()
	if got := w.blobCount(); got != blobs+1-2 { // the new document; without the page and its text
		t.Errorf("%d blobs, were %d", got, blobs)
	}
	if first := w.namedAs("doc_1", ingest.TypeImage); w.read(first.UUID) != jpeg+"A" {
		t.Error("the page that is left has lost its bytes")
	}
}

// Sets that are made of files have the keywords, projects and values that their job asks for.
func TestOptionsOfMadeSets(t *testing.T) {
	w := newWorld(t, packets)
	w.ok(w.engine.CreateProject(w.ctx, w.editor, w.demo.Number, "Spring"))
	j, _ := w.deliver(w.editor, w.job("j", rasterized, func(s *engine.JobSpec) {
		s.Processing.Projects, s.Processing.Keywords = []string{fmt.Sprintf("p|%d|Spring", w.demo.Number)}, []string{"new"}
	}), file{"", "doc.pdf", "%PDF-1.4 one"})
	w.complete(w.pagesTask(), w.ripped("doc", "A", "B"))
	w.process()
	catalog := w.namedAs("doc", "Catalog")
	views, err := w.engine.AssetViews(w.ctx, w.viewer, w.demo.Number, []*ingest.Asset{catalog}, engine.AssetWants{Projects: true})
	w.ok(err)
	if got := views[0].Projects; !slices.Equal(got, []string{"Spring"}) {
		t.Errorf("projects %q", got)
	}
	if got := w.valuesOf(catalog, ingest.FieldKeywords); !slices.Equal(got, []string{"new"}) {
		t.Errorf("keywords %q", got)
	}
	if got := w.storedJob(j.Number).Counts.Warning; got != 0 {
		t.Errorf("%d warnings", got)
	}
}

// A template has the commands that were made for it, until somebody puts others in their place.
func TestCommandsOfTemplates(t *testing.T) {
	w := newWorld(t)
	made := func(job, body, size string) ingest.ImageFields {
		t.Helper()
		_, _, task := w.document(job, "", "my ad.pdf", body)
		r := w.ripped("my ad", body)
		r.Sets = []engine.MadeSet{{
			Key: "template", Kind: ingest.DerivedTemplate, Type: "Template", Name: "my ad", Members: []engine.MadeMember{{Key: "page/1"}},
			Modifier: func(name func(string) string) string {
				return "size=" + size + "&src=" + name("page/1") + "&mask=" + name("page/9")
			},
		}}
		w.complete(task, r)
		w.process()
		views, err := w.engine.AssetViews(w.ctx, w.viewer, w.demo.Number, []*ingest.Asset{w.namedAs("my ad", "Template")}, engine.AssetWants{Details: true})
		w.ok(err)
		return views[0].Image
	}
	if got := made("1", "A", "1,1"); got.Modifier != "size=1,1&src=Demo/my%20ad_1&mask=" {
		t.Errorf("commands %q", got.Modifier)
	}
	if got := made("2", "B", "2,2"); !strings.HasPrefix(got.Modifier, "size=2,2") {
		t.Errorf("commands of the next version %q", got.Modifier)
	}
	own, post := "wid=5", "fmt=png"
	w.ok(w.engine.SetModifiers(w.ctx, w.editor, w.demo.Number, w.namedAs("my ad", "Template").Number, nil, &post))
	if got := made("3", "C", "3,3"); !strings.HasPrefix(got.Modifier, "size=3,3") || got.PostModifier != post {
		t.Errorf("commands %+v", got)
	}
	w.ok(w.engine.SetModifiers(w.ctx, w.editor, w.demo.Number, w.namedAs("my ad", "Template").Number, &own, nil))
	if got := made("4", "D", "4,4"); got.Modifier != own || got.PostModifier != post {
		t.Errorf("the commands of a person became %+v", got)
	}
}

// A page that comes back is the same asset also when a file that goes with it cannot come back, because a folder has its
// name now; the log says what stays in the trash.
func TestPagesThatComeBackWithoutTheirFiles(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B")))
	w.process()
	second := w.namedAs("doc_2", ingest.TypeImage)
	notes, words := w.put(w.editor, w.job("notes"), file{"", "notes.xml", "<x/>"}), w.put(w.editor, w.job("words"), file{"", "words.xml", "<y/>"})
	for _, with := range []*ingest.Asset{notes, words} {
		w.ok(w.engine.Relate(w.ctx, w.editor, w.demo.Number, second.Number, with.Number, ""))
	}
	_, _, task = w.document("shorter", "", "doc.pdf", "two")
	w.complete(task, completely(w.ripped("doc", "A")))
	w.process()
	if w.stored(notes).Trashed.IsZero() || w.stored(second).Trashed.IsZero() {
		t.Fatal("the page has not gone to the trash with its files")
	}
	w.put(w.editor, w.job("folder"), file{"notes/", "other.xml", "<x/>"})
	if b, err := w.engine.Restore(w.ctx, w.editor, w.demo.Number, []ingest.Number{second.Number}); err != nil || len(b.Errors) != 1 || !strings.Contains(ingest.Message(b.Errors[0].Err), "'notes'") {
		t.Errorf("restoring by hand: %+v, %v", b, err)
	}
	if got := w.stored(second); got.Trashed.IsZero() {
		t.Error("what could not be restored as a whole is back in part")
	}
	assets := w.assetCount(w.demo)
	j, _, task := w.document("longer", "", "doc.pdf", "three")
	w.complete(task, completely(w.ripped("doc", "A", "new")))
	w.process()
	if got := w.namedAs("doc_2", ingest.TypeImage); got.Number != second.Number || w.read(got.UUID) != jpeg+"new" {
		t.Errorf("page %+v", got)
	}
	if got := w.assetCount(w.demo); got != assets {
		t.Errorf("%d assets, were %d", got, assets)
	}
	if w.stored(notes).Trashed.IsZero() || !w.stored(words).Trashed.IsZero() {
		t.Error("of the two files not just the one came back whose name is free")
	}
	if got := w.warnings(j.Number); len(got) != 1 || !strings.Contains(got[0], "notes.xml") {
		t.Errorf("warnings %q", got)
	}
}

// A page that several versions of a document had goes to the trash once.
func TestPagesOfSeveralVersions(t *testing.T) {
	w := newWorld(t)
	for _, job := range []string{"first", "second"} {
		_, _, task := w.document(job, "", "doc.pdf", job)
		w.complete(task, completely(w.ripped("doc", "A", "B", "C")))
		w.process()
	}
	j, _, task := w.document("shorter", "", "doc.pdf", "two")
	w.complete(task, completely(w.ripped("doc", "A", "B")))
	w.process()
	if diff := cmp.Diff([]string{"FileUpdated doc", "FileUpdated doc.pdf", "TrashSuccess doc_3.jpg"}, w.linesOf(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// Pages that people have put beside another file or into a content record stay, too.
func TestPagesThatGoWithOthers(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, completely(w.ripped("doc", "A", "B", "C", "D")))
	w.process()
	film := w.put(w.editor, w.job("film"), file{"", "film.xml", "<x/>"})
	w.ok(w.engine.Relate(w.ctx, w.editor, w.demo.Number, film.Number, w.namedAs("doc_2", ingest.TypeImage).Number, ""))
	record, err := w.engine.CreateContent(w.ctx, w.editor, w.demo.Number, "", "")
	w.ok(err)
	w.ok(w.engine.RelateContent(w.ctx, w.editor, w.demo.Number, record, w.namedAs("doc_3", ingest.TypeImage).Number))
	j, _, task := w.document("shorter", "", "doc.pdf", "two")
	w.complete(task, completely(w.ripped("doc", "A")))
	w.process()
	want := []string{"FileUpdated doc.pdf", "TrashSuccess doc", "TrashSuccess doc_4.jpg", "UploadWarning doc_2.jpg", "UploadWarning doc_3.jpg"}
	if diff := cmp.Diff(want, w.linesOf(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
