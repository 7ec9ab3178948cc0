package engine

import (
	"context"
	"fmt"
	"io"

	"sluice/internal/ingest"
)

// BeginSpec opens an upload whose bytes may come in many requests.
type BeginSpec struct {
	Company   ingest.Number
	Door      ingest.Door
	ClientKey string        // makes Begin idempotent within company and door; "" = never
	Job       ingest.Number // an open job to join; 0 = a job of its own, opened by Open
	Open      *JobSpec
	Address   string
	Size      int64 // bytes; -1 = not known yet
	Folder    string
	FileName  string
	Publish   bool
	Conflict  ingest.ConflictPolicy
	Metadata  map[string]string
}

// Status is where an upload stands.
type Status struct {
	Upload  *ingest.Upload
	Windows []ingest.Window // recorded bytes, merged, by rising offset; nil unless open
}

// Prefix returns how many bytes have arrived without a gap from offset 0.
func (s Status) Prefix() int64 {
	if len(s.Windows) == 0 || s.Windows[0].Offset != 0 {
		return 0
	}
	return s.Windows[0].Length
}

// Begin opens an upload. With a client key that an earlier Begin used, it
// answers that upload, in whatever state it is.
func (e *Engine) Begin(ctx context.Context, p ingest.Principal, s BeginSpec) (u *ingest.Upload, err error) {
	if s.Job == 0 {
		if err := s.Open.validate(); err != nil {
			return nil, err
		}
	}
	defer e.HoldJob(p, s.Job)()
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		u, err = e.begin(tx, p, s)
		return err
	})
	if err == nil && u.State == ingest.UploadOpen {
		e.activity.touch(u.Job, u.User)
	}
	return u, err
}

func (e *Engine) begin(tx ingest.Tx, p ingest.Principal, s BeginSpec) (*ingest.Upload, error) {
	c, err := e.authorize(tx, p, s.Company, rightUpload)
	if err != nil {
		return nil, err
	}
	if s.ClientKey != "" {
		u, err := tx.UploadByClientKey(c.Number, s.Door, s.ClientKey)
		if err == nil {
			return u, ownUpload(p, u)
		}
		if ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
	}
	place, err := PlaceOf(c.Name, s.Folder, s.FileName)
	if err != nil {
		return nil, err
	}
	sight, err := sightOf(tx, p, c.Number)
	if err != nil {
		return nil, err
	}
	if err := sight.requireFolder(place.Folder, ingest.PermitRead, ingest.PermitWrite); err != nil {
		return nil, err
	}
	if s.Size > 0 {
		if err := quotaError(tx, p, c, 1, s.Size); err != nil {
			return nil, err
		}
	}
	var job *ingest.Job
	var join *JobRef
	if s.Job == 0 {
		job, err = e.openJob(tx, p, c, s.Open)
	} else {
		join = &JobRef{Number: s.Job}
		job, err = e.joinJob(tx, p, c, *join, s.Address)
	}
	if err != nil {
		return nil, err
	}
	now := e.now()
	u := &ingest.Upload{
		UUID: e.newUUID(), Company: c.Number, User: p.User, Door: s.Door, ClientKey: s.ClientKey, Job: job.Number,
		State: ingest.UploadOpen, Size: s.Size, Folder: s.Folder, FileName: s.FileName, Publish: s.Publish,
		Conflict: s.Conflict, Metadata: s.Metadata, Created: now, Touched: now, Expires: now.Add(e.uploadLifetime),
	}
	if err := tx.CreateUpload(u); err != nil {
		return nil, err
	}
	delta := ingest.JobDelta{LastPost: now, Pending: 1, Close: s.Job == 0}
	changed, err := e.addToJob(tx, job, join, delta)
	if err != nil {
		return nil, err
	}
	return u, e.settle(tx, changed)
}

// ownUpload checks that the caller may act on an upload.
func ownUpload(p ingest.Principal, u *ingest.Upload) error {
	if p.Admin || (u.User == p.User && may(p, u.Company, rightUpload)) {
		return nil
	}
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.ownUpload", Msg: fmt.Sprintf("no upload %s", u.UUID)}
}

// findUpload reads an upload that the caller may act on. Strangers learn
// nothing of its existence.
func (e *Engine) findUpload(ctx context.Context, p ingest.Principal, id ingest.UUID) (u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		u, err = tx.Upload(id)
		if err != nil {
			return err
		}
		if err := ownUpload(p, u); err != nil {
			return err
		}
		return e.inTime(tx, p, u.Company)
	})
	return u, err
}

// stillOpen explains why an upload takes no bytes.
func stillOpen(u *ingest.Upload) error {
	switch u.State {
	case ingest.UploadOpen:
		return nil
	case ingest.UploadAborted, ingest.UploadExpired:
		return &ingest.Error{Kind: ingest.Gone, Op: "engine.stillOpen", Msg: fmt.Sprintf("upload %s is %s", u.UUID, u.State)}
	}
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.stillOpen", Msg: fmt.Sprintf("upload %s is %s and takes no more bytes", u.UUID, u.State)}
}

// WriteSpec governs one window of an upload.
type WriteSpec struct {
	Accept      func(ingest.Window) error // refuses the window before it counts
	KeepPartial bool                      // keep what had arrived when the body breaks off
}

// Write stores r's bytes at an offset. The window survives a crash of the
// server once Write has returned it. Bytes beyond the upload's size are TooLarge.
func (e *Engine) Write(ctx context.Context, p ingest.Principal, id ingest.UUID, offset int64, r io.Reader, spec WriteSpec) (ingest.Window, error) {
	u, err := e.findUpload(ctx, p, id)
	if err != nil {
		return ingest.Window{}, err
	}
	if err := stillOpen(u); err != nil {
		return ingest.Window{}, err
	}
	if offset < 0 || (u.Size >= 0 && offset > u.Size) {
		return ingest.Window{}, &ingest.Error{Kind: ingest.Invalid, Op: "engine.Write", Code: ingest.CodeOffset, Msg: fmt.Sprintf("offset %d is outside the upload of %d bytes", offset, u.Size)}
	}
	if u.Size >= 0 {
		r = &boundedReader{r: r, left: u.Size - offset, size: u.Size}
	}
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return ingest.Window{}, err
	}
	defer release()
	defer e.activity.hold(u.Job, u.User)()
	e.crash("write.begin")
	w, err := a.write(ctx, offset, r, spec)
	e.crash("write.recorded")
	if w.Length > 0 {
		e.touch(ctx, u)
	}
	return w, err
}

// touchesPerLifetime bounds how often windows put off the expiry of an upload:
// by default once an hour.
const touchesPerLifetime = 168

// touch puts off the expiry of an upload that has just received a window.
func (e *Engine) touch(ctx context.Context, u *ingest.Upload) {
	now := e.now()
	if now.Sub(u.Touched) < e.uploadLifetime/touchesPerLifetime {
		return
	}
	err := e.store.Update(context.WithoutCancel(ctx), func(tx ingest.Tx) error {
		fresh, err := tx.Upload(u.UUID)
		if err != nil || fresh.State != ingest.UploadOpen {
			return err
		}
		fresh.Touched, fresh.Expires = now, now.Add(e.uploadLifetime)
		return tx.UpdateUpload(fresh)
	})
	if err != nil {
		e.log.Warn("the expiry of an upload was not put off", "upload", u.UUID, "error", err)
	}
}

// boundedReader fails when more than left bytes come.
type boundedReader struct {
	r    io.Reader
	left int64
	size int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		return 0, &ingest.Error{Kind: ingest.TooLarge, Op: "engine.Write", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the window reaches beyond the upload's size of %d bytes", b.size)}
	}
	b.left -= int64(n)
	return n, err
}

// Status reports an upload and, while it is open, what has arrived.
func (e *Engine) Status(ctx context.Context, p ingest.Principal, id ingest.UUID) (Status, error) {
	u, err := e.findUpload(ctx, p, id)
	if err != nil {
		return Status{}, err
	}
	if u.State != ingest.UploadOpen {
		return Status{Upload: u}, nil
	}
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return Status{}, err
	}
	defer release()
	windows, err := a.stage.Windows(ctx)
	return Status{Upload: u, Windows: windows}, err
}

// Abort ends an open upload and removes its bytes, or one whose file could not
// be stored because of its name. Aborting again is no error.
func (e *Engine) Abort(ctx context.Context, p ingest.Principal, id ingest.UUID) error {
	return e.end(ctx, id, ingest.UploadAborted, func(u *ingest.Upload) error { return ownUpload(p, u) })
}

// end moves an open upload to a final state without an asset.
func (e *Engine) end(ctx context.Context, id ingest.UUID, state ingest.UploadState, allowed func(*ingest.Upload) error) error {
	defer e.closing.lock(id)()
	var ended *ingest.Upload
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		ended = nil
		u, err := tx.Upload(id)
		if err != nil {
			return err
		}
		if err := allowed(u); err != nil {
			return err
		}
		if u.State == state {
			return nil
		}
		if u.State != ingest.UploadSealing {
			if err := stillOpen(u); err != nil {
				return err
			}
		}
		ended = u
		return e.endUpload(tx, u, state)
	})
	if err != nil || ended == nil {
		return err
	}
	e.ended(ended.Door, ingest.OutcomeAborted, 0)
	return e.dropStage(ctx, ingest.StageID(id))
}

func (e *Engine) endUpload(tx ingest.Tx, u *ingest.Upload, state ingest.UploadState) error {
	now := e.now()
	u.State, u.Touched = state, now
	if err := tx.UpdateUpload(u); err != nil {
		return err
	}
	words, event := "was given up by the client", ingest.EventUploadAborted
	if state == ingest.UploadExpired {
		words, event = "received nothing for too long and was removed", ingest.EventUploadExpired
	}
	row := ingest.LogRow{
		Job: u.Job, Time: now, Type: ingest.LogUploadError, AssetName: u.FileName, AssetType: "NoType",
		Message: fmt.Sprintf("%s %s.", u.FileName, words),
	}
	if err := tx.AppendLog(row); err != nil {
		return err
	}
	j, err := tx.ChangeJob(u.Job, ingest.JobDelta{Pending: -1, Counts: ingest.JobCounts{Total: 1, Error: 1}})
	if err != nil {
		return err
	}
	if err := e.settle(tx, j); err != nil {
		return err
	}
	return tx.Emit(ingest.Event{Company: u.Company, Time: now, Kind: event, Subject: u.UUID, User: u.User})
}

func (e *Engine) dropStage(ctx context.Context, id ingest.StageID) error {
	e.active.forget(ingest.UUID(id))
	stage, err := e.blobs.Stage(ctx, id)
	if ingest.KindOf(err) == ingest.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return stage.Discard(ctx)
}
