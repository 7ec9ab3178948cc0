package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"sluice/internal/ingest"
)

const parallel = 100

// together runs fn in many updates at the same time and returns their errors.
func (f *fixture) together(fn func(i int, tx ingest.Tx) error) []error {
	errs := make([]error, parallel)
	var wg sync.WaitGroup
	for i := range parallel {
		wg.Go(func() {
			errs[i] = f.store.Update(context.Background(), func(tx ingest.Tx) error { return fn(i, tx) })
		})
	}
	wg.Wait()
	return errs
}

func parallelUpdates(f *fixture) {
	c := f.company()
	d := f.folder(c, "")
	made := make([]*ingest.Asset, parallel)
	for i, err := range f.together(func(i int, tx ingest.Tx) error {
		made[i] = f.newAsset(c, d, fmt.Sprintf("a%d.jpg", i))
		return tx.CreateAsset(made[i])
	}) {
		if err != nil {
			f.Errorf("update %d: %v", i, err)
		}
	}
	seen := map[ingest.Number]bool{}
	for _, a := range made {
		if seen[a.Number] {
			f.Errorf("number %d was given twice", a.Number)
		}
		seen[a.Number] = true
		f.same("asset", f.readAsset(a.Number), a)
	}
	expect(f, "usage", ingest.Usage{Files: parallel, Bytes: 10 * parallel}, func(tx ingest.Tx) (ingest.Usage, error) { return tx.Usage(c.Number, 0) })
}

// parallelUnique: of many that want a name, one gets it.
func parallelUnique(f *fixture) {
	won, conflicts := 0, 0
	for i, err := range f.together(func(i int, tx ingest.Tx) error {
		return tx.CreateCompany(&ingest.Company{UUID: f.uuid(), Name: "Demo", Slug: fmt.Sprint("slug-", i)})
	}) {
		switch {
		case err == nil:
			won++
		case ingest.KindOf(err) == ingest.Conflict && ingest.CodeOf(err) == ingest.CodeExists:
			conflicts++
		default:
			f.Errorf("update %d: %v", i, err)
		}
	}
	if won != 1 || conflicts != parallel-1 {
		f.Errorf("%d companies of one name, %d conflicts", won, conflicts)
	}
}

func parallelJobChanges(f *fixture) {
	j := f.job(f.company(), "job")
	var highest atomic.Int64
	for i, err := range f.together(func(i int, tx ingest.Tx) error {
		got, err := tx.ChangeJob(j.Number, ingest.JobDelta{Counts: ingest.JobCounts{Total: 1, Error: int64(i)}, Pending: 2})
		if err == nil && got.Counts.Total == parallel {
			highest.Add(1)
		}
		return err
	}) {
		if err != nil {
			f.Errorf("update %d: %v", i, err)
		}
	}
	j.Counts, j.Pending = ingest.JobCounts{Total: parallel, Error: parallel * (parallel - 1) / 2}, 2*parallel
	expect(f, "job", j, func(tx ingest.Tx) (*ingest.Job, error) { return tx.Job(j.Number) })
	if n := highest.Load(); n != 1 {
		f.Errorf("%d changes saw the final count, want exactly the last one", n)
	}
}

// parallelClaims: no task is given to two claimers.
func parallelClaims(f *fixture) {
	for range parallel {
		f.task(ingest.TaskInspect, ingest.TaskQueued, noon)
	}
	claimed := make([][]*ingest.Task, parallel)
	for i, err := range f.together(func(i int, tx ingest.Tx) (err error) {
		claimed[i], err = tx.ClaimTasks([]ingest.TaskKind{ingest.TaskInspect}, noon, noon.Add(1<<40), 0, 3)
		return err
	}) {
		if err != nil {
			f.Errorf("claim %d: %v", i, err)
		}
	}
	seen := map[ingest.Number]bool{}
	for _, got := range claimed {
		for _, n := range numbers(got, func(k *ingest.Task) ingest.Number { return k.Number }) {
			if seen[n] {
				f.Errorf("task %d was claimed twice", n)
			}
			seen[n] = true
		}
	}
	if len(seen) != parallel {
		f.Errorf("%d tasks were claimed, want %d", len(seen), parallel)
	}
}
