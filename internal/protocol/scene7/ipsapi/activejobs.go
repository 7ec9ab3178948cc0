package ipsapi

import (
	"context"
	"fmt"
	"math"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// activeJobs lists the jobs that are not done. Clients take a job that is not in the
// list as done, so that unknown ones are no fault.
func (s *Service) activeJobs(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.findActive(ctx, c)
	if err != nil {
		return nil, err
	}
	jobs := make([]*scene7.Record, len(list))
	for i := range list {
		if jobs[i], err = s.activeJob(c, &list[i]); err != nil {
			return nil, err
		}
	}
	return record("getActiveJobsReturn", "jobArray", array("ActiveJobArray", jobs)), nil
}

func (s *Service) findActive(ctx context.Context, c *call) ([]engine.ActiveJob, error) {
	q := engine.ActiveQuery{Company: companyNumber(c), OriginalName: c.in.Text("originalName")}
	if handle := c.in.Text("jobHandle"); handle != "" {
		company, ref, err := jobRef("jobHandle", handle)
		if err != nil {
			return nil, err
		}
		if c.caller.RoleIn(company) == "" || q.Company != 0 && q.Company != company {
			return nil, nil
		}
		q.Company, q.Ref = company, ref
	}
	list, err := s.Engine.ActiveJobs(ctx, c.caller, q)
	if ingest.CodeOf(err) == ingest.CodeUnknownCompany && c.company == nil {
		return nil, nil // an administrator's handle of no company
	}
	return list, err
}

func (s *Service) activeJob(c *call, j *engine.ActiveJob) (*scene7.Record, error) {
	element, options, err := s.jobOptions(j.Door, j.Kind, &j.Processing, j.Echo)
	if err != nil {
		return nil, err
	}
	state, message := jobState(j)
	progress, last := jobPercent(j), j.LastPost
	if j.Progress.Last.After(last) {
		last = j.Progress.Last
	}
	if last.IsZero() {
		last = j.Created
	}
	return record("ActiveJob",
		"companyHandle", companyHandle(j.Company), "jobHandle", jobHandle(j.Job), "name", j.Name, "originalName", j.OriginalName,
		"type", string(j.Kind), "state", state, "submitUserEmail", j.Email, "locale", j.Locale, "description", j.Description,
		"serverName", s.Engine.ServerName(), "startDate", j.Created, "triggerTime", j.Created,
		"totalSize", int(max(j.Counts.Total, int64(j.Progress.Queued+j.Progress.Running+j.Progress.Ended))),
		"progress", progress, "progressMessage", message, "lastProgressUpdate", last,
		"taskProgressArray", array("TaskProgressArray", taskProgress(c, j, message, last)), element, options), nil
}

// jobState is the word for where a job stands (contract 4.3), and one for people.
func jobState(j *engine.ActiveJob) (state, message string) {
	switch {
	case j.State == ingest.JobStopping:
		return "Stopping", "The job is being stopped."
	case j.Paused:
		return "WaitingCoordinator", "The job is paused."
	case j.State == ingest.JobRunning && j.Progress.Running == 0 && j.Progress.Ended == 0 && j.Progress.Queued > 0:
		return "WaitingCoordinator", "The job waits for others."
	case j.State == ingest.JobRunning:
		return "Running", "The job is running."
	case j.State == ingest.JobWaitingClient:
		return "WaitingClient", "The job waits for more files."
	}
	return "New", "The job has begun."
}

// jobPercent is how much of a job is done, as far as its steps are known.
func jobPercent(j *engine.ActiveJob) int {
	p := j.Progress
	open := p.Queued + p.Running
	switch {
	case open == 0 && j.State == ingest.JobWaitingClient:
		return 100
	case open+p.Ended == 0:
		return 0
	}
	return int(min(99, 100*(float64(p.Ended)+p.Partial)/float64(open+p.Ended)))
}

// firstTaskState is the version of the schema from which on tasks have a state.
const firstTaskState = "2012-02-14"

// Names of the monitors that clients know.
const (
	uploadMonitor = "com.scene7.upload.UploadAsyncTaskMonitor"
	setsMonitor   = "com.scene7.autoset.AutoSetAsyncTaskMonitor"
)

// taskProgress is the progress of a job's steps: those with files, and the making of
// sets. What has no steps is left out.
func taskProgress(c *call, j *engine.ActiveJob, message string, last time.Time) []*scene7.Record {
	var files, sets ingest.JobProgress
	for _, step := range j.Progress.Steps {
		switch {
		case step.Queued+step.Running+step.Ended == 0:
		case step.Kind == ingest.TaskSets:
			sets.Add(step)
		default:
			files.Add(step)
		}
	}
	var all []*scene7.Record
	if len(files.Steps) > 0 {
		all = append(all, monitor(c, j, uploadMonitor, files, message, last))
	}
	if len(sets.Steps) > 0 {
		all = append(all, monitor(c, j, setsMonitor, sets, message, last))
	}
	return all
}

// monitor is the progress of some steps of a job, with an item for each kind of step.
func monitor(c *call, j *engine.ActiveJob, name string, p ingest.JobProgress, message string, last time.Time) *scene7.Record {
	var state any
	switch {
	case c.namespace.Date() < firstTaskState:
	case j.State == ingest.JobStopping:
		state = "Stopping"
	case p.Queued+p.Running == 0:
		state = "Done"
	case p.Running+p.Ended == 0:
		state = "New"
	default:
		state = "Processing"
	}
	items := make([]*scene7.Record, len(p.Steps))
	for i, step := range p.Steps {
		at := last
		if !step.Last.IsZero() {
			at = step.Last
		}
		items[i] = record("TaskItemProgress", "itemName", string(step.Kind), "progress", share(step.Ended, step.Queued+step.Running, step.Partial),
			"progressMessage", fmt.Sprintf("%d of %d done, %d running", step.Ended, step.Ended+step.Running+step.Queued, step.Running),
			"lastProgressUpdate", at)
	}
	return record("TaskProgress",
		"taskType", name, "taskState", state, "numProcessed", p.Ended, "numProcessing", p.Running, "numPending", p.Queued,
		"progress", share(p.Ended, p.Queued+p.Running, p.Partial), "progressMessage", message, "lastProgressUpdate", last,
		"taskItemProgressArray", array("TaskItemProgressArray", items))
}

// share is how much is done in percent, rounded down. partial is what is done of steps that are still open; as long as
// there are some, it is less than 100.
func share(done, open int, partial float64) float64 {
	percent := math.Floor(100 * (float64(done) + partial) / float64(max(1, done+open)))
	if open > 0 {
		return min(99, percent)
	}
	return percent
}

// uploadTaskStatus tells how far the files of a job have come.
func (s *Service) uploadTaskStatus(ctx context.Context, c *call) (*scene7.Record, error) {
	company, ref, err := jobRef("jobHandle", c.in.Text("jobHandle"))
	if err != nil {
		return nil, err
	}
	var statuses []*scene7.Record
	files, err := s.Engine.JobFiles(ctx, c.caller, company, ref)
	switch {
	case err == nil:
		statuses = append(statuses, record("ClusterUploadTaskStatus",
			"statusArray", array("UploadTaskStatusArray", []*scene7.Record{uploadStatus(files)})))
	case ingest.KindOf(err) != ingest.NotFound: // an unknown job has no files
		return nil, err
	}
	return record("getUploadTaskStatusReturn", "uploadTaskStatusArray", array("ClusterUploadTaskStatusArray", statuses)), nil
}

func uploadStatus(f engine.JobFiles) *scene7.Record {
	tasks := make([]*scene7.Record, len(f.Files))
	for i, file := range f.Files {
		word, percent := fileWord(file)
		tasks[i] = record("UploadTask", "file", file.Name, "processingStatus", word, "workflowState", word, "progress", percent,
			"renditions", array[*scene7.Record]("UploadRenditionTaskArray", nil))
	}
	return record("UploadTaskStatus", "jobHandle", jobHandle(f.Job), "isJobStopped", f.Job.State == ingest.JobStopping,
		"lastAdded", f.Job.LastPost, "lastCompleted", f.Last.Last, "taskArray", array("UploadTaskArray", tasks))
}

// fileWord is the task state of a file and its progress in percent.
func fileWord(f engine.JobFile) (string, float64) {
	switch f.State {
	case ingest.TaskQueued, ingest.TaskParked:
		return "New", 0
	case ingest.TaskRunning:
		return "Processing", math.Floor(min(99, 100*f.Done))
	case ingest.TaskDone:
		return "Done", 100
	case ingest.TaskCancelled:
		return "Stopping", 0
	}
	return "Failed", 100
}
