package engine_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Whatever breaks, nothing is half there, the failure has its kind, and the next
// delivery works.
func TestADeliveryThatCannotBeStored(t *testing.T) {
	tests := map[string]struct {
		breakIt func(*world)
		kind    ingest.Kind
		code    ingest.Code
		left    int // files that are left to the sweep, because a commit may come to life
	}{
		"the database is down": {func(w *world) {
			w.db.faults(func() error { return &ingest.Error{Kind: ingest.Unavailable, Msg: "down"} }, nil)
		}, ingest.Unavailable, "", 3},
		"the commit fails":  {func(w *world) { w.db.faults(nil, func() error { return errDisk }) }, ingest.Unavailable, ingest.CodeDiskFull, 3},
		"the commit breaks": {func(w *world) { w.db.faults(nil, func() error { return errBroken }) }, ingest.Internal, "", 3},
		"the update is refused": {func(w *world) {
			w.db.faults(nil, func() error { return &ingest.Error{Kind: ingest.Conflict, Code: ingest.CodeExists} })
		}, ingest.Conflict, ingest.CodeExists, 0},
		"the update is given up": {func(w *world) {
			w.db.faults(nil, func() error { return &ingest.Error{Kind: ingest.Unavailable, Err: context.Canceled} })
		}, ingest.Unavailable, "", 0},
		"the bytes have no room": {func(w *world) { w.blobs.set(func(b *flakyBlobs) { b.onWrite = func() error { return errDisk } }) }, ingest.Unavailable, ingest.CodeDiskFull, 0},
		"sealing has no room":    {func(w *world) { w.blobs.set(func(b *flakyBlobs) { b.onSeal = func() error { return errDisk } }) }, ingest.Unavailable, ingest.CodeDiskFull, 0},
		"the third seal fails": {func(w *world) {
			n := 0
			w.blobs.set(func(b *flakyBlobs) {
				b.onSeal = func() error {
					b.mu.Lock()
					defer b.mu.Unlock()
					if n++; n == 3 {
						return errDisk
					}
					return nil
				}
			})
		}, ingest.Unavailable, ingest.CodeDiskFull, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			j, _ := w.deliver(w.editor, open(w.job("job")), file{"", "first.xml", "1"})
			events := len(w.events())
			tt.breakIt(w)
			files := []file{{"", "a.xml", "a"}, {"x", "b.xml", "b"}, {"", "c.jpg", jpeg}}
			_, _, err := w.tryDeliver(w.editor, w.more(j, true), files...)
			w.refused(err, tt.kind, tt.code)
			w.db.faults(nil, nil)
			w.blobs.set(func(b *flakyBlobs) { b.onWrite, b.onSeal = nil, nil })
			if n := w.blobCount(); n != 1+tt.left {
				t.Errorf("%d blobs, want %d", n, 1+tt.left)
			}
			swept, err := w.engine.Sweep(w.ctx)
			w.ok(err)
			if swept.Blobs != tt.left {
				t.Errorf("swept %+v", swept)
			}
			if w.assetCount(w.demo) != 1 || w.blobCount() != 1 || len(w.events()) != events || len(w.log(j.Number)) != 4 {
				t.Errorf("%d assets, %d blobs, %d events, log %v", w.assetCount(w.demo), w.blobCount(), len(w.events()), w.log(j.Number))
			}
			if got := w.storedJob(j.Number); !got.Open || got.Counts.Total != 1 || got.Pending != 0 {
				t.Errorf("job %+v", got)
			}
			j, out := w.deliver(w.editor, w.more(j, true), files...)
			if out[2].Asset == nil || j.Counts.Total != 4 {
				t.Errorf("the next delivery: %+v", j)
			}
		})
	}
}

// When the blob of a refused file cannot be removed, the sweep does it.
func TestABlobThatCannotBeRemoved(t *testing.T) {
	w := newWorld(t)
	w.blobs.set(func(b *flakyBlobs) { b.failDel = errDisk })
	j, _ := w.deliver(w.editor, w.job("j"), file{"", "a.exe", "MZ"})
	if j.State != ingest.JobDone || w.blobCount() != 1 {
		t.Errorf("job %s, %d blobs", j.State, w.blobCount())
	}
	w.blobs.set(func(b *flakyBlobs) { b.failDel = nil })
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept.Blobs != 1 {
		t.Errorf("swept %+v, %v", swept, err)
	}
}

func TestAnUploadThatCannotBeFinished(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 4)
	w.blobs.set(func(b *flakyBlobs) { b.onWrite = func() error { return errDisk } })
	w.refused(w.tryWrite(u, 0, "1234"), ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.onWrite = nil })
	if got := w.windows(u); got != "" {
		t.Errorf("windows %q", got)
	}
	w.write(u, 0, "1234")

	w.db.faults(nil, func() error { return errDisk })
	_, err := w.tryFinish(u)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.db.faults(nil, nil)
	if w.storedUpload(u).State != ingest.UploadOpen || w.windows(u) != "0+4" {
		t.Errorf("the upload is %s", w.storedUpload(u).State)
	}

	w.blobs.set(func(b *flakyBlobs) { b.onSeal = func() error { return errDisk } })
	_, err = w.tryFinish(u)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.onSeal = nil })
	if w.assetCount(w.demo) != 0 || w.storedJob(u.Job).State != ingest.JobRunning {
		t.Error("something was stored")
	}
	if a := w.finish(u); w.read(a.UUID) != "1234" {
		t.Error("the bytes are wrong")
	}
}

// The upload ends in the database first; bytes that stay behind are orphans.
func TestAnAbortWhoseBytesStay(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 4)
	w.write(u, 0, "12")
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = func() error { return errDisk } })
	w.refused(w.engine.Abort(w.ctx, w.editor, u.UUID), ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = nil })
	if w.storedUpload(u).State != ingest.UploadAborted || w.stageCount() != 1 {
		t.Errorf("the upload is %s", w.storedUpload(u).State)
	}
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept.Stages != 1 {
		t.Errorf("swept %+v, %v", swept, err)
	}
}

func TestVerbsEndWithTheirContext(t *testing.T) {
	w := newWorld(t)
	u := w.begun("u.xml", 4)
	w.write(u, 0, "1234")
	a := w.put(w.editor, w.job("j"), file{"", "a.xml", "a"})
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	in := w.engine.NewIntake()
	defer in.Close()
	for name, call := range map[string]func() error{
		"Receive": func() error { _, err := in.Receive(ctx, strings.NewReader("x"), 1); return err },
		"Deliver": func() error { _, _, err := w.engine.Deliver(ctx, w.editor, in, w.job("k")); return err },
		"Begin":   func() error { _, err := w.engine.Begin(ctx, w.editor, w.begin("")); return err },
		"Write": func() error {
			_, err := w.engine.Write(ctx, w.editor, u.UUID, 0, strings.NewReader("x"), engine.WriteSpec{})
			return err
		},
		"Finish": func() error {
			_, err := w.engine.Finish(ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1})
			return err
		},
		"Abort":     func() error { return w.engine.Abort(ctx, w.editor, u.UUID) },
		"Status":    func() error { _, err := w.engine.Status(ctx, w.editor, u.UUID); return err },
		"Original":  func() error { _, err := w.engine.Original(ctx, w.editor, a.UUID); return err },
		"Tick":      func() error { return w.engine.Tick(ctx) },
		"Sweep":     func() error { _, err := w.engine.Sweep(ctx); return err },
		"Claim":     func() error { _, err := w.engine.ClaimTasks(ctx, 1); return err },
		"Next":      func() error { _, _, err := w.engine.NextTask(ctx); return err },
		"Input":     func() error { _, err := w.engine.TaskInput(ctx, &ingest.Task{Version: a.Version}); return err },
		"Companies": func() error { _, err := w.engine.Companies(ctx, w.admin); return err },
		"ByName":    func() error { _, err := w.engine.CompanyNamed(ctx, w.admin, "Demo"); return err },
	} {
		if err := call(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if w.storedUpload(u).State != ingest.UploadOpen || w.assetCount(w.demo) != 1 || w.blobCount() != 1 {
		t.Error("something was changed")
	}
	if a := w.finish(u); w.read(a.UUID) != "1234" {
		t.Error("the bytes are wrong")
	}
	if _, err := w.engine.TaskInput(w.ctx, &ingest.Task{Version: 99}); ingest.KindOf(err) != ingest.NotFound || err == nil {
		t.Errorf("the input of no task: %v", err)
	}
}

// A client that goes away during the commit is told so, and the file is there
// or not: never a row without its bytes.
func TestAClientThatGoesAway(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		ctx, cancel := context.WithCancel(w.ctx)
		in := w.engine.NewIntake()
		s, err := in.Receive(ctx, strings.NewReader("body"), 4)
		w.ok(err)
		go cancel()
		d := w.job("j")
		d.Files = []engine.Incoming{{Spool: s, FileName: strings.Repeat("x", i+1) + ".xml"}}
		_, out, err := w.engine.Deliver(ctx, w.editor, in, d)
		in.Close()
		if err == nil && w.read(out[0].Asset.UUID) != "body" {
			t.Fatal("acknowledged and not readable")
		}
		if err != nil && errors.Is(err, errBroken) {
			t.Fatal(err)
		}
	}
	if n, m := w.assetCount(w.demo), w.blobCount(); n != m {
		t.Errorf("%d assets, %d blobs", n, m)
	}
}

// A body whose reading panics leaves nothing behind.
func TestABodyThatPanics(t *testing.T) {
	w := newWorld(t)
	in := w.engine.NewIntake()
	func() {
		defer in.Close()
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		in.Receive(w.ctx, io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), panicking{}), -1)
	}()
	if w.blobs.discarded != 1 || w.blobCount() != 0 {
		t.Errorf("%d stages were discarded, %d blobs", w.blobs.discarded, w.blobCount())
	}
	w.put(w.editor, w.job("next"), file{"", "next.xml", "x"})
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("a reader that is broken") }
