package brightsign

import (
	"encoding/json"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// States of uploads and sessions (section 7).
const (
	stateQueued     = "Queued"
	stateStarted    = "Started"
	stateUploading  = "Uploading"
	stateUploaded   = "Uploaded"
	stateVerified   = "Verified"
	stateCancelled  = "Cancelled"
	stateCorrupted  = "Corrupted"
	stateTerminated = "Terminated"
	stateCompleted  = "Completed"
)

// Types of content (8.6).
const (
	typeAuto    = "Auto"
	typeImage   = "Image"
	typeVideo   = "Video"
	typeAudio   = "Audio"
	typeWebPage = "WebPage"

	// Types that only the REST interface has.
	typeText          = "Text"
	typeDeviceWebPage = "DeviceWebpage"
)

// facts are what the door keeps with an upload or a session, beside what the engine
// knows of it.
type facts struct {
	Args         arguments     `json:"args"`                // as given so far
	SessionToken string        `json:"session,omitempty"`   // of a session and its files
	Main         bool          `json:"main,omitempty"`      // the page's own file
	Page         ingest.Number `json:"page,omitempty"`      // the page that the session updates
	Started      time.Time     `json:"started,omitzero"`    // zero = queued
	Sum          string        `json:"sum,omitempty"`       // hash of a complete file, in hexadecimal digits
	Corrupted    bool          `json:"corrupted,omitempty"` // the last try to complete it failed by its hash
	Cancelled    time.Time     `json:"cancelled,omitzero"`  // of a file of a session
	Offered      ingest.Number `json:"offered,omitempty"`   // stored file that the client was told of
	Matched      ingest.Number `json:"matched,omitempty"`   // the client took it
	Data         string        `json:"data,omitempty"`      // namespace in which the client speaks of its data
	PageName     bool          `json:"pageName,omitempty"`  // of a session: the client gave the page's name
	Assets       []pageAsset   `json:"assets,omitempty"`    // of a session that is complete: what became of its files
}

// pageAsset is a file of a complete session, for the status.
type pageAsset struct {
	Token    string        `json:"token,omitempty"` // "" = it was not uploaded in this session
	Content  ingest.Number `json:"content"`
	Name     string        `json:"name,omitempty"`
	SHA1Hash string        `json:"sha1,omitempty"` // as the client wrote it
	Size     int64         `json:"size"`
	Sum      string        `json:"sum,omitempty"` // hash of its bytes, in hexadecimal digits; "" = not known
}

func factsOf(u *ingest.Upload) facts {
	var f facts
	_ = json.Unmarshal(u.Facts, &f) // written by set alone
	return f
}

// set stores the facts in the upload.
func (f facts) set(u *ingest.Upload) error {
	data, err := json.Marshal(f)
	u.Facts = data
	return err
}

// stateOf is the state of a file, as clients see it.
func stateOf(s engine.Status, f facts) string {
	switch s.Upload.State {
	case ingest.UploadDone:
		if s.Upload.Asset == 0 {
			return stateTerminated // the file was refused for what it is
		}
		return stateCompleted
	case ingest.UploadAborted:
		if !f.Cancelled.IsZero() || f.SessionToken == "" {
			return stateCancelled
		}
		return stateTerminated
	case ingest.UploadExpired:
		return stateTerminated
	case ingest.UploadSealing:
		return stateVerified
	}
	switch received := s.Received(); {
	case !f.Cancelled.IsZero():
		return stateCancelled
	case f.Started.IsZero() && received == 0:
		return stateQueued
	case f.Corrupted:
		return stateCorrupted
	case received == 0:
		return stateStarted
	case f.Args.FileSize != nil && s.Prefix() >= *f.Args.FileSize:
		return stateUploaded
	}
	return stateUploading
}

// final reports whether a state is one that nothing leads out of.
func final(state ingest.UploadState) bool {
	return state == ingest.UploadDone || state == ingest.UploadAborted || state == ingest.UploadExpired
}

// purged reports whether an upload ended so long ago that its token counts as unknown.
func (d *Door) purged(u *ingest.Upload) bool {
	return final(u.State) && d.Engine.Now().Sub(u.Touched) >= d.Options.Retention
}
