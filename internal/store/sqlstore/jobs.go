package sqlstore

import "sluice/internal/ingest"

const (
	jobFields = `number, uuid, company, user_number, door, kind, name, original_name, state, is_open, description, locale, client, address,
	processing, echo, total_files, success_files, update_files, duplicate_files, error_files, warning_files, paused, pending,
	created, last_post, finished`
	jobColumns = `SELECT ` + jobFields + ` FROM jobs`
)

// CreateJob implements ingest.JobTx.
func (t *Tx) CreateJob(j *ingest.Job) error {
	const op = "sqlstore.CreateJob"
	processing, err := toJSON(j.Processing)
	if err != nil {
		return t.failure(op, "job", err)
	}
	c := j.Counts
	number, err := t.insert(op, "job",
		`INSERT INTO jobs (uuid, company, user_number, door, kind, name, original_name, state, is_open, description, locale, client, address,
			processing, echo, total_files, success_files, update_files, duplicate_files, error_files, warning_files, paused, pending,
			created, last_post, finished)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) RETURNING number`,
		j.UUID, j.Company, j.User, j.Door, j.Kind, j.Name, j.OriginalName, j.State, flag(j.Open), j.Description, j.Locale, j.Client, j.Address,
		processing, bytesOrNull(j.Echo), c.Total, c.Success, c.Update, c.Duplicate, c.Error, c.Warning, flag(j.Paused), j.Pending,
		micros(j.Created), micros(j.LastPost), micros(j.Finished))
	if err != nil {
		return err
	}
	j.Number = number
	return nil
}

// ChangeJob implements ingest.JobTx. It returns few columns: it is part of every
// upload, and each costs.
func (t *Tx) ChangeJob(number ingest.Number, d ingest.JobDelta) (*ingest.Job, error) {
	const op = "sqlstore.ChangeJob"
	c := d.Counts
	j, err := one(t, op, "job", readChangedJob,
		`UPDATE jobs SET total_files = total_files + $1, success_files = success_files + $2, update_files = update_files + $3,
			duplicate_files = duplicate_files + $4, error_files = error_files + $5, warning_files = warning_files + $6,
			pending = pending + $7, last_post = CASE WHEN last_post < $8 THEN $9 ELSE last_post END, is_open = is_open * $10
		WHERE number = $11 AND is_open >= $12
		RETURNING number, uuid, company, user_number, door, kind, name, state, is_open, total_files, success_files, update_files,
			duplicate_files, error_files, warning_files, paused, pending, last_post`,
		c.Total, c.Success, c.Update, c.Duplicate, c.Error, c.Warning,
		d.Pending, micros(d.LastPost), micros(d.LastPost), flag(!d.Close), number, flag(d.IfOpen))
	if d.IfOpen && err != nil && ingest.KindOf(err) == ingest.NotFound {
		if _, err := t.Job(number); err == nil {
			return nil, &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeJobClosed, Msg: "the job takes no more files"}
		}
	}
	return j, err
}

func readChangedJob(rows Rows) (*ingest.Job, error) {
	j := &ingest.Job{}
	var open, paused, lastPost int64
	c := &j.Counts
	err := rows.Scan((*int64)(&j.Number), (*string)(&j.UUID), (*int64)(&j.Company), (*int64)(&j.User), (*string)(&j.Door), (*string)(&j.Kind), &j.Name,
		(*string)(&j.State), &open, &c.Total, &c.Success, &c.Update, &c.Duplicate, &c.Error, &c.Warning, &paused, &j.Pending, &lastPost)
	j.Open, j.Paused, j.LastPost = open != 0, paused != 0, instant(lastPost)
	return j, err
}

// SetJobState implements ingest.JobTx.
func (t *Tx) SetJobState(j *ingest.Job) error {
	return t.change("sqlstore.SetJobState", "job", `UPDATE jobs SET state = $1, is_open = $2, paused = $3, finished = $4 WHERE number = $5`,
		j.State, flag(j.Open), flag(j.Paused), micros(j.Finished), j.Number)
}

// Job implements ingest.JobTx.
func (t *Tx) Job(number ingest.Number) (*ingest.Job, error) {
	return one(t, "sqlstore.Job", "job", readJob, jobColumns+` WHERE number = $1`, number)
}

// JobByUUID implements ingest.JobTx.
func (t *Tx) JobByUUID(uuid ingest.UUID) (*ingest.Job, error) {
	return one(t, "sqlstore.JobByUUID", "job", readJob, jobColumns+` WHERE uuid = $1`, uuid)
}

// JobByName implements ingest.JobTx.
func (t *Tx) JobByName(company ingest.Number, name string) (*ingest.Job, error) {
	return one(t, "sqlstore.JobByName", "job", readJob, jobColumns+` WHERE company = $1 AND name = $2`, company, name)
}

// Jobs implements ingest.JobTx.
func (t *Tx) Jobs(f ingest.JobFilter, page ingest.Page) ([]*ingest.Job, error) {
	if f.Companies != nil && len(f.Companies) == 0 {
		return nil, nil
	}
	order := ""
	if f.Newest {
		order = " DESC"
	}
	var q query
	q.add(jobColumns + ` WHERE number IN (`)
	for i, companies := range companyArms(f.Companies) {
		if i > 0 {
			q.add(` UNION `)
		}
		jobArm(&q, f, companies, page, order)
	}
	q.add(`) ORDER BY number`+order+` LIMIT ?`, limit(page))
	return many(t, "sqlstore.Jobs", readJob, q.String(), q.args...)
}

// jobArm appends the SELECT of the first matching numbers of some companies.
func jobArm(q *query, f ingest.JobFilter, companies []ingest.Number, page ingest.Page, order string) {
	q.add(`SELECT number FROM (SELECT x.number FROM jobs x WHERE `)
	if companies == nil && (f.OriginalName != "" || f.Active) {
		q.add(`x.company IN (SELECT number FROM companies) AND `)
	}
	if len(companies) == 1 {
		q.add(`x.company = ? AND `, companies[0])
	} else if len(companies) > 1 {
		in(q, "x.company", companies)
		q.add(` AND `)
	}
	if f.OriginalName != "" {
		q.add(`x.original_name = ? AND `, f.OriginalName)
	}
	if f.State != "" {
		q.add(`x.state = ? AND `, f.State)
	}
	if f.Active || f.State != "" && f.State != ingest.JobDone {
		q.add(`x.state <> 'Done' AND `) // what the partial index holds
	}
	switch {
	case !f.Newest:
		q.add(`x.number > ?`, page.After)
	case page.After > 0:
		q.add(`x.number < ?`, page.After)
	default:
		q.add(`x.number > 0`)
	}
	q.add(` ORDER BY x.number`+order+` LIMIT ?) y`, limit(page))
}

func readJob(rows Rows) (*ingest.Job, error) {
	j := &ingest.Job{}
	var open, created, lastPost, finished, paused int64
	var processing string
	c := &j.Counts
	err := rows.Scan((*int64)(&j.Number), (*string)(&j.UUID), (*int64)(&j.Company), (*int64)(&j.User), (*string)(&j.Door), (*string)(&j.Kind),
		&j.Name, &j.OriginalName, (*string)(&j.State), &open, &j.Description, &j.Locale, &j.Client, &j.Address,
		&processing, &j.Echo, &c.Total, &c.Success, &c.Update, &c.Duplicate, &c.Error, &c.Warning, &paused, &j.Pending,
		&created, &lastPost, &finished)
	if err != nil {
		return nil, err
	}
	j.Open, j.Paused = open != 0, paused != 0
	j.Created, j.LastPost, j.Finished = instant(created), instant(lastPost), instant(finished)
	return j, fromJSON(processing, &j.Processing)
}
