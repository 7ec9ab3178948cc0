package ingest

import "time"

// Upload is one file on its way in that may span many requests:
// Open → Sealing → Done, or Open → Aborted / Expired. One-shot deliveries have
// no Upload row; they go from bytes to asset in one transaction.
type Upload struct {
	Number    Number
	UUID      UUID
	Company   Number
	User      Number
	Door      Door
	ClientKey string // with Company and Door: makes Begin idempotent; "" = none
	Job       Number
	State     UploadState
	Size      int64 // bytes; -1 = not known yet
	Folder    string
	FileName  string
	Publish   bool
	Conflict  ConflictPolicy
	Metadata  map[string]string
	Asset     Number // set when Done
	Created   time.Time
	Touched   time.Time // last window; the expiry counts from here
	Expires   time.Time // zero = never
}

// UploadState is where an upload stands.
type UploadState string

// States of an upload.
const (
	UploadOpen    UploadState = "open"
	UploadSealing UploadState = "sealing" // all bytes are there, the asset is being made
	UploadDone    UploadState = "done"
	UploadAborted UploadState = "aborted"
	UploadExpired UploadState = "expired"
)

// Window is a byte range of an upload that has arrived.
type Window struct {
	Offset int64
	Length int64
	CRC32C uint32
}

// End returns the offset after the window's last byte.
func (w Window) End() int64 { return w.Offset + w.Length }

// UploadOutcome is how a file's way in ended, for counting.
type UploadOutcome string

// Outcomes of uploads.
const (
	OutcomeCreated  UploadOutcome = "created"
	OutcomeReplaced UploadOutcome = "replaced"
	OutcomeSkipped  UploadOutcome = "skipped" // the name was taken
	OutcomeRefused  UploadOutcome = "refused" // type, name, quota or rights
	OutcomeAborted  UploadOutcome = "aborted" // given up by the client, or expired
)
