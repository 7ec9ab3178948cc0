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
	FileName  string // as it was asked for; as it was stored when Done
	Publish   bool
	Conflict  ConflictPolicy
	Metadata  map[string]string
	Options   UploadOptions
	Parent    Number // session that it is a member of; 0 = none
	Facts     []byte // the door's own record, opaque to the engine
	Parts     []byte // bit n-1 from the lowest of the first byte: the client confirmed part n
	Asset     Number // set when Done
	Created   time.Time
	Touched   time.Time // last window; the expiry counts from here
	Expires   time.Time // zero = never, or with its session
}

// UploadOptions are what a door asks of the engine for an upload, beyond the
// common rules.
type UploadOptions struct {
	Replaces  Number `json:"replaces,omitempty"`  // asset that gets the file as a new version; 0 = Conflict decides
	Stay      bool   `json:"stay,omitempty"`      // the asset in Replaces stays in its folder
	ExactName bool   `json:"exactName,omitempty"` // names are kept as they are; folders are found without regard to case
	Shared    bool   `json:"shared,omitempty"`    // everybody of the company may go on with it who may upload
	Part      bool   `json:"part,omitempty"`      // its asset is a part: listed nowhere until a web page is
	Session   bool   `json:"session,omitempty"`   // it has no bytes but members
	SHA1      bool   `json:"sha1,omitempty"`      // the digest is computed as well
	Limit     int64  `json:"limit,omitempty"`     // most bytes it takes; Size is then a hint until Finish. 0 = Size

	PartSize      int64    `json:"partSize,omitempty"`      // bytes of its parts, which are numbered from 1; the last is shorter. 0 = no parts
	LateDigest    bool     `json:"lateDigest,omitempty"`    // the SHA-256 of a large file is computed after the answer
	FreeKey       bool     `json:"freeKey,omitempty"`       // the client key is free again once the upload has ended
	Asset         UUID     `json:"asset,omitempty"`         // of the new asset, promised when it began; "" = any
	Folder        Number   `json:"folder,omitempty"`        // that the file goes to, wherever it is by then; 0 = Upload.Folder says
	Placeholder   Number   `json:"placeholder,omitempty"`   // document that keeps the asset's place until it is there; 0 = none
	Relation      Relation `json:"relation,omitzero"`       // what the asset is linked to when it is there
	MergeMetadata bool     `json:"mergeMetadata,omitempty"` // Metadata is set over that of the asset in Replaces; an empty value removes the key
	Recreate      string   `json:"recreate,omitempty"`      // derived files that the client wants anew, a JSON list; EventAssetRecreate tells of them
}

// Relation is a link that leads to an asset which is not there yet. From 0 = none.
type Relation struct {
	Kind LinkKind `json:"kind,omitempty"`
	From Number   `json:"from,omitempty"`
	Data string   `json:"data,omitempty"`
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

// Ended reports whether nothing becomes of the upload any more that has not already.
func (s UploadState) Ended() bool {
	return s == UploadDone || s == UploadAborted || s == UploadExpired
}

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
