package brightsign

import (
	"context"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// startFile begins the upload of a file, or binds the arguments to one that a session
// or an earlier call began (8.1). data is the namespace in which the client speaks.
func (d *Door) startFile(ctx context.Context, c caller, a arguments, data string, negotiate bool) (*status, error) {
	if err := d.mayUpload(ctx, c); err != nil {
		return nil, err
	}
	var s engine.Status
	var err error
	switch {
	case a.UploadToken != "":
		if s, err = d.file(ctx, c, a.UploadToken); err != nil {
			return nil, required(err, sentenceNoUpload)
		}
	case a.SessionToken != "":
		if s, err = d.queuedSlot(ctx, c, a); err != nil {
			return nil, err
		}
	default:
		if s, err = d.startPlain(ctx, c, a, data); err != nil {
			return nil, err
		}
		return d.started(ctx, c, s, negotiate)
	}
	if s, err = d.restart(ctx, c, s, a, data); err != nil {
		return nil, err
	}
	return d.started(ctx, c, s, negotiate || factsOf(s.Upload).SessionToken != "")
}

// startPlain begins an upload outside of sessions.
func (d *Door) startPlain(ctx context.Context, c caller, a arguments, data string) (engine.Status, error) {
	if err := a.check(); err != nil {
		return engine.Status{}, err
	}
	spec := engine.BeginSpec{
		Company: c.company.Number, Door: ingest.DoorBrightSign, ClientKey: newToken(), Open: c.jobSpec(a.FileName), Address: c.address, Conflict: d.conflict(),
	}
	f := facts{Args: a, Started: d.Engine.Now(), Data: data}
	u := ingest.Upload{Options: ingest.UploadOptions{ExactName: true, Shared: true, SHA1: true, Limit: maxFileSize}}
	if err := d.place(&u, a); err != nil {
		return engine.Status{}, err
	}
	if err := f.set(&u); err != nil {
		return engine.Status{}, err
	}
	spec.FileName, spec.Folder, spec.Size, spec.Options, spec.Facts, spec.Metadata = u.FileName, u.Folder, u.Size, u.Options, u.Facts, u.Metadata
	begun, err := d.Engine.Begin(ctx, c.Principal, spec)
	if err != nil {
		return engine.Status{}, unknownContent(err, a)
	}
	if err := d.keepThumbnail(ctx, c, begun, a); err != nil {
		return engine.Status{}, err
	}
	return engine.Status{Upload: begun, Last: begun.Touched}, nil
}

// conflict says what happens when a file of the name is in the folder (8.3).
func (d *Door) conflict() ingest.ConflictPolicy {
	action := map[string]ingest.Action{"allow": ingest.ActionBeside, "rename": ingest.ActionRename, "reject": ingest.ActionFail}[d.Options.DuplicateName]
	return ingest.ConflictPolicy{Taken: action, Match: ingest.MatchFullName, Otherwise: action}
}

// place puts into an upload what the arguments say of the file: its name, folder,
// size and what it replaces.
func (d *Door) place(u *ingest.Upload, a arguments) (err error) {
	u.FileName, u.Size, u.Metadata = a.FileName, a.size(), d.metadataOf(a)
	path := a.VirtualPath
	if a.ContentID != nil && !u.Options.Part {
		if u.Options.Replaces = number(a.ContentID); u.Options.Replaces == 0 {
			return refuse("The content with the specified identifier does not exist: %d.", *a.ContentID)
		}
		u.Options.Stay = path == ""
	}
	if path == "" {
		path = defaultVirtualPath
	}
	u.Folder, err = folderOf(path)
	return err
}

// queuedSlot finds the file of a session that the arguments mean, which name no token.
func (d *Door) queuedSlot(ctx context.Context, c caller, a arguments) (engine.Status, error) {
	if err := checkFileName(a.FileName); err != nil {
		return engine.Status{}, err
	}
	_, members, err := d.session(ctx, c, a.SessionToken)
	if err != nil {
		return engine.Status{}, required(err, sentenceNoSession)
	}
	var found []engine.Status
	for _, m := range members {
		f := factsOf(m.Upload)
		if stateOf(m, f) == stateQueued && f.Args.FileName == a.FileName && (a.RelativePath == "" || a.RelativePath == f.Args.RelativePath) &&
			(a.SHA1Hash == "" || strings.EqualFold(a.SHA1Hash, f.Args.SHA1Hash)) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		return engine.Status{}, refuseAs(ingest.Conflict, "The session has %d queued files named %q; an upload token must say which one is meant.", len(found), clip(a.FileName))
	}
	return found[0], nil
}

// restart binds arguments to an upload that exists. What has arrived is kept.
func (d *Door) restart(ctx context.Context, c caller, s engine.Status, a arguments, data string) (engine.Status, error) {
	f := factsOf(s.Upload)
	if err := inSession(f, a.SessionToken); err != nil {
		return s, err
	}
	if final(s.Upload.State) || s.Upload.State == ingest.UploadSealing {
		return s, already(stateOf(s, f))
	}
	merged, err := f.merged(a)
	if err != nil {
		return s, err
	}
	defer d.recent.drop(s.Upload.ClientKey)
	u, err := d.Engine.Revise(ctx, c.Principal, s.Upload.UUID, func(u *ingest.Upload) error {
		f := factsOf(u)
		f.Args, f.Data, f.Matched, f.Offered = merged, data, 0, 0
		f.begin(d)
		if err := d.placeAgain(u, f); err != nil {
			return err
		}
		return f.set(u)
	})
	if err != nil {
		return s, unknownContent(err, merged)
	}
	s.Upload, s.Last = u, u.Touched
	return s, d.keepThumbnail(ctx, c, u, a)
}

// begin notes that the file is under way.
func (f *facts) begin(d *Door) {
	if f.Started.IsZero() {
		f.Started = d.Engine.Now()
	}
	f.Cancelled = time.Time{}
}

// placeAgain is place for an upload that exists: files of sessions go where their page
// is unless they say otherwise.
func (d *Door) placeAgain(u *ingest.Upload, f facts) error {
	folder := u.Folder
	if err := d.place(u, f.Args); err != nil {
		return err
	}
	if u.Options.Part && f.Args.VirtualPath == "" {
		u.Folder = folder
	}
	return nil
}

// merged returns the arguments of an upload with those of a call over them.
func (f facts) merged(a arguments) (arguments, error) {
	merged := f.Args.over(a)
	if err := merged.check(); err != nil {
		return merged, err
	}
	switch {
	case !f.Main:
	case merged.ContentType == typeDeviceWebPage:
	case merged.ContentType == "" || merged.ContentType == typeAuto || merged.ContentType == typeWebPage:
		merged.ContentType = typeWebPage
	default:
		return merged, refuse("The content type of a web page file must be %s. It is %s.", typeWebPage, merged.ContentType)
	}
	if f.Main && merged.ContentID != nil && number(merged.ContentID) != f.Page {
		return merged, refuse("The content with the specified identifier does not exist: %d is not the web page of the session.", *merged.ContentID)
	}
	if f.SessionToken != "" && !f.Main && merged.RelativePath != f.Args.RelativePath {
		if _, err := targetOf(merged.RelativePath, merged.FileName); err != nil {
			return merged, err
		}
	}
	return merged, nil
}

// started answers a start, with the stored files that have the hash where clients may
// be told of them (9.3).
func (d *Door) started(ctx context.Context, c caller, s engine.Status, negotiate bool) (*status, error) {
	f := factsOf(s.Upload)
	st := fileStatus(s)
	sum, err := parseSHA1(f.Args.SHA1Hash)
	if err != nil || sum == nil || !negotiate || f.Main {
		return st, err
	}
	matches, err := d.Engine.Matching(ctx, c.Principal, c.company.Number, engine.MatchQuery{
		SHA1: sum, Size: f.Args.size(), FileName: f.Args.FileName, Page: f.Page, Prefer: number(f.Args.WebPageAssetID),
	})
	if err != nil || len(matches) == 0 {
		return st, err
	}
	first := d.sameTarget(ctx, c, f, matches)
	if _, err := d.Engine.Revise(ctx, c.Principal, s.Upload.UUID, func(u *ingest.Upload) error {
		f := factsOf(u)
		f.Offered = matches[first].Asset.Number
		return f.set(u)
	}); err != nil {
		return nil, err
	}
	matches[0], matches[first] = matches[first], matches[0]
	for _, m := range matches {
		st.Matching = append(st.Matching, contentInfoOf(m))
	}
	return st, nil
}

// sameTarget picks the match that is at the same place of the page, if there is one.
func (d *Door) sameTarget(ctx context.Context, c caller, f facts, matches []engine.Match) int {
	if f.Page == 0 {
		return 0
	}
	page, err := d.Engine.WebPage(ctx, c.Principal, c.company.Number, f.Page)
	if err != nil {
		return 0
	}
	target, err := targetOf(f.Args.RelativePath, f.Args.FileName)
	if err != nil {
		return 0
	}
	for i, m := range matches {
		for _, part := range page.Parts {
			if part.Asset.Number == m.Asset.Number && strings.EqualFold(part.Target, target) {
				return i
			}
		}
	}
	return 0
}
