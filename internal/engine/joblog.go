package engine

import (
	"context"
	"slices"
	"time"

	"sluice/internal/ingest"
)

// LoggedJob is a job as lists of logs show it.
type LoggedJob struct {
	*ingest.Job
	Email string // login of its owner
	Total int64  // rows that match; of details only
	Rows  []ingest.LogRow
	// Hidden are assets of the rows that the reader may not see.
	Hidden map[ingest.Number]bool
	// Links says whether the reader may see the addresses of exports.
	Links bool
}

// Fatal reports whether the job as a whole has failed: something went wrong and it
// did not come to any file.
func (j *LoggedJob) Fatal() bool {
	return j.State == ingest.JobDone && j.Counts.Total == 0 && j.Counts.Error > 0
}

// LogQuery selects jobs for a list of logs; zero fields do not restrict.
type LogQuery struct {
	Company    ingest.Number // 0 = all that the caller may read
	User       ingest.Number
	From, To   time.Time // of the beginning
	Sort       ingest.JobSort
	Descending bool
	Limit      int // 0 = MostPerPage, which is also the most
}

// JobLogs lists jobs of all states with their counts.
func (e *Engine) JobLogs(ctx context.Context, p ingest.Principal, q LogQuery) (list []LoggedJob, err error) {
	if q.Limit <= 0 || q.Limit > MostPerPage {
		q.Limit = MostPerPage
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		companies, err := e.scope(tx, p, q.Company)
		if err != nil {
			return err
		}
		jobs, err := tx.JobsLogged(ingest.LoggedJobs{
			Companies: companies, User: q.User, From: q.From, To: q.To, Sort: q.Sort, Descending: q.Descending, Limit: q.Limit,
		})
		if err != nil {
			return err
		}
		list, err = logged(tx, jobs)
		return err
	})
	return list, err
}

func logged(tx ingest.Tx, jobs []*ingest.Job) ([]LoggedJob, error) {
	list := make([]LoggedJob, len(jobs))
	emails := logins{tx: tx}
	for i, j := range jobs {
		email, err := emails.of(j.User)
		if err != nil {
			return nil, err
		}
		list[i] = LoggedJob{Job: j, Email: email}
	}
	return list, nil
}

// DetailQuery selects rows of the logs of one company. Without Ref and OriginalName
// all its jobs count, newest first, up to MostPerPage of them.
type DetailQuery struct {
	Ref          JobRef
	OriginalName string
	Types        []ingest.LogType // nil = all
	ByType       bool             // by type, then as written
	Descending   bool             // within each job
	Offset       int64            // rows to skip, counted over all jobs of the answer
	Limit        int              // 0 = MostPerPage, which is also the most
}

// JobLogDetails lists jobs with rows of their logs. Paging goes through the rows of
// all jobs of the answer, one job after the other; jobs whose rows are not on the
// page are there without rows. An unknown job gives an empty list.
func (e *Engine) JobLogDetails(ctx context.Context, p ingest.Principal, company ingest.Number, q DetailQuery) (list []LoggedJob, err error) {
	if q.Limit <= 0 || q.Limit > MostPerPage {
		q.Limit = MostPerPage
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		jobs, err := detailedJobs(tx, company, q)
		if err != nil {
			return err
		}
		if list, err = logged(tx, jobs); err != nil {
			return err
		}
		eye, err := newLogEye(tx, p, company)
		if err != nil {
			return err
		}
		skip, room := q.Offset, int64(q.Limit)
		for i := range list {
			if err := e.details(tx, &list[i], q, &skip, &room); err != nil {
				return err
			}
			if err := eye.look(&list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// detailedJobs are the jobs of an answer with details, newest first.
func detailedJobs(tx ingest.Tx, company ingest.Number, q DetailQuery) ([]*ingest.Job, error) {
	if q.Ref.Number != 0 || q.Ref.Name != "" {
		j, err := findJob(tx, company, q.Ref)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return nil, nil
		}
		if err != nil || q.OriginalName != "" && j.OriginalName != q.OriginalName {
			return nil, err
		}
		return []*ingest.Job{j}, nil
	}
	name := q.OriginalName
	if q.Ref.OriginalName != "" {
		if name != "" && name != q.Ref.OriginalName {
			return nil, nil
		}
		name = q.Ref.OriginalName
	}
	return tx.JobsLogged(ingest.LoggedJobs{Companies: []ingest.Number{company}, OriginalName: name, Descending: true, Limit: MostPerPage})
}

// details fills in the rows of one job that are on the page, and counts them off.
func (e *Engine) details(tx ingest.Tx, j *LoggedJob, q DetailQuery, skip, room *int64) error {
	counts, err := e.logs.count(tx, j.Number)
	if err != nil {
		return err
	}
	for _, part := range logParts(counts, q) {
		j.Total += part.count
		if *skip >= part.count {
			*skip -= part.count
			continue
		}
		n := min(part.count-*skip, *room)
		if n == 0 {
			continue
		}
		from := *skip
		if q.Descending {
			from = part.count - *skip - n
		}
		rows, err := e.logs.rows(tx, j.Number, part.types, from, n)
		if err != nil {
			return err
		}
		if q.Descending {
			slices.Reverse(rows)
		}
		j.Rows = append(j.Rows, rows...)
		*skip, *room = 0, *room-n
	}
	return nil
}

// logPart is a run of rows that stand together in the order that is asked for.
type logPart struct {
	types []ingest.LogType // nil = all
	count int64
}

// logParts divides the rows of a log: by type, or into one part.
func logParts(counts []ingest.LogCount, q DetailQuery) []logPart {
	var parts []logPart
	whole := logPart{types: q.Types}
	for _, c := range counts {
		if q.Types != nil && !slices.Contains(q.Types, c.Type) {
			continue
		}
		whole.count += c.Count
		parts = append(parts, logPart{types: []ingest.LogType{c.Type}, count: c.Count})
	}
	if !q.ByType {
		return []logPart{whole}
	}
	if q.Descending {
		slices.Reverse(parts)
	}
	return parts
}

// logEye judges which assets of log rows a reader may see.
type logEye struct {
	p       ingest.Principal
	company ingest.Number
	sight   *sight
	hidden  map[ingest.Number]bool
}

func newLogEye(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*logEye, error) {
	s, err := sightOf(tx, p, company)
	return &logEye{p: p, company: company, sight: s, hidden: map[ingest.Number]bool{}}, err
}

func (v *logEye) look(j *LoggedJob) error {
	j.Links = v.p.OnlyGroup == 0 && (j.User == v.p.User || may(v.p, v.company, rightManage))
	j.Hidden = v.hidden
	for _, r := range j.Rows {
		if err := v.judge(r.Asset); err != nil {
			return err
		}
	}
	return nil
}

func (v *logEye) judge(asset ingest.Number) error {
	if _, known := v.hidden[asset]; known || asset == 0 || v.sight.open {
		return nil
	}
	a, err := v.sight.tx.Asset(asset)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	v.hidden[asset] = err != nil || !v.sight.asset(a, ingest.PermitRead)
	return nil
}

// AssetLogRow is a row about an asset, with the job that wrote it.
type AssetLogRow struct {
	ingest.LogRow
	Job   *ingest.Job
	Email string // login of the job's owner
}

// AssetLog lists what the logs say of an asset, newest first, up to MostPerPage rows.
func (e *Engine) AssetLog(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (list []AssetLogRow, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		a, err := tx.Asset(asset)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil || a.Company != company {
			return unknownAsset(asset)
		}
		if err := s.require(a, ingest.PermitRead); err != nil {
			return err
		}
		rows, err := tx.LogOfAsset(asset, ingest.Page{Limit: MostPerPage})
		if err != nil {
			return err
		}
		emails, jobs := logins{tx: tx}, map[ingest.Number]*ingest.Job{}
		for _, r := range rows {
			j := jobs[r.Job]
			if j == nil {
				if j, err = tx.Job(r.Job); err != nil {
					return err
				}
				jobs[r.Job] = j
			}
			email, err := emails.of(j.User)
			if err != nil {
				return err
			}
			list = append(list, AssetLogRow{LogRow: r, Job: j, Email: email})
		}
		return nil
	})
	return list, err
}
