package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// Runs that take longer tell the log of their job how far they have come, once for
// each quarter.
const (
	longRun   = time.Minute
	logShares = 4
)

// runs remembers how far the runs of tasks under way have come. It lives in memory: a
// run that a crash ends begins anew. Its zero value has none.
type runs struct {
	mu     sync.Mutex
	byTask map[ingest.Number]*taskRun
}

// taskRun is one run of a task.
type taskRun struct {
	job    ingest.Number
	asset  ingest.Number
	kind   ingest.TaskKind
	began  time.Time
	done   float64 // from 0 to 1
	logged int     // shares that the log knows of
}

// begin notes a run until end is called.
func (r *runs) begin(t *ingest.Task, now time.Time) (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byTask == nil {
		r.byTask = map[ingest.Number]*taskRun{}
	}
	run := &taskRun{job: t.Job, asset: t.Asset, kind: t.Kind, began: now}
	r.byTask[t.Number] = run
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.byTask[t.Number] == run {
			delete(r.byTask, t.Number)
		}
	}
}

// report notes how far a run has come, which never goes back. percent is what the log
// is to be told; 0 = nothing.
func (r *runs) report(task ingest.Number, done float64, now time.Time) (percent int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run := r.byTask[task]
	if run == nil || !(done > run.done) {
		return 0
	}
	run.done = min(done, 1)
	share := min(int(run.done*logShares), logShares-1)
	if share <= run.logged || now.Sub(run.began) < longRun {
		return 0
	}
	run.logged = share
	return 100 * share / logShares
}

// add adds what the runs under way have done to the progress of jobs.
func (r *runs) add(list []ingest.JobProgress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	type stepOf struct {
		job  ingest.Number
		kind ingest.TaskKind
	}
	partial := map[stepOf]float64{}
	for _, run := range r.byTask {
		partial[stepOf{run.job, run.kind}] += run.done
	}
	for i := range list {
		p := &list[i]
		p.Partial = 0
		for j := range p.Steps {
			s := &p.Steps[j]
			s.Partial = min(partial[stepOf{p.Job, s.Kind}], float64(s.Running))
			p.Partial += s.Partial
		}
	}
}

// of returns how far the run of a task has come; 0 when there is none.
func (r *runs) of(task ingest.Number) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.byTask[task]; run != nil {
		return run.done
	}
	return 0
}

// Report notes how far the run of a task has come that Watch began, from 0 to 1. It
// may be called often: only the log of a job is written, at most three times for a
// run, and only of one that takes more than a minute.
func (e *Engine) Report(ctx context.Context, t *ingest.Task, done float64) {
	percent := e.runs.report(t.Number, done, e.now())
	if percent == 0 {
		return
	}
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := current(tx, t); err != nil {
			return err
		}
		row := ingest.LogRow{Job: t.Job, Time: e.now(), Type: ingest.LogFileProgress, AssetType: "NoType"}
		name, _ := stepFile(t)
		if t.Asset != 0 {
			a, err := tx.Asset(t.Asset)
			if err != nil {
				return err
			}
			name, row.Asset, row.AssetType = a.Path+a.FileName, a.Number, logFileType(a.Type)
		}
		row.AssetName = lastSegment(name)
		row.Message = fmt.Sprintf("%s: the step %s is %d %% done.", name, t.Kind, percent)
		return tx.AppendLog(row)
	})
	if err != nil && !errors.Is(err, errStale) && ctx.Err() == nil {
		e.log.Warn("the progress of a task could not be logged", "task", t.UUID, "error", err)
	}
}

// progressOf is how far the tasks of jobs have come, those under way included.
func (e *Engine) progressOf(tx ingest.Tx, jobs []ingest.Number) ([]ingest.JobProgress, error) {
	list, err := tx.JobsProgress(jobs)
	e.runs.add(list)
	return list, err
}
