package ingest

import "time"

// Event is a fact in the past tense. Webhooks, live pages and audit read the
// same stream, in the order of Number.
type Event struct {
	Number  Number
	Company Number
	Time    time.Time
	Kind    EventKind
	Subject UUID // of the asset, job or upload that it speaks of
	User    Number
	Data    string // JSON object, may be empty
}

// EventKind names what happened.
type EventKind string

// Events.
const (
	EventJobOpened     EventKind = "job.opened"
	EventJobFinished   EventKind = "job.finished"
	EventAssetCreated  EventKind = "asset.created"
	EventAssetReplaced EventKind = "asset.replaced"
	EventAssetChanged  EventKind = "asset.changed" // name, place, metadata or marks
	// EventLibraryChanged tells of something that searches go by and that is no
	// asset: a project, a metadata field, the trash.
	EventLibraryChanged EventKind = "library.changed"
	EventAssetTrashed   EventKind = "asset.trashed"
	EventAssetRecreate  EventKind = "asset.recreate" // derived files are wanted anew; Data = {"names": […]}
	EventAssetProcessed EventKind = "asset.processed"
	EventAssetFailed    EventKind = "asset.failed"
	EventUploadAborted  EventKind = "upload.aborted"
	EventUploadExpired  EventKind = "upload.expired"
)
