package storetest

import (
	"fmt"
	"time"

	"sluice/internal/ingest"
)

func loggedJobs(f *fixture) {
	b, a := f.company(), f.company()
	zoe, adam := f.user("Zoe@example.com"), f.user("adam@example.com")
	make := func(c *ingest.Company, name string, user *ingest.User, kind ingest.JobKind, at int, counts ingest.JobCounts) *ingest.Job {
		j := &ingest.Job{UUID: f.uuid(), Company: c.Number, User: user.Number, Door: ingest.DoorAPI, Kind: kind, Name: name, OriginalName: name,
			State: ingest.JobDone, Counts: counts, Created: noon.Add(time.Duration(at) * time.Hour), LastPost: noon}
		f.update(func(tx ingest.Tx) error { return tx.CreateJob(j) })
		return j
	}
	one := make(b, "m", zoe, "B", 0, ingest.JobCounts{Success: 1, Error: 3, Warning: 2})
	two := make(a, "z", adam, "C", 1, ingest.JobCounts{Success: 2, Error: 1, Warning: 3})
	three := make(b, "a", adam, "A", 2, ingest.JobCounts{Success: 3, Error: 2, Warning: 1})
	list := func(what string, filter ingest.LoggedJobs, want ...*ingest.Job) {
		f.Helper()
		if filter.Limit == 0 {
			filter.Limit = 10
		}
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.Job, error) { return tx.JobsLogged(filter) })
	}
	list("all", ingest.LoggedJobs{}, one, two, three)
	list("newest", ingest.LoggedJobs{Descending: true, Limit: 2}, three, two)
	list("of a company", ingest.LoggedJobs{Companies: []ingest.Number{b.Number}}, one, three)
	list("of no company", ingest.LoggedJobs{Companies: []ingest.Number{}})
	list("of a user", ingest.LoggedJobs{User: adam.Number}, two, three)
	list("of a name", ingest.LoggedJobs{OriginalName: "z"}, two)
	list("from", ingest.LoggedJobs{From: two.Created}, two, three)
	list("to", ingest.LoggedJobs{To: two.Created}, one, two)
	for sort, want := range map[ingest.JobSort][]*ingest.Job{
		ingest.SortJobName: {three, one, two}, ingest.SortLogType: {three, one, two}, ingest.SortStartDate: {one, two, three},
		ingest.SortCompanyName: {one, three, two}, ingest.SortUserID: {one, two, three}, ingest.SortEmail: {two, three, one},
		ingest.SortFileErrors: {two, three, one}, ingest.SortFileWarnings: {three, one, two}, ingest.SortFileSuccess: {one, two, three},
	} {
		list(string(sort), ingest.LoggedJobs{Sort: sort}, want...)
	}
	list("descending names", ingest.LoggedJobs{Sort: ingest.SortJobName, Descending: true}, two, one, three)
}

func jobTasks(f *fixture) {
	create := func(job ingest.Number, kind ingest.TaskKind, state ingest.TaskState, finished time.Time) *ingest.Task {
		k := &ingest.Task{UUID: f.uuid(), Company: 1, Job: job, Kind: kind, State: state, RunAt: noon, Created: noon, Finished: finished}
		f.update(func(tx ingest.Tx) error { return tx.CreateTask(k) })
		return k
	}
	queued := create(1, "fetch", ingest.TaskQueued, time.Time{})
	digest := create(1, ingest.TaskDigest, ingest.TaskQueued, time.Time{})
	done := create(1, "fetch", ingest.TaskDone, noon.Add(time.Hour))
	parked := create(1, "option", ingest.TaskParked, time.Time{})
	create(1, "fetch", ingest.TaskFailed, noon.Add(time.Minute))
	other := create(2, "fetch", ingest.TaskQueued, time.Time{})
	create(1, ingest.TaskSets, ingest.TaskRunning, time.Time{})
	expect(f, "JobsProgress", []ingest.JobProgress{
		{Job: 1, Queued: 1, Running: 1, Ended: 2, Last: noon.Add(time.Hour), Steps: []ingest.StepProgress{
			{Kind: "fetch", Queued: 1, Ended: 2, Last: noon.Add(time.Hour)}, {Kind: "option"}, {Kind: ingest.TaskSets, Running: 1},
		}},
		{Job: 2, Queued: 1, Steps: []ingest.StepProgress{{Kind: "fetch", Queued: 1}}},
	},
		func(tx ingest.Tx) ([]ingest.JobProgress, error) { return tx.JobsProgress([]ingest.Number{1, 2, 3}) })
	for kind, want := range map[ingest.TaskKind]bool{"fetch": true, ingest.TaskSets: true, ingest.TaskExport: false} {
		expect(f, "JobHasTask "+string(kind), want, func(tx ingest.Tx) (bool, error) { return tx.JobHasTask(1, kind) })
	}
	expect(f, "JobHasTask of another job", false, func(tx ingest.Tx) (bool, error) { return tx.JobHasTask(2, ingest.TaskSets) })
	expect(f, "JobsProgress of none", nil, func(tx ingest.Tx) ([]ingest.JobProgress, error) { return tx.JobsProgress(nil) })
	number := func(t *ingest.Task) ingest.Number { return t.Number }
	list := func(what string, state ingest.TaskState, page ingest.Page, want ...*ingest.Task) {
		f.Helper()
		expect(f, what, numbers(want, number), func(tx ingest.Tx) ([]ingest.Number, error) {
			got, err := tx.TasksOfJob(1, state, page)
			return numbers(got, number), err
		})
	}
	list("TasksOfJob", "", ingest.Page{Limit: 4}, queued, digest, done, parked)
	list("queued TasksOfJob", ingest.TaskQueued, ingest.Page{Limit: 10}, queued, digest)
	list("later TasksOfJob", ingest.TaskQueued, ingest.Page{After: queued.Number, Limit: 10}, digest)

	kinds := []ingest.TaskKind{"fetch", ingest.TaskDigest}
	f.update(func(tx ingest.Tx) error { return tx.HoldTasks(1, true) })
	f.claims("claim of held tasks", kinds, noon, 10, digest, other)
	f.update(func(tx ingest.Tx) error { return tx.HoldTasks(1, false) })
	f.claims("claim of tasks let go", kinds, noon, 10, queued)
}

func logPositions(f *fixture) {
	job, other := f.job(f.company(), "job"), f.job(f.company(), "other")
	var rows []ingest.LogRow
	for i := range 6 {
		kind := ingest.LogUploadSuccess
		if i%3 == 0 {
			kind = ingest.LogUploadError
		}
		rows = append(rows, ingest.LogRow{Job: job.Number, Time: noon, Type: kind, Message: fmt.Sprint(i), Asset: ingest.Number(1 + i%2)},
			ingest.LogRow{Job: other.Number, Time: noon, Type: kind, Asset: 7})
	}
	f.update(func(tx ingest.Tx) error { return tx.AppendLog(rows...) })
	var own []ingest.LogRow
	f.view(func(tx ingest.Tx) (err error) {
		own, err = tx.Log(job.Number, ingest.LogFilter{}, ingest.Page{Limit: 10})
		return err
	})
	counts := func(what string, after ingest.Number, wantLast ingest.Number, want ...ingest.LogCount) {
		f.Helper()
		var last ingest.Number
		expect(f, what, want, func(tx ingest.Tx) (got []ingest.LogCount, err error) {
			got, last, err = tx.LogCounts(job.Number, after)
			return got, err
		})
		f.same(what+", last", last, wantLast)
	}
	counts("LogCounts", 0, own[5].Number, ingest.LogCount{Type: ingest.LogUploadError, Count: 2}, ingest.LogCount{Type: ingest.LogUploadSuccess, Count: 4})
	counts("LogCounts after", own[3].Number, own[5].Number, ingest.LogCount{Type: ingest.LogUploadSuccess, Count: 2})
	counts("LogCounts at the end", own[5].Number, own[5].Number)
	skip := func(types []ingest.LogType, after ingest.Number, n int64, want ingest.Number) {
		f.Helper()
		expect(f, fmt.Sprintf("LogSkip of %v after %d by %d", types, after, n), want, func(tx ingest.Tx) (ingest.Number, error) {
			return tx.LogSkip(job.Number, ingest.LogFilter{Types: types}, after, n)
		})
	}
	skip(nil, 0, 0, 0)
	skip(nil, 0, 1, own[0].Number)
	skip(nil, own[0].Number, 2, own[2].Number)
	skip([]ingest.LogType{ingest.LogUploadError}, 0, 2, own[3].Number)
	f.missing("LogSkip beyond the end", func(tx ingest.Tx) error {
		_, err := tx.LogSkip(job.Number, ingest.LogFilter{}, 0, 7)
		return err
	})
	ofAsset := func(page ingest.Page, want ...string) {
		f.Helper()
		expect(f, "LogOfAsset", want, func(tx ingest.Tx) (words []string, err error) {
			got, err := tx.LogOfAsset(1, page)
			for _, r := range got {
				words = append(words, r.Message)
			}
			return words, err
		})
	}
	ofAsset(ingest.Page{Limit: 2}, "4", "2")
	ofAsset(ingest.Page{After: own[2].Number, Limit: 2}, "0")
	f.update(func(tx ingest.Tx) error { return tx.MoveLog(2, 1) })
	ofAsset(ingest.Page{Limit: 4}, "5", "4", "3", "2")
	f.update(func(tx ingest.Tx) error { return tx.MoveLog(1, 8) })
	ofAsset(ingest.Page{Limit: 4})
}
