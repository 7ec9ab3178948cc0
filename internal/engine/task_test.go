package engine_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// image delivers an image and claims its task.
func (w *world) image(name string) (*ingest.Job, *ingest.Asset, *ingest.Task) {
	w.t.Helper()
	j, out := w.deliver(w.editor, w.job(name), file{"", name + ".jpg", jpeg + name})
	tasks := w.claim()
	if len(tasks) != 1 || tasks[0].Kind != ingest.TaskInspect {
		w.t.Fatalf("tasks %+v", tasks)
	}
	return j, out[0].Asset, tasks[0]
}

func thumb(body string) engine.TaskResult {
	return engine.TaskResult{
		Media:   &ingest.Media{Width: 40, Height: 30},
		Type:    ingest.TypeAnimatedGIF,
		Derived: []engine.DerivedFile{{Key: "thumb", Kind: ingest.DerivedThumbnail, Name: "t.jpg", Media: ingest.Media{ContentType: "image/jpeg", Width: 4}, Bytes: []byte(body)}},
	}
}

func (w *world) derived(a *ingest.Asset) string {
	w.t.Helper()
	f, err := w.engine.Derived(w.ctx, w.viewer, a.UUID, "", ingest.DerivedThumbnail)
	if err != nil {
		w.t.Fatalf("derived file: %v", err)
	}
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	w.ok(err)
	return string(b)
}

func (w *world) task(n ingest.Number) *ingest.Task {
	w.t.Helper()
	var task *ingest.Task
	w.view(func(tx ingest.Tx) (err error) { task, err = tx.Task(n); return err })
	return task
}

func TestCompleteTask(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.image("a")
	if got := w.storedJob(j.Number); got.State != ingest.JobRunning || got.Pending != 1 {
		t.Fatalf("job %+v", got)
	}
	in, err := w.engine.TaskInput(w.ctx, task)
	w.ok(err)
	if in.FileName != "a.jpg" || in.Blob.Size != 3 {
		t.Errorf("input %+v", in)
	}
	r, err := w.engine.OpenBlob(w.ctx, in.Blob.Key)
	w.ok(err)
	if b, err := io.ReadAll(r); err != nil || string(b) != jpeg+"a" {
		t.Errorf("blob %q, %v", b, err)
	}
	w.ok(r.Close())
	w.ok(w.engine.CompleteTask(w.ctx, task, thumb("small")))

	got := w.stored(a)
	want := ingest.Media{ContentType: "image/jpeg", Width: 40, Height: 30}
	if got.State != ingest.AssetReady || got.Media != want || got.Type != ingest.TypeAnimatedGIF {
		t.Errorf("asset %+v", got)
	}
	if s := w.derived(a); s != "small" {
		t.Errorf("thumbnail %q", s)
	}
	detail, err := w.engine.Asset(w.ctx, w.viewer, a.UUID)
	w.ok(err)
	if len(detail.Derived) != 1 || len(detail.Pending) != 0 || detail.Company.Name != "Demo" {
		t.Errorf("detail %+v", detail)
	}
	if f, err := w.engine.Derived(w.ctx, w.viewer, a.UUID, detail.Derived[0].UUID, ""); err != nil || f.ContentType != "image/jpeg" || f.Version != got.Version {
		t.Errorf("by UUID: %+v, %v", f, err)
	} else {
		f.Bytes.Close()
	}
	if diff := cmp.Diff(whole("UploadSuccess a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if done := w.task(task.Number); done.State != ingest.TaskDone || done.Finished.IsZero() {
		t.Errorf("task %+v", done)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Pending != 0 || got.Counts.Success != 1 {
		t.Errorf("job %+v", got)
	}
	if kinds := w.events(); !cmp.Equal(kinds[len(kinds)-2:], []ingest.EventKind{ingest.EventAssetProcessed, ingest.EventJobFinished}) {
		t.Errorf("events %v", kinds)
	}
	if len(w.claim()) != 0 {
		t.Error("the task is claimed again")
	}
}

func TestAWarningOfATask(t *testing.T) {
	w := newWorld(t)
	j, _, task := w.image("a")
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{Warning: "the profile is unknown"}))
	if diff := cmp.Diff(whole("UploadWarning a.jpg", "UploadSuccess a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if row := w.row(j.Number, ingest.LogUploadWarning); row.Message != "a.jpg: the profile is unknown" {
		t.Errorf("message %q", row.Message)
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 1, Success: 1, Warning: 1}) {
		t.Errorf("counts %+v", got)
	}
}

// The waits between runs grow; after the last the asset is ready all the same,
// because it can be read, and the log says what is missing.
func TestATaskIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.image("a")
	for _, wait := range []time.Duration{2 * time.Second, 8 * time.Second, 32 * time.Second} {
		w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no memory"}))
		at, ok, err := w.engine.NextTask(w.ctx)
		w.ok(err)
		if !ok || !at.Equal(w.clock.now().Add(wait)) {
			t.Fatalf("next run %v (%v), want in %v", at.Sub(w.clock.now()), ok, wait)
		}
		w.clock.move(wait - time.Millisecond)
		if got := w.claim(); len(got) != 0 {
			t.Fatal("claimed early")
		}
		if got := w.storedJob(j.Number); got.State != ingest.JobRunning {
			t.Fatalf("job %s", got.State)
		}
		w.clock.move(time.Millisecond)
		tasks := w.claim()
		if len(tasks) != 1 {
			t.Fatal("not claimed in time")
		}
		task = tasks[0]
	}
	if task.Attempts != 4 || task.Error != "no memory" {
		t.Errorf("task %+v", task)
	}
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no memory"}))
	if diff := cmp.Diff(whole("UploadWarning a.jpg", "UploadSuccess a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	detail, err := w.engine.Asset(w.ctx, w.viewer, a.UUID)
	w.ok(err)
	if detail.Asset.State != ingest.AssetReady || !cmp.Equal(detail.Warnings, []string{"inspect: no memory"}) {
		t.Errorf("asset %s, warnings %v", detail.Asset.State, detail.Warnings)
	}
	if _, ok, _ := w.engine.NextTask(w.ctx); ok {
		t.Error("it would run a fifth time")
	}
}

func TestAFinalFailureIsNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.image("a")
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "too many pixels", Final: true}))
	if w.stored(a).State != ingest.AssetReady || w.storedJob(j.Number).State != ingest.JobDone || w.task(task.Number).State != ingest.TaskFailed {
		t.Errorf("asset %s, job %s", w.stored(a).State, w.storedJob(j.Number).State)
	}
}

// A file whose decoder did not end is tried once more, in case that the machine had too much to do.
func TestASuspectFailureIsTriedOnceMore(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.image("a")
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no end", Suspect: true}))
	if w.task(task.Number).State != ingest.TaskQueued {
		t.Fatalf("the first time: %s", w.task(task.Number).State)
	}
	w.clock.move(3 * time.Second)
	again := w.claim()
	if len(again) != 1 {
		t.Fatal("not claimed in time")
	}
	w.ok(w.engine.FailTask(w.ctx, again[0], engine.Failure{Reason: "no end", Suspect: true}))
	if w.stored(a).State != ingest.AssetReady || w.storedJob(j.Number).State != ingest.JobDone || w.task(task.Number).State != ingest.TaskFailed {
		t.Errorf("asset %s, job %s", w.stored(a).State, w.storedJob(j.Number).State)
	}
}

func TestAnUnreadableFile(t *testing.T) {
	w := newWorld(t)
	j, a, task := w.image("a")
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "it is text", Final: true, Unreadable: true}))
	if diff := cmp.Diff(whole("UploadError a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if row := w.row(j.Number, ingest.LogUploadError); row.Message != "Demo/a.jpg was stored, but its content could not be read: it is text" || row.AssetUUID != a.UUID {
		t.Errorf("row %+v", row)
	}
	if got := w.storedJob(j.Number).Counts; got != (ingest.JobCounts{Total: 1, Error: 1}) {
		t.Errorf("counts %+v", got)
	}
	if w.stored(a).State != ingest.AssetFailed || w.read(a.UUID) != jpeg+"a" {
		t.Error("the file is not kept as failed")
	}
	if kinds := w.events(); kinds[len(kinds)-2] != ingest.EventAssetFailed {
		t.Errorf("events %v", kinds)
	}
}

func TestLongReasonsAreCut(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.image("a")
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "x" + strings.Repeat("ß", 400)}))
	got := w.task(task.Number).Error
	if len(got) > 520 || !utf8.ValidString(got) || !strings.HasSuffix(got, "ß…") {
		t.Errorf("%d bytes, valid %v, ends %q", len(got), utf8.ValidString(got), got[len(got)-8:])
	}
}

// A run that takes longer than its lease loses it; what it brings is dropped.
func TestALostLease(t *testing.T) {
	w := newWorld(t)
	j, a, lost := w.image("a")
	w.clock.move(5*time.Minute - time.Second)
	if len(w.claim()) != 0 {
		t.Fatal("taken over before the lease has passed")
	}
	w.clock.move(2 * time.Second)
	tasks := w.claim()
	if len(tasks) != 1 || tasks[0].Number != lost.Number || tasks[0].Attempts != 2 {
		t.Fatalf("claimed %+v", tasks)
	}
	before := w.blobCount()
	w.ok(w.engine.CompleteTask(w.ctx, lost, thumb("late")))
	w.ok(w.engine.FailTask(w.ctx, lost, engine.Failure{Reason: "late", Final: true, Unreadable: true}))
	w.ok(w.engine.ReleaseTask(w.ctx, lost))
	if n := w.blobCount(); n != before {
		t.Errorf("%d blobs, want %d", n, before)
	}
	if got := w.stored(a); got.State != ingest.AssetProcessing || w.task(lost.Number).State != ingest.TaskRunning {
		t.Fatalf("the late run changed the asset: %+v", got)
	}
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], thumb("in time")))
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], thumb("twice")))
	if got := w.derived(a); got != "in time" {
		t.Errorf("thumbnail %q", got)
	}
	if diff := cmp.Diff(whole("UploadSuccess a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if n := w.blobCount(); n != 2 {
		t.Errorf("%d blobs, want the original and its thumbnail", n)
	}
}

// The result for a version that was replaced meanwhile is logged in its job and
// leaves the asset alone.
func TestAResultForAReplacedVersion(t *testing.T) {
	for name, unreadable := range map[string]bool{"readable": false, "unreadable": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first, a, task := w.image("a")
			second, _ := w.deliver(w.editor, w.job("second", overwrite), file{"", "a.jpg", jpeg + "new"})
			if unreadable {
				w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "text", Final: true, Unreadable: true}))
			} else {
				w.ok(w.engine.CompleteTask(w.ctx, task, thumb("old")))
			}
			if got := w.stored(a); got.State != ingest.AssetProcessing || got.Media.Width != 0 || got.Type != ingest.TypeImage {
				t.Errorf("asset %+v", got)
			}
			if _, err := w.engine.Derived(w.ctx, w.viewer, a.UUID, "", ingest.DerivedThumbnail); ingest.KindOf(err) != ingest.NotFound || err == nil {
				t.Errorf("the old thumbnail shows: %v", err)
			}
			if got := w.storedJob(first.Number).State; got != ingest.JobDone {
				t.Errorf("first job %s", got)
			}
			for _, task := range w.claim() {
				w.ok(w.engine.CompleteTask(w.ctx, task, thumb("new")))
			}
			if got := w.stored(a); got.State != ingest.AssetReady || w.derived(a) != "new" {
				t.Errorf("asset %+v", got)
			}
			if diff := cmp.Diff(whole("FileUpdated a.jpg"), w.log(second.Number)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if got := w.storedJob(second.Number).Counts; got != (ingest.JobCounts{Total: 1, Update: 1}) {
				t.Errorf("counts %+v", got)
			}
		})
	}
}

func TestReleaseTask(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.image("a")
	w.ok(w.engine.ReleaseTask(w.ctx, task))
	tasks := w.claim()
	if len(tasks) != 1 || tasks[0].Number != task.Number || tasks[0].Attempts != 1 {
		t.Fatalf("claimed %+v", tasks)
	}
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], engine.TaskResult{}))
}

// A task that takes the server down with it is not run at every start for ever.
func TestATaskThatEndsTheServerIsGivenUp(t *testing.T) {
	w := newWorld(t)
	j, a, _ := w.image("deadly") // the first run
	runs := 1
	for ; runs < 20; runs++ {
		w.restart()
		w.ok(w.engine.Recover(w.ctx))
		if len(w.claim()) == 0 {
			break
		}
	}
	if runs != 4 {
		t.Errorf("the task ran %d times, want 4", runs)
	}
	if got := w.stored(a); got.State != ingest.AssetReady {
		t.Errorf("state %s", got.State)
	}
	if row := w.row(j.Number, ingest.LogUploadWarning); !strings.Contains(row.Message, "4 runs") {
		t.Errorf("the log says %q", row.Message)
	}
	if got := w.storedJob(j.Number).State; got != ingest.JobDone {
		t.Errorf("the job is %s", got)
	}
}

func TestClaimsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.editor, w.job("many"), file{"", "a.jpg", jpeg}, file{"", "b.jpg", jpeg}, file{"", "c.jpg", jpeg})
	tasks, err := w.engine.ClaimTasks(w.ctx, 2)
	w.ok(err)
	rest := w.claim()
	if len(tasks) != 2 || len(rest) != 1 {
		t.Errorf("claimed %d, then %d", len(tasks), len(rest))
	}
}

func TestDeferredDigests(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
	j, out := w.deliver(w.editor, w.job("later"), file{"", "a.xml", "body"})
	a := out[0].Asset
	if j.State != ingest.JobDone || a.SHA256 != nil || a.State != ingest.AssetReady {
		t.Fatalf("job %s, asset %+v: the job waits for the digest", j.State, a)
	}
	select {
	case <-w.engine.Wake():
	default:
		t.Error("nobody was woken")
	}
	up := w.upload(w.editor, "", "b.xml", "other", ingest.ConflictPolicy{})
	if up.SHA256 != nil {
		t.Errorf("asset %+v", up)
	}
	tasks := w.claim()
	if len(tasks) != 2 || tasks[0].Kind != ingest.TaskDigest {
		t.Fatalf("tasks %+v", tasks)
	}
	rows := len(w.log(j.Number))
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], engine.TaskResult{SHA256: sha("body")}))
	w.ok(w.engine.CompleteTask(w.ctx, tasks[1], engine.TaskResult{SHA256: sha("other")}))
	f, err := w.engine.Original(w.ctx, w.viewer, a.UUID)
	w.ok(err)
	f.Bytes.Close()
	if !cmp.Equal(w.stored(a).SHA256, sha("body")) || !cmp.Equal(f.SHA256, sha("body")) || !cmp.Equal(w.stored(up).SHA256, sha("other")) {
		t.Error("the digests are not stored")
	}
	if got := len(w.log(j.Number)); got != rows {
		t.Errorf("%d rows were added", got-rows)
	}
	// A promise is checked all the same.
	u, err := w.engine.Begin(w.ctx, w.editor, w.begin("p"))
	w.ok(err)
	_, err = w.engine.Write(w.ctx, w.editor, u.UUID, 0, strings.NewReader("1234"), engine.WriteSpec{})
	w.ok(err)
	_, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 4, SHA256: sha("4321")})
	w.refused(err, ingest.Mismatch, ingest.CodeDigest)
	p, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: 4, SHA256: sha("1234")})
	w.ok(err)
	if !cmp.Equal(p.SHA256, sha("1234")) || len(w.claim()) != 0 {
		t.Errorf("a digest that is known is computed again: %+v", p)
	}
}

// When the result cannot be stored, nothing of it is, and files that were there
// before stay.
func TestAResultThatCannotBeStored(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.image("a")
	w.ok(w.engine.CompleteTask(w.ctx, task, thumb("first")))
	// The same step runs again, as after a crash of a build that kept less.
	w.update(func(tx ingest.Tx) error {
		again, err := tx.Task(task.Number)
		if err != nil {
			return err
		}
		again.State, again.Lease = ingest.TaskRunning, w.clock.now().Add(time.Minute)
		if _, err := tx.ChangeJob(again.Job, ingest.JobDelta{Pending: 1}); err != nil {
			return err
		}
		return tx.UpdateTask(again)
	})
	before := w.blobCount()
	w.db.faults(nil, func() error { return errDisk })
	if err := w.engine.CompleteTask(w.ctx, task, thumb("second")); !errors.Is(err, errDisk) {
		t.Fatalf("error %v", err)
	}
	if got := w.derived(a); got != "first" {
		t.Errorf("thumbnail %q", got)
	}
	w.db.faults(nil, nil)
	if n := w.blobCount(); n != before+1 {
		t.Errorf("%d blobs, want %d: the commit may come to life yet", n, before+1)
	}
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept.Blobs != 1 {
		t.Errorf("swept %+v, %v", swept, err)
	}
	w.ok(w.engine.CompleteTask(w.ctx, task, thumb("third")))
	if got := w.derived(a); got != "third" || w.blobCount() != before {
		t.Errorf("thumbnail %q, %d blobs", got, w.blobCount())
	}
}

func TestADerivedFileThatCannotBeStored(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.image("a")
	for name, fault := range map[string]func(*flakyBlobs){
		"seal":  func(b *flakyBlobs) { b.onSeal = func() error { return errDisk } },
		"write": func(b *flakyBlobs) { b.onWrite = func() error { return errDisk } },
	} {
		w.blobs.set(fault)
		w.refused(w.engine.CompleteTask(w.ctx, task, thumb(name)), ingest.Unavailable, ingest.CodeDiskFull)
		w.blobs.set(func(b *flakyBlobs) { b.onSeal, b.onWrite = nil, nil })
	}
	if w.stored(a).State != ingest.AssetProcessing || w.blobCount() != 1 {
		t.Errorf("asset %s, %d blobs", w.stored(a).State, w.blobCount())
	}
	w.ok(w.engine.CompleteTask(w.ctx, task, thumb("good")))
}

// A renewed lease is not taken over, however long the run takes.
func TestRenewTask(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.image("a")
	for range 10 {
		w.clock.move(4 * time.Minute)
		w.ok(w.engine.RenewTask(w.ctx, task))
		if len(w.claim()) != 0 {
			t.Fatal("taken over although its lease was renewed")
		}
	}
	w.clock.move(6 * time.Minute)
	tasks := w.claim()
	if len(tasks) != 1 {
		t.Fatal("not taken over after the lease")
	}
	before := w.task(task.Number).Lease
	w.clock.move(time.Minute)
	w.ok(w.engine.RenewTask(w.ctx, task)) // by the run that lost it
	if got := w.task(task.Number).Lease; !got.Equal(before) {
		t.Errorf("the lease was moved to %v by a run that had lost it", got)
	}
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], thumb("t")))
	w.ok(w.engine.RenewTask(w.ctx, tasks[0]))
	if got := w.task(task.Number); got.State != ingest.TaskDone || w.derived(a) != "t" {
		t.Errorf("task %+v", got)
	}
}

// A digest counts whichever run brings it: it is the same.
func TestALateDigestCounts(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
	tests := map[string]func(late *ingest.Task){
		"taken over": func(*ingest.Task) {
			if len(w.claim()) != 1 {
				t.Fatal("not taken over")
			}
		},
		"queued again": func(*ingest.Task) {
			w.ok(w.engine.FailTask(w.ctx, w.claim()[0], engine.Failure{Reason: "slow"}))
		},
	}
	for name, meanwhile := range tests {
		t.Run(name, func(t *testing.T) {
			a := w.put(w.editor, w.job(name), file{"", name + ".xml", "body"})
			late := w.claim()[0]
			w.clock.move(time.Hour)
			meanwhile(late)
			w.ok(w.engine.CompleteTask(w.ctx, late, engine.TaskResult{SHA256: sha("body")}))
			if got := w.task(late.Number); got.State != ingest.TaskDone || !cmp.Equal(w.stored(a).SHA256, sha("body")) {
				t.Errorf("task %s, digest %x", got.State, w.stored(a).SHA256)
			}
			w.ok(w.engine.CompleteTask(w.ctx, late, engine.TaskResult{SHA256: sha("other")}))
			if !cmp.Equal(w.stored(a).SHA256, sha("body")) {
				t.Error("a task that is done was completed again")
			}
			w.clock.move(time.Hour)
			if len(w.claim()) != 0 {
				t.Error("it would run again")
			}
		})
	}
}

// The log says when the digest that was put off could not be computed, although
// the job is done long ago.
func TestADigestThatFails(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
	j, out := w.deliver(w.editor, w.job("j"), file{"", "a.xml", "body"})
	w.ok(w.engine.FailTask(w.ctx, w.claim()[0], engine.Failure{Reason: "the disk is broken", Final: true, Unreadable: true}))
	if row := w.row(j.Number, ingest.LogUploadWarning); row.Message != "a.xml: its SHA-256 was not computed: the disk is broken" || row.Asset != out[0].Asset.Number {
		t.Errorf("row %+v", row)
	}
	got := w.storedJob(j.Number)
	if got.State != ingest.JobDone || got.Pending != 0 || got.Counts != (ingest.JobCounts{Total: 1, Success: 1, Warning: 1}) {
		t.Errorf("job %+v", got)
	}
	if a := w.stored(out[0].Asset); a.State != ingest.AssetReady {
		t.Errorf("asset %s", a.State)
	}
}

// Of several steps of one version any that finds the file unreadable decides,
// whichever ends last.
func TestAnyUnreadableStepDecides(t *testing.T) {
	for name, replaced := range map[string]bool{"current": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			j, a, first := w.image("a")
			w.update(func(tx ingest.Tx) error { // a build with two steps
				if _, err := tx.ChangeJob(j.Number, ingest.JobDelta{Pending: 1}); err != nil {
					return err
				}
				return tx.CreateTask(&ingest.Task{
					UUID: "00000000-0000-7000-8000-000000000002", Company: first.Company, Job: j.Number, Asset: first.Asset, Version: first.Version,
					Kind: ingest.TaskInspect, State: ingest.TaskQueued, RunAt: w.clock.now(),
				})
			})
			second := w.claim()[0]
			if replaced {
				w.deliver(w.editor, w.job("second", overwrite), file{"", "a.jpg", jpeg + "new"})
			}
			w.ok(w.engine.FailTask(w.ctx, first, engine.Failure{Reason: "it is text", Final: true, Unreadable: true}))
			w.ok(w.engine.CompleteTask(w.ctx, second, engine.TaskResult{}))
			if diff := cmp.Diff(whole("UploadError a.jpg"), w.log(j.Number)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if row := w.row(j.Number, ingest.LogUploadError); !strings.HasSuffix(row.Message, "could not be read: it is text") {
				t.Errorf("message %q", row.Message)
			}
			want := ingest.AssetFailed
			if replaced {
				want = ingest.AssetProcessing // the new bytes are another matter
			}
			if got := w.stored(a).State; got != want {
				t.Errorf("asset %s, want %s", got, want)
			}
		})
	}
}

// What could not be claimed for certain is not worked on.
func TestAClaimThatIsNotCommitted(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.editor, w.job("j"), file{"", "a.jpg", jpeg})
	w.db.faults(nil, func() error { return errDisk })
	tasks, err := w.engine.ClaimTasks(w.ctx, 9)
	if !errors.Is(err, errDisk) || tasks != nil {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
	w.db.faults(nil, nil)
	if len(w.claim()) != 1 {
		t.Error("the task is not free")
	}
}
