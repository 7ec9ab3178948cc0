package brightsign

import (
	"context"
	"encoding/hex"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// completeFile makes an upload content (8.3). Completing again gives the same answer.
func (d *Door) completeFile(ctx context.Context, c caller, a arguments, data string) (*status, error) {
	if err := d.mayUpload(ctx, c); err != nil {
		return nil, err
	}
	if a.UploadToken == "" {
		return nil, refuse("The upload token must not be empty.")
	}
	s, err := d.file(ctx, c, a.UploadToken)
	if err != nil {
		return nil, required(err, sentenceNoUpload)
	}
	f := factsOf(s.Upload)
	if err := inSession(f, a.SessionToken); err != nil {
		return nil, err
	}
	switch state := stateOf(s, f); state {
	case stateCompleted:
		return fileStatus(s), nil
	case stateCancelled, stateTerminated:
		return nil, already(state)
	}
	before := s.Upload
	defer d.recent.drop(before.ClientKey)
	if s, err = d.revised(ctx, c, s, a, data); err != nil {
		return nil, err
	}
	if err := d.finish(ctx, c, s); err != nil {
		d.takeBack(ctx, c, before)
		return nil, err
	}
	if s, err = d.file(ctx, c, a.UploadToken); err != nil {
		return nil, err
	}
	return fileStatus(s), nil
}

// revised gives an upload the arguments with which it is completed. One that another
// call is completing stays as it is.
func (d *Door) revised(ctx context.Context, c caller, s engine.Status, a arguments, data string) (engine.Status, error) {
	f := factsOf(s.Upload)
	if a.FileSize != nil && *a.FileSize == 0 && f.Args.size() > 0 && s.Prefix() == f.Args.size() && s.Received() == f.Args.size() {
		a.FileSize = nil // the default of a number in some proxies, not a size
	}
	merged, err := f.merged(a)
	if err != nil {
		return s, err
	}
	revise := d.Engine.Revise
	if s.Upload.State == ingest.UploadSealing { // an earlier try failed by its name
		revise = d.Engine.ReviseSealed
	}
	u, err := revise(ctx, c.Principal, s.Upload.UUID, func(u *ingest.Upload) error {
		f, sealed, size := factsOf(u), u.State == ingest.UploadSealing, u.Size
		f.Args, f.Data = merged, data
		f.begin(d)
		if err := d.placeAgain(u, f); err != nil {
			return err
		}
		if sealed {
			u.Size = size
		}
		return f.set(u)
	})
	if err != nil && ingest.KindOf(err) == ingest.Conflict && !ended(err) {
		return s, nil
	}
	if err != nil {
		return s, unknownContent(err, merged)
	}
	s.Upload = u
	return s, d.keepThumbnail(ctx, c, u, a)
}

// takeBack gives an upload the arguments again that it had before a completion that
// failed, which may leave nothing behind but what became known of the bytes: their hash,
// or that it was wrong.
func (d *Door) takeBack(ctx context.Context, c caller, before *ingest.Upload) {
	restore := func(u *ingest.Upload) error {
		f, was := factsOf(u), factsOf(before)
		was.Sum, was.Corrupted = f.Sum, f.Corrupted
		u.FileName, u.Folder, u.Options, u.Metadata = before.FileName, before.Folder, before.Options, before.Metadata
		if u.State == ingest.UploadOpen {
			u.Size = before.Size
		}
		return was.set(u)
	}
	_, err := d.Engine.Revise(ctx, c.Principal, before.UUID, restore)
	if err != nil && ingest.KindOf(err) == ingest.Conflict {
		_, err = d.Engine.ReviseSealed(ctx, c.Principal, before.UUID, restore)
	}
	if err != nil {
		d.Log.Debug("the arguments of a completion that failed stay", "upload", before.UUID, "error", err)
	}
}

// ended reports whether a failure is about a name, not about the state of an upload.
func ended(err error) bool { return ingest.CodeOf(err) == ingest.CodeExists }

// finish assembles the file and checks what was promised of it.
func (d *Door) finish(ctx context.Context, c caller, s engine.Status) error {
	f := factsOf(s.Upload)
	sum, err := parseSHA1(f.Args.SHA1Hash)
	if err != nil {
		return err
	}
	if err := d.counted(s, f); err != nil {
		return err
	}
	_, err = d.Engine.Finish(ctx, c.Principal, s.Upload.UUID, engine.FinishSpec{
		Size: f.Args.size(), SHA1: sum, Await: true, Note: noteSum,
		Remark: func(a *ingest.Asset) string { return d.unlike(f.Args, a.FileName, a.Media.ContentType) },
	})
	switch {
	case err == nil:
		d.counts.forget(s.Upload.ClientKey)
		return nil
	case ingest.CodeOf(err) == ingest.CodeDigest:
		return d.corrupted(ctx, c, s)
	case ingest.CodeOf(err) == ingest.CodeOffset:
		return d.incomplete(ctx, c, s, f)
	case ingest.KindOf(err) == ingest.Gone:
		return already(stateOf(engine.Status{Upload: d.fresh(ctx, c, s.Upload)}, f))
	}
	return unknownContent(err, f.Args)
}

// noteSum keeps the hash of a complete file with its upload.
func noteSum(u *ingest.Upload, ref ingest.BlobRef) error {
	f := factsOf(u)
	f.Sum, f.Corrupted = sumText(ref.SHA1), false
	return f.set(u)
}

// sumText is a hash as answers show it, "" for none.
func sumText(sum []byte) string { return strings.ToUpper(hex.EncodeToString(sum)) }

// counted judges the number of chunks, which many clients get wrong (8.3, step 5). Of
// an upload that is older than this process not all chunks were seen.
func (d *Door) counted(s engine.Status, f facts) error {
	if !d.Options.StrictChunkCount || f.Args.ChunksCount == nil || f.Args.size() == 0 {
		return nil
	}
	if have, all := d.counts.count(s.Upload.ClientKey, f.Started); all && !f.Started.Before(d.born) && have != *f.Args.ChunksCount {
		return refuseAs(ingest.Mismatch, "The chunks count is %d, and %d different part numbers were received.", *f.Args.ChunksCount, have)
	}
	return nil
}

func (d *Door) corrupted(ctx context.Context, c caller, s engine.Status) error {
	_, err := d.Engine.Revise(ctx, c.Principal, s.Upload.UUID, func(u *ingest.Upload) error {
		f := factsOf(u)
		f.Corrupted = true
		return f.set(u)
	})
	if err != nil {
		d.Log.Warn("an upload was not marked as corrupted", "upload", s.Upload.UUID, "error", err)
	}
	return refuseAs(ingest.Mismatch, "The specified SHA1 hash does not match the hash calculated by the server.")
}

// incomplete says which bytes are missing, or are too many.
func (d *Door) incomplete(ctx context.Context, c caller, s engine.Status, f facts) error {
	s, err := d.Engine.Status(ctx, c.Principal, s.Upload.UUID)
	if err != nil {
		return err
	}
	var end int64
	if n := len(s.Windows); n > 0 {
		end = s.Windows[n-1].End()
	}
	size := f.Args.size()
	if size < 0 {
		size = end
	}
	if s.Prefix() >= size && end > size {
		return refuseAs(ingest.Mismatch, "The uploaded data exceed the specified file size: %d bytes were received, %d were specified.", end, size)
	}
	var received int64
	for _, w := range s.Windows {
		received += max(min(w.End(), size)-w.Offset, 0)
	}
	return refuseAs(ingest.Mismatch, "The upload is incomplete: %d of %d bytes received; first gap at offset %d.", received, size, s.Prefix())
}
