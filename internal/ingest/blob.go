package ingest

import (
	"context"
	"io"
)

// BlobKey names immutable bytes in the blob store. The store mints it; nothing
// of a client's is part of it.
type BlobKey string

// BlobRef is what is recorded about a blob.
type BlobRef struct {
	Key    BlobKey
	Size   int64
	CRC32C uint32
	SHA256 []byte // 32 bytes; nil = not computed yet
	SHA1   []byte // 20 bytes; nil = not computed: only doors that promise it ask for it
}

// StageID names a staging area. Stages of uploads bear the upload's UUID.
type StageID string

// StageSpec says what a new stage is for.
type StageSpec struct {
	// OneShot stages receive their bytes in a single Write from offset 0 and are
	// sealed or discarded by the process that made them. They keep no ledger and
	// do not survive a restart.
	OneShot bool
	// Size is the size that is expected, in bytes, or -1. It is a hint for
	// reserving space: neither a limit nor a promise.
	Size int64
}

// WriteSpec governs one window.
type WriteSpec struct {
	// Tee, if set, is given the window's bytes in order, beside the copy and not
	// inside it. It has been given exactly the recorded bytes when Write returns
	// a window of the full length and no error; otherwise what it saw is
	// undefined.
	Tee io.Writer
	// Accept, if set, is asked once after all bytes are written and before the
	// window is recorded. An error drops the window and is returned as it is.
	Accept func(Window) error
	// KeepPartial records what had arrived when the reader fails, as doors that
	// append want it. Write then returns the shorter window and the reader's error.
	KeepPartial bool
	// Length is how many bytes are likely to come, as the client said; 0 = unknown.
	// It only helps to choose how they are copied.
	Length int64
}

// Blobs stores bytes: it takes them in stages and keeps them as blobs. All
// methods are safe for concurrent use. Failures are *Error: NotFound for a key
// or stage that does not exist, Unavailable with CodeDiskFull when there is no
// room, Internal otherwise.
type Blobs interface {
	// NewStage opens a staging area. The caller must end it with Seal or Discard.
	NewStage(ctx context.Context, id StageID, spec StageSpec) (Stage, error)
	// Stage opens the existing staging area of an upload that is not one-shot.
	// Opening it twice gives the same staging area. A stage that has been sealed
	// can be opened as long as its blob exists: Windows then tells the whole file,
	// ReadAt reads it, Seal gives the same answer and Write is a Conflict.
	Stage(ctx context.Context, id StageID) (Stage, error)
	// Stages calls fn for every staging area that is not one-shot.
	Stages(ctx context.Context, fn func(StageID) error) error
	// Open opens a blob for reading. Open readers outlive a Delete of the key.
	Open(ctx context.Context, key BlobKey) (BlobReader, error)
	// Delete removes a blob and gives its space back. A key that is gone already
	// is no error.
	Delete(ctx context.Context, key BlobKey) error
	// Blobs calls fn for every blob that was sealed before the call began and
	// has not been deleted.
	Blobs(ctx context.Context, fn func(BlobKey) error) error
	// Free returns the bytes that can still be stored, or -1 when unknown.
	Free(ctx context.Context) (int64, error)
	// Close releases what the store holds. Stages of open uploads stay.
	Close() error
}

// Stage collects the windows of one file. Write may be called concurrently for
// windows that do not overlap; of two writers on overlapping windows the later
// waits for the earlier. Bytes of two bodies never mix, and a window under
// rewrite counts as missing until it is complete.
type Stage interface {
	// Write stores r's bytes at offset until io.EOF and records the window. It
	// survives a crash of the process from then on (not for one-shot stages).
	// The reader's error is returned as it is; then nothing is recorded unless
	// KeepPartial is set.
	Write(ctx context.Context, offset int64, r io.Reader, spec WriteSpec) (Window, error)
	// Windows returns what has been recorded, merged where ranges touch, by
	// rising offset. CRC32C of merged windows is that of the joined bytes.
	Windows(ctx context.Context) ([]Window, error)
	// ReadAt reads recorded bytes, for digests of what came out of order. It
	// must not be called on a one-shot stage.
	io.ReaderAt
	// Seal makes the bytes a blob: when it returns, they are on stable storage
	// under the key of the result, without having been copied for it. The windows
	// must cover 0 to size exactly, otherwise Conflict and nothing changes.
	// Sealing again after a crash gives the same key. SHA256 of the result is nil.
	Seal(ctx context.Context, size int64) (BlobRef, error)
	// Discard removes the stage and its bytes. After Seal it does nothing, so it
	// can be deferred.
	Discard(ctx context.Context) error
}

// BlobReader reads one blob.
type BlobReader interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}
