package engine

import (
	"context"
	"fmt"
	"io"
	"time"

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
	Options   ingest.UploadOptions
	Facts     []byte // the door's own record
}

// Status is where an upload stands.
type Status struct {
	Upload  *ingest.Upload
	Windows []ingest.Window // recorded bytes, merged, by rising offset; nil unless open
	Last    time.Time       // when it received something last
}

// Received returns how many bytes have arrived.
func (s Status) Received() (n int64) {
	for _, w := range s.Windows {
		n += w.Length
	}
	return n
}

// Prefix returns how many bytes have arrived without a gap from offset 0.
func (s Status) Prefix() int64 {
	if len(s.Windows) == 0 || s.Windows[0].Offset != 0 {
		return 0
	}
	return s.Windows[0].Length
}

// Begin opens an upload. With a client key that an earlier Begin used, it
// answers that upload, in whatever state it is, unless it has given its key free.
func (e *Engine) Begin(ctx context.Context, p ingest.Principal, s BeginSpec) (u *ingest.Upload, err error) {
	if s.Job == 0 {
		if err := s.Open.validate(); err != nil {
			return nil, err
		}
	}
	if err := (Parts{s.Size, s.Options.PartSize}).check(); err != nil {
		return nil, err
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
		if err == nil && !(u.Options.FreeKey && u.State.Ended()) {
			return u, mayHandle(p, u, rightUpload)
		}
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
	}
	now := e.now()
	u := &ingest.Upload{
		UUID: e.newUUID(), Company: c.Number, User: p.User, Door: s.Door, ClientKey: s.ClientKey,
		State: ingest.UploadOpen, Size: s.Size, Folder: s.Folder, FileName: s.FileName, Publish: s.Publish, Conflict: s.Conflict,
		Metadata: s.Metadata, Options: s.Options, Facts: s.Facts, Created: now, Touched: now, Expires: now.Add(e.lifetime(s.Door)),
	}
	if err := checkTarget(tx, p, c, u); err != nil {
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
	u.Job = job.Number
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

// WriteSpec governs one window of an upload.
type WriteSpec struct {
	Accept      func(ingest.Window) error // refuses the window before it counts
	KeepPartial bool                      // keep what had arrived when the body breaks off
	Length      int64                     // bytes that are likely to come; 0 = unknown
}

// Write stores r's bytes at an offset. The window survives a crash of the
// server once Write has returned it. Bytes beyond the upload's size are TooLarge.
func (e *Engine) Write(ctx context.Context, p ingest.Principal, id ingest.UUID, offset int64, r io.Reader, spec WriteSpec) (ingest.Window, error) {
	u, err := e.findUpload(ctx, p, id, rightUpload)
	if err != nil {
		return ingest.Window{}, err
	}
	return e.append(ctx, u, offset, r, spec)
}

// WriteTo is Write for an upload that the caller has just looked up.
func (e *Engine) WriteTo(ctx context.Context, p ingest.Principal, u *ingest.Upload, offset int64, r io.Reader, spec WriteSpec) (ingest.Window, error) {
	if err := mayHandle(p, u, rightUpload); err != nil {
		return ingest.Window{}, err
	}
	return e.append(ctx, u, offset, r, spec)
}

// append stores a window of an upload that the caller may write to.
func (e *Engine) append(ctx context.Context, u *ingest.Upload, offset int64, r io.Reader, spec WriteSpec) (ingest.Window, error) {
	if u.Options.Session {
		return ingest.Window{}, unknownUpload()
	}
	if err := stillOpen(u); err != nil {
		return ingest.Window{}, err
	}
	most := u.Size
	if u.Options.Limit > 0 {
		most = u.Options.Limit
	}
	if offset < 0 || (most >= 0 && offset > most) {
		return ingest.Window{}, &ingest.Error{Kind: ingest.Invalid, Op: "engine.Write", Code: ingest.CodeOffset, Msg: fmt.Sprintf("offset %d is outside the upload of %d bytes", offset, most)}
	}
	if most >= 0 {
		r = &boundedReader{r: r, left: most - offset, size: most}
	}
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return ingest.Window{}, err
	}
	defer release()
	defer e.activity.hold(u.Job, u.User)()
	e.crash("write.begin")
	w, err := a.write(ctx, offset, r, spec, e.now())
	e.crash("write.recorded")
	if w.Length > 0 {
		e.follow(a)
		e.await(ctx, a)
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
	if now.Sub(u.Touched) < e.lifetime(u.Door)/touchesPerLifetime {
		return
	}
	err := e.store.Update(context.WithoutCancel(ctx), func(tx ingest.Tx) error {
		fresh, err := tx.Upload(u.UUID)
		if err != nil || fresh.State != ingest.UploadOpen {
			return err
		}
		return e.touchIn(tx, fresh, now)
	})
	if err != nil {
		e.log.Warn("the expiry of an upload was not put off", "upload", u.UUID, "error", err)
	}
}

// touchIn puts off the expiry of an upload, or of the session that it is a member of.
func (e *Engine) touchIn(tx ingest.Tx, u *ingest.Upload, now time.Time) error {
	u.Touched = now
	if u.Parent == 0 {
		u.Expires = now.Add(e.lifetime(u.Door))
		return tx.UpdateUpload(u)
	}
	if err := tx.UpdateUpload(u); err != nil {
		return err
	}
	session, err := tx.UploadByNumber(u.Parent)
	if err != nil || session.State != ingest.UploadOpen {
		return err
	}
	session.Touched, session.Expires = now, now.Add(e.lifetime(u.Door))
	return tx.UpdateUpload(session)
}

// lifetime is after how much inactivity open uploads of a door end.
func (e *Engine) lifetime(door ingest.Door) time.Duration {
	if d := e.uploadLifetimes[door]; d > 0 {
		return d
	}
	return e.uploadLifetime
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
	u, err := e.findUpload(ctx, p, id, rightRead)
	if err != nil {
		return Status{}, err
	}
	return e.statusOf(ctx, u)
}

// StatusByKey is Status for an upload that the client knows by a key.
func (e *Engine) StatusByKey(ctx context.Context, p ingest.Principal, company ingest.Number, door ingest.Door, key string) (Status, error) {
	u, err := e.UploadByKey(ctx, p, company, door, key)
	if err != nil {
		return Status{}, err
	}
	return e.statusOf(ctx, u)
}

func (e *Engine) statusOf(ctx context.Context, u *ingest.Upload) (Status, error) {
	if u.State != ingest.UploadOpen || u.Options.Session || !e.hasStage(ctx, u) {
		return Status{Upload: u, Last: u.Touched}, nil
	}
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return Status{}, err
	}
	defer release()
	windows, err := a.stage.Windows(ctx)
	return Status{Upload: u, Windows: windows, Last: latest(u.Touched, e.active.lastWindow(u.UUID))}, err
}
