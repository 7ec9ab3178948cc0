package nomad

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// startUpload begins the upload of a file, or goes on with one (4).
func (x *exchange) startUpload() (any, error) {
	var in startRequest
	if err := x.read(&in); err != nil {
		return nil, err
	}
	u, err := in.check(x.Options.MaxFileSize)
	if err != nil {
		return nil, err
	}
	spec, relation, err := x.target(u, in)
	if err != nil {
		return nil, err
	}
	return x.start(u, in, spec, relation)
}

// target says where the file goes (4.1).
func (x *exchange) target(u upload, in startRequest) (spec engine.TargetSpec, r ingest.Relation, err error) {
	spec = engine.TargetSpec{Company: x.company, Door: ingest.DoorNomad, Asset: u.existing, Under: x.Options.IncomingFolder + "/"}
	if u.content != "" {
		if r, err = x.Engine.ContentRelation(x.r.Context(), x.caller, x.company, u.content); err != nil {
			if ingest.KindOf(err) == ingest.NotFound {
				err = invalid("The related content was not found.")
			}
			return spec, r, err
		}
	}
	switch {
	case u.existing != "":
		return spec, r, nil
	case u.content != "":
		name := in.DisplayName
		if name == "" {
			name = in.RelativePath
		}
		spec.Under = contentFolder(u.content)
		_, spec.FileName, err = placeOf(name, "")
		return spec, r, err
	}
	spec.Folder = u.parent
	spec.Segments, spec.FileName, err = placeOf(in.RelativePath, in.DisplayName)
	return spec, r, err
}

// attempts bounds how often a start looks again because another one came between.
const attempts = 4

// start begins an upload of a target, after what is in the way of it is settled (5).
func (x *exchange) start(u upload, in startRequest, spec engine.TargetSpec, relation ingest.Relation) (any, error) {
	for range attempts {
		t, err := x.Engine.TargetOf(x.r.Context(), x.caller, spec)
		if err != nil {
			return nil, targetFailure(err, u)
		}
		if u.shown, err = shownName(in.DisplayName, t.FileName); err != nil {
			return nil, err
		}
		// Cancel means the caller's own unfinished upload before it means the file.
		cancels := t.Upload != nil && t.Upload.User == x.caller.User && u.option == optionCancel
		if err := allowedOn(u, t); err != nil && !cancels {
			return nil, err
		}
		if t.Upload != nil {
			answer, done, err := x.unfinished(u, t)
			if err != nil || done {
				return answer, err
			}
		}
		begun, ours, err := x.begin(u, t, relation)
		if err != nil {
			return nil, err
		}
		if ours {
			return x.model(begun, everyPart)
		}
	}
	return nil, invalid("The asset is being uploaded by other calls at the same time.")
}

// targetFailure tells clients of ids that mean nothing: they are wrong in the request,
// not in its address.
func targetFailure(err error, u upload) error {
	if ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	if u.existing != "" {
		return invalid("Existing asset not found")
	}
	return invalid("The parent folder was not found.")
}

// allowedOn checks the option against what is there (5).
func allowedOn(u upload, t engine.Target) error {
	switch {
	case t.Asset != nil && (u.option == optionCancel || u.option == ""):
		return invalid("File already exists")
	case t.Asset == nil && u.option == optionAssetReplace:
		return invalid("There is no asset to replace.")
	}
	return nil
}

// unfinished deals with an upload that holds the target. It is done when that is the
// answer; otherwise the target is free now.
func (x *exchange) unfinished(u upload, t engine.Target) (answer any, done bool, err error) {
	held := t.Upload
	if held.User != x.caller.User {
		if err := x.Engine.Displace(x.r.Context(), x.caller, t, x.Options.LockTime); err != nil {
			if ingest.KindOf(err) == ingest.Conflict {
				err = invalid("Asset is being uploaded by another user")
			}
			return nil, true, err
		}
		return nil, false, nil
	}
	f := factsOf(held)
	switch {
	case u.option == optionCancel:
		return x.cancelStarted(held)
	case held.Size == u.size && u.option == optionContinue:
		wanted := missingPart
		if x.Options.ResumeAll {
			wanted = everyPart
		}
		answer, err = x.model(held, wanted)
		return answer, true, err
	case f.Same == u.same() && x.repeated(held):
		answer, err = x.model(held, everyPart)
		return answer, true, err
	}
	return nil, false, x.Engine.Abort(x.r.Context(), x.caller, held.UUID)
}

// repeatWindow is how long a second start that is equal to the first is taken for the
// same one, sent again because the answer was late (5).
const repeatWindow = time.Minute

// repeated reports whether an upload has just been begun and has received nothing.
func (x *exchange) repeated(u *ingest.Upload) bool {
	if x.Engine.Now().Sub(u.Created) > repeatWindow {
		return false
	}
	s, err := x.Engine.Status(x.r.Context(), x.caller, u.UUID)
	return err == nil && s.Upload.State == ingest.UploadOpen && len(s.Windows) == 0
}

// cancelStarted ends an upload because a start with the option Cancel asks for it. The
// client completes it next, and must not be told of a failure then (5).
func (x *exchange) cancelStarted(held *ingest.Upload) (any, bool, error) {
	err := x.Engine.AbortNoting(x.r.Context(), x.caller, held.UUID, func(stored *ingest.Upload) {
		f := factsOf(stored)
		f.Cancelled = true
		stored.Facts = f.bytes()
	})
	if err != nil {
		return nil, true, err
	}
	answer, err := x.model(held, nil)
	return answer, true, err
}

// begin opens the upload. It is not ours when another start was faster.
func (x *exchange) begin(u upload, t engine.Target, relation ingest.Relation) (begun *ingest.Upload, ours bool, err error) {
	f := facts{Option: u.option, Replace: u.replace, Asset: t.UUID, Same: u.same()}
	options := ingest.UploadOptions{
		ExactName: true, LateDigest: true, FreeKey: true, PartSize: u.partSize, Asset: f.Asset, Relation: relation, Folder: t.In,
	}
	if t.Asset != nil {
		options.Replaces, options.Stay, options.MergeMetadata, options.Recreate = t.Asset.Number, true, true, recreated(u.replace)
	}
	if t.Placeholder != nil {
		options.Placeholder = t.Placeholder.Document
	}
	spec := engine.BeginSpec{
		Company: x.company, Door: ingest.DoorNomad, ClientKey: t.Key, Size: u.size, Folder: t.Folder, FileName: t.FileName, Options: options,
		Conflict: ingest.ConflictPolicy{Taken: ingest.ActionBeside, Match: ingest.MatchFullName, Otherwise: ingest.ActionBeside},
		Metadata: x.metadata(u, t), Facts: f.bytes(), Address: x.Address(x.r),
		Open: &engine.JobSpec{Door: ingest.DoorNomad, Name: t.FileName, Client: clientOf(x.r), Address: x.Address(x.r)},
	}
	if begun, err = x.Engine.Begin(x.r.Context(), x.caller, spec); err != nil {
		if ingest.KindOf(err) == ingest.NotFound { // another user's
			return nil, false, nil
		}
		return nil, false, err
	}
	return begun, string(begun.Facts) == string(spec.Facts), nil
}

// recreated lists the derived files that a start wants anew (6), "" = none.
func recreated(options []string) string {
	var names []string
	for _, name := range options {
		if rest, ok := strings.CutPrefix(name, "Recreate"); ok {
			names = append(names, rest)
		}
	}
	if names == nil {
		return ""
	}
	text, _ := json.Marshal(names) // cannot fail
	return string(text)
}

// metadata is what a start says of the file besides its bytes. Of an asset that there
// is, only what the request asks to be replaced changes (6).
func (x *exchange) metadata(u upload, t engine.Target) map[string]string {
	m := maps.Clone(u.properties)
	set := func(key, value, option string) {
		if t.Asset == nil && value != "" || t.Asset != nil && slices.Contains(u.replace, option) {
			m[key] = value
		}
	}
	if u.existing == "" || slices.Contains(u.replace, replaceDisplayName) { // of an asset that is named by its id it stays (4)
		set(metaDisplayName, u.shown, replaceDisplayName)
	}
	set(metaLanguage, u.language, replaceLanguage)
	if t.Asset != nil && slices.Contains(u.replace, replaceDisplayDate) {
		m[metaDisplayDate] = x.Engine.Now().UTC().Format(time.RFC3339)
	}
	return m
}

// clientOf is the program that calls, as far as it tells.
func clientOf(r *http.Request) string {
	const most = 120
	name := r.UserAgent()
	return name[:min(len(name), most)]
}
