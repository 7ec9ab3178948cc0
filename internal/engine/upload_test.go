package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// begun opens an upload of so many bytes by the editor.
func (w *world) begun(name string, size int64) *ingest.Upload {
	w.t.Helper()
	spec := w.begin("")
	spec.FileName, spec.Size = name, size
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	return u
}

func (w *world) tryWrite(u *ingest.Upload, offset int64, body string) error {
	_, err := w.engine.Write(w.ctx, w.editor, u.UUID, offset, strings.NewReader(body), engine.WriteSpec{})
	return err
}

func (w *world) write(u *ingest.Upload, offset int64, body string) {
	w.t.Helper()
	w.ok(w.tryWrite(u, offset, body))
}

func (w *world) tryFinish(u *ingest.Upload) (*ingest.Asset, error) {
	return w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1})
}

func (w *world) finish(u *ingest.Upload) *ingest.Asset {
	w.t.Helper()
	a, err := w.tryFinish(u)
	w.ok(err)
	return a
}

// windows renders what has arrived, as "0+5 8+2".
func (w *world) windows(u *ingest.Upload) string {
	w.t.Helper()
	s, err := w.engine.Status(w.ctx, w.editor, u.UUID)
	w.ok(err)
	var parts []string
	for _, win := range s.Windows {
		parts = append(parts, fmt.Sprintf("%d+%d", win.Offset, win.Length))
	}
	return strings.Join(parts, " ")
}

func TestAnUploadInWindows(t *testing.T) {
	w := newWorld(t)
	spec := w.begin("k")
	spec.Size, spec.Folder, spec.FileName, spec.Publish, spec.Metadata = 10, "x/", "y/u.xml", true, map[string]string{"title": "T"}
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	if got := w.windows(u); got != "" {
		t.Errorf("windows %q", got)
	}
	for _, step := range []struct {
		offset  int64
		body    string
		windows string
		prefix  int64
	}{{8, "89", "8+2", 0}, {0, "01", "0+2 8+2", 2}, {4, "4", "0+2 4+1 8+2", 2}, {1, "1234567", "0+10", 10}} {
		w.write(u, step.offset, step.body)
		if got := w.windows(u); got != step.windows {
			t.Errorf("windows %q, want %q", got, step.windows)
		}
		if s, _ := w.engine.Status(w.ctx, w.editor, u.UUID); s.Prefix() != step.prefix {
			t.Errorf("prefix %d, want %d", s.Prefix(), step.prefix)
		}
	}
	if j := w.storedJob(u.Job); j.State != ingest.JobRunning || j.Pending != 1 || j.Open {
		t.Errorf("job %+v", j)
	}
	a := w.stored(w.finish(u))
	if w.read(a.UUID) != "0123456789" || !cmp.Equal(a.SHA256, sha("0123456789")) {
		t.Errorf("bytes %q, digest %x", w.read(a.UUID), a.SHA256)
	}
	if a.Path != "x/y/" || a.Publish == 0 || a.Metadata["title"] != "T" || a.CreatedBy != w.editor.User {
		t.Errorf("asset %+v", a)
	}
	if s, err := w.engine.Status(w.ctx, w.editor, u.UUID); err != nil || s.Upload.State != ingest.UploadDone || s.Upload.Asset != a.Number || s.Windows != nil {
		t.Errorf("status %+v, %v", s, err)
	}
	if diff := cmp.Diff(whole("UploadSuccess u.xml"), w.log(u.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if n := w.stageCount(); n != 0 {
		t.Errorf("%d stages are left", n)
	}
	w.refused(w.tryWrite(u, 0, "x"), ingest.Conflict, "")
	if err := w.engine.Abort(w.ctx, w.editor, u.UUID); ingest.KindOf(err) != ingest.Conflict || err == nil {
		t.Errorf("a finished upload is aborted: %v", err)
	}
	if w.read(a.UUID) != "0123456789" {
		t.Error("the asset was changed")
	}
}

func TestWindowsInParallel(t *testing.T) {
	w := newWorld(t)
	const parts, size = 32, 10_000
	body := strings.Repeat("0123456789", parts*size/10)
	u := w.begun("big.xml", int64(len(body)))
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			at := (i * 13 % parts) * size
			if err := w.tryWrite(u, int64(at), body[at:at+size]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	a := w.finish(u)
	if w.read(a.UUID) != body || !cmp.Equal(a.SHA256, sha(body)) {
		t.Error("the bytes or their digest are wrong")
	}
}

func TestAnUploadOfUnknownOrNoSize(t *testing.T) {
	w := newWorld(t)
	u := w.begun("unknown.xml", -1)
	w.write(u, 0, "abc")
	w.write(u, 3, "def")
	if a := w.finish(u); w.read(a.UUID) != "abcdef" || a.Size != 6 {
		t.Errorf("asset %+v", a)
	}
	u = w.begun("promised.xml", -1)
	w.write(u, 0, "abc")
	_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 4})
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	_, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 2})
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	if _, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 3}); err != nil {
		t.Error(err)
	}
	for name, size := range map[string]int64{"none.xml": 0, "never.xml": -1} {
		if a := w.finish(w.begun(name, size)); w.read(a.UUID) != "" || !cmp.Equal(a.SHA256, sha("")) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestBeginIsIdempotentByItsKey(t *testing.T) {
	w := newWorld(t)
	spec := w.begin("key")
	var uploads [8]*ingest.Upload
	var wg sync.WaitGroup
	for i := range uploads {
		wg.Go(func() {
			var err error
			if uploads[i], err = w.engine.Begin(w.ctx, w.editor, spec); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, u := range uploads {
		if u == nil || u.UUID != uploads[0].UUID {
			t.Fatalf("uploads %v", uploads)
		}
	}
	if n := len(w.jobs()); n != 1 {
		t.Errorf("%d jobs", n)
	}
	w.write(uploads[0], 0, "1234")
	a := w.finish(uploads[0])
	if u, err := w.engine.Begin(w.ctx, w.editor, spec); err != nil || u.State != ingest.UploadDone || u.Asset != a.Number {
		t.Errorf("after the end: %+v, %v", u, err)
	}
	_, err := w.engine.Begin(w.ctx, w.colleague, spec)
	w.refused(err, ingest.NotFound, "")
	spec.Door = ingest.DoorAPI
	if u, err := w.engine.Begin(w.ctx, w.editor, spec); err != nil || u.UUID == uploads[0].UUID {
		t.Errorf("another door's key: %+v, %v", u, err)
	}
}

func (w *world) jobs() (list []*ingest.Job) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) (err error) {
		list, err = tx.Jobs(ingest.JobFilter{}, ingest.Page{Limit: 1000})
		return err
	})
	return list
}

func TestBeginRefuses(t *testing.T) {
	w := newWorld(t)
	done, _ := w.deliver(w.editor, w.job("done"))
	foreign, _ := w.deliver(w.outsider, into(w.other, open(w.job("foreign"))))
	tests := map[string]struct {
		change func(*engine.BeginSpec)
		kind   ingest.Kind
		code   ingest.Code
	}{
		"a bad name":            {func(s *engine.BeginSpec) { s.FileName = "../x" }, ingest.Invalid, ""},
		"a folder as name":      {func(s *engine.BeginSpec) { s.FileName = "x/" }, ingest.Invalid, ingest.CodeMissing},
		"a finished job":        {func(s *engine.BeginSpec) { s.Job = done.Number }, ingest.Conflict, ingest.CodeJobClosed},
		"another company's job": {func(s *engine.BeginSpec) { s.Job = foreign.Number }, ingest.NotFound, ingest.CodeJobUnknown},
		"another company":       {func(s *engine.BeginSpec) { s.Company = w.other.Number }, ingest.Forbidden, ingest.CodeNotMember},
		"a job without name":    {func(s *engine.BeginSpec) { s.Open = &engine.JobSpec{} }, ingest.Invalid, ingest.CodeMissing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			spec := w.begin("")
			tt.change(&spec)
			_, err := w.engine.Begin(w.ctx, w.editor, spec)
			w.refused(err, tt.kind, tt.code)
		})
	}
	if n := len(w.jobs()); n != 2 {
		t.Errorf("%d jobs, want 2", n)
	}
}

// Several uploads of one job: it ends with the last of them.
func TestUploadsOfOneJob(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("shared")), file{"", "first.xml", "1"})
	var uploads []*ingest.Upload
	for _, name := range []string{"a.xml", "b.xml", "c.xml"} {
		spec := w.begin("")
		spec.Job, spec.Open, spec.FileName = j.Number, nil, name
		u, err := w.engine.Begin(w.ctx, w.editor, spec)
		w.ok(err)
		w.write(u, 0, "1234")
		uploads = append(uploads, u)
	}
	w.finish(uploads[1])
	j, _ = w.deliver(w.editor, w.more(j, true))
	if j.State != ingest.JobRunning || j.Pending != 2 {
		t.Errorf("job %+v", j)
	}
	w.ok(w.engine.Abort(w.ctx, w.editor, uploads[0].UUID))
	w.finish(uploads[2])
	want := whole("UploadSuccess first.xml", "UploadSuccess b.xml", "UploadError a.xml", "UploadSuccess c.xml")
	if diff := cmp.Diff(want, w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Counts != (ingest.JobCounts{Total: 4, Success: 3, Error: 1}) {
		t.Errorf("job %+v", got)
	}
}

func TestFinishingAgainGivesTheSame(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 4)
	w.write(u, 0, "1234")
	var assets [8]*ingest.Asset
	var wg sync.WaitGroup
	for i := range assets {
		wg.Go(func() {
			var err error
			if assets[i], err = w.tryFinish(u); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first := w.stored(assets[0])
	for _, a := range assets {
		if a == nil || a.Number != first.Number || a.UUID != first.UUID || a.Version != first.Version {
			t.Fatalf("assets %+v", assets)
		}
	}
	w.restart()
	if a := w.finish(u); !cmp.Equal(a, first) {
		t.Errorf("after a restart: %s", cmp.Diff(first, a))
	}
	if n := w.assetCount(w.demo); n != 1 || w.storedJob(u.Job).Counts.Total != 1 {
		t.Errorf("%d assets", n)
	}
}

func TestFinishRefuses(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 10)
	_, err := w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	if !strings.Contains(ingest.Message(err), "nothing has") {
		t.Errorf("message %q", ingest.Message(err))
	}
	w.write(u, 0, "01")
	w.write(u, 4, "456")
	_, err = w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	if !strings.Contains(ingest.Message(err), "not all of the 10 bytes have arrived (received: 0-1 4-6)") {
		t.Errorf("message %q", ingest.Message(err))
	}
	_, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 11})
	w.refused(err, ingest.Mismatch, "")
	w.write(u, 2, "23")
	w.write(u, 7, "789")
	_, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 10, SHA256: sha("other")})
	w.refused(err, ingest.Mismatch, ingest.CodeDigest)
	if w.storedUpload(u).State != ingest.UploadOpen || w.windows(u) != "0+10" {
		t.Error("the upload is not open any more")
	}
	w.write(u, 3, "x")
	a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 10, SHA256: sha("012x456789")})
	w.ok(err)
	if w.read(a.UUID) != "012x456789" {
		t.Errorf("bytes %q", w.read(a.UUID))
	}
}

func TestManyRangesAreNotAllNamed(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 100)
	for i := range 8 {
		w.write(u, int64(i*10), "x")
	}
	_, err := w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	if got := ingest.Message(err); !strings.Contains(got, "received: 0-0 10-10 20-20 30-30 40-40 and 3 more ranges") {
		t.Errorf("message %q", got)
	}
}

func TestWriteRefuses(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 4)
	w.refused(w.tryWrite(u, -1, "x"), ingest.Invalid, ingest.CodeOffset)
	w.refused(w.tryWrite(u, 5, "x"), ingest.Invalid, ingest.CodeOffset)
	w.refused(w.tryWrite(u, 0, "12345"), ingest.TooLarge, ingest.CodeLimit)
	w.refused(w.tryWrite(u, 4, "5"), ingest.TooLarge, ingest.CodeLimit)
	w.ok(w.tryWrite(u, 4, ""))
	if got := w.windows(u); got != "" {
		t.Errorf("windows %q", got)
	}
	_, err := w.engine.Write(w.ctx, w.editor, u.UUID, 0, &brokenReader{text: "12"}, engine.WriteSpec{})
	if !errors.Is(err, errBroken) || w.windows(u) != "" {
		t.Errorf("a broken body: %v, windows %q", err, w.windows(u))
	}
	refusal := &ingest.Error{Kind: ingest.Mismatch, Code: ingest.CodeDigest, Msg: "no"}
	_, err = w.engine.Write(w.ctx, w.editor, u.UUID, 0, strings.NewReader("1234"), engine.WriteSpec{Accept: func(ingest.Window) error { return refusal }})
	if err != refusal || w.windows(u) != "" {
		t.Errorf("a refused window: %v, windows %q", err, w.windows(u))
	}
	win, err := w.engine.Write(w.ctx, w.editor, u.UUID, 0, &brokenReader{text: "12"}, engine.WriteSpec{KeepPartial: true})
	if !errors.Is(err, errBroken) || win.Length != 2 || w.windows(u) != "0+2" {
		t.Errorf("a part: %+v, %v, windows %q", win, err, w.windows(u))
	}
	w.write(u, 2, "34")
	if a := w.finish(u); w.read(a.UUID) != "1234" || !cmp.Equal(a.SHA256, sha("1234")) {
		t.Errorf("asset %+v", a)
	}
}

func TestAbort(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 4)
	w.write(u, 0, "12")
	for range 2 {
		w.ok(w.engine.Abort(w.ctx, w.editor, u.UUID))
	}
	if n := w.stageCount(); n != 0 {
		t.Errorf("%d stages are left", n)
	}
	w.refused(w.tryWrite(u, 2, "34"), ingest.Gone, "")
	_, err := w.tryFinish(u)
	w.refused(err, ingest.Gone, "")
	if s, err := w.engine.Status(w.ctx, w.editor, u.UUID); err != nil || s.Upload.State != ingest.UploadAborted {
		t.Errorf("status %+v, %v", s, err)
	}
	if diff := cmp.Diff(whole("UploadError u.xml"), w.log(u.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if row := w.row(u.Job, ingest.LogUploadError); !strings.Contains(row.Message, "given up") {
		t.Errorf("row %+v", row)
	}
	if j := w.storedJob(u.Job); j.State != ingest.JobDone || j.Counts != (ingest.JobCounts{Total: 1, Error: 1}) {
		t.Errorf("job %+v", j)
	}
	// Without a byte there is no stage to remove.
	w.ok(w.engine.Abort(w.ctx, w.editor, w.begun("v.xml", 4).UUID))
	if kinds := w.events(); kinds[len(kinds)-1] != ingest.EventUploadAborted {
		t.Errorf("events %v", kinds)
	}
}

func TestUploadsExpire(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.UploadLifetime = time.Hour })
	idle, busy := w.begun("idle.xml", 4), w.begun("busy.xml", 8)
	w.write(idle, 0, "12")
	w.clock.move(59 * time.Minute)
	w.write(busy, 0, "12")
	w.ok(w.engine.Tick(w.ctx))
	if w.storedUpload(idle).State != ingest.UploadOpen {
		t.Fatal("expired a minute early")
	}
	w.clock.move(time.Minute)
	w.ok(w.engine.Tick(w.ctx))
	if w.storedUpload(idle).State != ingest.UploadExpired {
		t.Error("not expired in time")
	}
	if w.storedUpload(busy).State != ingest.UploadOpen {
		t.Error("an upload that receives windows has expired")
	}
	w.refused(w.tryWrite(idle, 2, "34"), ingest.Gone, "")
	if row := w.row(idle.Job, ingest.LogUploadError); !strings.Contains(row.Message, "received nothing for too long") {
		t.Errorf("row %+v", row)
	}
	if w.storedJob(idle.Job).State != ingest.JobDone || w.stageCount() != 1 {
		t.Errorf("job %s, %d stages", w.storedJob(idle.Job).State, w.stageCount())
	}
	w.clock.move(59 * time.Minute)
	w.ok(w.engine.Tick(w.ctx))
	if w.storedUpload(busy).State != ingest.UploadExpired {
		t.Error("the second did not expire in time")
	}
}

// A name that is taken leaves the upload to be finished later, or given up.
func TestAnUploadWhoseNameIsTaken(t *testing.T) {
	w := newWorld(t)
	old := w.put(w.editor, w.job("first"), file{"", "u.xml", "old"})
	u := w.begun("u.xml", 4)
	w.write(u, 0, "1234")
	_, err := w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	w.change(old, func(a *ingest.Asset) { a.Name, a.FileName = "moved", "moved.xml" })
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
		t.Errorf("the sweep removed %+v, %v", swept, err)
	}
	if a := w.finish(u); w.read(a.UUID) != "1234" || a.FileName != "u.xml" {
		t.Errorf("asset %+v", a)
	}

	again := w.begun("u.xml", 4)
	w.write(again, 0, "5678")
	_, err = w.tryFinish(again)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	w.refused(w.tryWrite(again, 0, "x"), ingest.Conflict, "")
	w.ok(w.engine.Abort(w.ctx, w.editor, again.UUID))
	if w.storedJob(again.Job).State != ingest.JobDone {
		t.Error("its job is not done")
	}
	swept, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	if n := w.blobCount(); n != 2 || swept.Blobs != 1 {
		t.Errorf("%d blobs, swept %+v", n, swept)
	}
}

// A refused file leaves no bytes, and its upload is over.
func TestAnUploadThatIsSkipped(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("first"), file{"", "u.xml", "old"})
	_, err := w.tryUpload(w.editor, "", "u.xml", "new", ingest.ConflictPolicy{CompanyWide: true, Taken: ingest.ActionSkip, Otherwise: ingest.ActionSkip})
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	jobs := w.jobs()
	if diff := cmp.Diff(whole("DuplicateSkipped u.xml"), w.log(jobs[1].Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if w.blobCount() != 1 || jobs[1].State != ingest.JobDone || jobs[1].Counts != (ingest.JobCounts{Total: 1, Duplicate: 1}) {
		t.Errorf("%d blobs, job %+v", w.blobCount(), jobs[1])
	}
}

// The store may run a transaction again: only the last run counts, and what the
// first one made of the upload is forgotten.
func TestFinishUnderReruns(t *testing.T) {
	w := newWorld(t)
	spec := w.begin("")
	spec.FileName = "u.xml"
	spec.Conflict = ingest.ConflictPolicy{Taken: ingest.ActionSkip, Otherwise: ingest.ActionSkip}
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	w.write(u, 0, "1234")
	runs := 0
	w.db.rerunning(func() {
		if runs++; runs == 2 { // the name is taken while the asset is being made
			w.db.rerunning(nil)
			w.put(w.colleague, w.job("between"), file{"", "u.xml", "first"})
		}
	})
	_, err = w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	got := w.storedUpload(u)
	if got.State != ingest.UploadDone || got.Asset != 0 || got.Size != 4 {
		t.Errorf("upload %+v", got)
	}
	if diff := cmp.Diff(whole("DuplicateSkipped u.xml"), w.log(u.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	_, again := w.tryFinish(u)
	w.refused(again, ingest.Conflict, ingest.CodeExists)
	if n := w.assetCount(w.demo); n != 1 {
		t.Errorf("%d assets", n)
	}
}

// An upload whose file is refused each time does not hold its job up for ever.
func TestARefusedLandingExpires(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.UploadLifetime = time.Hour })
	w.put(w.editor, w.job("first"), file{"", "u.xml", "old"})
	u := w.begun("u.xml", 4) // under a policy that refuses
	w.write(u, 0, "1234")
	w.clock.move(50 * time.Minute)
	_, err := w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	if got := w.storedUpload(u); got.State != ingest.UploadSealing || w.storedJob(u.Job).State != ingest.JobRunning {
		t.Fatalf("the upload is %s", got.State)
	}
	w.clock.move(time.Hour - time.Second) // Finish put its end off
	w.ok(w.engine.Tick(w.ctx))
	if got := w.storedUpload(u).State; got != ingest.UploadSealing {
		t.Fatalf("%s a second early", got)
	}
	w.clock.move(time.Second)
	w.ok(w.engine.Tick(w.ctx))
	if got := w.storedUpload(u).State; got != ingest.UploadExpired {
		t.Fatalf("the upload is %s", got)
	}
	if got := w.storedJob(u.Job); got.State != ingest.JobDone || got.Counts.Error != 1 {
		t.Errorf("job %+v", got)
	}
	_, err = w.engine.Sweep(w.ctx)
	w.ok(err)
	if w.blobCount() != 1 || w.stageCount() != 0 {
		t.Errorf("%d blobs, %d stages", w.blobCount(), w.stageCount())
	}
	_, err = w.tryFinish(u)
	w.refused(err, ingest.Gone, "")
}
