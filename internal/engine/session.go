package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// SessionSpec opens a session: files that are uploaded one by one and become one
// web page when all are there.
type SessionSpec struct {
	Company ingest.Number
	Door    ingest.Door
	Key     string // by which the client knows the session
	Open    *JobSpec
	Page    ingest.Number // asset of the page that is to be updated; 0 = a new one
	Name    PageName
	Facts   []byte       // the door's own record
	Members []MemberSpec // the page's own file and up to MostPageFiles others
}

// MemberSpec is one file of a session.
type MemberSpec struct {
	Key      string
	Size     int64 // bytes, a hint; -1 = not known
	Folder   string
	FileName string
	Facts    []byte
}

// MostPageFiles is how many files a web page may have beside its own. A session with
// so many is begun, and finished, in one transaction of about a second.
const MostPageFiles = 10_000

// tooManyFiles refuses a page of more files than MostPageFiles.
func tooManyFiles(op string, n int) error {
	if n <= MostPageFiles {
		return nil
	}
	return &ingest.Error{Kind: ingest.TooLarge, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the web page has %d files beside its own, the limit is %d", n, MostPageFiles)}
}

// memberOptions are those of every file of a session.
func memberOptions(limit int64) ingest.UploadOptions {
	return ingest.UploadOptions{ExactName: true, Shared: true, Part: true, SHA1: true, Limit: limit}
}

// BeginSession opens a session with an upload for each of its files, which Write and
// Finish serve. The job waits for the session; the session ends after the inactivity
// of all of its uploads. The session's FileName is the name that the page will have.
func (e *Engine) BeginSession(ctx context.Context, p ingest.Principal, s SessionSpec, limit int64) (session *ingest.Upload, members []*ingest.Upload, err error) {
	if err := s.Open.validate(); err != nil {
		return nil, nil, err
	}
	if err := tooManyFiles("engine.BeginSession", len(s.Members)-1); err != nil {
		return nil, nil, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		session, members, err = e.beginSession(tx, p, s, limit)
		return err
	})
	return session, members, err
}

func (e *Engine) beginSession(tx ingest.Tx, p ingest.Principal, s SessionSpec, limit int64) (*ingest.Upload, []*ingest.Upload, error) {
	c, err := e.authorize(tx, p, s.Company, rightUpload)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.LockCompany(c.Number); err != nil {
		return nil, nil, err
	}
	if s.Page != 0 {
		if _, err := e.pageToChange(tx, p, c, s.Page); err != nil {
			return nil, nil, err
		}
	}
	name, err := pageName(tx, c.Number, s.Page, s.Name)
	if err != nil {
		return nil, nil, err
	}
	job, err := e.openJob(tx, p, c, s.Open)
	if err != nil {
		return nil, nil, err
	}
	now := e.now()
	begin := func(u ingest.Upload) (*ingest.Upload, error) {
		u.UUID, u.Company, u.User, u.Door, u.Job, u.State, u.Created, u.Touched = e.newUUID(), c.Number, p.User, s.Door, job.Number, ingest.UploadOpen, now, now
		return &u, tx.CreateUpload(&u)
	}
	session, err := begin(ingest.Upload{ClientKey: s.Key, FileName: name, Size: -1, Facts: s.Facts, Expires: now.Add(e.lifetime(s.Door)),
		Options: ingest.UploadOptions{Session: true, Shared: true, Replaces: s.Page}})
	if err != nil {
		return nil, nil, err
	}
	members := make([]*ingest.Upload, len(s.Members))
	for i, m := range s.Members {
		if members[i], err = begin(ingest.Upload{ClientKey: m.Key, Parent: session.Number, Size: m.Size, Folder: m.Folder, FileName: m.FileName,
			Facts: m.Facts, Options: memberOptions(limit)}); err != nil {
			return nil, nil, err
		}
		if err := checkTarget(tx, p, c, members[i]); err != nil {
			return nil, nil, err
		}
	}
	changed, err := e.addToJob(tx, job, nil, ingest.JobDelta{LastPost: now, Pending: 1, Close: true})
	if err != nil {
		return nil, nil, err
	}
	return session, members, e.settle(tx, changed)
}

// Session returns a session with its files, in the order in which they were named.
func (e *Engine) Session(ctx context.Context, p ingest.Principal, company ingest.Number, door ingest.Door, key string) (session *ingest.Upload, members []Status, err error) {
	session, err = e.UploadByKey(ctx, p, company, door, key)
	if err == nil && !session.Options.Session {
		err = unknownUpload()
	}
	if err != nil {
		return nil, nil, err
	}
	var list []*ingest.Upload
	err = e.store.View(ctx, func(tx ingest.Tx) (err error) {
		list, err = tx.UploadsOf(session.Number)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for _, u := range list {
		s, err := e.statusOf(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		members = append(members, s)
	}
	return session, members, nil
}

// hasStage reports whether anything of an upload may have arrived.
func (e *Engine) hasStage(ctx context.Context, u *ingest.Upload) bool {
	_, err := e.blobs.Stage(ctx, ingest.StageID(u.UUID))
	return err == nil
}

// SessionOf returns the session that an upload is a member of; nil when it is none.
func (e *Engine) SessionOf(ctx context.Context, p ingest.Principal, u *ingest.Upload) (session *ingest.Upload, err error) {
	if u.Parent == 0 {
		return nil, nil
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if session, err = tx.UploadByNumber(u.Parent); err != nil {
			return err
		}
		if err := mayHandle(p, session, rightRead); err != nil {
			return err
		}
		return e.inTime(tx, p, session.Company)
	})
	return session, err
}

// Clear removes what has arrived of an open member of a session, which stays open,
// and changes what is recorded of it. Unlike Abort it goes on with an upload, so that
// it is refused when the company's time is over.
func (e *Engine) Clear(ctx context.Context, p ingest.Principal, id ingest.UUID, change func(*ingest.Upload) error) (u *ingest.Upload, err error) {
	defer e.closing.lock(id)()
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		stored, err := tx.Upload(id)
		if err != nil {
			return err
		}
		if err := mayHandle(p, stored, rightRead); err != nil {
			return err
		}
		if err := e.inTime(tx, p, stored.Company); err != nil {
			return err
		}
		if err := stillOpen(stored); err != nil {
			return err
		}
		cleared := *stored
		if err := change(&cleared); err != nil {
			return err
		}
		u = &cleared
		return e.touchIn(tx, u, e.now())
	})
	if err != nil {
		return nil, err
	}
	if err := e.quietened(ctx, u); err != nil {
		return nil, err
	}
	return u, e.dropStage(ctx, ingest.StageID(id))
}

// quietened waits for the windows of an upload that are being written.
func (e *Engine) quietened(ctx context.Context, u *ingest.Upload) error {
	if !e.hasStage(ctx, u) {
		return nil
	}
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return err
	}
	defer release()
	return a.settled(ctx)
}

// endMembers ends the files of a session that is over: open ones are given up,
// finished ones lose what would have referred to them, except those in used. It
// returns the uploads whose stages are left.
func (e *Engine) endMembers(tx ingest.Tx, session *ingest.Upload, state ingest.UploadState, used map[ingest.Number]bool) ([]ingest.UUID, error) {
	members, err := tx.UploadsOf(session.Number)
	if err != nil {
		return nil, err
	}
	var stages []ingest.UUID
	for _, u := range members {
		switch u.State {
		case ingest.UploadOpen, ingest.UploadSealing:
			u.State, u.Touched = state, e.now()
			if err := tx.UpdateUpload(u); err != nil {
				return nil, err
			}
			if err := dropThumbnail(tx, u); err != nil {
				return nil, err
			}
			stages = append(stages, u.UUID)
		case ingest.UploadDone:
			if u.Asset == 0 || used[u.Asset] {
				continue
			}
			if err := e.orphan(tx, u.Asset); err != nil {
				return nil, err
			}
		}
	}
	return stages, nil
}
