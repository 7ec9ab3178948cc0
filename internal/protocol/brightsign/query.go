package brightsign

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// cancelFile ends an upload and removes its bytes (8.4). nil = no such upload. A file
// of a session can be started again; one whose client was told of stored files takes
// the first of these.
func (d *Door) cancelFile(ctx context.Context, c caller, token, sessionToken string) (*status, error) {
	s, err := d.file(ctx, c, token)
	if err != nil {
		return nothing(err)
	}
	f := factsOf(s.Upload)
	if err := inSession(f, sessionToken); err != nil {
		return nil, err
	}
	if final(s.Upload.State) || !f.Cancelled.IsZero() {
		return fileStatus(s), nil
	}
	if f.SessionToken == "" {
		err = d.Engine.Abort(ctx, c.Principal, s.Upload.UUID)
	} else {
		_, err = d.Engine.Clear(ctx, c.Principal, s.Upload.UUID, func(u *ingest.Upload) error {
			f := factsOf(u)
			f.Cancelled, f.Matched, f.Corrupted = d.Engine.Now(), f.Offered, false
			return f.set(u)
		})
	}
	d.counts.forget(s.Upload.ClientKey)
	d.recent.drop(s.Upload.ClientKey)
	if kind := ingest.KindOf(err); err != nil && kind != ingest.Conflict && kind != ingest.Gone {
		return nil, err
	}
	if s, err = d.file(ctx, c, token); err != nil {
		return nothing(err)
	}
	return fileStatus(s), nil
}

// nothing makes an unknown token no failure but no answer.
func nothing(err error) (*status, error) {
	if ingest.KindOf(err) == ingest.NotFound {
		return nil, nil
	}
	return nil, err
}

// fileStatusOf answers the state of a file; the token of a session stands for the
// page's own file. nil = no such upload.
func (d *Door) fileStatusOf(ctx context.Context, c caller, token string) (*status, error) {
	u, err := d.upload(ctx, c, token)
	if err != nil {
		return nothing(err)
	}
	if !u.Options.Session {
		s, err := d.Engine.Status(ctx, c.Principal, u.UUID)
		if err != nil {
			return nothing(err)
		}
		return fileStatus(s), nil
	}
	_, members, err := d.session(ctx, c, token)
	if err != nil || len(members) == 0 {
		return nothing(err)
	}
	return fileStatus(members[0]), nil
}

// pageStatusOf answers the state of a session. nil = no such session.
func (d *Door) pageStatusOf(ctx context.Context, c caller, token string) (*status, error) {
	session, members, err := d.session(ctx, c, token)
	if err != nil {
		return nothing(err)
	}
	return pageStatus(session, members), nil
}

// session returns a session with its files, the page's own first.
func (d *Door) session(ctx context.Context, c caller, token string) (*ingest.Upload, []engine.Status, error) {
	u, err := d.upload(ctx, c, token)
	if err != nil {
		return nil, nil, err
	}
	if !u.Options.Session {
		return nil, nil, unknownToken()
	}
	return d.Engine.Session(ctx, c.Principal, c.company.Number, ingest.DoorBrightSign, u.ClientKey)
}

// pageStatus is the status of a session (section 7, session level).
func pageStatus(session *ingest.Upload, members []engine.Status) *status {
	f := factsOf(session)
	main := fileStatus(members[0])
	st := &status{
		Page: true, ChunksTotal: main.ChunksTotal, FileName: main.FileName, FileSize: main.FileSize, SHA1Hash: main.SHA1Hash, SessionToken: session.ClientKey,
		Start: session.Created, LastActivity: session.Touched, UploadToken: main.UploadToken, Name: session.FileName, data: f.Data, State: stateStarted,
	}
	resolved, data := true, false
	for i, m := range members {
		one := fileStatus(m)
		if m.Last.After(st.LastActivity) {
			st.LastActivity = m.Last
		}
		resolved = resolved && (one.State == stateCompleted || i > 0 && factsOf(m.Upload).Matched != 0)
		data = data || one.State == stateCompleted || m.Received() > 0
		if i > 0 {
			st.Assets = append(st.Assets, one)
		}
	}
	switch {
	case session.State == ingest.UploadDone:
		st.State, st.ContentID, st.End = stateCompleted, session.Asset, session.Touched
		if f.Args.FileName != "" {
			st.FileName = f.Args.FileName
		}
		st.Assets = finalAssets(f, session, st.Assets)
	case final(session.State):
		st.State, st.End = stateTerminated, session.Touched
	case resolved:
		st.State = stateUploaded
	case data:
		st.State = stateUploading
	}
	return st
}

// finalAssets are the files that a page was made of, in the order in which its
// completion named them. All of them are complete, also those that were not uploaded in
// this session; one that was cancelled for a match goes on showing that (9.3).
func finalAssets(f facts, session *ingest.Upload, members []*status) []*status {
	byToken := map[string]*status{}
	for _, m := range members {
		byToken[m.UploadToken] = m
	}
	var list []*status
	for _, a := range f.Assets {
		one := byToken[a.Token]
		if one == nil {
			one = &status{SHA1Hash: a.SHA1Hash, SessionToken: session.ClientKey, LastActivity: session.Touched, End: session.Touched}
		}
		if one.State != stateCancelled {
			one.State = stateCompleted
		}
		one.ContentID, one.FileName, one.FileSize, one.SHA1Hash = a.Content, firstOf(a.Name, one.FileName), a.Size, firstOf(one.SHA1Hash, a.Sum)
		list = append(list, one)
	}
	return list
}
