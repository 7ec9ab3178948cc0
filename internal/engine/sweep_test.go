package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// litter leaves blobs that no row refers to.
func (w *world) litter(n int) {
	w.t.Helper()
	for i := range n {
		s, err := w.blobs.NewStage(w.ctx, ingest.StageID(id.New()), ingest.StageSpec{OneShot: true, Size: -1})
		w.ok(err)
		_, err = s.Write(w.ctx, 0, strings.NewReader(fmt.Sprint(i)), ingest.WriteSpec{})
		w.ok(err)
		_, err = s.Seal(w.ctx, int64(len(fmt.Sprint(i))))
		w.ok(err)
	}
}

func TestSweepRemovesOrphans(t *testing.T) {
	w := newWorld(t)
	kept := w.put(w.editor, w.job("kept"), file{"", "a.xml", "kept"})
	u := w.begun("u.xml", 4)
	w.write(u, 0, "12")
	w.litter(1100)
	stray, err := w.blobs.NewStage(w.ctx, ingest.StageID(id.New()), ingest.StageSpec{Size: 4})
	w.ok(err)
	_, err = stray.Write(w.ctx, 0, strings.NewReader("12"), ingest.WriteSpec{})
	w.ok(err)
	ended := w.begun("ended.xml", 4)
	w.write(ended, 0, "12")
	w.update(func(tx ingest.Tx) error { // aborted by a process that died before it removed the stage
		fresh, err := tx.Upload(ended.UUID)
		if err != nil {
			return err
		}
		fresh.State = ingest.UploadAborted
		return tx.UpdateUpload(fresh)
	})

	swept, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	if want := (engine.Swept{Stages: 2, Blobs: 1100}); swept != want {
		t.Errorf("swept %+v, want %+v", swept, want)
	}
	if w.blobCount() != 1 || w.stageCount() != 1 || w.read(kept.UUID) != "kept" || w.windows(u) != "0+2" {
		t.Errorf("%d blobs and %d stages are left", w.blobCount(), w.stageCount())
	}
	if swept, err = w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
		t.Errorf("the second sweep removed %+v, %v", swept, err)
	}
}

// Replaced and trashed files can be had again.
func TestSweepKeepsOldVersionsAndTrash(t *testing.T) {
	w := newWorld(t)
	_, a, task := w.image("a")
	w.ok(w.engine.CompleteTask(w.ctx, task, thumb("t")))
	w.put(w.editor, w.job("second", overwrite), file{"", "a.jpg", jpeg + "new"})
	w.process()
	w.trash(a)
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) || w.blobCount() != 3 {
		t.Errorf("swept %+v (%v), %d blobs", swept, err, w.blobCount())
	}
	var versions []*ingest.Version
	w.view(func(tx ingest.Tx) (err error) { versions, err = tx.Versions(a.Number); return err })
	for _, v := range versions {
		r, err := w.engine.OpenBlob(w.ctx, v.Blob.Key)
		w.ok(err)
		w.ok(r.Close())
	}
}

// hold makes the engine stop at a point until it is let go.
func hold(point string, reached chan<- struct{}, goOn <-chan struct{}) func(*engine.Config) {
	return func(c *engine.Config) {
		c.Crash = func(p string) {
			if p == point {
				reached <- struct{}{}
				<-goOn
			}
		}
	}
}

// Between the sealing of bytes and the commit of their row they look like
// orphans. A sweep that sees them then waits.
func TestSweepSparesWhatIsUnderWay(t *testing.T) {
	deliver := func(w *world) (*ingest.Asset, error) {
		_, out, err := w.tryDeliver(w.editor, w.job("j"), file{"", "a.xml", "body"})
		if err != nil {
			return nil, err
		}
		return out[0].Asset, nil
	}
	upload := func(w *world) (*ingest.Asset, error) {
		return w.tryUpload(w.editor, "", "a.xml", "body", ingest.ConflictPolicy{})
	}
	tests := map[string]struct {
		point string
		run   func(*world) (*ingest.Asset, error)
	}{"a delivery": {"deliver.sealed", deliver}, "an upload": {"finish.sealed", upload}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reached, goOn := make(chan struct{}), make(chan struct{})
			w := newWorld(t, hold(tt.point, reached, goOn))
			w.litter(3)
			var asset *ingest.Asset
			ended := make(chan error, 1)
			go func() {
				a, err := tt.run(w)
				asset = a
				ended <- err
			}()
			<-reached
			type result struct {
				swept engine.Swept
				err   error
			}
			swept := make(chan result, 1)
			go func() {
				s, err := w.engine.Sweep(w.ctx)
				swept <- result{s, err}
			}()
			select {
			case r := <-swept:
				t.Fatalf("the sweep did not wait: %+v", r)
			case <-time.After(100 * time.Millisecond):
			}
			if n := w.blobCount(); n != 4 {
				t.Fatalf("%d blobs, want 4", n)
			}
			close(goOn)
			w.ok(<-ended)
			r := <-swept
			w.ok(r.err)
			if r.swept.Blobs != 3 || w.read(asset.UUID) != "body" {
				t.Errorf("swept %+v", r.swept)
			}
		})
	}
}

// A sweep that is stopped while it waits removes nothing.
func TestAStoppedSweepRemovesNothing(t *testing.T) {
	w := newWorld(t)
	w.litter(2)
	in := w.engine.NewIntake() // a request that is under way for ever
	_, err := in.Receive(w.ctx, strings.NewReader("x"), 1)
	w.ok(err)
	ctx, cancel := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := w.engine.Sweep(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if n := w.blobCount(); n != 2 { // the file under way is not sealed yet
		t.Errorf("%d blobs", n)
	}
	in.Close()
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept.Blobs != 2 {
		t.Errorf("swept %+v, %v", swept, err)
	}
}

func TestASweepThatFails(t *testing.T) {
	w := newWorld(t)
	w.litter(2)
	w.blobs.set(func(b *flakyBlobs) { b.failDel = errDisk })
	_, err := w.engine.Sweep(w.ctx)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.failDel = nil })
	u := w.sealing("u.xml")
	w.restart()
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = func() error { return errDisk } })
	_, err = w.engine.Sweep(w.ctx)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = nil })
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept.Blobs != 2 {
		t.Errorf("swept %+v, %v", swept, err)
	}
	if a := w.finish(u); w.read(a.UUID) != "1234" {
		t.Error("the bytes are gone")
	}
}

// Upkeep closes idle jobs and sweeps, and ends with its context.
func TestUpkeep(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.JobIdle = 200 * time.Millisecond })
	w.litter(2)
	j, _ := w.deliver(w.editor, open(w.job("idle")))
	w.clock.move(time.Hour)
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.engine.Upkeep(ctx)
	}()
	for w.storedJob(j.Number).State != ingest.JobDone || w.blobCount() > 0 {
		select {
		case <-ended:
			t.Fatal("it ended by itself")
		case <-time.After(5 * time.Millisecond):
		}
	}
	w.db.faults(func() error { return errDisk }, nil) // failures are logged, not fatal
	idle := w.overdue()
	time.Sleep(120 * time.Millisecond)
	w.db.faults(nil, nil)
	for w.storedUpload(idle).State != ingest.UploadExpired {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	<-ended
}

// overdue makes an upload that has expired, past the faults of the store.
func (w *world) overdue() *ingest.Upload {
	w.t.Helper()
	j := w.jobs()[0]
	u := &ingest.Upload{
		UUID: id.New(), Company: w.demo.Number, User: w.editor.User, Job: j.Number, State: ingest.UploadOpen, Size: 1,
		FileName: "u.xml", Expires: w.clock.now().Add(-time.Minute),
	}
	w.update(func(tx ingest.Tx) error { return tx.CreateUpload(u) })
	return u
}

// A request that has sent no file yet holds no sweep up, however long it lasts.
func TestTheSweepDoesNotWaitForRequestsWithoutFiles(t *testing.T) {
	w := newWorld(t)
	w.litter(2)
	in := w.engine.NewIntake()
	defer in.Close()
	gate := newGate("body")
	received := make(chan error, 1)
	go func() {
		_, err := in.Receive(w.ctx, gate, -1)
		received <- err
	}()
	<-gate.reached
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	if swept, err := w.engine.Sweep(ctx); err != nil || swept.Blobs != 2 {
		t.Errorf("swept %+v, %v", swept, err)
	}
	close(gate.open)
	w.ok(<-received)
}

// While a sweep waits for a request that does not end, idle jobs are closed.
func TestTickGoesOnWhileTheSweepWaits(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.JobIdle = 200 * time.Millisecond })
	w.litter(2)
	j, _ := w.deliver(w.editor, open(w.job("idle")))
	in := w.engine.NewIntake()
	defer in.Close()
	_, err := in.Receive(w.ctx, strings.NewReader("x"), 1)
	w.ok(err)
	w.clock.move(time.Hour)
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.engine.Upkeep(ctx)
	}()
	for w.storedJob(j.Number).State != ingest.JobDone {
		select {
		case <-t.Context().Done():
			t.Fatal("the job was not closed")
		case <-time.After(5 * time.Millisecond):
		}
	}
	if n := w.blobCount(); n != 2 {
		t.Errorf("%d blobs: the sweep did not wait", n)
	}
	cancel()
	<-ended
}
