package sqlstore

import (
	"cmp"
	"slices"
	"time"

	"sluice/internal/ingest"
)

const (
	taskFields = `number, uuid, company, job, asset, version, kind, params, state, attempts, run_at, lease, error, created, finished`

	taskColumns = `SELECT ` + taskFields + ` FROM tasks`
)

// CreateTask implements ingest.TaskTx.
func (t *Tx) CreateTask(k *ingest.Task) error {
	number, err := t.insert("sqlstore.CreateTask", "task",
		`INSERT INTO tasks (uuid, company, job, asset, version, kind, params, state, attempts, run_at, lease, due, error, created, finished)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING number`,
		k.UUID, k.Company, k.Job, k.Asset, k.Version, k.Kind, bytesOrNull(k.Params), k.State, k.Attempts, micros(k.RunAt), micros(k.Lease),
		due(k), k.Error, micros(k.Created), micros(k.Finished))
	if err != nil {
		return err
	}
	k.Number = number
	return nil
}

// due is when a task may be claimed next: from RunAt while it is queued, from
// the end of its lease while it runs, never (NULL) in the other states.
func due(k *ingest.Task) any {
	switch k.State {
	case ingest.TaskQueued:
		return micros(k.RunAt)
	case ingest.TaskRunning:
		return micros(k.Lease)
	}
	return nil
}

// ClaimTasks implements ingest.TaskTx.
func (t *Tx) ClaimTasks(kinds []ingest.TaskKind, now, lease time.Time, after ingest.Number, limit int) ([]*ingest.Task, error) {
	if len(kinds) == 0 || limit <= 0 {
		return nil, nil
	}
	var q query
	q.add(`UPDATE tasks SET state = 'running', attempts = attempts + 1, lease = ?, due = ? WHERE number IN (SELECT number FROM (`,
		micros(lease), micros(lease))
	for i, kind := range kinds {
		if i > 0 {
			q.add(` UNION ALL `)
		}
		t.waiting(&q, 0, `>`, kind, now, after, limit)
		q.add(` UNION ALL `)
		t.waiting(&q, 1, `<=`, kind, now, after, limit)
	}
	q.add(`) z ORDER BY turn, job, due, number LIMIT ?) RETURNING `+taskFields, limit)
	tasks, err := many(t, "sqlstore.ClaimTasks", readTask, q.String(), q.args...)
	slices.SortFunc(tasks, func(a, b *ingest.Task) int {
		if first := a.Job > after; first != (b.Job > after) {
			if first {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Job, b.Job), a.RunAt.Compare(b.RunAt), cmp.Compare(a.Number, b.Number))
	})
	return tasks, err
}

// waiting adds the select of the first tasks of a kind that are due, of the jobs above
// or up to one; turn is their place among the selects.
func (t *Tx) waiting(q *query, turn int, compare string, kind ingest.TaskKind, now time.Time, job ingest.Number, limit int) {
	q.add(`SELECT number, due, job, ? AS turn FROM (SELECT x.number, x.due, x.job FROM tasks x WHERE x.kind = ? AND x.job `+compare+` ? AND x.due <= ?
		ORDER BY x.job, x.due, x.number LIMIT ?`, turn, kind, job, micros(now), limit)
	q.add(t.dialect.SkipLocked + `) y`)
}

// UpdateTask implements ingest.TaskTx.
func (t *Tx) UpdateTask(k *ingest.Task) error {
	return t.change("sqlstore.UpdateTask", "task",
		`UPDATE tasks SET state = $1, attempts = $2, run_at = $3, lease = $4, due = $5, error = $6, finished = $7, params = $8 WHERE number = $9`,
		k.State, k.Attempts, micros(k.RunAt), micros(k.Lease), due(k), k.Error, micros(k.Finished), bytesOrNull(k.Params), k.Number)
}

// Task implements ingest.TaskTx.
func (t *Tx) Task(number ingest.Number) (*ingest.Task, error) {
	return one(t, "sqlstore.Task", "task", readTask, taskColumns+` WHERE number = $1`, number)
}

// TasksOf implements ingest.TaskTx. They come in the order of Number.
func (t *Tx) TasksOf(asset, version ingest.Number) ([]*ingest.Task, error) {
	const op = "sqlstore.TasksOf"
	if version == 0 {
		return many(t, op, readTask, taskColumns+` WHERE asset = $1 ORDER BY number`, asset)
	}
	return many(t, op, readTask, taskColumns+` WHERE asset = $1 AND version = $2 ORDER BY number`, asset, version)
}

// RequeueTasks implements ingest.TaskTx.
func (t *Tx) RequeueTasks(kinds []ingest.TaskKind, now time.Time) error {
	for _, kind := range kinds {
		err := t.exec("sqlstore.RequeueTasks", "task",
			`UPDATE tasks SET state = 'queued', run_at = $1, lease = $2, due = $3 WHERE kind = $4 AND due IS NOT NULL AND state = 'running'`,
			micros(now), micros(time.Time{}), micros(now), kind)
		if err != nil {
			return err
		}
	}
	return nil
}

// HastenTasks implements ingest.TaskTx.
func (t *Tx) HastenTasks(kinds []ingest.TaskKind, latest, now time.Time) error {
	for _, kind := range kinds {
		err := t.exec("sqlstore.HastenTasks", "task",
			`UPDATE tasks SET run_at = $1, due = $2 WHERE kind = $3 AND due > $4 AND state = 'queued'`,
			micros(now), micros(now), kind, micros(latest))
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteLooseTasks implements ingest.TaskTx.
func (t *Tx) DeleteLooseTasks(before time.Time, limit int) (int, error) {
	n, err := t.conn.Exec(`DELETE FROM tasks WHERE number IN (SELECT number FROM tasks
		WHERE asset = 0 AND job = 0 AND state IN ('done', 'failed') AND finished < $1 ORDER BY number LIMIT $2)`, micros(before), max(limit, 0))
	if err != nil {
		return 0, t.failure("sqlstore.DeleteLooseTasks", "", err)
	}
	return int(n), nil
}

// NextRun implements ingest.TaskTx.
func (t *Tx) NextRun(kinds []ingest.TaskKind) (time.Time, bool, error) {
	var next int64
	found := false
	for _, kind := range kinds {
		dues, err := many(t, "sqlstore.NextRun", readCount,
			`SELECT due FROM tasks WHERE kind = $1 AND due IS NOT NULL ORDER BY due LIMIT 1`, kind)
		if err != nil {
			return time.Time{}, false, err
		}
		if len(dues) > 0 && (!found || dues[0] < next) {
			next, found = dues[0], true
		}
	}
	return instant(next), found, nil
}

func readTask(rows Rows) (*ingest.Task, error) {
	k := &ingest.Task{}
	var runAt, lease, created, finished int64
	err := rows.Scan((*int64)(&k.Number), (*string)(&k.UUID), (*int64)(&k.Company), (*int64)(&k.Job), (*int64)(&k.Asset), (*int64)(&k.Version),
		(*string)(&k.Kind), &k.Params, (*string)(&k.State), &k.Attempts, &runAt, &lease, &k.Error, &created, &finished)
	if err != nil {
		return nil, err
	}
	k.RunAt, k.Lease, k.Created, k.Finished = instant(runAt), instant(lease), instant(created), instant(finished)
	return k, nil
}
