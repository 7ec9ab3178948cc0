package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestDeliverANewJob(t *testing.T) {
	w := newWorld(t)
	j, out := w.deliver(w.editor, w.job("spring"),
		file{"", "a.xml", "<a/>"}, file{"x", "y/b.css", "b{}"}, file{"Demo/z/", "c.docx", ""})

	want := whole("UploadSuccess a.xml", "UploadSuccess b.css", "UploadSuccess c.docx")
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if j.State != ingest.JobDone || j.Open || j.Finished.IsZero() {
		t.Errorf("job is %s, open %v, finished %v", j.State, j.Open, j.Finished)
	}
	stored := w.storedJob(j.Number)
	if diff := cmp.Diff(ingest.JobCounts{Total: 3, Success: 3}, stored.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	rows := w.rows(j.Number)
	if rows[1].Message != "spring" || rows[2].Message != "tester" || rows[6].Message != "3" {
		t.Errorf("messages: %q %q %q", rows[1].Message, rows[2].Message, rows[6].Message)
	}
	if got := rows[4].Message; got != "Demo/x/y/b.css was added to the library." {
		t.Errorf("message %q", got)
	}
	for i, body := range []string{"<a/>", "b{}", ""} {
		a := out[i].Asset
		if got := w.read(a.UUID); got != body {
			t.Errorf("asset %d reads %q, want %q", i, got, body)
		}
		if !cmp.Equal(a.SHA256, sha(body)) || a.Size != int64(len(body)) || a.State != ingest.AssetReady {
			t.Errorf("asset %d: %+v", i, a)
		}
		if rows[3+i].Asset != a.Number || rows[3+i].AssetUUID != a.UUID {
			t.Errorf("row %d speaks of asset %d, want %d", 3+i, rows[3+i].Asset, a.Number)
		}
		if out[i].Update || out[i].Log != ingest.LogUploadSuccess {
			t.Errorf("outcome %d: %+v", i, out[i])
		}
	}
	if got := w.stored(out[2].Asset).Path; got != "z/" {
		t.Errorf("path %q", got)
	}
	if got := w.usage(w.demo, ingest.Principal{}); got != (ingest.Usage{Files: 3, Bytes: 7}) {
		t.Errorf("usage %+v", got)
	}
	if got := w.events(); !cmp.Equal(got, []ingest.EventKind{
		ingest.EventJobOpened, ingest.EventAssetCreated, ingest.EventAssetCreated, ingest.EventAssetCreated, ingest.EventJobFinished,
	}) {
		t.Errorf("events %v", got)
	}
}

func (w *world) events() []ingest.EventKind {
	var kinds []ingest.EventKind
	w.view(func(tx ingest.Tx) error {
		list, err := tx.Events(ingest.Page{Limit: 1000})
		for _, e := range list {
			kinds = append(kinds, e.Kind)
		}
		return err
	})
	return kinds
}

func TestDeliverNothing(t *testing.T) {
	w := newWorld(t)
	t.Run("and end", func(t *testing.T) {
		j, _ := w.deliver(w.editor, w.job("empty"))
		if j.State != ingest.JobDone {
			t.Errorf("state %s", j.State)
		}
		if diff := cmp.Diff(whole(), w.log(j.Number)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if got := w.row(j.Number, ingest.LogTotalFileCount).Message; got != "0" {
			t.Errorf("total %q", got)
		}
	})
	t.Run("and go on", func(t *testing.T) {
		j, _ := w.deliver(w.editor, open(w.job("later")))
		if j.State != ingest.JobNew || !j.Open {
			t.Errorf("state %s, open %v", j.State, j.Open)
		}
		j, _ = w.deliver(w.editor, w.more(j, true), file{"", "late.xml", "x"})
		if diff := cmp.Diff(whole("UploadSuccess late.xml"), w.log(j.Number)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestDeliverToAJob(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("batch")), file{"", "1.xml", "1"})
	if j.State != ingest.JobWaitingClient {
		t.Fatalf("state %s", j.State)
	}
	for i, ref := range []engine.JobRef{{Number: j.Number}, {Name: j.Name}, {OriginalName: "batch"}} {
		d := w.more(j, false)
		d.Join = &ref
		if got, _ := w.deliver(w.editor, d, file{"", fmt.Sprintf("by-%d.xml", i), "x"}); got.Number != j.Number {
			t.Errorf("%v led to job %d", ref, got.Number)
		}
	}
	j, _ = w.deliver(w.editor, w.more(j, true), file{"", "last.xml", "x"})
	want := whole("UploadSuccess 1.xml", "UploadSuccess by-0.xml", "UploadSuccess by-1.xml", "UploadSuccess by-2.xml", "UploadSuccess last.xml")
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if j.Counts.Total != 5 || j.State != ingest.JobDone {
		t.Errorf("job %+v", j)
	}
}

// The original name stands for the newest job with it.
func TestJoinByOriginalNameTakesTheNewest(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.editor, open(w.job("twice")))
	second, _ := w.deliver(w.editor, open(w.job("twice")))
	d := w.more(second, true)
	d.Join = &engine.JobRef{OriginalName: "twice"}
	if got, _ := w.deliver(w.editor, d); got.Number != second.Number {
		t.Errorf("joined %d, want %d", got.Number, second.Number)
	}
}

func TestJoinIsRefused(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.SameAddress = true })
	openJob, _ := w.deliver(w.editor, open(w.job("open")))
	done, _ := w.deliver(w.editor, w.job("done"), file{"", "a.xml", "a"})
	running, _ := w.deliver(w.editor, w.job("running"), file{"", "b.jpg", "\xff\xd8"})
	foreign, _ := w.deliver(w.outsider, into(w.other, open(w.job("foreign"))))
	if running.State != ingest.JobRunning {
		t.Fatalf("state %s", running.State)
	}
	tests := map[string]struct {
		who     ingest.Principal
		ref     engine.JobRef
		address string
		kind    ingest.Kind
		code    ingest.Code
	}{
		"unknown number":         {w.editor, engine.JobRef{Number: 999}, "192.0.2.1", ingest.NotFound, ingest.CodeJobUnknown},
		"unknown name":           {w.editor, engine.JobRef{Name: "nix"}, "192.0.2.1", ingest.NotFound, ingest.CodeJobUnknown},
		"unknown original name":  {w.editor, engine.JobRef{OriginalName: "nix"}, "192.0.2.1", ingest.NotFound, ingest.CodeJobUnknown},
		"no reference":           {w.editor, engine.JobRef{}, "192.0.2.1", ingest.NotFound, ingest.CodeJobUnknown},
		"another company's":      {w.editor, engine.JobRef{Number: foreign.Number}, "192.0.2.1", ingest.NotFound, ingest.CodeJobUnknown},
		"another company's name": {w.editor, engine.JobRef{Name: "foreign"}, "192.0.2.1", ingest.NotFound, ingest.CodeJobUnknown},
		"finished":               {w.editor, engine.JobRef{Number: done.Number}, "192.0.2.1", ingest.Conflict, ingest.CodeJobClosed},
		"ended, still running":   {w.editor, engine.JobRef{Number: running.Number}, "192.0.2.1", ingest.Conflict, ingest.CodeJobClosed},
		"another user's":         {w.colleague, engine.JobRef{Number: openJob.Number}, "192.0.2.1", ingest.Forbidden, ingest.CodeNotOwner},
		"from another address":   {w.editor, engine.JobRef{Number: openJob.Number}, "192.0.2.2", ingest.Forbidden, ingest.CodeOtherAddress},
	}
	before := w.blobCount()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.tryDeliver(tt.who, engine.Delivery{Company: w.demo.Number, Join: &tt.ref, Address: tt.address}, file{"", "new.xml", "x"})
			w.refused(err, tt.kind, tt.code)
			_, err = w.engine.CheckJob(w.ctx, tt.who, w.demo.Number, tt.ref, tt.address)
			w.refused(err, tt.kind, tt.code)
		})
	}
	if got := w.blobCount(); got != before {
		t.Errorf("%d blobs, want %d: refused files were kept", got, before)
	}
	if j, err := w.engine.CheckJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: openJob.Number}, "192.0.2.1"); err != nil || j.Number != openJob.Number {
		t.Errorf("CheckJob: %v, %v", j, err)
	}
}

func TestTheAddressRuleCanBeOff(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("roaming")))
	d := w.more(j, true)
	d.Address = "2001:db8::1"
	if j, _ = w.deliver(w.editor, d, file{"", "a.xml", "a"}); j.Counts.Success != 1 {
		t.Errorf("counts %+v", j.Counts)
	}
}

func TestJobSpecsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	long := make([]byte, 20_000)
	for i := range long {
		long[i] = 'x'
	}
	tests := map[string]struct {
		spec engine.JobSpec
		code ingest.Code
	}{
		"no name":           {engine.JobSpec{}, ingest.CodeMissing},
		"control character": {engine.JobSpec{Name: "a\nb"}, ""},
		"invalid UTF-8":     {engine.JobSpec{Name: "a\xff"}, ""},
		"long name":         {engine.JobSpec{Name: string(long[:engine.MaxJobNameBytes+1])}, ingest.CodeLimit},
		"long description":  {engine.JobSpec{Name: "a", Description: string(long[:engine.MaxDescriptionBytes+1])}, ingest.CodeLimit},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.tryDeliver(w.editor, engine.Delivery{Company: w.demo.Number, Open: &tt.spec}, file{"", "a.xml", "a"})
			w.refused(err, ingest.Invalid, tt.code)
			_, err = w.engine.Begin(w.ctx, w.editor, engine.BeginSpec{Company: w.demo.Number, Open: &tt.spec, FileName: "a.xml", Size: 1})
			w.refused(err, ingest.Invalid, tt.code)
		})
	}
	if n := w.blobCount() + w.assetCount(w.demo); n != 0 {
		t.Errorf("%d things were kept", n)
	}
	spec := engine.JobSpec{Name: string(long[:engine.MaxJobNameBytes]), Description: string(long[:engine.MaxDescriptionBytes])}
	if _, _, err := w.tryDeliver(w.editor, engine.Delivery{Company: w.demo.Number, Open: &spec}); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestTakenJobNamesGetATimeStamp(t *testing.T) {
	w := newWorld(t)
	first, _ := w.deliver(w.editor, w.job("daily"))
	second, _ := w.deliver(w.editor, open(w.job("daily")))
	third, _ := w.deliver(w.colleague, open(w.job("daily")))
	elsewhere, _ := w.deliver(w.outsider, into(w.other, w.job("daily")))
	got := []string{first.Name, second.Name, third.Name, elsewhere.Name}
	want := []string{"daily", "daily_2026-03-01-12:00:00.000", "daily_2026-03-01-12:00:00.001", "daily"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for _, j := range []*ingest.Job{first, second, third} {
		if j.OriginalName != "daily" || w.row(j.Number, ingest.LogOriginalJobName).Message != "daily" {
			t.Errorf("job %d forgot its original name: %q", j.Number, j.OriginalName)
		}
	}
}

func TestManyDeliveriesAtOnce(t *testing.T) {
	w := newWorld(t)
	const n = 50
	jobs := make([]*ingest.Job, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			jobs[i], _, errs[i] = w.tryDeliver(w.editor, w.job("rush"),
				file{"", fmt.Sprintf("f%d-a.xml", i), fmt.Sprint(i)}, file{"", fmt.Sprintf("f%d-b.xml", i), fmt.Sprint(i)})
		})
	}
	wg.Wait()
	names := map[string]bool{}
	for i, j := range jobs {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if names[j.Name] {
			t.Errorf("two jobs are called %q", j.Name)
		}
		names[j.Name] = true
		want := whole(fmt.Sprintf("UploadSuccess f%d-a.xml", i), fmt.Sprintf("UploadSuccess f%d-b.xml", i))
		if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
			t.Errorf("log of %s (-want +got):\n%s", j.Name, diff)
		}
		if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Counts != (ingest.JobCounts{Total: 2, Success: 2}) {
			t.Errorf("job %+v", got)
		}
	}
	if got := w.usage(w.demo, w.editor); got.Files != 2*n {
		t.Errorf("usage %+v", got)
	}
}

// Deliveries of one job run in parallel; the last one to end closes it.
func TestManyDeliveriesToOneJob(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("shared")))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, _, err := w.tryDeliver(w.editor, w.more(j, false), file{"", fmt.Sprintf("%d.xml", i), "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	j, _ = w.deliver(w.editor, w.more(j, true))
	if j.Counts != (ingest.JobCounts{Total: 20, Success: 20}) || j.State != ingest.JobDone {
		t.Errorf("job %+v", j)
	}
	if rows := w.log(j.Number); len(rows) != 25 || rows[24] != "EndUpload" {
		t.Errorf("log %v", rows)
	}
}

// Whoever sees the job Done sees its whole log.
func TestTheLogIsCompleteWhenTheJobIsDone(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.job("watched"), file{"", "a.jpg", "\xff\xd8a"}, file{"", "b.jpg", "\xff\xd8b"}, file{"", "c.xml", "c"})
	stop, watched := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(watched)
		for {
			var state ingest.JobState
			var rows int64
			err := w.db.View(w.ctx, func(tx ingest.Tx) error {
				job, err := tx.Job(j.Number)
				if err != nil {
					return err
				}
				state = job.State
				rows, err = tx.LogCount(j.Number, ingest.LogFilter{})
				return err
			})
			if err != nil || (state == ingest.JobDone) != (rows == 8) {
				watched <- fmt.Sprintf("state %s with %d rows (%v)", state, rows, err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	w.process()
	close(stop)
	if problem, ok := <-watched; ok {
		t.Error(problem)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Counts != (ingest.JobCounts{Total: 3, Success: 3}) {
		t.Errorf("job %+v", got)
	}
	want := whole("UploadSuccess c.xml", "UploadSuccess a.jpg", "UploadSuccess b.jpg")
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestWarningsOfTheJobSpec(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.job("warned", func(s *engine.JobSpec) { s.Warnings = []string{"no mail is sent", "no callback"} }), file{"", "a.xml", "a"})
	want := whole("UploadWarning", "UploadWarning", "UploadSuccess a.xml")
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if rows := w.rows(j.Number); rows[3].Message != "no mail is sent" || rows[4].Message != "no callback" {
		t.Errorf("rows %+v", rows[3:5])
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 1, Success: 1, Warning: 2}) {
		t.Errorf("counts %+v", got)
	}
}

// What concerns one file only is a row of the log; the others are stored.
func TestFilesThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	j, out := w.deliver(w.editor, w.job("mixed"),
		file{"", "a.exe", "MZ"}, file{"", "x/.DS_Store", "s"}, file{"", "Thumbs.db", "t"}, file{"", "?%?.jpg", "n"}, file{"", "README", "text"}, file{"", "good.xml", "g"})
	want := whole("UploadError a.exe", "UploadWarning .DS_Store", "UploadWarning Thumbs.db", "UploadError .jpg", "UploadError README", "UploadSuccess good.xml")
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for i, o := range out[:5] {
		if o.Asset != nil || o.Reason == "" || o.Log == "" {
			t.Errorf("outcome %d: %+v", i, o)
		}
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 6, Success: 1, Error: 3, Warning: 2}) {
		t.Errorf("counts %+v", got)
	}
	if n := w.blobCount(); n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
}

// A name that cannot be used refuses the whole request.
func TestNamesThatRefuseTheDelivery(t *testing.T) {
	w := newWorld(t)
	for name, bad := range map[string]file{
		"parent":  {"", "../a.xml", "x"},
		"NUL":     {"", "a\x00.xml", "x"},
		"folder":  {"", "a/", "x"},
		"UTF-8":   {"b\xff", "a.xml", "x"},
		"no name": {"", "", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.tryDeliver(w.editor, w.job("bad"), file{"", "first.xml", "1"}, bad)
			if ingest.KindOf(err) != ingest.Invalid || err == nil {
				t.Errorf("error %v", err)
			}
		})
	}
	if n := w.blobCount() + w.assetCount(w.demo) + len(w.events()); n != 0 {
		t.Errorf("%d things were kept", n)
	}
}

// Without an extension the content says what a file is.
func TestFilesWithoutExtension(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct {
		body, row string
		want      ingest.AssetType
	}{
		"image": {"\xff\xd8", "MasterImage", ingest.TypeImage},
		"pdf":   {"%PDF-1.7", "Pdf", ingest.TypePDF},
		"zip":   {"PK\x03\x04", "Zip", ingest.TypeZip},
		"audio": {"RIFF", "NoType", ingest.TypeAudio},
		"video": {"ftyp", "Video", ingest.TypeMasterVideo},
		"svg":   {"<svg/>", "Svg", "Svg"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			j, out := w.deliver(w.editor, w.job(name), file{"", "file-" + name, tt.body})
			if out[0].Asset == nil || out[0].Asset.Type != tt.want {
				t.Fatalf("outcome %+v", out[0])
			}
			w.process()
			if got := w.row(j.Number, ingest.LogUploadSuccess).AssetType; got != tt.row {
				t.Errorf("row type %q, want %q", got, tt.row)
			}
		})
	}
}

func TestSpoolSizeAndHint(t *testing.T) {
	w := newWorld(t)
	in := w.engine.NewIntake()
	s, err := in.Receive(w.ctx, &brokenReader{text: "abc"}, -1)
	if err != errBroken || s != nil {
		t.Errorf("Receive: %v, %v", s, err)
	}
	in.Close()
	in.Close()
	if n := w.blobCount(); n != 0 {
		t.Errorf("%d blobs of a broken body", n)
	}
	in = w.engine.NewIntake()
	defer in.Close()
	s, err = in.Receive(w.ctx, &brokenReader{text: "abcd", end: true}, 1)
	w.ok(err)
	if s.Size() != 4 {
		t.Errorf("size %d", s.Size())
	}
}

// Files that were received and not delivered are removed by Close.
func TestCloseRemovesWhatWasNotDelivered(t *testing.T) {
	w := newWorld(t)
	in := w.engine.NewIntake()
	for range 20 {
		_, err := in.Receive(w.ctx, &brokenReader{text: "abcd", end: true}, 4)
		w.ok(err)
	}
	in.Close()
	if n := w.blobCount(); n != 0 {
		t.Errorf("%d blobs are left", n)
	}
}

func TestLastPostMovesWithEachDelivery(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("posts")))
	w.clock.move(time.Minute)
	w.deliver(w.editor, w.more(j, false))
	if got := w.storedJob(j.Number).LastPost; !got.Equal(w.clock.now()) {
		t.Errorf("last post %v, now %v", got, w.clock.now())
	}
}

// A file that is not stored leaves no folder behind.
func TestSkippedFilesMakeNoFolders(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("first"), file{"old", "a.xml", "1"})
	w.settings(w.demo, ingest.CompanySettings{QuotaBytes: 5})
	_, out := w.deliver(w.editor, w.job("second"),
		file{"skipped/deep", "a.xml", "2"}, file{"over/quota", "b.xml", "123456"}, file{"unknown", "c.exe", "3"}, file{"kept/deep", "d.xml", "4"})
	for i, o := range out {
		if (o.Asset != nil) != (i == 3) {
			t.Errorf("file %d: %+v", i, o)
		}
	}
	var got []string
	w.view(func(tx ingest.Tx) error {
		folders, err := tx.Folders(w.demo.Number, "", ingest.Page{Limit: 99})
		for _, f := range folders {
			got = append(got, f.Path)
		}
		return err
	})
	if diff := cmp.Diff([]string{"", "old/", "kept/", "kept/deep/"}, got); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
}

// JavaScript is taken only by companies that ask for it.
func TestJavascriptIsEnabledPerCompany(t *testing.T) {
	w := newWorld(t)
	j, out := w.deliver(w.editor, w.job("off"), file{"web", "a.js", "alert(1)"}, file{"", "b.css", "b"})
	if out[0].Asset != nil || out[1].Asset == nil {
		t.Errorf("outcomes %+v", out)
	}
	if row := w.row(j.Number, ingest.LogUploadError); row.Message != "web/a.js: JavaScript files are not enabled for this company; an operator enables them by its setting allow-javascript." {
		t.Errorf("message %q", row.Message)
	}
	_, err := w.tryUpload(w.editor, "", "u.JS", "alert(2)", ingest.ConflictPolicy{})
	w.refused(err, ingest.Invalid, ingest.CodeUnsupported)
	w.settings(w.demo, ingest.CompanySettings{AllowJavascript: true})
	if a := w.put(w.editor, w.job("on"), file{"web", "a.js", "alert(1)"}); a.Type != ingest.TypeJavascript {
		t.Errorf("type %s", a.Type)
	}
}

// The profiles that a job's options name must be ICC profiles of its company.
func TestProfilesOfAJob(t *testing.T) {
	w := newWorld(t)
	mine := w.put(w.editor, w.job("p"), file{"", "mine.icc", "1"})
	picture := w.put(w.editor, w.job("p"), file{"", "other.xml", "2"})
	trashed := w.put(w.editor, w.job("p"), file{"", "trashed.icm", "3"})
	w.trash(trashed)
	theirs := w.put(w.outsider, into(w.other, w.job("p")), file{"", "theirs.icc", "4"})
	jobs := len(w.jobs())
	for name, tt := range map[string]struct {
		asset ingest.Number
		good  bool
	}{"mine": {mine.Number, true}, "not a profile": {picture.Number, false}, "in the trash": {trashed.Number, false}, "of another company": {theirs.Number, false}, "no asset": {9999, false}} {
		ref := engine.ProfileRef{Option: "outputProfileHandle", Handle: fmt.Sprintf("a|%d", tt.asset), Asset: tt.asset}
		d := w.job("convert", func(s *engine.JobSpec) { s.Profiles = []engine.ProfileRef{{Asset: mine.Number}, ref} })
		_, _, err := w.tryDeliver(w.editor, d, file{"", "x" + fmt.Sprint(tt.asset) + ".xml", "x"})
		if tt.good {
			w.ok(err)
			jobs++
			continue
		}
		w.refused(err, ingest.Invalid, "")
		if got, want := ingest.Message(err), fmt.Sprintf("outputProfileHandle: no ICC profile of this company has the handle %q", ref.Handle); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if n := len(w.jobs()); n != jobs {
		t.Errorf("%d jobs, want %d", n, jobs)
	}
}
