package ipsapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// mostPage is the largest number of a page that is counted with; no log is so long.
const mostPage = 1 << 30

// jobLogs lists jobs with their counts, without rows.
func (s *Service) jobLogs(ctx context.Context, c *call) (*scene7.Record, error) {
	q := engine.LogQuery{Company: companyNumber(c), From: c.in.Time("startDate"), To: c.in.Time("endDate"), Limit: c.in.Int("numRows")}
	if handle := c.in.Text("userHandle"); handle != "" {
		n, _, ok := scene7.ParseUserHandle(handle)
		if !ok {
			return nil, invalid("userHandle", "%q is no user handle", clip(handle))
		}
		q.User = ingest.Number(n)
	}
	q.Sort = ingest.JobSort(c.in.Text("sortBy"))
	if q.Sort != "" && !slices.Contains(ingest.JobSorts(), q.Sort) {
		return nil, invalid("sortBy", "%q is no sort field of job logs", clip(string(q.Sort)))
	}
	var err error
	if q.Descending, err = descending(c, q.Sort == "" || q.Sort == ingest.SortStartDate); err != nil {
		return nil, err
	}
	list, err := s.Engine.JobLogs(ctx, c.caller, q)
	if err != nil {
		return nil, err
	}
	logs := make([]*scene7.Record, len(list))
	for i := range list {
		logs[i] = jobLog(&list[i])
	}
	return record("getJobLogsReturn", "jobLogArray", array("JobLogArray", logs)), nil
}

// descending reads sortDirection.
func descending(c *call, otherwise bool) (bool, error) {
	switch direction := c.in.Text("sortDirection"); direction {
	case "":
		return otherwise, nil
	case "Ascending":
		return false, nil
	case "Descending":
		return true, nil
	default:
		return false, invalid("sortDirection", "%q is neither Ascending nor Descending", clip(direction))
	}
}

// jobLog is a job as lists of logs show it. Clients read most fields without looking
// whether they are there (contract 4.4), so that all are.
func jobLog(j *engine.LoggedJob, more ...any) *scene7.Record {
	n := j.Counts
	return record("JobLog", append([]any{
		"companyHandle", companyHandle(j.Company), "jobHandle", jobHandle(j.Job), "jobName", j.Name, "originalJobName", j.OriginalName,
		"submitUserEmail", j.Email, "logType", string(engine.JobLogType(j.Kind)), "jobSubType", "", "startDate", j.Created, "endDate", j.Finished,
		"description", j.Description, "fileSuccessCount", n.Success, "fileErrorCount", n.Error, "fileWarningCount", n.Warning,
		"fileDuplicateCount", n.Duplicate, "fileUpdateCount", n.Update, "totalFileCount", n.Total,
		"transferSuccessCount", 0, "transferErrorCount", 0, "transferWarningCount", 0, "fatalError", j.Fatal(),
	}, more...)...)
}

// jobLogDetails serves getJobLogDetails and getArchivedJobLogDetails: there is one log.
func (s *Service) jobLogDetails(ctx context.Context, c *call) (*scene7.Record, error) {
	q, err := detailQuery(c)
	if err != nil {
		return nil, err
	}
	company := c.company.Number
	if handle := c.in.Text("jobHandle"); handle != "" {
		of, ref, err := jobRef("jobHandle", handle)
		if err != nil {
			return nil, err
		}
		if of != company {
			return record(c.op.Name+"Return", "jobLogArray", array[*scene7.Record]("JobLogArray", nil)), nil
		}
		q.Ref = ref
	}
	list, err := s.Engine.JobLogDetails(ctx, c.caller, company, q)
	if err != nil {
		return nil, err
	}
	logs := make([]*scene7.Record, len(list))
	for i := range list {
		j := &list[i]
		rows := make([]*scene7.Record, len(j.Rows))
		for k := range j.Rows {
			rows[k] = detailRow(j, &j.Rows[k])
		}
		logs[i] = jobLog(j, "detailTotalRows", j.Total, "detailArray", array("JobLogDetailArray", rows))
	}
	return record(c.op.Name+"Return", "jobLogArray", array("JobLogArray", logs)), nil
}

func detailQuery(c *call) (q engine.DetailQuery, err error) {
	q = engine.DetailQuery{OriginalName: c.in.Text("originalName"), Limit: engine.MostPerPage}
	for _, t := range items(c.in, "logTypeArray") {
		q.Types = append(q.Types, ingest.LogType(strings.TrimSpace(t)))
	}
	if n := c.in.Int("recordsPerPage"); n > 0 {
		q.Limit = min(n, engine.MostPerPage)
	}
	if page := c.in.Int("resultsPage"); page > 1 {
		q.Offset = int64(min(page, mostPage)-1) * int64(q.Limit)
	}
	switch sort := c.in.Text("sortBy"); sort {
	case "", "Date":
	case "LogType":
		q.ByType = true
	default:
		return q, invalid("sortBy", "%q is neither Date nor LogType", clip(sort))
	}
	q.Descending, err = descending(c, false)
	return q, err
}

// detailRow is one row of a log. The handle of an asset is shown to those who may see
// the asset, the address of an export to the owner of the job and to administrators.
func detailRow(j *engine.LoggedJob, r *ingest.LogRow) *scene7.Record {
	pairs := []any{"logMessage", r.Message, "logType", string(r.Type), "dateCreated", r.Time}
	if r.AssetName != "" && (j.Links || !strings.HasPrefix(r.AssetName, "http")) {
		pairs = append(pairs, "assetName", r.AssetName)
	}
	if r.AssetType != "" {
		pairs = append(pairs, "assetType", r.AssetType)
	}
	if r.Asset != 0 && !j.Hidden[r.Asset] {
		pairs = append(pairs, "assetHandle", assetHandle(r.Asset))
	}
	return record("JobLogDetail", append(pairs, "auxArray", auxRows(r.Extra, r.Time))...)
}

// auxRows are the remarks that go with a row; nil when there are none.
func auxRows(extra []string, at time.Time) *scene7.Record {
	rows := make([]*scene7.Record, len(extra))
	for i, words := range extra {
		rows[i] = record("JobLogDetailAux", "logMessage", words, "logType", string(ingest.LogUploadWarning), "dateCreated", at)
	}
	return optionalArray("JobLogDetailAuxArray", rows)
}

// assetJobLogs lists what the logs say of one asset.
func (s *Service) assetJobLogs(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.AssetLog(ctx, c.caller, c.company.Number, n)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(list))
	for i, r := range list {
		rows[i] = record("AssetJobLog", "jobHandle", jobHandle(r.Job), "jobName", r.Job.Name, "logMessage", r.Message, "logType", string(r.Type),
			"submitUserEmail", r.Email, "logDate", r.Time, "auxArray", auxRows(r.Extra, r.Time))
	}
	return record("getAssetJobLogsReturn", "jobLogArray", array("AssetJobLogArray", rows)), nil
}

// assetArchivedJobLogs is always empty: no rows are moved to an archive.
func (s *Service) assetArchivedJobLogs(ctx context.Context, c *call) (*scene7.Record, error) {
	if _, err := s.assetJobLogs(ctx, c); err != nil {
		return nil, err
	}
	return record("getAssetArchivedJobLogsReturn", "jobLogArray", array[*scene7.Record]("AssetJobLogArray", nil)), nil
}
