package nomad

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// guestRequest is the body of a start without a login (8.2).
type guestRequest struct {
	FileName   text
	FileSize   count
	ChunkSize  count
	FormFields map[string]json.RawMessage
}

// Properties that say who sent a file without a login. A form cannot set them.
const (
	submitterEmail = "SubmitterEmail"
	submitDate     = "SubmitDate"
)

// guestStart begins the upload of a session, in a folder of its own below the incoming
// folder: no other guest's file can be in its way, nor it in theirs.
func (x *exchange) guestStart(secret string, g engine.Guest) (any, error) {
	if g.Done {
		return nil, usedUp()
	}
	var in guestRequest
	if err := x.read(&in); err != nil {
		return nil, err
	}
	if !in.FileSize.given {
		return nil, invalid("fileSize is missing.")
	}
	fields := maps.Clone(in.FormFields)
	maps.DeleteFunc(fields, func(name string, _ json.RawMessage) bool {
		return strings.EqualFold(name, submitterEmail) || strings.EqualFold(name, submitDate)
	})
	start := startRequest{RelativePath: string(in.FileName), ContentLength: in.FileSize, ChunkSize: in.ChunkSize, Overwrite: optionContinue, Properties: fields}
	u, err := start.check(x.Options.MaxFileSize)
	if err != nil {
		return nil, err
	}
	u.properties[metaProperty+submitterEmail] = g.Mail
	u.properties[metaProperty+submitDate] = x.Engine.Now().UTC().Format(time.RFC3339)
	spec := engine.TargetSpec{Company: x.company, Door: ingest.DoorNomad, Under: x.Options.IncomingFolder + "/", Segments: guestFolder(g)}
	if _, spec.FileName, err = placeOf(string(in.FileName), ""); err != nil {
		return nil, err
	}
	answer, err := x.start(u, start, spec, ingest.Relation{})
	if err != nil {
		return nil, err
	}
	if model, ok := answer.(*uploadModel); ok && model.ID != g.Upload {
		if g.Upload != "" {
			if err := x.dropGuestUpload(g.Upload); err != nil {
				return nil, err
			}
		}
		if err := x.Engine.ChangeGuest(x.r.Context(), secret, func(g *engine.Guest) { g.Upload = model.ID }); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// dropGuestUpload gives up the upload that a session had before.
func (x *exchange) dropGuestUpload(id ingest.UUID) error {
	err := x.Engine.Abort(x.r.Context(), x.caller, id)
	switch ingest.KindOf(err) {
	case ingest.NotFound, ingest.Gone, ingest.Conflict:
		return nil
	}
	return err
}

// guestFolder names the folder of a session by mailbox and time.
func guestFolder(g engine.Guest) []string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("@._+-", r) {
			return r
		}
		return '_'
	}, strings.ToLower(g.Mail))
	return []string{strings.Trim(safe, "."), g.Begun.UTC().Format("2006-01-02 150405.000")}
}

// guestPart confirms a part of the session's upload.
func (x *exchange) guestPart(_ string, g engine.Guest) (any, error) {
	u, _, err := x.ownPart(x.r.Context(), x.r.PathValue("part"))
	if err != nil {
		return nil, err
	}
	if u.UUID != g.Upload {
		return nil, unknown("Part")
	}
	return x.completePart()
}

// guestComplete makes the parts an asset and ends the session for everything but
// asking once more.
func (x *exchange) guestComplete(secret string, g engine.Guest) (any, error) {
	id, err := uuid(x.r.PathValue("upload"), "The id of the upload")
	if err != nil || id == "" || id != g.Upload {
		return nil, invalid("The upload is not the one of this session.")
	}
	answer, err := x.completeUpload()
	if err != nil {
		return nil, err
	}
	done, ok := answer.(batch)
	if !ok || len(done.Items) != 1 {
		return nil, invalid("The upload has been cancelled.")
	}
	if !g.Done {
		if err := x.Engine.ChangeGuest(x.r.Context(), secret, func(g *engine.Guest) { g.Done = true }); err != nil {
			return nil, err
		}
	}
	return map[string]any{"publicUrl": nil, "assetId": done.Items[0].ID, "contentRecordId": nil}, nil
}
