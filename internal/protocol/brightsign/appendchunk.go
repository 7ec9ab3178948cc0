package brightsign

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// chunk is what comes with a piece of a file, beside its bytes.
type chunk struct {
	sessionToken string
	uploadToken  string
	part         int64
	offset       int64
}

// check refuses values that no chunk can have (8.2).
func (k chunk) check() error {
	switch {
	case k.uploadToken == "":
		return refuse("The upload token must not be empty.")
	case k.part < 0:
		return refuse("The part number must not be negative. It is %d.", k.part)
	case k.offset < 0:
		return refuse("The offset must not be negative. It is %d.", k.offset)
	case k.offset > maxFileSize:
		return refuseAs(ingest.TooLarge, "The chunk exceeds the maximum file size of %d bytes: it begins at %d.", int64(maxFileSize), k.offset)
	}
	return nil
}

// target finds the upload that a chunk is for, and the company of a caller that was
// not looked up before.
func (d *Door) target(ctx context.Context, c caller, token string) (caller, *ingest.Upload, error) {
	if c.company == nil {
		token := strings.ToLower(token[:min(len(token), maxToken)])
		if t, ok := d.recent.look(c, token, d.Engine.Now()); ok {
			c.company = t.company
			return c, t.upload, nil
		}
		mark := d.recent.mark()
		company, u, err := d.Engine.WriteTarget(ctx, c.Principal, c.account, ingest.DoorBrightSign, token)
		c.company = company
		if err == nil && !d.purged(u) {
			if u.State == ingest.UploadOpen && !factsOf(u).Started.IsZero() {
				d.recent.keep(c, token, u, d.Engine.Now(), mark)
			}
			return c, u, nil
		}
		if c, err = d.enter(ctx, c, true); err != nil { // the account may be spelt otherwise
			return c, nil, err
		}
	}
	if err := d.mayUpload(ctx, c); err != nil {
		return c, nil, err
	}
	u, err := d.upload(ctx, c, token)
	return c, u, required(err, sentenceNoUpload)
}

// takes finds the upload that a chunk is for, and refuses the chunk if the upload
// takes none.
func (d *Door) takes(ctx context.Context, c caller, k chunk) (caller, *ingest.Upload, error) {
	c, u, err := d.target(ctx, c, k.uploadToken)
	if err == nil && u.Options.Session {
		err = required(unknownToken(), sentenceNoUpload)
	}
	if err != nil {
		return c, nil, err
	}
	u, err = d.open(ctx, c, u, k)
	return c, u, err
}

// open refuses a chunk for an upload that takes none.
func (d *Door) open(ctx context.Context, c caller, u *ingest.Upload, k chunk) (*ingest.Upload, error) {
	f := factsOf(u)
	if err := inSession(f, k.sessionToken); err != nil {
		return nil, err
	}
	if u.State != ingest.UploadOpen || !f.Cancelled.IsZero() {
		return nil, already(stateOf(engine.Status{Upload: u}, f))
	}
	if f.Started.IsZero() { // a slot of a session: the chunk starts it with what the session said
		return d.Engine.Revise(ctx, c.Principal, u.UUID, func(u *ingest.Upload) error {
			f := factsOf(u)
			f.begin(d)
			return f.set(u)
		})
	}
	return u, nil
}

// appendChunk stores a piece of a file at its place. It is false when the server could
// not store it and another try may help; what the client did wrong is a fault.
func (d *Door) appendChunk(ctx context.Context, c caller, u *ingest.Upload, k chunk, bytes io.Reader) (bool, error) {
	read := &failing{Reader: bytes}
	_, err := d.Engine.WriteTo(ctx, c.Principal, u, k.offset, read, engine.WriteSpec{})
	switch {
	case err == nil:
		if d.Options.StrictChunkCount {
			d.counts.add(u.ClientKey, k.part, d.Engine.Now())
		}
		return true, d.mended(ctx, c, u)
	case read.err != nil: // what the client sent is wrong, or did not arrive
		return false, read.err
	}
	switch kind := ingest.KindOf(err); {
	case kind == ingest.TooLarge && ingest.CodeOf(err) == ingest.CodeLimit:
		return false, refuseAs(ingest.TooLarge, "The chunk exceeds the maximum file size of %d bytes: it begins at %d.", int64(maxFileSize), k.offset)
	case kind == ingest.Conflict, kind == ingest.Gone:
		return false, already(stateOf(engine.Status{Upload: d.fresh(ctx, c, u)}, factsOf(u)))
	case kind == ingest.NotFound:
		return false, refuseAs(ingest.NotFound, sentenceNoUpload)
	case kind == ingest.Internal, kind == ingest.Unavailable:
		d.Log.Error("a chunk was not stored", "upload", u.UUID, "offset", k.offset, "error", err)
		return false, nil
	}
	return false, err
}

// mended notes that an upload whose hash was wrong has got other bytes since.
func (d *Door) mended(ctx context.Context, c caller, u *ingest.Upload) error {
	if !factsOf(u).Corrupted {
		return nil
	}
	defer d.recent.drop(u.ClientKey) // the next chunk need not note it again
	_, err := d.Engine.Revise(ctx, c.Principal, u.UUID, func(u *ingest.Upload) error {
		f := factsOf(u)
		f.Corrupted = false
		return f.set(u)
	})
	if kind := ingest.KindOf(err); err != nil && (kind == ingest.Conflict || kind == ingest.Gone) {
		return nil // it has been completed or given up meanwhile
	}
	return err
}

// fresh reads an upload again; if that fails it is the one at hand.
func (d *Door) fresh(ctx context.Context, c caller, u *ingest.Upload) *ingest.Upload {
	if again, err := d.upload(ctx, c, u.ClientKey); err == nil {
		return again
	}
	return u
}

// failing remembers how a reader failed.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// rewrites reports whether bytes at or behind an offset have been stored already: such
// a chunk is read in full before it takes their place.
func (d *Door) rewrites(ctx context.Context, c caller, u *ingest.Upload, offset int64) bool {
	s, err := d.Engine.Status(ctx, c.Principal, u.UUID)
	if err != nil {
		return true
	}
	last := int64(math.MaxInt64)
	if offset < math.MaxInt64-d.Options.MaxMessage {
		last = offset + d.Options.MaxMessage
	}
	for _, w := range s.Windows {
		if w.End() > offset && w.Offset < last {
			return true
		}
	}
	return false
}
