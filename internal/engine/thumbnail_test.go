package engine_test

import (
	"bytes"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// pictured opens an upload of a picture by the editor and gives it thumbnails.
func (w *world) pictured(name string, pictures ...string) *ingest.Upload {
	w.t.Helper()
	u := w.begun(name, int64(len(jpeg)))
	for _, picture := range pictures {
		w.ok(w.engine.GiveThumbnail(w.ctx, w.editor, u.UUID, []byte(picture)))
	}
	w.write(u, 0, jpeg)
	return u
}

// thumbnailTask claims what is queued and returns the task of a given thumbnail, and
// the others.
func (w *world) thumbnailTask() (given *ingest.Task, others []*ingest.Task) {
	w.t.Helper()
	for _, task := range w.claim() {
		if task.Kind == ingest.TaskThumbnail {
			given = task
		} else {
			others = append(others, task)
		}
	}
	return given, others
}

// made is the result of a task that made a thumbnail.
func made(body string) engine.TaskResult {
	r := thumb(body)
	r.Type, r.Derived[0].Key = "", "thumbnail"
	return r
}

// waiting counts the pictures that are kept.
func (w *world) waiting() (n int) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		docs, err := tx.Documents(ingest.DocumentFilter{Company: w.demo.Number, Kind: ingest.DocThumbnail}, ingest.Page{Limit: 100})
		for _, d := range docs {
			if len(d.Data) > 0 {
				n++
			}
		}
		return err
	})
	return n
}

// The thumbnail that came with a file goes before the one that was made of it, in
// whatever order they are made; the last one given counts.
func TestAGivenThumbnail(t *testing.T) {
	tests := map[string]struct {
		work func(w *world, given, inspect *ingest.Task)
		want string
	}{
		"made first": {func(w *world, given, inspect *ingest.Task) {
			w.ok(w.engine.CompleteTask(w.ctx, inspect, made("made")))
			w.ok(w.engine.CompleteTask(w.ctx, given, made("given")))
		}, "given"},
		"given first": {func(w *world, given, inspect *ingest.Task) {
			w.ok(w.engine.CompleteTask(w.ctx, given, made("given")))
			w.ok(w.engine.CompleteTask(w.ctx, inspect, made("made")))
		}, "given"},
		"of no use, made first": {func(w *world, given, inspect *ingest.Task) {
			w.ok(w.engine.CompleteTask(w.ctx, inspect, made("made")))
			w.ok(w.engine.CompleteTask(w.ctx, given, engine.TaskResult{Warning: "it is no picture"}))
		}, "made"},
		"of no use, given first": {func(w *world, given, inspect *ingest.Task) {
			w.ok(w.engine.CompleteTask(w.ctx, given, engine.TaskResult{Warning: "it is no picture"}))
			w.ok(w.engine.CompleteTask(w.ctx, inspect, made("made")))
		}, "made"},
		"failed": {func(w *world, given, inspect *ingest.Task) {
			w.ok(w.engine.FailTask(w.ctx, given, engine.Failure{Reason: "no memory", Final: true}))
			w.ok(w.engine.CompleteTask(w.ctx, inspect, made("made")))
		}, "made"},
		"after a run that was lost": {func(w *world, given, inspect *ingest.Task) {
			w.ok(w.engine.CompleteTask(w.ctx, inspect, made("made")))
			w.ok(w.engine.ReleaseTask(w.ctx, given))
			again, _ := w.thumbnailTask()
			picture, err := w.engine.GivenThumbnail(w.ctx, again)
			w.ok(err)
			w.ok(w.engine.CompleteTask(w.ctx, again, made("the "+string(picture))))
		}, "the second"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.pictured("a.jpg", "first", "second")
			same(t, "pictures that wait", w.waiting(), 1)
			a := w.finish(u)
			given, others := w.thumbnailTask()
			if given == nil || len(others) != 1 || others[0].Kind != ingest.TaskInspect {
				t.Fatalf("tasks %+v, %+v", given, others)
			}
			picture, err := w.engine.GivenThumbnail(w.ctx, given)
			w.ok(err)
			same(t, "picture", string(picture), "second")
			same(t, "job, asset", []any{w.storedJob(u.Job).Pending, w.stored(a).State}, []any{2, ingest.AssetProcessing})
			tt.work(w, given, others[0])
			same(t, "thumbnail", w.derived(a), tt.want)
			same(t, "job, asset", []any{w.storedJob(u.Job).State, w.stored(a).State}, []any{ingest.JobDone, ingest.AssetReady})
			same(t, "blobs", w.blobCount(), 2)
			same(t, "pictures that are kept", w.waiting(), 0)
		})
	}
}

// Nothing is left of a picture when its asset has been removed for good.
func TestPicturesOfAssetsThatAreGone(t *testing.T) {
	for name, taken := range map[string]bool{"taken": true, "waiting": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			other := w.pictured("other.jpg", "other")
			a := w.finish(w.pictured("a.jpg", "picture"))
			given, _ := w.thumbnailTask()
			if taken {
				w.ok(w.engine.CompleteTask(w.ctx, given, made("given")))
			}
			_, err := w.engine.TrashAssets(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
			w.ok(err)
			_, err = w.engine.EmptyTrash(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number})
			w.ok(err)
			var left []ingest.Number
			w.view(func(tx ingest.Tx) error {
				docs, err := tx.Documents(ingest.DocumentFilter{Company: w.demo.Number, Kind: ingest.DocThumbnail}, ingest.Page{Limit: 100})
				for _, d := range docs {
					left = append(left, d.Owner)
				}
				return err
			})
			same(t, "pictures", left, []ingest.Number{other.Number})
			if !taken { // its worker finds no picture any more
				w.ok(w.engine.FailTask(w.ctx, given, engine.Failure{Reason: "no picture", Final: true}))
			}
		})
	}
}

// The next version has the thumbnail that is made of it, unless one came with it too.
func TestAGivenThumbnailIsThatOfItsVersion(t *testing.T) {
	w := newWorld(t)
	a := w.finish(w.pictured("a.jpg", "picture"))
	given, others := w.thumbnailTask()
	w.ok(w.engine.CompleteTask(w.ctx, given, made("given")))
	w.ok(w.engine.CompleteTask(w.ctx, others[0], made("made")))
	same(t, "taken, it need not be kept", w.waiting(), 0)
	w.put(w.editor, w.job("second", overwrite), file{"", "a.jpg", jpeg + "new"})
	none, others := w.thumbnailTask()
	if none != nil || len(others) != 1 {
		t.Fatalf("tasks %+v, %+v", none, others)
	}
	w.ok(w.engine.CompleteTask(w.ctx, others[0], made("made anew")))
	same(t, "thumbnail", w.derived(a), "made anew")
}

func TestGiveThumbnailRefuses(t *testing.T) {
	w := newWorld(t)
	own, shared := w.begun("own.jpg", 2), w.shared("shared", 0)
	give := func(p ingest.Principal, u *ingest.Upload, size int) error {
		return w.engine.GiveThumbnail(w.ctx, p, u.UUID, bytes.Repeat([]byte("x"), size))
	}
	tests := map[string]struct {
		err  error
		kind ingest.Kind
		code ingest.Code
	}{
		"too large":               {give(w.editor, own, engine.MaxThumbnailBytes+1), ingest.TooLarge, ingest.CodeLimit},
		"a colleague's own":       {give(w.colleague, own, 1), ingest.NotFound, ""},
		"a viewer":                {give(w.viewer, shared, 1), ingest.Forbidden, ingest.CodeRole},
		"another company":         {give(w.outsider, shared, 1), ingest.NotFound, ""},
		"an upload that is none":  {give(w.editor, &ingest.Upload{UUID: "nothing"}, 1), ingest.NotFound, ""},
		"an upload that is ended": {give(w.editor, w.ended("ended.jpg"), 1), ingest.Gone, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { w.t = t; w.refused(tt.err, tt.kind, tt.code) })
	}
	w.t = t
	same(t, "kept", w.waiting(), 0)
	w.ok(give(w.editor, own, engine.MaxThumbnailBytes))
	w.ok(give(w.colleague, shared, 1))
	same(t, "kept", w.waiting(), 2)
	w.expire(w.demo, w.clock.now())
	w.refused(give(w.editor, own, 1), ingest.Forbidden, ingest.CodeCompanyExpired)
}

// ended is an upload that was given up.
func (w *world) ended(name string) *ingest.Upload {
	w.t.Helper()
	u := w.begun(name, 2)
	w.ok(w.engine.Abort(w.ctx, w.editor, u.UUID))
	return u
}

// A picture that comes when the file is an asset already is too late, and no fault.
func TestAThumbnailThatComesTooLate(t *testing.T) {
	w := newWorld(t)
	done := w.pictured("a.jpg")
	w.finish(done)
	w.put(w.editor, w.job("first"), file{"", "taken.jpg", "old"})
	sealing := w.pictured("taken.jpg")
	_, err := w.tryFinish(sealing)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	for _, u := range []*ingest.Upload{done, sealing} {
		w.ok(w.engine.GiveThumbnail(w.ctx, w.editor, u.UUID, []byte("late")))
	}
	given, _ := w.thumbnailTask()
	same(t, "kept, task", []any{w.waiting(), given == nil}, []any{0, true})
}

// Pictures go with the uploads that come to nothing.
func TestThumbnailsOfUploadsThatAreOver(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"aborted": func(w *world) { w.ok(w.engine.Abort(w.ctx, w.editor, w.pictured("a.jpg", "picture").UUID)) },
		"expired": func(w *world) {
			w.pictured("a.jpg", "picture")
			w.clock.move(8 * 24 * time.Hour)
			w.ok(w.engine.Tick(w.ctx))
		},
		"refused": func(w *world) {
			w.put(w.editor, w.job("first"), file{"", "a.jpg", "old"})
			spec := w.begin("")
			spec.FileName, spec.Conflict = "a.jpg", ingest.ConflictPolicy{Taken: ingest.ActionSkip, Otherwise: ingest.ActionSkip}
			u, err := w.engine.Begin(w.ctx, w.editor, spec)
			w.ok(err)
			w.ok(w.engine.GiveThumbnail(w.ctx, w.editor, u.UUID, []byte("picture")))
			w.write(u, 0, "1234")
			_, err = w.tryFinish(u)
			w.refused(err, ingest.Conflict, ingest.CodeExists)
		},
		"with its session": func(w *world) {
			session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "a.jpg"))
			w.ok(w.engine.GiveThumbnail(w.ctx, w.editor, members[0].UUID, []byte("picture")))
			w.ok(w.engine.Abort(w.ctx, w.editor, session.UUID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			end(w)
			same(t, "kept", w.waiting(), 0)
			given, _ := w.thumbnailTask()
			same(t, "no task", given == nil, true)
		})
	}
}

// The thumbnail of the file that becomes a page's new version is that version's,
// whether it was made by then or not.
func TestThumbnailOfAPagesNewVersion(t *testing.T) {
	for name, early := range map[string]bool{"made before": true, "made after": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			page := w.webPage("Shop", "1")
			w.digests()
			session, members := w.beginSession(w.editor, w.sessionOf("u", page.Asset.Number, "index.html"))
			w.ok(w.engine.GiveThumbnail(w.ctx, w.editor, members[0].UUID, []byte("picture")))
			main := w.give(w.editor, members[0], "new")
			if early {
				given, _ := w.thumbnailTask()
				w.ok(w.engine.CompleteTask(w.ctx, given, made("given")))
			}
			_, got, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec("", main))
			w.ok(err)
			if !early {
				same(t, "the job waits", w.storedJob(session.Job).State, ingest.JobRunning)
				for _, task := range w.claim() {
					picture, err := w.engine.GivenThumbnail(w.ctx, task)
					switch {
					case task.Kind != ingest.TaskThumbnail:
					case task.Asset == main.Number && err == nil:
						t.Error("the picture is still that of the part")
					case task.Asset == main.Number: // its worker finds no picture
						w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no picture", Final: true}))
					default:
						same(t, "picture", []any{string(picture), task.Version}, []any{"picture", w.stored(got.Asset).Version})
						w.ok(w.engine.CompleteTask(w.ctx, task, made("given")))
					}
				}
			}
			same(t, "thumbnail", w.derived(got.Asset), "given")
			j := w.storedJob(session.Job)
			same(t, "kept, job", []any{w.waiting(), j.State, j.Pending}, []any{0, ingest.JobDone, 0})
			for _, row := range w.rows(session.Job) {
				if row.Type == ingest.LogUploadWarning || row.Type == ingest.LogUploadError {
					t.Errorf("row %+v", row)
				}
			}
			w.clock.move(48 * time.Hour)
			_, err = w.engine.Sweep(w.ctx)
			w.ok(err)
			same(t, "thumbnail after the sweep", w.derived(got.Asset), "given")
		})
	}
}
