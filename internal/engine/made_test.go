package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// rasterized asks for page images.
func rasterized(s *engine.JobSpec) {
	s.Processing.Overwrite = true
	s.Processing.PDF = &ingest.Rasterize{Process: "Rasterize"}
}

// document delivers a PDF file and returns the task of its pages; its inspection has been done.
func (w *world) document(job, folder, name, body string) (*ingest.Job, *ingest.Asset, *ingest.Task) {
	w.t.Helper()
	j, out := w.deliver(w.editor, w.job(job, rasterized), file{folder, name, "%PDF-1.4 " + body})
	return j, out[0].Asset, w.pagesTask()
}

func (w *world) pagesTask() (pages *ingest.Task) {
	w.t.Helper()
	for _, t := range w.claim() {
		if t.Kind == ingest.TaskPages {
			pages = t
			continue
		}
		w.ok(w.engine.CompleteTask(w.ctx, t, engine.TaskResult{}))
	}
	if pages == nil {
		w.t.Fatalf("no pages are to be made")
	}
	return pages
}

// ripped is what a task makes of a document: an image for each body, and a catalog of them. The caller closes the
// intake.
func (w *world) ripped(base string, bodies ...string) engine.TaskResult {
	w.t.Helper()
	r := engine.TaskResult{Intake: w.engine.NewIntake()}
	set := engine.MadeSet{Key: "catalog", Kind: ingest.DerivedCatalog, Type: "Catalog", Name: base, Engine: engine.EnginePostScriptRip, Thumbnail: "page/1"}
	for i, body := range bodies {
		spool, err := r.Intake.Receive(w.ctx, strings.NewReader(jpeg+body), -1)
		w.ok(err)
		key := fmt.Sprintf("page/%d", i+1)
		r.Made = append(r.Made, engine.Made{
			Key: key, Spool: spool, FileName: fmt.Sprintf("%s_%d.jpg", base, i+1), Type: ingest.TypeImage,
			Media: ingest.Media{ContentType: "image/jpeg", Width: 30, Height: 20}, Engine: engine.EnginePostScriptRip, Kind: ingest.DerivedPage, Page: i + 1,
			Derived: []engine.DerivedFile{{Key: "text", Kind: ingest.DerivedText, Name: "text", Bytes: []byte(`[{"text":"of ` + body + `"}]`)}},
			Maps:    []engine.NewImageMap{{Name: "m", ImageMap: ingest.ImageMap{Shape: "Rectangle", Region: "0,0,5,5", Action: body}}},
			Words:   []string{"Word", body},
		})
		set.Members = append(set.Members, engine.MadeMember{Key: key, Reset: true})
	}
	r.Sets = []engine.MadeSet{set}
	return r
}

// complete ends a task as the workers do.
func (w *world) complete(t *ingest.Task, r engine.TaskResult) {
	w.t.Helper()
	w.ok(w.engine.CompleteTask(w.ctx, t, r))
	r.Intake.Close()
}

// namedAs returns the one asset of a name and type outside the trash.
func (w *world) namedAs(name string, kind ingest.AssetType) *ingest.Asset {
	w.t.Helper()
	var found []*ingest.Asset
	w.view(func(tx ingest.Tx) error {
		list, err := tx.AssetsNamed(w.demo.Number, name)
		found = slices.DeleteFunc(list, func(a *ingest.Asset) bool { return a.Type != kind || !a.Trashed.IsZero() })
		return err
	})
	if len(found) != 1 {
		w.t.Fatalf("%d assets %s of the type %s", len(found), name, kind)
	}
	return w.stored(found[0])
}

// A document with pages: images beside it that are its byproducts, a catalog of its name, everything in its job's log.
func TestPagesBecomeAssets(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.document("j", "in/", "doc.pdf", "one")
	blobs := w.blobCount()
	w.complete(task, w.ripped("doc", "A", "B"))
	if got := w.blobCount(); got != blobs+4 { // two images, two texts
		t.Errorf("%d blobs were added", got-blobs)
	}
	w.process()
	want := whole("UploadSuccess doc", "UploadSuccess doc.pdf", "UploadSuccess doc_1.jpg", "UploadSuccess doc_2.jpg")
	got := w.log(j.Number)
	slices.Sort(got[3 : len(got)-2])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Pending != 0 || got.Counts != (ingest.JobCounts{Total: 1, Success: 4}) {
		t.Errorf("job %+v", got)
	}
	first, catalog := w.namedAs("doc_1", ingest.TypeImage), w.namedAs("doc", "Catalog")
	if first.Engine != engine.EnginePostScriptRip || first.Path != "in/" || first.State != ingest.AssetReady || first.Media.ContentType != "image/jpeg" || w.read(first.UUID) != jpeg+"A" {
		t.Errorf("page %+v", first)
	}
	r, err := w.engine.Related(w.ctx, w.viewer, w.demo.Number, a.Number)
	w.ok(err)
	if len(r.Generated) != 3 || r.Generated[0].Engine != engine.EnginePostScriptRip {
		t.Errorf("generated %+v", r.Generated)
	}
	members, err := w.engine.Members(w.ctx, w.viewer, w.demo.Number, catalog.Number)
	w.ok(err)
	if len(members) != 2 || members[0].Asset.Number != first.Number || !members[1].Reset {
		t.Errorf("members %+v", members)
	}
	runs, err := w.engine.TextRuns(w.ctx, w.viewer, w.demo.Number, first.Number)
	w.ok(err)
	if len(runs) != 1 || runs[0].Text != "of A" {
		t.Errorf("text %+v", runs)
	}
	d, err := w.engine.Asset(w.ctx, w.viewer, a.UUID)
	w.ok(err)
	var derived []string
	for _, row := range d.Derived {
		derived = append(derived, fmt.Sprint(row.Kind, row.Page, row.Target != 0))
	}
	if diff := cmp.Diff([]string{"page 1 true", "page 2 true", "catalog 0 true"}, spaced(derived)); diff != "" {
		t.Errorf("derived (-want +got):\n%s", diff)
	}
}

// spaced puts blanks between kind, number and truth.
func spaced(list []string) []string {
	for i, text := range list {
		at := strings.IndexAny(text, "0123456789")
		list[i] = strings.TrimSpace(text[:at]) + " " + text[at:]
	}
	return list
}

// The same result again changes nothing; another one makes new versions of the same assets, also when the document
// has been replaced meanwhile.
func TestPagesMadeAgain(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, w.ripped("doc", "A", "B"))
	w.process()
	first, second, catalog := w.namedAs("doc_1", ingest.TypeImage), w.namedAs("doc_2", ingest.TypeImage), w.namedAs("doc", "Catalog")
	blobs, assets := w.blobCount(), w.assetCount(w.demo)
	w.clock.move(time.Hour)
	j, _, task := w.document("again", "", "doc.pdf", "two")
	w.complete(task, w.ripped("doc", "A", "changed"))
	w.process()
	if got := w.namedAs("doc_1", ingest.TypeImage); got.Version != first.Version || got.Number != first.Number || !got.Modified.Equal(first.Modified) {
		t.Errorf("the page that is the same has become %+v", got)
	}
	if got := w.namedAs("doc_2", ingest.TypeImage); got.Version == second.Version || got.Number != second.Number || w.read(got.UUID) != jpeg+"changed" {
		t.Errorf("the page that has changed is %+v", got)
	}
	if got := w.namedAs("doc", "Catalog"); got.Number != catalog.Number {
		t.Errorf("catalog %d, was %d", got.Number, catalog.Number)
	}
	if got := w.assetCount(w.demo); got != assets {
		t.Errorf("%d assets, were %d", got, assets)
	}
	if got := w.blobCount(); got != blobs+3 { // the document, a page, and its text; the text of the other page takes the place of what it was
		t.Errorf("%d blobs were added", got-blobs)
	}
	want := whole("FileUpdated doc", "FileUpdated doc.pdf", "FileUpdated doc_2.jpg")
	got := w.log(j.Number)
	slices.Sort(got[3 : len(got)-2])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// Names that others have stay theirs, and the asset is found again under its own.
func TestPagesWhoseNamesAreTaken(t *testing.T) {
	w := newWorld(t)
	other := w.put(w.editor, w.job("other"), file{"", "doc_1.xml", "other"})
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, w.ripped("doc", "A"))
	w.process()
	page := w.namedAs("doc_1-1", ingest.TypeImage)
	if got := w.stored(other); got.Version != other.Version || got.Type != "Xml" {
		t.Errorf("the other one is %+v", got)
	}
	_, _, task = w.document("again", "", "doc.pdf", "two")
	w.complete(task, w.ripped("doc", "B"))
	w.process()
	if got := w.namedAs("doc_1-1", ingest.TypeImage); got.Number != page.Number || w.read(got.UUID) != jpeg+"B" {
		t.Errorf("page %+v", got)
	}
}

// What was made of bytes that have been replaced meanwhile is dropped, and so is what a lost run made.
func TestPagesThatComeTooLate(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.document("j", "", "doc.pdf", "one")
	w.deliver(w.editor, w.job("second", rasterized), file{"", "doc.pdf", "%PDF-1.4 two"})
	blobs, assets := w.blobCount(), w.assetCount(w.demo)
	w.complete(task, w.ripped("doc", "A"))
	if w.assetCount(w.demo) != assets || w.blobCount() != blobs {
		t.Errorf("%d assets and %d blobs, were %d and %d", w.assetCount(w.demo), w.blobCount(), assets, blobs)
	}
	lost := w.pagesTask()
	w.clock.move(time.Hour)
	taken := w.pagesTask()
	w.complete(lost, w.ripped("doc", "A"))
	if w.assetCount(w.demo) != assets || w.blobCount() != blobs {
		t.Errorf("a lost run left something: %d assets, %d blobs", w.assetCount(w.demo), w.blobCount())
	}
	w.complete(taken, w.ripped("doc", "A"))
	if w.assetCount(w.demo) != assets+2 {
		t.Errorf("%d assets, want %d", w.assetCount(w.demo), assets+2)
	}
}

// A failing store leaves neither rows nor bytes.
func TestPagesThatCannotBeStored(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.document("j", "", "doc.pdf", "one")
	blobs, assets := w.blobCount(), w.assetCount(w.demo)
	w.db.faults(nil, func() error { return &ingest.Error{Kind: ingest.Conflict, Msg: "no"} })
	r := w.ripped("doc", "A", "B")
	if err := w.engine.CompleteTask(w.ctx, task, r); err == nil {
		t.Fatal("no error")
	}
	r.Intake.Close()
	w.db.faults(nil, nil)
	if w.assetCount(w.demo) != assets || w.blobCount() != blobs || w.stageCount() != 0 {
		t.Errorf("%d assets, %d blobs, %d stages", w.assetCount(w.demo), w.blobCount(), w.stageCount())
	}
	w.complete(task, w.ripped("doc", "A", "B"))
	if w.assetCount(w.demo) != assets+3 {
		t.Errorf("%d assets", w.assetCount(w.demo))
	}
}

// A quota refuses made files one by one, and the log says so.
func TestPagesBeyondTheQuota(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{QuotaFiles: 2})
	j, _, task := w.document("j", "", "doc.pdf", "one")
	w.complete(task, w.ripped("doc", "A", "B"))
	w.process()
	if row := w.row(j.Number, ingest.LogUploadError); row.AssetName != "doc_2.jpg" || !strings.Contains(row.Message, "quota of 2 files is used up") {
		t.Errorf("row %+v", row)
	}
	members, err := w.engine.Members(w.ctx, w.viewer, w.demo.Number, w.namedAs("doc", "Catalog").Number)
	w.ok(err)
	if len(members) != 1 {
		t.Errorf("%d members", len(members))
	}
}

// The words of a page are found by searches, those of its former bytes no longer.
func TestSearchesFindWords(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.document("j", "", "doc.pdf", "one")
	r := w.ripped("doc", "apple")
	r.Words = []string{"Pear", "pear", "plum"}
	w.complete(task, r)
	w.process()
	find := func(word string) (names []string) {
		t.Helper()
		w.view(func(tx ingest.Tx) error {
			keys, err := tx.SearchKeys(ingest.AssetSearch{Company: w.demo.Number, Subfolders: true, Groups: []ingest.ConditionGroup{{Conditions: []ingest.Condition{
				{Value: ingest.FieldWords, Op: ingest.OpContains, Text: word, Fold: true},
			}}}}, ingest.SearchKey{}, 0, 10)
			for _, key := range keys {
				found, err := tx.Asset(key.Number)
				if err != nil {
					return err
				}
				names = append(names, found.Name)
			}
			return err
		})
		return names
	}
	for word, want := range map[string][]string{"APPLE": {"doc_1"}, "plum": {"doc"}, "word": {"doc_1"}, "fig": nil} {
		if diff := cmp.Diff(want, find(word)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
	var text string
	w.view(func(tx ingest.Tx) error {
		values, err := tx.ValuesOf([]ingest.Number{a.Number}, []string{ingest.FieldWords})
		text = values[0].Text
		return err
	})
	if text != "Pear plum" {
		t.Errorf("words %q", text)
	}
	w.deliver(w.editor, w.job("new", overwrite), file{"", "doc.pdf", "%PDF-1.4 other"})
	if got := find("plum"); got != nil {
		t.Errorf("the words of the former file find %v", got)
	}
}

// What a crop step found becomes the crop by the rule of preserveCrop.
func TestCropsThatStepsFind(t *testing.T) {
	yes, no := true, false
	old, found := ingest.Rect{X: 1, Y: 1, Width: 5, Height: 5}, ingest.Rect{X: 2, Y: 2, Width: 6, Height: 6}
	for name, tt := range map[string]struct {
		o    ingest.Processing
		old  *ingest.Rect
		got  ingest.Rect
		want *ingest.Rect
	}{
		"first":            {ingest.Processing{}, nil, found, &found},
		"preserved":        {ingest.Processing{}, &old, found, &old},
		"preserved by yes": {ingest.Processing{PreserveCrop: &yes}, &old, found, &old},
		"not preserved":    {ingest.Processing{PreserveCrop: &no}, &old, found, &found},
		"manual":           {ingest.Processing{PreserveCrop: &yes, Crop: &ingest.ManualCrop{Left: 2}}, &old, found, &found},
		"manual of zero":   {ingest.Processing{Crop: &ingest.ManualCrop{}}, &old, found, &old},
		"all of it":        {ingest.Processing{}, nil, ingest.Rect{Width: 40, Height: 30}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, out := w.deliver(w.editor, w.job("j", func(s *engine.JobSpec) { s.Processing = tt.o }), file{"", "a.gif", "GIF89a"})
			w.change(out[0].Asset, func(a *ingest.Asset) { a.Crop, a.Media.Width, a.Media.Height = tt.old, 40, 30 })
			for _, task := range w.claim() {
				r := engine.TaskResult{}
				if task.Kind == ingest.TaskInspect {
					r.Crop = &tt.got
				}
				w.ok(w.engine.CompleteTask(w.ctx, task, r))
			}
			if diff := cmp.Diff(tt.want, w.stored(out[0].Asset).Crop); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Image maps that people have given to a page stay when the page is made again, with their numbers and on top of those
// that are made of links, which become what the new document says.
func TestMapsOfPeopleStay(t *testing.T) {
	w := newWorld(t)
	linked := func(body string, actions ...string) engine.TaskResult {
		r := w.ripped("doc", body)
		r.Made[0].Maps = []engine.NewImageMap{}
		for i, action := range actions {
			r.Made[0].Maps = append(r.Made[0].Maps, engine.NewImageMap{Name: fmt.Sprintf("link_%d", i+1), ImageMap: ingest.ImageMap{Shape: "Rectangle", Region: "0,0,5,5", Action: action}})
		}
		return r
	}
	maps := func() (list []string, numbers []ingest.Number) {
		t.Helper()
		views, err := w.engine.AssetViews(w.ctx, w.viewer, w.demo.Number, []*ingest.Asset{w.namedAs("doc_1", ingest.TypeImage)}, engine.AssetWants{Details: true})
		w.ok(err)
		for _, d := range views[0].Maps {
			var is ingest.ImageMap
			w.ok(json.Unmarshal(d.Data, &is))
			number, err := strconv.Atoi(d.Key)
			w.ok(err)
			list, numbers = append(list, d.Name+" "+is.Action), append(numbers, ingest.Number(number))
		}
		return list, numbers
	}
	again := func(job string, r engine.TaskResult) {
		t.Helper()
		_, _, task := w.document(job, "", "doc.pdf", job)
		w.complete(task, r)
		w.process()
	}
	again("first", linked("A", "one", "two"))
	page := w.namedAs("doc_1", ingest.TypeImage)
	_, numbers := maps()
	edited := engine.NewImageMap{Name: "link_2", ImageMap: ingest.ImageMap{Shape: "Rectangle", Region: "0,0,5,5", Action: "edited"}}
	_, err := w.engine.SaveImageMap(w.ctx, w.editor, w.demo.Number, page.Number, numbers[1], edited, 1)
	w.ok(err)
	mine, err := w.engine.SaveImageMap(w.ctx, w.editor, w.demo.Number, page.Number, 0, engine.NewImageMap{Name: "mine", ImageMap: ingest.ImageMap{Shape: "Rectangle", Region: "1,1,2,2", Action: "mine"}}, 0)
	w.ok(err)
	again("second", linked("B", "new", "two", "three"))
	got, numbers := maps()
	same(t, "maps", got, []string{"link_1 new", "link_3 three", "mine mine", "link_2 edited"})
	if numbers[2] != mine {
		t.Errorf("numbers %v, want %d third", numbers, mine)
	}
	again("third", w.ripped("doc", "C"))
	got, _ = maps()
	same(t, "with links of another kind", got, []string{"m C", "mine mine", "link_2 edited"})
	plain := w.ripped("doc", "D")
	plain.Made[0].Maps = nil
	again("fourth", plain)
	got, again4 := maps()
	same(t, "without links", got, []string{"mine mine", "link_2 edited"})
	if again4[0] != mine {
		t.Errorf("numbers %v", again4)
	}
}
