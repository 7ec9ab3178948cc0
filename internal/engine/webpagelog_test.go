package engine_test

import (
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// logLine is a row of a job's log about an asset.
type logLine struct {
	Asset   ingest.UUID
	Message string
}

// about lists the rows of a job's log that speak of an asset.
func (w *world) about(job ingest.Number) (lines []logLine) {
	w.t.Helper()
	for _, r := range w.rows(job) {
		if r.Asset != 0 {
			lines = append(lines, logLine{r.AssetUUID, r.Message})
		}
	}
	return lines
}

// The log says of the files of a page that they are that, and whatever it names can be
// looked up: the file that became a page's new version is the page.
func TestTheLogOfAPage(t *testing.T) {
	for name, processed := range map[string]bool{"processed before": true, "not processed yet": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			work := func() {
				if processed {
					w.process()
				}
			}
			session, members := w.beginSession(w.editor, w.sessionOf("Shop", 0, "index.html", "a.css", "b.jpg"))
			main, css, jpg := w.give(w.editor, members[0], "html"), w.give(w.editor, members[1], "css"), w.give(w.editor, members[2], jpeg)
			work()
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("Shop", main, css, jpg))
			w.ok(err)
			w.process()
			stored := func(a *ingest.Asset, name string) logLine {
				return logLine{a.UUID, "Demo/web/" + name + " was stored as a file of a web page."}
			}
			made := logLine{page.Asset.UUID, `The web page "Shop" with 2 other files was made.`}
			want := []logLine{stored(main, "index.html"), stored(css, "a.css"), stored(jpg, "b.jpg"), made}
			if !processed {
				want = []logLine{want[0], want[1], want[3], want[2]}
			}
			same(t, "log", w.about(session.Job), want)

			session, members = w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.html"))
			w.ok(w.engine.GiveThumbnail(w.ctx, w.editor, members[0].UUID, []byte("picture")))
			main = w.give(w.editor, members[0], "html 2")
			work()
			_, _, err = w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main))
			w.ok(err)
			w.process()
			want = []logLine{stored(page.Asset, "index.html"), {page.Asset.UUID, `The web page "Shop" with 0 other files was updated.`}}
			lines := w.about(session.Job)
			same(t, "log", lines[:2], want)
			for _, line := range lines {
				if d, err := w.engine.Asset(w.ctx, w.editor, line.Asset); err != nil || d.Asset.Emptied {
					t.Errorf("the asset of %q: %v", line.Message, err)
				}
			}
			if j := w.storedJob(session.Job); j.State != ingest.JobDone || j.Pending != 0 {
				t.Errorf("job %+v", j)
			}
		})
	}
}

// A result that comes when the part has become the page's new version is dropped.
func TestWorkOnAPartThatBecameAPage(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	w.digests()
	session, members := w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.jpg"))
	main := w.give(w.editor, members[0], jpeg)
	tasks := w.claim()
	_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main))
	w.ok(err)
	blobs := w.blobCount()
	for _, task := range tasks {
		w.ok(w.engine.CompleteTask(w.ctx, task, made("late")))
		same(t, "task", w.task(task.Number).State, ingest.TaskCancelled)
	}
	if len(tasks) == 0 || w.blobCount() != blobs {
		t.Errorf("%d tasks left %d blobs", len(tasks), w.blobCount()-blobs)
	}
	same(t, "job", w.storedJob(session.Job).State, ingest.JobDone)
}

// What a task made of an asset that was removed for good meanwhile is kept nowhere.
func TestCompletingATaskOfAnAssetThatIsGone(t *testing.T) {
	w := newWorld(t)
	j, out := w.deliver(w.editor, w.job("j"), file{"", "a.jpg", jpeg})
	a := out[0].Asset
	task := w.claim()[0]
	_, err := w.engine.TrashAssets(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
	w.ok(err)
	_, err = w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
	w.ok(err)
	w.ok(w.engine.CompleteTask(w.ctx, task, made("late")))
	var derived []*ingest.Derived
	w.view(func(tx ingest.Tx) (err error) { derived, err = tx.DerivedOf(a.Number); return err })
	same(t, "derived files, blobs, task", []any{len(derived), w.blobCount(), w.task(task.Number).State}, []any{0, 0, ingest.TaskCancelled})
	same(t, "job", w.storedJob(j.Number).State, ingest.JobDone)
	if swept, err := w.engine.Sweep(w.ctx); err != nil || swept != (engine.Swept{}) {
		t.Errorf("the sweep removed %+v, %v", swept, err)
	}
}
