package engine

import (
	"context"

	"sluice/internal/ingest"
)

// ActiveJob is a job that is not done, and how far it has come.
type ActiveJob struct {
	*ingest.Job
	Email    string // login of its owner
	Progress ingest.JobProgress
}

// ActiveQuery selects active jobs; zero fields do not restrict.
type ActiveQuery struct {
	Company      ingest.Number // 0 = all that the caller may read
	Ref          JobRef        // needs Company
	OriginalName string
}

// ActiveJobs lists the jobs that are not done yet, by number. Those of companies that
// are not the caller's are not there. The log of a job that is not listed any more is
// complete.
func (e *Engine) ActiveJobs(ctx context.Context, p ingest.Principal, q ActiveQuery) (list []ActiveJob, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		companies, err := e.scope(tx, p, q.Company)
		if err != nil {
			return err
		}
		jobs, err := activeJobs(tx, companies, q)
		if err != nil {
			return err
		}
		list, err = e.withProgress(tx, jobs)
		return err
	})
	return list, err
}

func activeJobs(tx ingest.Tx, companies []ingest.Number, q ActiveQuery) ([]*ingest.Job, error) {
	if q.Ref.Number != 0 || q.Ref.Name != "" {
		j, err := findJob(tx, q.Company, q.Ref)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return nil, nil
		}
		if err != nil || j.State == ingest.JobDone || q.OriginalName != "" && j.OriginalName != q.OriginalName {
			return nil, err
		}
		return []*ingest.Job{j}, nil
	}
	f := ingest.JobFilter{Companies: companies, OriginalName: q.OriginalName, Active: true}
	if name := q.Ref.OriginalName; name != "" {
		if f.OriginalName != "" && f.OriginalName != name {
			return nil, nil
		}
		f.OriginalName = name
	}
	var all []*ingest.Job
	page := ingest.Page{Limit: MostPerPage}
	for {
		jobs, err := tx.Jobs(f, page)
		if err != nil {
			return nil, err
		}
		all = append(all, jobs...)
		if len(jobs) < page.Limit {
			return all, nil
		}
		page.After = jobs[len(jobs)-1].Number
	}
}

// withProgress adds owners and progress, with few queries for many jobs.
func (e *Engine) withProgress(tx ingest.Tx, jobs []*ingest.Job) ([]ActiveJob, error) {
	list := make([]ActiveJob, len(jobs))
	emails := logins{tx: tx}
	at := map[ingest.Number]int{}
	var numbers []ingest.Number
	for i, j := range jobs {
		email, err := emails.of(j.User)
		if err != nil {
			return nil, err
		}
		list[i] = ActiveJob{Job: j, Email: email}
		at[j.Number] = i
		numbers = append(numbers, j.Number)
	}
	for len(numbers) > 0 {
		part := numbers[:min(len(numbers), MostPerPage)]
		numbers = numbers[len(part):]
		progress, err := e.progressOf(tx, part)
		if err != nil {
			return nil, err
		}
		for _, p := range progress {
			list[at[p.Job]].Progress = p
		}
	}
	return list, nil
}

// logins remembers the logins of users within a transaction.
type logins struct {
	tx   ingest.Tx
	seen map[ingest.Number]string
}

// of returns a user's login, "" for one who does not exist any more.
func (l *logins) of(user ingest.Number) (string, error) {
	if login, ok := l.seen[user]; ok {
		return login, nil
	}
	login := ""
	u, err := l.tx.User(user)
	switch {
	case err == nil:
		login = u.Login
	case ingest.KindOf(err) != ingest.NotFound:
		return "", err
	}
	if l.seen == nil {
		l.seen = map[ingest.Number]string{}
	}
	l.seen[user] = login
	return login, nil
}

// JobFile is how far one file of a job has come.
type JobFile struct {
	Name  string
	Asset *ingest.Asset // nil = not stored yet
	State ingest.TaskState
	Done  float64 // part of its steps that is done, from 0 to 1
}

// JobFiles is what is known of the files of a job.
type JobFiles struct {
	Job   *ingest.Job
	Files []JobFile
	Last  ingest.JobProgress
}

// mostJobFiles is how many files and steps of one job are told.
const mostJobFiles = 10_000

// JobFiles tells how far the files of a job have come. NotFound when the caller may
// not read the company or it has no such job.
func (e *Engine) JobFiles(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef) (f JobFiles, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		f = JobFiles{}
		if _, err := e.visible(tx, p, company); err != nil {
			return err
		}
		if f.Job, err = findJob(tx, company, ref); err != nil {
			return err
		}
		progress, err := e.progressOf(tx, []ingest.Number{f.Job.Number})
		if err != nil {
			return err
		}
		if len(progress) > 0 {
			f.Last = progress[0]
		}
		tasks, err := tx.TasksOfJob(f.Job.Number, "", ingest.Page{Limit: mostJobFiles})
		if err != nil {
			return err
		}
		done := e.doneOf(tasks)
		for _, t := range tasks {
			name, ok := stepFile(t)
			if ok && t.State != ingest.TaskDone { // one that is done has become an asset or a row of the log
				f.Files = append(f.Files, JobFile{Name: name, State: t.State, Done: e.runs.of(t.Number)})
			}
		}
		assets, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{company}, Job: f.Job.Number}, ingest.Page{Limit: mostJobFiles})
		if err != nil {
			return err
		}
		sight, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		for _, a := range sight.visible(assets) {
			f.Files = append(f.Files, JobFile{Name: a.Path + a.FileName, Asset: a, State: fileState(a), Done: done[a.Number]})
		}
		return nil
	})
	return f, err
}

// doneOf is the part of the tasks of each asset that is done.
func (e *Engine) doneOf(tasks []*ingest.Task) map[ingest.Number]float64 {
	all, done := map[ingest.Number]float64{}, map[ingest.Number]float64{}
	for _, t := range tasks {
		if t.Kind == ingest.TaskDigest {
			continue // nobody waits for it
		}
		switch t.State {
		case ingest.TaskParked:
			continue
		case ingest.TaskQueued:
		case ingest.TaskRunning:
			done[t.Asset] += e.runs.of(t.Number)
		default:
			done[t.Asset]++
		}
		all[t.Asset]++
	}
	for asset, n := range all {
		done[asset] /= n
	}
	return done
}

func fileState(a *ingest.Asset) ingest.TaskState {
	switch a.State {
	case ingest.AssetProcessing:
		return ingest.TaskRunning
	case ingest.AssetFailed:
		return ingest.TaskFailed
	}
	return ingest.TaskDone
}
