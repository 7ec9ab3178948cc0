package engine_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// working opens what orders need to an engine.
func working(c *engine.Config) {
	c.CheckURL = func(url string) error {
		if !strings.HasPrefix(url, "http") {
			return &ingest.Error{Kind: ingest.Invalid, Msg: "the address " + url + " is not http"}
		}
		return nil
	}
	c.CheckDirectory = func(path string) error {
		if !strings.HasPrefix(path, "drop") {
			return &ingest.Error{Kind: ingest.Invalid, Msg: "not a directory of uploads: " + path}
		}
		return nil
	}
	c.ServerName = "media.test"
}

func order(kind ingest.JobKind, name string) ingest.Order {
	return ingest.Order{Kind: kind, Door: ingest.DoorScene7, Name: name, Client: "tester", Address: "192.0.2.1", Export: &ingest.Export{Base: "http://media.test"}}
}

// submit begins a job and returns it.
func (w *world) submit(p ingest.Principal, o ingest.Order) *ingest.Job {
	w.t.Helper()
	name, err := w.engine.Submit(w.ctx, p, w.demo.Number, engine.Submission{Order: o})
	w.ok(err)
	list := w.jobsNamed(name)
	if len(list) == 0 {
		w.t.Fatalf("no job is called %q", name)
	}
	return list[0]
}

// jobsNamed lists the jobs that were submitted under a name, newest first.
func (w *world) jobsNamed(name string) []*ingest.Job {
	w.t.Helper()
	var list []*ingest.Job
	w.view(func(tx ingest.Tx) (err error) {
		list, err = tx.Jobs(ingest.JobFilter{Companies: []ingest.Number{w.demo.Number}, OriginalName: name, Newest: true}, ingest.Page{Limit: 100})
		return err
	})
	return list
}

// bodies are the files of addresses and directories.
type bodies map[string]string

// step carries out one step of a job as the workers do.
func (w *world) step(t *ingest.Task, files bodies) error {
	w.t.Helper()
	e := w.engine
	switch t.Kind {
	case ingest.TaskFetch, ingest.TaskFile:
		url, from, err := engine.StepSource(t)
		w.ok(err)
		body, ok := files[url+from]
		if !ok {
			return e.FailTask(w.ctx, t, engine.Failure{Reason: "the other server answered 404", Final: true})
		}
		in := e.NewIntake()
		defer in.Close()
		spool, err := in.Receive(w.ctx, strings.NewReader(body), int64(len(body)))
		w.ok(err)
		return e.DeliverStep(w.ctx, t, in, spool, url[strings.LastIndexByte(url, '/')+1:])
	case ingest.TaskDirectory:
		_, after, err := engine.StepDirectory(t)
		w.ok(err)
		if after == "" {
			return e.ExpandDirectory(w.ctx, t, []engine.DirectoryFile{{From: "drop/a.jpg", Path: "a.jpg"}, {From: "drop/b.jpg", Path: "b.jpg"}}, true)
		}
		return e.ExpandDirectory(w.ctx, t, []engine.DirectoryFile{{From: "drop/sub/c.jpg", Path: "sub/c.jpg"}}, false)
	case ingest.TaskPublish:
		return e.PublishStep(w.ctx, t)
	case ingest.TaskReplan:
		return e.ReplanStep(w.ctx, t)
	case ingest.TaskSets:
		return e.SetsStep(w.ctx, t)
	case ingest.TaskExport:
		work, err := e.ExportWork(w.ctx, t)
		w.ok(err)
		in := e.NewIntake()
		defer in.Close()
		spool, err := in.Receive(w.ctx, strings.NewReader(fmt.Sprintf("packed %d by %s", len(work.Files), work.Modifier)), -1)
		w.ok(err)
		return e.FinishExport(w.ctx, t, in, spool, work)
	}
	return fmt.Errorf("unknown step %s", t.Kind)
}

func (w *world) claimSteps() []*ingest.Task {
	w.t.Helper()
	tasks, err := engine.JobSteps{Engine: w.engine}.ClaimTasks(w.ctx, 100)
	w.ok(err)
	return tasks
}

// work carries out everything that is queued.
func (w *world) work(files bodies) {
	w.t.Helper()
	for {
		steps := w.claimSteps()
		for _, t := range steps {
			w.ok(w.step(t, files))
		}
		w.process()
		if len(steps) == 0 {
			return
		}
	}
}

// framed is the log of a finished job of another kind than an upload.
func framed(begin, end string, rows ...string) []string {
	lines := append([]string{begin, "OriginalJobName", "JobClient"}, rows...)
	return append(lines, "TotalFileCount", end)
}

func (w *world) sameLog(j *ingest.Job, want []string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		w.t.Errorf("log of %s (-want +got):\n%s", j.Name, diff)
	}
}

func (w *world) sameCounts(j *ingest.Job, want ingest.JobCounts) {
	w.t.Helper()
	fresh := w.storedJob(j.Number)
	if diff := cmp.Diff(want, fresh.Counts); diff != "" || fresh.State != ingest.JobDone || fresh.Pending != 0 {
		w.t.Errorf("%s is %s with %d pending, counts (-want +got):\n%s", j.Name, fresh.State, fresh.Pending, diff)
	}
}

func TestFetchJob(t *testing.T) {
	w := newWorld(t, working)
	w.put(w.editor, w.job("before"), file{name: "taken.jpg", body: "\xff\xd8old"})
	w.process()
	o := order(ingest.JobURLUpload, "fetch")
	o.Processing.Publish = true
	o.Sources = []ingest.Source{
		{URL: "http://x/one.jpg", Path: "Demo/shoes/boot.jpg"}, {URL: "http://x/two.jpg", Path: "shoes/"},
		{URL: "http://x/taken.jpg"}, {URL: "http://me:secret@x/gone.jpg?secret", Path: "new/"},
	}
	j := w.submit(w.publisher, o)
	if j.State != ingest.JobRunning || j.Open || j.Kind != ingest.JobURLUpload {
		t.Errorf("job is %s, open %v, %s", j.State, j.Open, j.Kind)
	}
	w.work(bodies{"http://x/one.jpg": "\xff\xd81", "http://x/two.jpg": "\xff\xd82", "http://x/taken.jpg": "\xff\xd83"})
	w.sameLog(j, framed("BeginUploadUrls", "EndUploadUrls", "DuplicateSkipped taken.jpg", "UploadError gone.jpg", "UploadSuccess boot.jpg", "UploadSuccess two.jpg"))
	w.sameCounts(j, ingest.JobCounts{Total: 4, Success: 2, Duplicate: 1, Error: 1})
	if row := w.row(j.Number, ingest.LogUploadError); !strings.Contains(row.Message, "404") || strings.Contains(row.Message, "secret") {
		t.Errorf("reason %q", row.Message)
	}
	row := w.rows(j.Number)[5]
	var a *ingest.Asset
	w.view(func(tx ingest.Tx) (err error) { a, err = tx.Asset(row.Asset); return err })
	if a.Path+a.FileName != "shoes/boot.jpg" || a.Publish != ingest.AllContexts || a.CreatedBy != w.publisher.User || w.read(a.UUID) != "\xff\xd81" {
		t.Errorf("asset %+v", a)
	}
}

// A fetched file must not be stored for an owner who has lost the right to it.
func TestFetchWithoutRight(t *testing.T) {
	w := newWorld(t, working)
	o := order(ingest.JobURLUpload, "fetch")
	o.Sources = []ingest.Source{{URL: "http://x/one.jpg", Path: "a.jpg"}}
	j := w.submit(w.editor, o)
	w.update(func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: w.editor.User, Company: w.demo.Number, Role: ingest.RoleViewer, Active: true})
	})
	err := w.step(w.claimSteps()[0], bodies{"http://x/one.jpg": "\xff\xd81"})
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
	if w.assetCount(w.demo) != 0 || w.blobCount() != 0 {
		t.Errorf("%d assets, %d blobs", w.assetCount(w.demo), w.blobCount())
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobRunning {
		t.Errorf("job is %s", got.State)
	}
}

func TestDirectoryJob(t *testing.T) {
	w := newWorld(t, working)
	o := order(ingest.JobDirectoryUpload, "drop")
	o.Directory = &ingest.SourceDirectory{Path: "drop", Folder: "in", Subfolders: true}
	o.Warnings = []string{"metadata files are not read"}
	j := w.submit(w.editor, o)
	w.work(bodies{"drop/a.jpg": "\xff\xd8a", "drop/b.jpg": "\xff\xd8b", "drop/sub/c.jpg": "\xff\xd8c"})
	w.sameLog(j, whole("UploadWarning", "UploadSuccess a.jpg", "UploadSuccess b.jpg", "UploadSuccess c.jpg"))
	w.sameCounts(j, ingest.JobCounts{Total: 3, Success: 3, Warning: 1})
	w.view(func(tx ingest.Tx) error { _, err := tx.Folder(w.demo.Number, "in/sub/"); return err })
}

// A step whose result was recorded, but whose end was not told to the worker, does
// nothing when it runs again.
func TestStepTwice(t *testing.T) {
	w := newWorld(t, working)
	o := order(ingest.JobDirectoryUpload, "drop")
	o.Directory = &ingest.SourceDirectory{Path: "drop"}
	j := w.submit(w.editor, o)
	task := w.claimSteps()[0]
	files := bodies{"drop/a.jpg": "\xff\xd8a", "drop/b.jpg": "\xff\xd8b", "drop/sub/c.jpg": "\xff\xd8c"}
	w.ok(w.step(task, files))
	w.ok(w.step(task, files))
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
	for _, next := range w.claimSteps() {
		w.ok(w.step(next, files))
		w.ok(w.step(next, files))
	}
	w.work(files)
	w.sameCounts(j, ingest.JobCounts{Total: 3, Success: 3})
}

func TestPublishJob(t *testing.T) {
	w := newWorld(t, working)
	marked := w.put(w.editor, w.job("a", func(s *engine.JobSpec) { s.Processing.Publish = true }), file{name: "a.jpg", body: "\xff\xd8a"})
	w.put(w.editor, w.job("b"), file{name: "b.jpg", body: "\xff\xd8b"})
	w.process()
	publish := func(name string, full bool) *ingest.Job {
		o := order(ingest.JobImagePublish, name)
		o.Context, o.Full = ingest.ContextImageServing, full
		j := w.submit(w.editor, o)
		w.clock.move(time.Minute)
		w.work(nil)
		return j
	}
	first := publish("first", false)
	w.sameLog(first, framed("BeginImageServingPublish", "EndImageServingPublish", "ImageServingPublishSuccess a.jpg"))
	w.sameCounts(first, ingest.JobCounts{Total: 1, Success: 1})
	w.sameCounts(publish("again", false), ingest.JobCounts{})
	w.sameCounts(publish("full", true), ingest.JobCounts{Total: 1, Success: 1})
	w.change(marked, func(a *ingest.Asset) { a.Modified = w.clock.now().Add(time.Second) })
	w.clock.move(time.Hour)
	w.sameCounts(publish("changed", false), ingest.JobCounts{Total: 1, Success: 1})
	w.view(func(tx ingest.Tx) error {
		docs, err := tx.DocumentsOf(w.demo.Number, []ingest.DocumentKind{ingest.DocPublishHistory}, []ingest.Number{marked.Number})
		if len(docs) != 1 || docs[0].Key != "ImageServing" || !docs[0].Modified.Equal(w.clock.now()) || !strings.Contains(string(docs[0].Data), "media.test") {
			t.Errorf("history %+v", docs)
		}
		return err
	})
}

func TestReprocessJob(t *testing.T) {
	w := newWorld(t, working)
	crops := []ingest.SmartCrop{{Name: "square", Width: 10, Height: 10}}
	image := w.put(w.editor, w.job("a", func(s *engine.JobSpec) { s.Processing.SmartCrops = crops }), file{name: "a.jpg", body: "\xff\xd8a"})
	pdf := w.put(w.editor, w.job("b"), file{name: "b.pdf", body: "%PDF"})
	w.process()
	o := order(ingest.JobReprocess, "again")
	o.Assets = []ingest.Number{image.Number, pdf.Number}
	o.Processing.SmartCrops = crops
	j := w.submit(w.editor, o)
	for _, s := range w.claimSteps() {
		w.ok(w.step(s, nil))
	}
	if a := w.stored(image); a.State != ingest.AssetProcessing {
		t.Errorf("image is %s", a.State)
	}
	w.process()
	w.sameLog(j, framed("BeginReoptimize", "EndReoptimize", "ReoptimizeSuccess a.jpg", "ReoptimizeSuccess b.pdf"))
	w.sameCounts(j, ingest.JobCounts{Total: 2, Success: 2})
	if a := w.stored(image); a.State != ingest.AssetReady {
		t.Errorf("image is %s", a.State)
	}
	have, err := w.engine.Related(w.ctx, w.editor, w.demo.Number, image.Number)
	w.ok(err)
	if len(have.Crops) != 1 || have.Crops[0].Name != "square" {
		t.Errorf("crops %+v", have.Crops)
	}
}

// A step that an earlier build let wait gives way to the plan of this one.
func TestWaitingStepsGiveWay(t *testing.T) {
	w := newWorld(t, working)
	a := w.put(w.editor, w.job("a"), file{name: "a.css", body: "x"})
	image := w.put(w.editor, w.job("b"), file{name: "b.nef", body: "x"})
	w.process()
	w.update(func(tx ingest.Tx) error {
		for _, old := range []ingest.Task{
			{Asset: a.Number, Version: a.Version, Kind: "cssOptions"}, {Asset: image.Number, Version: image.Version, Kind: ingest.TaskInspect},
			{Asset: image.Number, Version: image.Version, Kind: "autoSmartCropOptionsArray"},
		} {
			old.UUID, old.Company, old.State, old.Created = id.New(), w.demo.Number, ingest.TaskParked, w.clock.now()
			if err := tx.CreateTask(&old); err != nil {
				return err
			}
		}
		return nil
	})
	o := order(ingest.JobReprocess, "again")
	o.Assets = []ingest.Number{a.Number, image.Number}
	w.submit(w.editor, o)
	for _, s := range w.claimSteps() {
		w.ok(w.step(s, nil))
	}
	w.process()
	for _, a := range []*ingest.Asset{a, image} {
		detail, err := w.engine.Asset(w.ctx, w.editor, a.UUID)
		w.ok(err)
		if len(detail.Pending) != 0 {
			t.Errorf("%s: %d steps wait", a.FileName, len(detail.Pending))
		}
	}
}

func TestOptimizeJob(t *testing.T) {
	w := newWorld(t, working)
	for i := range 3 {
		w.put(w.editor, w.job("a"), file{name: fmt.Sprintf("%d.jpg", i), body: "\xff\xd8a"})
	}
	w.put(w.editor, w.job("b"), file{name: "b.pdf", body: "%PDF"})
	w.process()
	j := w.submit(w.editor, order(ingest.JobOptimize, "optimize"))
	w.work(nil)
	w.sameCounts(j, ingest.JobCounts{Total: 3, Success: 3})
}

func TestExportJob(t *testing.T) {
	w := newWorld(t, working)
	a := w.put(w.editor, w.job("a"), file{name: "a.jpg", body: "\xff\xd8a"})
	b := w.put(w.editor, w.job("b"), file{name: "b.jpg", body: "\xff\xd8b"})
	w.process()
	w.update(func(tx ingest.Tx) error {
		return tx.CreateDocument(&ingest.Document{UUID: "p", Company: w.demo.Number, Kind: ingest.DocImagePreset, Key: "small", Data: []byte(`{"modifier":"wid=9&fmt=png"}`), Created: w.clock.now()})
	})
	o := order(ingest.JobExport, "my export")
	o.Assets = []ingest.Number{a.Number, b.Number}
	o.Export = &ingest.Export{Convert: true, Modifier: "?fmt=gif", Macro: "$Small$", Base: "http://media.test"}
	j := w.submit(w.viewer, o)
	w.trash(b)
	w.work(nil)
	w.sameCounts(j, ingest.JobCounts{Total: 1, Success: 1, Warning: 1})
	address := w.row(j.Number, ingest.LogReturnSuccess).AssetName
	prefix := "http://media.test/scene7/export/my%20export.zip?key="
	if !strings.HasPrefix(address, prefix) {
		t.Fatalf("address %q", address)
	}
	token := strings.TrimPrefix(address, prefix)
	read := func() string {
		f, err := w.engine.Exported(w.ctx, token)
		w.ok(err)
		defer f.Bytes.Close()
		text, err := io.ReadAll(f.Bytes)
		w.ok(err)
		return string(text)
	}
	if got := read(); got != "packed 1 by fmt=gif&wid=9&fmt=png" {
		t.Errorf("file %q", got)
	}
	_, err := w.engine.Exported(w.ctx, token+"x")
	w.refused(err, ingest.NotFound, "")
	swept, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	if swept.Blobs != 0 || read() == "" {
		t.Errorf("the sweep removed %d blobs of a live export", swept.Blobs)
	}
	w.clock.move(engine.ExportLifetime)
	_, err = w.engine.Exported(w.ctx, token)
	w.refused(err, ingest.NotFound, "")
	swept, err = w.engine.Sweep(w.ctx)
	w.ok(err)
	if swept.Blobs != 1 {
		t.Errorf("the sweep removed %d blobs, want the expired export", swept.Blobs)
	}
}

// Jobs that this server only records say so in their log.
func TestRecordedJobs(t *testing.T) {
	w := newWorld(t, working)
	for _, kind := range []ingest.JobKind{ingest.JobVideoSitemap, ingest.JobMetadataPublish} {
		j := w.submit(w.editor, order(kind, string(kind)))
		w.sameCounts(j, ingest.JobCounts{Warning: 1})
		if row := w.row(j.Number, ingest.LogUploadWarning); row.Message == "" {
			t.Errorf("%s: empty warning", kind)
		}
	}
}

func TestPublishAfter(t *testing.T) {
	w := newWorld(t, working)
	o := order(ingest.JobURLUpload, "fetch")
	o.Sources = []ingest.Source{{URL: "http://x/one.jpg", Path: "a.jpg"}}
	o.Processing.Publish = true
	o.Processing.PublishAfter, o.Processing.PublishIfKept = []ingest.JobKind{ingest.JobImagePublish}, true
	w.submit(w.editor, o)
	w.work(bodies{"http://x/one.jpg": "\xff\xd81"})
	list := w.jobsNamed("fetch-ImageServingPublish")
	if len(list) != 1 {
		t.Fatalf("%d publish jobs", len(list))
	}
	w.sameCounts(list[0], ingest.JobCounts{Total: 1, Success: 1})
	w.submit(w.editor, o) // the name is taken now, nothing is kept
	w.work(bodies{"http://x/one.jpg": "\xff\xd81"})
	if n := len(w.jobsNamed("fetch-ImageServingPublish")); n != 1 {
		t.Errorf("%d publish jobs after a job that kept nothing", n)
	}
}

func TestCallback(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.Callbacks = true })
	d := w.job("call", func(s *engine.JobSpec) { s.Processing.CallbackURL = "http://x/done" })
	w.deliver(w.editor, d, file{name: "a.jpg", body: "\xff\xd8a"})
	if n := len(w.claimSteps()); n != 0 {
		t.Fatalf("%d steps before the job is done", n)
	}
	w.process()
	steps := w.claimSteps()
	if len(steps) != 1 {
		t.Fatalf("%d steps after it", len(steps))
	}
	url, err := engine.CallbackURL(steps[0])
	w.ok(err)
	if url != "http://x/done" {
		t.Errorf("address %q", url)
	}
	w.ok(w.engine.CompleteTask(w.ctx, steps[0], engine.TaskResult{}))
	if n := len(w.claimSteps()); n != 0 {
		t.Errorf("%d steps after the callback", n)
	}
}

func TestSubmitRefused(t *testing.T) {
	w := newWorld(t, working)
	a := w.put(w.editor, w.job("a"), file{name: "a.jpg", body: "\xff\xd8a"})
	foreign := w.put(w.outsider, into(w.other, w.job("b")), file{name: "b.jpg", body: "\xff\xd8b"})
	fetch := order(ingest.JobURLUpload, "fetch")
	fetch.Sources = []ingest.Source{{URL: "http://x/1.jpg", Path: "1.jpg"}}
	with := func(o ingest.Order, change func(*ingest.Order)) ingest.Order { change(&o); return o }
	tests := map[string]struct {
		p     ingest.Principal
		order ingest.Order
		user  ingest.Number
		cron  string
		kind  ingest.Kind
		code  ingest.Code
	}{
		"nobody":           {p: w.anonymous, order: fetch, kind: ingest.Unauthenticated, code: ingest.CodeNoCredentials},
		"viewer":           {p: w.viewer, order: fetch, kind: ingest.Forbidden, code: ingest.CodeRole},
		"not a member":     {p: w.outsider, order: fetch, kind: ingest.Forbidden, code: ingest.CodeNotMember},
		"no name":          {p: w.editor, order: with(fetch, func(o *ingest.Order) { o.Name = "" }), kind: ingest.Invalid, code: ingest.CodeMissing},
		"bad address":      {p: w.editor, order: with(fetch, func(o *ingest.Order) { o.Sources = []ingest.Source{{URL: "file:///etc/passwd"}} }), kind: ingest.Invalid},
		"bad path":         {p: w.editor, order: with(fetch, func(o *ingest.Order) { o.Sources = []ingest.Source{{URL: "http://x", Path: "../x.jpg"}} }), kind: ingest.Invalid},
		"bad folder":       {p: w.editor, order: with(fetch, func(o *ingest.Order) { o.Sources = []ingest.Source{{URL: "http://x", Path: "../x/"}} }), kind: ingest.Invalid},
		"no sources":       {p: w.editor, order: order(ingest.JobURLUpload, "x"), kind: ingest.Invalid},
		"no assets":        {p: w.editor, order: order(ingest.JobExport, "x"), kind: ingest.Invalid},
		"foreign asset":    {p: w.editor, order: with(order(ingest.JobExport, "x"), func(o *ingest.Order) { o.Assets = []ingest.Number{foreign.Number} }), kind: ingest.NotFound},
		"no PDF":           {p: w.editor, order: with(order(ingest.JobRipPDF, "x"), func(o *ingest.Order) { o.Assets = []ingest.Number{a.Number} }), kind: ingest.Invalid},
		"publisher":        {p: w.publisher, order: order(ingest.JobOptimize, "x"), kind: ingest.Forbidden, code: ingest.CodeRole},
		"other directory":  {p: w.editor, order: with(order(ingest.JobDirectoryUpload, "x"), func(o *ingest.Order) { o.Directory = &ingest.SourceDirectory{Path: "/etc"} }), kind: ingest.Invalid},
		"bad schedule":     {p: w.editor, order: fetch, cron: "daily", kind: ingest.Invalid},
		"past schedule":    {p: w.editor, order: fetch, cron: "0 0 0 1 1 ? 2020", kind: ingest.Invalid},
		"long schedule":    {p: w.editor, order: with(fetch, func(o *ingest.Order) { o.Echo = make([]byte, engine.MaxScheduleBytes) }), cron: "0 0 1 * * ?", kind: ingest.Invalid, code: ingest.CodeLimit},
		"for another user": {p: w.editor, order: fetch, user: w.colleague.User, kind: ingest.Forbidden, code: ingest.CodeTargetUser},
		"for nobody":       {p: w.boss, order: fetch, user: 9999, kind: ingest.NotFound, code: ingest.CodeUnknownUser},
		"for an outsider":  {p: w.boss, order: fetch, user: w.outsider.User, kind: ingest.Forbidden, code: ingest.CodeTargetUser},
	}
	before := len(w.jobsNamed("fetch")) + len(w.jobsNamed("x"))
	for name, tt := range tests {
		_, err := w.engine.Submit(w.ctx, tt.p, w.demo.Number, engine.Submission{Order: tt.order, User: tt.user, Cron: tt.cron})
		if err == nil || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %v/%q", name, err, tt.kind, tt.code)
		}
	}
	if after := len(w.jobsNamed("fetch")) + len(w.jobsNamed("x")); after != before {
		t.Errorf("%d jobs were left by refused orders", after-before)
	}
	w.tune = nil
	w.reboot()
	for _, o := range []ingest.Order{fetch, with(order(ingest.JobDirectoryUpload, "x"), func(o *ingest.Order) { o.Directory = &ingest.SourceDirectory{Path: "drop"} })} {
		_, err := w.engine.Submit(w.ctx, w.editor, w.demo.Number, engine.Submission{Order: o})
		w.refused(err, ingest.Conflict, "")
	}
	w.tune = []func(*engine.Config){working}
	w.reboot()
	_, err := w.engine.Submit(w.ctx, w.boss, w.demo.Number, engine.Submission{Order: fetch, User: w.colleague.User})
	w.ok(err)
	if got := w.jobsNamed("fetch")[0].User; got != w.colleague.User {
		t.Errorf("owner %d, want the colleague", got)
	}
}

// The store may run an update twice; what it does happens once.
func TestStepsRunAgain(t *testing.T) {
	w := newWorld(t, working)
	w.db.rerunning(func() {})
	o := order(ingest.JobURLUpload, "fetch")
	o.Sources = []ingest.Source{{URL: "http://x/one.jpg", Path: "a.jpg"}, {URL: "http://x/gone.jpg", Path: "b.jpg"}}
	o.Processing.Publish, o.Processing.PublishAfter = true, []ingest.JobKind{ingest.JobImagePublish}
	j := w.submit(w.editor, o)
	w.work(bodies{"http://x/one.jpg": "\xff\xd81"})
	w.sameCounts(j, ingest.JobCounts{Total: 2, Success: 1, Error: 1})
	w.sameCounts(w.jobsNamed("fetch-ImageServingPublish")[0], ingest.JobCounts{Total: 1, Success: 1})
	var asset ingest.Number
	w.view(func(tx ingest.Tx) error {
		list, err := tx.Assets(ingest.AssetFilter{}, ingest.Page{Limit: 10})
		if len(list) == 1 {
			asset = list[0].Number
		}
		return err
	})
	export := order(ingest.JobExport, "out")
	export.Assets = []ingest.Number{asset}
	x := w.submit(w.editor, export)
	w.work(nil)
	w.sameCounts(x, ingest.JobCounts{Total: 1, Success: 1})
	w.later(w.editor, engine.Submission{Order: order(ingest.JobOptimize, "later"), At: w.clock.now().Add(time.Hour)})
	w.clock.move(time.Hour)
	w.tick()
	if n := len(w.jobsNamed("later")); n != 1 {
		t.Errorf("%d jobs began", n)
	}
}
