package ingest

import "time"

// Job is a batch of uploads and their processing, with a log. Every upload
// belongs to a job, whatever its door.
type Job struct {
	Number       Number
	UUID         UUID
	Company      Number
	User         Number
	Door         Door
	Kind         JobKind
	Name         string // unique within the company
	OriginalName string // as the client gave it
	State        JobState
	Open         bool // still takes files
	Description  string
	Locale       string // BCP 47
	Client       string // program that opened the job, or its host
	Address      string // IP address that opened the job
	Processing   Processing
	Echo         []byte // the door's own record of the options, opaque to the engine
	Counts       JobCounts
	Paused       bool // its queued tasks wait until it is resumed
	Pending      int  // tasks that the job still waits for
	Created      time.Time
	LastPost     time.Time // the idle time-out counts from here
	Finished     time.Time // zero = not finished
}

// JobKind says what a job does. The words are those of the Scene7 job types.
type JobKind string

// Kinds of jobs.
const (
	JobUpload          JobKind = "UploadPost" // files that clients send
	JobURLUpload       JobKind = "UrlUpload"
	JobDirectoryUpload JobKind = "UploadFromServerDirectory"
	JobImagePublish    JobKind = "ImageServingPublish"
	JobRenderPublish   JobKind = "ImageRenderingPublish"
	JobVideoPublish    JobKind = "VideoPublish"
	JobDirPublish      JobKind = "ServerDirectoryPublish"
	JobMetadataPublish JobKind = "MetadataUpload"
	JobOptimize        JobKind = "ImageOptimization"
	JobReprocess       JobKind = "ReprocessAssets"
	JobRipPDF          JobKind = "PdfRip"
	JobExport          JobKind = "Export"
	JobVideoSitemap    JobKind = "CreateVideoSitemap"
	JobAutoSets        JobKind = "AutomatedSetGeneration"
)

// JobState is where a job stands.
type JobState string

// States of a job. New and WaitingClient jobs take files; Running ones may.
const (
	JobNew           JobState = "New"           // nothing has arrived
	JobRunning       JobState = "Running"       // tasks are outstanding
	JobWaitingClient JobState = "WaitingClient" // all done so far, more files may come
	JobStopping      JobState = "Stopping"
	JobDone          JobState = "Done"
)

// JobCounts are the totals of a job's log.
type JobCounts struct {
	Total     int64 `json:"totalFileCount"`
	Success   int64 `json:"fileSuccessCount"`   // new assets
	Update    int64 `json:"fileUpdateCount"`    // replaced assets
	Duplicate int64 `json:"fileDuplicateCount"` // skipped, the name was taken
	Error     int64 `json:"fileErrorCount"`
	Warning   int64 `json:"fileWarningCount"`
}

// Add returns the sum of c and d.
func (c JobCounts) Add(d JobCounts) JobCounts {
	return JobCounts{
		Total: c.Total + d.Total, Success: c.Success + d.Success, Update: c.Update + d.Update,
		Duplicate: c.Duplicate + d.Duplicate, Error: c.Error + d.Error, Warning: c.Warning + d.Warning,
	}
}

// JobDelta is a change to a job that is safe under concurrency: counts and
// pending tasks are added to what is stored.
type JobDelta struct {
	Counts   JobCounts
	Pending  int
	LastPost time.Time // zero = unchanged; otherwise the later of the two is kept
	Close    bool      // take no more files
	IfOpen   bool      // change nothing unless the job still takes files
}

// LogType is the kind of a job log row. The words are those of the Scene7 job
// log (contract section 12); all doors write and show them.
type LogType string

// Log types that the engine writes.
const (
	LogBeginUpload      LogType = "BeginUpload"
	LogOriginalJobName  LogType = "OriginalJobName"
	LogJobClient        LogType = "JobClient"
	LogUploadSuccess    LogType = "UploadSuccess"
	LogFileUpdated      LogType = "FileUpdated"
	LogDuplicateSkipped LogType = "DuplicateSkipped"
	LogUploadWarning    LogType = "UploadWarning"
	LogUploadError      LogType = "UploadError"
	LogFatalError       LogType = "FatalError"
	LogTotalFileCount   LogType = "TotalFileCount"
	LogEndUpload        LogType = "EndUpload"
	LogFileCancel       LogType = "FileCancel"
	LogTrashSuccess     LogType = "TrashSuccess"
	LogFileProgress     LogType = "FileProgress"  // how far a step has come that takes long
	LogReturnSuccess    LogType = "ReturnSuccess" // an export's file is ready
	LogDeleteSuccess    LogType = "DeleteSuccess" // a file of the job was deleted because its time was over
)

// LogRow is one row of a job's log. Rows are ordered by Number.
type LogRow struct {
	Number    Number
	Job       Number
	Time      time.Time
	Type      LogType
	Message   string // in words that a person can act on
	Asset     Number // 0 = none
	AssetUUID UUID   // filled on reading
	AssetName string // file name as far as known
	AssetType string // what kind of file the row speaks of: MasterImage, Pdf, Video, …
	Extra     []string
}
