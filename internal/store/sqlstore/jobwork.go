package sqlstore

import (
	"sluice/internal/ingest"
)

// JobsLogged implements ingest.JobWorkTx.
func (t *Tx) JobsLogged(f ingest.LoggedJobs) ([]*ingest.Job, error) {
	if f.Companies != nil && len(f.Companies) == 0 {
		return nil, nil
	}
	var q query
	q.add(jobColumns + ` WHERE number > 0`)
	if f.Companies != nil {
		q.add(` AND `)
		in(&q, "company", f.Companies)
	}
	if f.User != 0 {
		q.add(` AND user_number = ?`, f.User)
	}
	if f.OriginalName != "" {
		q.add(` AND original_name = ?`, f.OriginalName)
	}
	if !f.From.IsZero() {
		q.add(` AND created >= ?`, micros(f.From))
	}
	if !f.To.IsZero() {
		q.add(` AND created <= ?`, micros(f.To))
	}
	direction := ""
	if f.Descending {
		direction = " DESC"
	}
	q.add(` ORDER BY ` + jobOrder(f.Sort, direction) + `number` + direction)
	q.add(` LIMIT ?`, limit(ingest.Page{Limit: f.Limit}))
	return many(t, "sqlstore.JobsLogged", readJob, q.String(), q.args...)
}

// jobOrder is what a list of jobs is ordered by before the number. Jobs get their
// number when they begin, so that the number alone is the order of the start.
func jobOrder(sort ingest.JobSort, direction string) string {
	column := ""
	switch sort {
	case ingest.SortJobName:
		column = `name`
	case ingest.SortLogType:
		column = `kind`
	case ingest.SortCompanyName:
		column = `(SELECT c.name FROM companies c WHERE c.number = jobs.company)`
	case ingest.SortUserID:
		column = `user_number`
	case ingest.SortEmail:
		column = `(SELECT u.login_key FROM users u WHERE u.number = jobs.user_number)`
	case ingest.SortFileErrors:
		column = `error_files`
	case ingest.SortFileWarnings:
		column = `warning_files`
	case ingest.SortFileSuccess:
		column = `success_files`
	default:
		return ""
	}
	return column + direction + `, `
}

// JobsProgress implements ingest.JobWorkTx.
func (t *Tx) JobsProgress(jobs []ingest.Number) ([]ingest.JobProgress, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	var q query
	q.add(`SELECT job, kind, SUM(CASE WHEN state = 'queued' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END),
		SUM(CASE WHEN finished > 0 THEN 1 ELSE 0 END), MAX(finished) FROM tasks WHERE `)
	in(&q, "job", jobs)
	q.add(` AND kind <> ? GROUP BY job, kind ORDER BY job, kind`, ingest.TaskDigest)
	steps, err := many(t, "sqlstore.JobsProgress", readStepOfJob, q.String(), q.args...)
	if err != nil {
		return nil, err
	}
	var list []ingest.JobProgress
	for _, s := range steps {
		if len(list) == 0 || list[len(list)-1].Job != s.job {
			list = append(list, ingest.JobProgress{Job: s.job})
		}
		list[len(list)-1].Add(s.StepProgress)
	}
	return list, nil
}

// stepOfJob is the progress of one kind of tasks of one job.
type stepOfJob struct {
	job ingest.Number
	ingest.StepProgress
}

func readStepOfJob(rows Rows) (s stepOfJob, err error) {
	var last int64
	err = rows.Scan((*int64)(&s.job), (*string)(&s.Kind), &s.Queued, &s.Running, &s.Ended, &last)
	s.Last = instant(last)
	return s, err
}

// TasksOfJob implements ingest.JobWorkTx.
func (t *Tx) TasksOfJob(job ingest.Number, state ingest.TaskState, page ingest.Page) ([]*ingest.Task, error) {
	var q query
	q.add(taskColumns+` WHERE job = ? AND number > ?`, job, page.After)
	if state != "" {
		q.add(` AND state = ?`, state)
	}
	q.add(` ORDER BY number LIMIT ?`, limit(page))
	return many(t, "sqlstore.TasksOfJob", readTask, q.String(), q.args...)
}

// JobHasTask implements ingest.JobWorkTx.
func (t *Tx) JobHasTask(job ingest.Number, kind ingest.TaskKind) (bool, error) {
	numbers, err := many(t, "sqlstore.JobHasTask", readNumber, `SELECT number FROM tasks WHERE job = $1 AND kind = $2 LIMIT 1`, job, kind)
	return len(numbers) > 0, err
}

// HoldTasks implements ingest.JobWorkTx.
func (t *Tx) HoldTasks(job ingest.Number, held bool) error {
	const op = "sqlstore.HoldTasks"
	if held {
		return t.exec(op, "task", `UPDATE tasks SET due = NULL WHERE job = $1 AND state = 'queued' AND due IS NOT NULL AND kind <> $2`, job, ingest.TaskDigest)
	}
	return t.exec(op, "task", `UPDATE tasks SET due = run_at WHERE job = $1 AND state = 'queued'`, job)
}

// LogCounts implements ingest.JobWorkTx.
func (t *Tx) LogCounts(job, after ingest.Number) ([]ingest.LogCount, ingest.Number, error) {
	last := after
	counts, err := many(t, "sqlstore.LogCounts", func(rows Rows) (ingest.LogCount, error) {
		var c ingest.LogCount
		var highest int64
		err := rows.Scan((*string)(&c.Type), &c.Count, &highest)
		last = max(last, ingest.Number(highest))
		return c, err
	}, `SELECT type, COUNT(*), MAX(number) FROM job_log WHERE job = $1 AND number > $2 GROUP BY type ORDER BY type`, job, after)
	return counts, last, err
}

// LogSkip implements ingest.JobWorkTx.
func (t *Tx) LogSkip(job ingest.Number, f ingest.LogFilter, after ingest.Number, skip int64) (ingest.Number, error) {
	if skip == 0 || f.Types != nil && len(f.Types) == 0 {
		return after, nil
	}
	var q query
	q.add(`SELECT number FROM job_log WHERE job = ? AND number > ?`, job, after)
	logTypes(&q, "type", f)
	q.add(` ORDER BY number LIMIT 1 OFFSET ?`, skip-1)
	number, err := one(t, "sqlstore.LogSkip", "log row", readNumber, q.String(), q.args...)
	return ingest.Number(number), err
}

// LogOfAsset implements ingest.JobWorkTx.
func (t *Tx) LogOfAsset(asset ingest.Number, page ingest.Page) ([]ingest.LogRow, error) {
	if asset == 0 {
		return nil, nil
	}
	var q query
	q.add(`SELECT l.number, l.job, l.at, l.type, l.message, l.asset, COALESCE(a.uuid, ''), l.asset_name, l.asset_type, l.extra
		FROM job_log l LEFT JOIN assets a ON a.number = l.asset WHERE l.asset = ? AND l.asset <> 0`, asset)
	if page.After > 0 {
		q.add(` AND l.number < ?`, page.After)
	}
	q.add(` ORDER BY l.number DESC LIMIT ?`, limit(page))
	return many(t, "sqlstore.LogOfAsset", readLogRow, q.String(), q.args...)
}

// MoveLog implements ingest.JobWorkTx.
func (t *Tx) MoveLog(from, to ingest.Number) error {
	return t.exec("sqlstore.MoveLog", "log row", `UPDATE job_log SET asset = $1 WHERE asset = $2 AND asset <> 0`, to, from)
}
