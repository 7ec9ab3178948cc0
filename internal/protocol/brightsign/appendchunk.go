package brightsign

import (
	"context"
	"errors"
	"io"
	"math"

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
		return refuse("The chunk exceeds the maximum file size of %d bytes: it begins at %d.", int64(maxFileSize), k.offset)
	}
	return nil
}

// takes finds the upload that a chunk is for, and refuses the chunk if the upload
// takes none.
func (d *Door) takes(ctx context.Context, c caller, k chunk) (*ingest.Upload, error) {
	u, err := d.upload(ctx, c, k.uploadToken)
	if err == nil && u.Options.Session {
		err = unknownToken()
	}
	if err != nil {
		return nil, required(err, sentenceNoUpload)
	}
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
	if d.Options.StrictChunkCount {
		d.counts.add(u.ClientKey, k.part)
	}
	read := &failing{Reader: bytes}
	_, err := d.Engine.WriteTo(ctx, c.Principal, u, k.offset, read, engine.WriteSpec{})
	switch {
	case err == nil:
		return true, nil
	case read.err != nil: // what the client sent is wrong, or did not arrive
		return false, read.err
	}
	switch kind := ingest.KindOf(err); {
	case kind == ingest.TooLarge && ingest.CodeOf(err) == ingest.CodeLimit:
		return false, refuse("The chunk exceeds the maximum file size of %d bytes: it begins at %d.", int64(maxFileSize), k.offset)
	case kind == ingest.Conflict, kind == ingest.Gone:
		return false, already(stateOf(engine.Status{Upload: d.fresh(ctx, c, u)}, factsOf(u)))
	case kind == ingest.NotFound:
		return false, refuse(sentenceNoUpload)
	case kind == ingest.Internal, kind == ingest.Unavailable:
		d.Log.Error("a chunk was not stored", "upload", u.UUID, "offset", k.offset, "error", err)
		return false, nil
	}
	return false, err
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
