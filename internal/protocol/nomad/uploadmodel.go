package nomad

import (
	"encoding/json"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// uploadModel is an upload as clients see it (4).
type uploadModel struct {
	ID            ingest.UUID `json:"id"`
	AssetID       ingest.UUID `json:"assetId"`
	ETag          *string     `json:"etag"` // of the file, when it is there
	URL           *string     `json:"url"`
	ContentLength int64       `json:"contentLength"`
	StartDate     time.Time   `json:"startDate"`
	Parts         []partModel `json:"parts"`
}

// partModel is a part of it. Its positions count from 0, and both are inside the part.
// The second spelling of the first is what older clients read; without it they send
// wrong bytes.
type partModel struct {
	ID               ingest.UUID `json:"id"`
	URL              *string     `json:"url"`
	PartNumber       int         `json:"partNumber"`
	StartingPosition int64       `json:"startingPosition"`
	StartingPostion  int64       `json:"startingPostion"`
	EndingPosition   int64       `json:"endingPosition"`
	IsCompleted      bool        `json:"isCompleted"`
}

// facts are what the door keeps of an upload.
type facts struct {
	Option    string      `json:"option,omitempty"`    // how the client wants an existing file treated
	Replace   []string    `json:"replace,omitempty"`   // uploadReplaceOptions
	Asset     ingest.UUID `json:"asset"`               // that it becomes
	Same      string      `json:"same,omitempty"`      // what makes another start the same
	Cancelled bool        `json:"cancelled,omitempty"` // it was ended by a start with the option Cancel
}

func factsOf(u *ingest.Upload) (f facts) {
	_ = json.Unmarshal(u.Facts, &f) // they are our own
	return f
}

func (f facts) bytes() []byte {
	b, _ := json.Marshal(f) // cannot fail
	return b
}

// model renders an upload with those of its parts that are wanted, each with a fresh
// address unless the client has confirmed it.
func (x *exchange) model(u *ingest.Upload, wanted func(engine.PartState) bool) (*uploadModel, error) {
	m := &uploadModel{ID: u.UUID, AssetID: factsOf(u).Asset, ContentLength: u.Size, StartDate: u.Created.UTC().Truncate(time.Second), Parts: []partModel{}}
	if u.State == ingest.UploadDone {
		tag := `"` + string(u.UUID) + `"`
		m.ETag = &tag
	}
	if wanted == nil {
		return m, nil
	}
	parts, err := x.parts(u, wanted)
	if err != nil {
		return nil, err
	}
	m.Parts = parts
	return m, nil
}

// parts renders the parts of an upload that are wanted.
func (x *exchange) parts(u *ingest.Upload, wanted func(engine.PartState) bool) ([]partModel, error) {
	states, err := x.Engine.PartStates(x.r.Context(), u)
	if err != nil {
		return nil, err
	}
	address := x.addresses(u)
	parts := make([]partModel, 0, len(states))
	for _, s := range states {
		if !wanted(s) {
			continue
		}
		p := partModel{
			ID: partID(u, s.Number), PartNumber: s.Number, StartingPosition: s.Offset, StartingPostion: s.Offset,
			EndingPosition: s.Offset + s.Length - 1, IsCompleted: s.Confirmed,
		}
		if u.State == ingest.UploadOpen && (!s.Confirmed || x.Options.ResumeAll) {
			url, err := address(s)
			if err != nil {
				return nil, err
			}
			p.URL = &url
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// Which parts an answer lists.
func everyPart(engine.PartState) bool     { return true }
func missingPart(s engine.PartState) bool { return !s.Confirmed }
