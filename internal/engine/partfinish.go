package engine

import (
	"context"

	"sluice/internal/ingest"
)

// PartState is where a part stands.
type PartState struct {
	Number         int
	Offset, Length int64
	Received       bool // all of its bytes are there
	Confirmed      bool // and the client knows it
}

// PartStates lists the parts of an upload that the caller has looked up. None of one
// that has become an asset is missing.
func (e *Engine) PartStates(ctx context.Context, u *ingest.Upload) ([]PartState, error) {
	parts := PartsOf(u)
	states := make([]PartState, parts.Count())
	for i := range states {
		s := &states[i]
		s.Number = i + 1
		s.Offset, s.Length = parts.Range(s.Number)
		s.Received = u.State == ingest.UploadDone || u.State == ingest.UploadSealing
	}
	if u.State == ingest.UploadOpen {
		windows, err := e.stagedWindows(ctx, u)
		if err != nil {
			return nil, err
		}
		for n := range receivedParts(parts, windows) {
			states[n-1].Received = true
		}
	}
	for i := range states {
		s := &states[i]
		s.Confirmed = s.Received && Confirmed(u, s.Number)
	}
	return states, nil
}

// stagedWindows lists what has arrived of an open upload. Nothing has when it has no
// stage; a stage that cannot be looked at is a failure.
func (e *Engine) stagedWindows(ctx context.Context, u *ingest.Upload) ([]ingest.Window, error) {
	stage, err := e.blobs.Stage(ctx, ingest.StageID(u.UUID))
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return stage.Windows(ctx)
}

// mostMissing is how many missing parts FinishParts names.
const mostMissing = 20

// FinishParts is Finish for an upload of which the client must have confirmed all
// parts. It is Conflict with CodeOffset when parts are missing; missing returns the
// first of them, and the upload stays open.
func (e *Engine) FinishParts(ctx context.Context, p ingest.Principal, id ingest.UUID) (a *ingest.Asset, missing []PartState, err error) {
	u, err := e.findUpload(ctx, p, id, rightUpload)
	if err != nil {
		return nil, nil, err
	}
	if missing, err = e.missingParts(ctx, u); err != nil {
		return nil, nil, err
	}
	if len(missing) > 0 {
		return nil, missing, partsMissing()
	}
	a, err = e.Finish(ctx, p, id, FinishSpec{Size: u.Size, Await: true, Note: allConfirmed})
	if err == nil || ingest.CodeOf(err) != ingest.CodeOffset {
		return a, nil, err
	}
	// A part was sent again meanwhile.
	fresh, again := e.findUpload(ctx, p, id, rightUpload)
	if again != nil {
		return nil, nil, again
	}
	if missing, again = e.missingParts(ctx, fresh); again != nil {
		return nil, nil, again
	}
	return nil, missing, err
}

// missingParts lists the first parts that keep an open upload from being finished.
func (e *Engine) missingParts(ctx context.Context, u *ingest.Upload) (missing []PartState, err error) {
	if u.State != ingest.UploadOpen {
		return nil, nil
	}
	states, err := e.PartStates(ctx, u)
	for _, s := range states {
		if !s.Confirmed && len(missing) < mostMissing {
			missing = append(missing, s)
		}
	}
	return missing, err
}

// allConfirmed refuses an upload of which a part was sent again since its parts were
// looked at. Once it is sealing, no part changes any more.
func allConfirmed(u *ingest.Upload, _ ingest.BlobRef) error {
	for n := 1; n <= PartsOf(u).Count(); n++ {
		if !Confirmed(u, n) {
			return partsMissing()
		}
	}
	return nil
}

func partsMissing() error {
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.FinishParts", Code: ingest.CodeOffset, Msg: "parts are missing"}
}
