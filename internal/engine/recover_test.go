package engine_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// killed is what a crash point panics with.
type killed struct{ point string }

// killAt makes the engine die at a point, the nth time that it is passed.
func killAt(point string, nth int) func(*engine.Config) {
	return func(c *engine.Config) {
		c.Crash = func(p string) {
			if p == point {
				if nth--; nth == 0 {
					panic(killed{point})
				}
			}
		}
	}
}

// survive runs fn and reports whether it was killed.
func survive(fn func()) (dead bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			dead = true
		}
	}()
	fn()
	return false
}

// Finish, killed anywhere, is completed at the next start or by the client, and
// gives one asset.
func TestFinishSurvivesACrash(t *testing.T) {
	for _, point := range []string{"finish.sealing", "finish.sealed", "finish.committed"} {
		for _, how := range []string{"recover", "client"} {
			t.Run(point+" "+how, func(t *testing.T) {
				w := newWorld(t, killAt(point, 1))
				u := w.begun("u.xml", 4)
				w.write(u, 0, "1234")
				if !survive(func() { w.tryFinish(u) }) {
					t.Fatal("it was not killed")
				}
				w.tune = nil
				w.restart()
				if how == "recover" {
					w.ok(w.engine.Recover(w.ctx))
					if got := w.storedUpload(u).State; got != ingest.UploadDone {
						t.Fatalf("the upload is %s", got)
					}
				}
				a := w.finish(u)
				if w.read(a.UUID) != "1234" || !cmp.Equal(a.SHA256, sha("1234")) || w.assetCount(w.demo) != 1 {
					t.Errorf("asset %+v", a)
				}
				if diff := cmp.Diff(whole("UploadSuccess u.xml"), w.log(u.Job)); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
				if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
					t.Errorf("the sweep removed %+v, %v", swept, err)
				}
			})
		}
	}
}

// Before the commit nothing exists, after it everything does.
func TestDeliverSurvivesACrash(t *testing.T) {
	for point, want := range map[string]int{"receive.begin": 0, "receive.written": 0, "deliver.sealed": 0, "deliver.committed": 2} {
		t.Run(point, func(t *testing.T) {
			w := newWorld(t, killAt(point, 1))
			dead := survive(func() {
				in := w.engine.NewIntake() // never closed: the process is gone
				d := w.job("j")
				for _, name := range []string{"a.xml", "b.xml"} {
					s, err := in.Receive(w.ctx, strings.NewReader(name), 5)
					w.ok(err)
					d.Files = append(d.Files, engine.Incoming{Spool: s, FileName: name})
				}
				w.engine.Deliver(w.ctx, w.editor, in, d)
			})
			if !dead {
				t.Fatal("it was not killed")
			}
			w.tune = nil
			w.restart()
			w.ok(w.engine.Recover(w.ctx))
			if n := w.assetCount(w.demo); n != want {
				t.Errorf("%d assets, want %d", n, want)
			}
			_, err := w.engine.Sweep(w.ctx)
			w.ok(err)
			if n := w.blobCount(); n != want {
				t.Errorf("%d blobs, want %d", n, want)
			}
			w.put(w.editor, w.job("next"), file{"", "next.xml", "x"})
		})
	}
}

func TestWritesSurviveACrash(t *testing.T) {
	for point, want := range map[string]string{"write.begin": "0+2", "write.recorded": "0+4"} {
		t.Run(point, func(t *testing.T) {
			w := newWorld(t, killAt(point, 2))
			u := w.begun("u.xml", 6)
			w.write(u, 0, "12")
			if !survive(func() { w.tryWrite(u, 2, "34") }) {
				t.Fatal("it was not killed")
			}
			w.tune = nil
			w.restart()
			if got := w.windows(u); got != want {
				t.Errorf("windows %q, want %q", got, want)
			}
			w.write(u, 2, "3456")
			if a := w.finish(u); w.read(a.UUID) != "123456" || !cmp.Equal(a.SHA256, sha("123456")) {
				t.Errorf("asset %+v", a)
			}
		})
	}
}

// sealing makes an upload that died while it was being finished.
func (w *world) sealing(name string) *ingest.Upload {
	w.t.Helper()
	u := w.begun(name, 4)
	w.write(u, 0, "1234")
	n := 0
	w.db.faults(func() error {
		if n++; n == 2 { // the first update marks it, the second makes the asset
			return errDisk
		}
		return nil
	}, nil)
	_, err := w.tryFinish(u)
	w.db.faults(nil, nil)
	if !errors.Is(err, errDisk) || w.storedUpload(u).State != ingest.UploadSealing {
		w.t.Fatalf("Finish: %v; the upload is %s", err, w.storedUpload(u).State)
	}
	return u
}

// The bytes of an upload that could not be completed outlive every sweep.
func TestTheSweepKeepsWhatIsBeingSealed(t *testing.T) {
	w := newWorld(t)
	u := w.sealing("u.xml")
	for range 2 {
		if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
			t.Errorf("the sweep removed %+v, %v", swept, err)
		}
		w.restart()
	}
	if a := w.finish(u); w.read(a.UUID) != "1234" {
		t.Errorf("asset %+v", a)
	}
}

func TestRecoverGivesUpWhatCannotBeFinished(t *testing.T) {
	tests := map[string]func(w *world){
		"the name is taken": func(w *world) { w.put(w.colleague, w.job("j"), file{"", "u.xml", "old"}) },
		"the user is gone":  func(w *world) { w.update(func(tx ingest.Tx) error { return tx.DeleteUser(w.editor.User) }) },
		"the role is lower": func(w *world) { w.setRole(w.editor, ingest.RoleViewer) },
		"no member any more": func(w *world) {
			w.update(func(tx ingest.Tx) error { return tx.DeleteMembership(w.editor.User, w.demo.Number) })
		},
	}
	for name, meanwhile := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.sealing("u.xml")
			meanwhile(w)
			before := w.assetCount(w.demo)
			w.restart()
			w.ok(w.engine.Recover(w.ctx))
			if got := w.storedUpload(u).State; got != ingest.UploadAborted {
				t.Errorf("the upload is %s", got)
			}
			if got := w.storedJob(u.Job); got.State != ingest.JobDone || got.Counts.Error != 1 {
				t.Errorf("job %+v", got)
			}
			_, err := w.engine.Sweep(w.ctx)
			w.ok(err)
			if w.assetCount(w.demo) != before || w.blobCount() != before {
				t.Errorf("%d assets, %d blobs, want %d", w.assetCount(w.demo), w.blobCount(), before)
			}
		})
	}
}

// A power cut while a file is sealed may take bytes away. The upload is open again with
// what was noted of it, and becomes one asset when its bytes have come again.
func TestRecoverOpensWhatWasCut(t *testing.T) {
	for name, tt := range map[string]struct {
		damage  func(w *world, files []string)
		windows string
	}{
		"some bytes":     {func(w *world, files []string) { w.lose(5, 2)(files) }, "0+4"},
		"the end":        {func(w *world, files []string) { w.ok(os.Truncate(files[0], 6)) }, "0+4"},
		"the whole file": {func(w *world, files []string) { w.ok(os.Remove(files[0])) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, killAt("finish.sealing", 1))
			u := w.begun("u.xml", -1)
			w.write(u, 0, "1234")
			w.write(u, 4, "5678")
			finish := func(fact string) (*ingest.Asset, error) {
				note := func(u *ingest.Upload, _ ingest.BlobRef) error { u.Facts = []byte(fact); return nil }
				return w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1, Note: note})
			}
			if !survive(func() { finish("first") }) {
				t.Fatal("it was not killed")
			}
			w.tune = nil
			w.machineRestart(func(files []string) { tt.damage(w, files) })
			w.ok(w.engine.Recover(w.ctx))
			cut := w.storedUpload(u)
			same(t, "state, size, facts", []any{cut.State, cut.Size, string(cut.Facts)}, []any{ingest.UploadOpen, int64(8), "first"})
			same(t, "windows", w.windows(u), tt.windows)
			_, err := finish("second")
			w.refused(err, ingest.Conflict, ingest.CodeOffset)
			same(t, "assets", w.assetCount(w.demo), 0)

			w.write(u, 0, "1234")
			w.write(u, 4, "5678")
			a, err := finish("second")
			w.ok(err)
			same(t, "bytes", []any{w.read(a.UUID), a.SHA256}, []any{"12345678", sha("12345678")})
			same(t, "assets, facts", []any{w.assetCount(w.demo), string(w.storedUpload(u).Facts)}, []any{1, "second"})
			same(t, "log", w.log(u.Job), whole("UploadSuccess u.xml"))
		})
	}
}

func (w *world) setRole(p ingest.Principal, role ingest.Role) {
	w.t.Helper()
	w.update(func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: p.User, Company: w.demo.Number, Role: role, Active: true})
	})
}

// What failed for reasons that pass is left for the next start.
func TestRecoverLeavesWhatMayPass(t *testing.T) {
	w := newWorld(t)
	u := w.sealing("u.xml")
	w.restart()
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = func() error { return errDisk } })
	w.ok(w.engine.Recover(w.ctx))
	if got := w.storedUpload(u).State; got != ingest.UploadSealing {
		t.Fatalf("the upload is %s", got)
	}
	w.restart()
	w.ok(w.engine.Recover(w.ctx))
	if got := w.storedUpload(u).State; got != ingest.UploadDone {
		t.Errorf("the upload is %s", got)
	}
}

func TestRecoverNeedsTheStore(t *testing.T) {
	w := newWorld(t)
	w.sealing("u.xml")
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	if err := w.engine.Recover(ctx); err == nil {
		t.Error("no error")
	}
}

// Nobody works on the tasks of a process that has died.
func TestRecoverQueuesRunningTasks(t *testing.T) {
	w := newWorld(t)
	j, _, task := w.image("a")
	w.restart()
	if len(w.claim()) != 0 {
		t.Fatal("the task is free without Recover")
	}
	w.ok(w.engine.Recover(w.ctx))
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{Warning: "late"}))
	tasks := w.claim()
	if len(tasks) != 1 || tasks[0].Number != task.Number || tasks[0].Attempts != 2 {
		t.Fatalf("claimed %+v", tasks)
	}
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], engine.TaskResult{}))
	if diff := cmp.Diff(whole("UploadSuccess a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// A task that was running when the server died runs again at the next start,
// without waiting for its lease, and the dead run can bring nothing any more.
func TestRecoverQueuesWhatWasRunning(t *testing.T) {
	w := newWorld(t)
	j, a, dead := w.image("a")
	w.restart()
	if len(w.claim()) != 0 {
		t.Fatal("claimed while it is leased")
	}
	w.ok(w.engine.Recover(w.ctx))
	tasks := w.claim()
	if len(tasks) != 1 || tasks[0].Number != dead.Number || tasks[0].Attempts != 2 {
		t.Fatalf("claimed %+v", tasks)
	}
	w.ok(w.engine.CompleteTask(w.ctx, dead, thumb("late")))
	w.ok(w.engine.CompleteTask(w.ctx, tasks[0], thumb("again")))
	if got := w.derived(a); got != "again" {
		t.Errorf("thumbnail %q", got)
	}
	if diff := cmp.Diff(whole("UploadSuccess a.jpg"), w.log(j.Number)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// A clock that is set back leaves no task waiting until it has caught up.
func TestAClockSetBackLeavesNoTaskWaiting(t *testing.T) {
	for name, look := range map[string]func(*world) error{
		"while it runs": func(w *world) error { return w.engine.Tick(w.ctx) },
		"at a start":    func(w *world) error { w.restart(); return w.engine.Recover(w.ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.deliver(w.editor, w.job("j"), file{"", "a.jpg", jpeg})
			w.clock.move(-31 * time.Second) // no longer than a task may have to wait anyway
			w.ok(look(w))
			if len(w.claim()) != 0 {
				t.Error("claimed before its time")
			}
			w.clock.move(-24 * time.Hour)
			w.ok(look(w))
			if len(w.claim()) != 1 {
				t.Error("the task waits")
			}
		})
	}
}
