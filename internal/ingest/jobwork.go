package ingest

import "time"

// JobSort is what a list of logged jobs is ordered by. The words are those of the
// Scene7 job log sort fields.
type JobSort string

// Orders of logged jobs. Equal ones follow by Number.
const (
	SortJobName      JobSort = "JobName"
	SortLogType      JobSort = "LogType" // what the job does
	SortStartDate    JobSort = "StartDate"
	SortCompanyName  JobSort = "CompanyName"
	SortUserID       JobSort = "UserId"
	SortEmail        JobSort = "Email"
	SortFileErrors   JobSort = "FileErrorCount"
	SortFileWarnings JobSort = "FileWarningCount"
	SortFileSuccess  JobSort = "FileSuccessCount"
)

// JobSorts lists the orders.
func JobSorts() []JobSort {
	return []JobSort{SortJobName, SortLogType, SortStartDate, SortCompanyName, SortUserID, SortEmail, SortFileErrors, SortFileWarnings, SortFileSuccess}
}

// LoggedJobs selects jobs for a list of logs; zero fields do not restrict.
type LoggedJobs struct {
	Companies    []Number // nil = all
	User         Number
	OriginalName string
	From, To     time.Time // of Created, both included
	Sort         JobSort   // empty = SortStartDate
	Descending   bool
	Limit        int
}

// JobProgress says how far the tasks of a job have come, digests left out.
type JobProgress struct {
	Job     Number
	Queued  int
	Running int
	Ended   int
	Partial float64   // what is done of those that run: 1.5 = that much work as of one and a half
	Last    time.Time // when one ended last; zero = none has
	Steps   []StepProgress
}

// StepProgress is the part of one kind of tasks in a job's progress, by kind.
type StepProgress struct {
	Kind    TaskKind
	Queued  int
	Running int
	Ended   int
	Partial float64
	Last    time.Time
}

// Add sums the progress of a kind of tasks into the job's.
func (p *JobProgress) Add(s StepProgress) {
	p.Queued += s.Queued
	p.Running += s.Running
	p.Ended += s.Ended
	p.Partial += s.Partial
	if s.Last.After(p.Last) {
		p.Last = s.Last
	}
	p.Steps = append(p.Steps, s)
}

// LogCount is how many rows of a type a log has.
type LogCount struct {
	Type  LogType
	Count int64
}

// JobWorkTx looks into the work of jobs and into their logs.
type JobWorkTx interface {
	// JobsLogged lists jobs of all states.
	JobsLogged(LoggedJobs) ([]*Job, error)
	// JobsProgress sums the tasks of jobs; jobs without tasks are left out. Nobody has
	// stored what is done of running ones.
	JobsProgress(jobs []Number) ([]JobProgress, error)
	// TasksOfJob lists the tasks of a job by Number; state "" = any.
	TasksOfJob(job Number, state TaskState, page Page) ([]*Task, error)
	// JobHasTask reports whether a task of a kind was ever queued for a job.
	JobHasTask(job Number, kind TaskKind) (bool, error)
	// HoldTasks keeps the queued tasks of a job from being claimed, digests left
	// out, or lets them go again.
	HoldTasks(job Number, held bool) error
	// LogCounts counts the rows of a log after a row, by type, and returns the last
	// row's number, after when there is none.
	LogCounts(job, after Number) (counts []LogCount, last Number, err error)
	// LogSkip returns the number of the last of the skip rows that follow after,
	// after itself when skip is 0.
	LogSkip(job Number, f LogFilter, after Number, skip int64) (Number, error)
	// LogOfAsset lists the rows of all logs that speak of an asset, newest first;
	// Page.After then means "before".
	LogOfAsset(asset Number, page Page) ([]LogRow, error)
	// MoveLog makes the rows of all logs that speak of an asset speak of another one.
	MoveLog(from, to Number) error
}
