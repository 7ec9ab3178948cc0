package engine_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// What runs report is seen in the progress of their job and of their file, and in the log of the job when they take
// long. When a run is over it is not seen any more.
func TestProgressOfRuns(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
	j, out := w.deliver(w.editor, w.job("film", func(s *engine.JobSpec) { s.Processing.Video = &ingest.Video{Encode: true} }), file{name: "film.mp4", body: "ftyp"})
	other, _ := w.deliver(w.editor, w.job("other"), file{name: "a.jpg", body: jpeg})
	var encode *ingest.Task
	releases := map[ingest.TaskKind]func(){}
	for _, task := range w.claim() {
		_, release := w.engine.Watch(w.ctx, task)
		defer release()
		if task.Job == j.Number {
			releases[task.Kind] = release
		}
		if task.Kind == ingest.TaskEncode {
			encode = task
		}
	}
	seen := func(want float64, file float64) {
		t.Helper()
		p, err := w.engine.JobProgress(w.ctx, w.editor, j.UUID)
		w.ok(err)
		got := map[ingest.TaskKind]float64{}
		for _, s := range p.Steps {
			got[s.Kind] = s.Partial
		}
		if diff := cmp.Diff(map[ingest.TaskKind]float64{ingest.TaskEncode: want, ingest.TaskInspect: 0}, got); diff != "" || p.Partial != want {
			t.Errorf("steps (-want +got):\n%s, together %v", diff, p.Partial)
		}
		active, err := w.engine.ActiveJobs(w.ctx, w.editor, engine.ActiveQuery{Company: w.demo.Number})
		w.ok(err)
		for _, a := range active {
			if wanted := map[ingest.Number]float64{j.Number: want}[a.Number]; a.Progress.Partial != wanted {
				t.Errorf("active job %s: %v, want %v", a.Name, a.Progress.Partial, wanted)
			}
		}
		files, err := w.engine.JobFiles(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: j.Number})
		w.ok(err)
		if len(files.Files) != 1 || files.Files[0].Done != file {
			t.Errorf("files %+v, want %v done", files.Files, file)
		}
	}
	seen(0, 0)
	for _, done := range []float64{0.125, 0.5, 0.25, math.NaN(), -1} { // it does not go back
		w.engine.Report(w.ctx, encode, done)
	}
	seen(0.5, 0.25)
	w.engine.Report(w.ctx, &ingest.Task{Number: 999, Job: other.Number}, 0.5) // nobody watches it
	if got := w.log(j.Number); len(got) != 3 {
		t.Errorf("a run of no time is logged: %q", got)
	}
	w.clock.move(61 * time.Second)
	for _, done := range []float64{0.625, 0.75, 0.8, 0.99, 7} {
		w.engine.Report(w.ctx, encode, done)
	}
	seen(1, 0.5)
	var messages []string
	for _, r := range w.rows(j.Number) {
		if r.Type == ingest.LogFileProgress {
			if r.Asset != out[0].Asset.Number || r.AssetName != "film.mp4" || r.AssetType != "Video" {
				t.Errorf("row %+v", r)
			}
			messages = append(messages, r.Message)
		}
	}
	if diff := cmp.Diff([]string{"film.mp4: the step encode is 50 % done.", "film.mp4: the step encode is 75 % done."}, messages); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	releases[ingest.TaskEncode]()
	seen(0, 0)
	w.ok(w.engine.CompleteTask(w.ctx, encode, engine.TaskResult{}))
	seen(0, 0.5)
}
