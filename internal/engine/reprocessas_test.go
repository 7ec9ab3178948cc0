package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// reprocess begins jobs and returns for each the names of its assets' files.
func (w *world) reprocess(s engine.Again) (jobs []string) {
	w.t.Helper()
	begun, err := w.engine.ReprocessAsCame(w.ctx, w.boss, w.demo.Number, s)
	w.ok(err)
	for _, b := range begun {
		j := w.jobsNamed(b.Name)[0]
		for _, task := range w.claimSteps() {
			w.ok(w.step(task, nil))
		}
		var names []string
		w.view(func(tx ingest.Tx) error {
			tasks, err := tx.TasksOfJob(j.Number, "", ingest.Page{Limit: 1000})
			names = nil
			for _, t := range tasks {
				if t.Asset == 0 || err != nil {
					continue
				}
				var a *ingest.Asset
				if a, err = tx.Asset(t.Asset); err == nil && !slices.Contains(names, a.FileName) {
					names = append(names, a.FileName)
				}
			}
			return err
		})
		jobs = append(jobs, strings.Join(names, " "))
		w.process()
	}
	return jobs
}

// endTasks ends the tasks that are queued: well, with a warning or with a failure.
func (w *world) endTasks(warned, failed string) {
	w.t.Helper()
	for _, t := range w.claim() {
		in, err := w.engine.TaskInput(w.ctx, t)
		w.ok(err)
		switch {
		case in.FileName == warned && t.Kind == ingest.TaskInspect:
			w.ok(w.engine.CompleteTask(w.ctx, t, engine.TaskResult{Warning: "no thumbnail, because the tool is not installed"}))
		case in.FileName == failed && t.Kind == ingest.TaskInspect:
			w.ok(w.engine.FailTask(w.ctx, t, engine.Failure{Reason: "broken", Final: true}))
		default:
			w.ok(w.engine.CompleteTask(w.ctx, t, engine.TaskResult{}))
		}
	}
}

// What lacks something is processed again under its own options, until nothing does.
func TestReprocessWhatLacksSomething(t *testing.T) {
	w := newWorld(t, packets)
	crop := ingest.Processing{Crop: &ingest.ManualCrop{Left: 1}, Keywords: []string{"red"}, Email: "All", CallbackURL: "http://x/"}
	w.deliver(w.editor, w.wishes("one", crop), file{name: "warned.jpg", body: jpeg + "1"}, file{name: "well.jpg", body: jpeg + "2"})
	w.endTasks("warned.jpg", "")
	w.deliver(w.editor, w.job("two"), file{name: "failed.jpg", body: jpeg + "3"}, file{name: "data.xml", body: "x"})
	w.endTasks("", "failed.jpg")
	a := w.named("warned")
	detail, err := w.engine.Asset(w.ctx, w.editor, a.UUID)
	w.ok(err)
	if diff := cmp.Diff([]string{"inspect: no thumbnail, because the tool is not installed"}, detail.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"warned.jpg", "failed.jpg"}, w.reprocess(engine.Again{Failed: true, Client: "op"})); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	for _, name := range []string{"reprocess-1", "reprocess-2"} {
		j := w.storedJob(w.jobsNamed(name)[0].Number)
		o := j.Processing
		if j.State != ingest.JobDone || j.User != w.boss.User || o.Email != "" || o.CallbackURL != "" || o.Keywords != nil || o.PreservePublish == nil {
			t.Errorf("job %+v", j)
		}
	}
	if o := w.storedJob(w.jobsNamed("reprocess-1")[0].Number).Processing; o.Crop == nil {
		t.Errorf("the first job has lost its options: %+v", o)
	}
	detail, err = w.engine.Asset(w.ctx, w.editor, a.UUID)
	w.ok(err)
	if len(detail.Warnings) != 0 {
		t.Errorf("warnings afterwards %q", detail.Warnings)
	}
	if jobs := w.reprocess(engine.Again{Failed: true}); jobs != nil {
		t.Errorf("again: %q", jobs)
	}
}

func TestReprocessByName(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.editor, w.job("one"), file{name: "a.jpg", body: jpeg + "1"}, file{name: "b.jpg", body: jpeg + "2"}, file{name: "c.jpg", body: jpeg + "3"})
	w.process()
	a, b, c := w.named("a"), w.named("b"), w.named("c")
	for name, words := range map[string][]string{
		"numbers": {fmt.Sprint(a.Number), fmt.Sprintf("a|%d", b.Number)}, "UUID and name": {string(a.UUID), "b"}, "twice": {"a.jpg", "b", "a"},
	} {
		if diff := cmp.Diff([]string{"a.jpg b.jpg"}, w.reprocess(engine.Again{Assets: words})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]string{"a.jpg b.jpg c.jpg"}, w.reprocess(engine.Again{})); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	w.trash(c)
	for _, word := range []string{"c", fmt.Sprint(c.Number), string(c.UUID), "none", "999999"} {
		_, err := w.engine.ReprocessAsCame(w.ctx, w.boss, w.demo.Number, engine.Again{Assets: []string{word}})
		w.refused(err, ingest.NotFound, "")
	}
	_, err := w.engine.ReprocessAsCame(w.ctx, w.viewer, w.demo.Number, engine.Again{})
	if ingest.KindOf(err) != ingest.Forbidden {
		t.Errorf("a viewer: %v", err)
	}
}

// Steps that an earlier build let wait are made up for.
func TestReprocessMakesUpForWaitingSteps(t *testing.T) {
	w := newWorld(t, packets)
	w.deliver(w.editor, w.job("one"), file{name: "a.xml", body: "x"})
	a := w.named("a")
	w.update(func(tx ingest.Tx) error {
		return tx.CreateTask(&ingest.Task{
			UUID: "11111111-2222-4333-8444-555555555555", Company: a.Company, Asset: a.Number, Version: a.Version, Kind: "xmpKeywords",
			State: ingest.TaskParked, Params: []byte(`["red"]`), RunAt: w.clock.now(), Created: w.clock.now(),
		})
	})
	w.reprocess(engine.Again{Failed: true})
	if diff := cmp.Diff([]string{"red"}, w.valuesOf(a, ingest.FieldKeywords)); diff != "" {
		t.Errorf("keywords (-want +got):\n%s", diff)
	}
	if jobs := w.reprocess(engine.Again{Failed: true}); jobs != nil {
		t.Errorf("again: %q", jobs)
	}
}

// A job that works on all images of a company ends when its owner may no longer order it, or when the company's time is
// over: nothing more is queued.
func TestAllImagesOfSomebodyWhoMayNotAnyMore(t *testing.T) {
	for name, ended := range map[string]func(*world){
		"another role": func(w *world) {
			w.update(func(tx ingest.Tx) error {
				return tx.PutMembership(ingest.Membership{User: w.boss.User, Company: w.demo.Number, Role: ingest.RoleViewer, Active: true})
			})
		},
		"the company's time is over": func(w *world) { w.expire(w.demo, w.clock.now()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put(w.editor, w.job("first"), file{"", "a.jpg", jpeg})
			w.process()
			w.submit(w.boss, order(ingest.JobOptimize, "all"))
			ended(w)
			steps := w.claimSteps()
			if len(steps) != 1 {
				t.Fatalf("%d steps", len(steps))
			}
			if err := w.engine.ReplanStep(w.ctx, steps[0]); ingest.KindOf(err) != ingest.Forbidden {
				t.Errorf("the step ended with %v", err)
			}
			if tasks := w.claim(); len(tasks) != 0 {
				t.Errorf("%d tasks were queued", len(tasks))
			}
		})
	}
}
