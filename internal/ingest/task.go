package ingest

import "time"

// Task is one step of processing for one version of an asset. Tasks are queued
// in the transaction that causes them, run at least once, and are idempotent.
type Task struct {
	Number   Number
	UUID     UUID
	Company  Number
	Job      Number
	Asset    Number
	Version  Number
	Kind     TaskKind
	Params   []byte // JSON, of the kind's own shape
	State    TaskState
	Attempts int       // runs begun
	RunAt    time.Time // not before
	Lease    time.Time // a running task whose lease has passed is taken over
	Error    string    // of the last attempt, for people
	Created  time.Time
	Finished time.Time
}

// TaskKind names a step. Parked steps bear the name of the upload option that
// asked for them.
type TaskKind string

// Steps that this build can run.
const (
	TaskInspect   TaskKind = "inspect"   // dimensions, type and thumbnail
	TaskDigest    TaskKind = "digest"    // whole-file SHA-256 that was put off at upload
	TaskThumbnail TaskKind = "thumbnail" // looks into the thumbnail that came with the file
	TaskPicture   TaskKind = "picture"   // what an upload wants done with an image, all at once
	TaskLayers    TaskKind = "layers"    // images of the layers of a Photoshop file
	TaskPages     TaskKind = "pages"     // images, text and links of the pages of a document
	TaskFootage   TaskKind = "footage"   // what a video is, and its poster at a time
	TaskEncode    TaskKind = "encode"    // encodings of a video
	TaskUnpack    TaskKind = "unpack"    // members of an archive
	TaskMetadata  TaskKind = "metadata"  // what a file says of itself, where the inspection does not read it

	// Steps of a whole job; their Asset is 0.
	TaskFetch     TaskKind = "fetch"     // brings the file of one URL
	TaskDirectory TaskKind = "directory" // lists a part of a directory of the server
	TaskFile      TaskKind = "file"      // takes one file of it
	TaskPublish   TaskKind = "publish"   // notes a part of the marked assets as published
	TaskReplan    TaskKind = "reprocess" // queues the steps of a part of the assets again
	TaskExport    TaskKind = "export"    // packs assets in one file
	TaskSets      TaskKind = "sets"      // makes sets of the assets of the job by their names
	TaskCallback  TaskKind = "callback"  // tells a client that the job is done; no job waits for it

	// Letters to people; no job waits for them.
	TaskLetter TaskKind = "letter" // tells the owner of a job how it ended

	TaskPush TaskKind = "push" // tells a company's own server of a message; of no job and no asset
)

// TaskState is where a task stands.
type TaskState string

// States of a task: queued → running → done, failed or unreadable; a failed
// attempt goes back to queued while attempts remain. Parked tasks wait for an
// ability that this server lacks; they are kept and hold up no job.
const (
	TaskQueued     TaskState = "queued"
	TaskRunning    TaskState = "running"
	TaskDone       TaskState = "done"
	TaskFailed     TaskState = "failed"
	TaskUnreadable TaskState = "unreadable" // failed because the file is not what it claims to be
	TaskCancelled  TaskState = "cancelled"
	TaskParked     TaskState = "parked"
)
