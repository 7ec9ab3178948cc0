package fsblob

import (
	"errors"
	"syscall"

	"sluice/internal/ingest"
)

// fail turns an error of the operating system into one of the port. Errors that
// are the port's already stay as they are.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*ingest.Error](err); ok {
		return e
	}
	switch {
	case isFull(err):
		return &ingest.Error{
			Kind: ingest.Unavailable, Op: op, Code: ingest.CodeDiskFull, Err: err,
			Msg: "The server has no room left for these bytes. Nothing of them was kept; try again when space has been made.",
		}
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return &ingest.Error{Kind: ingest.Internal, Op: op, Msg: "the blob directory cannot be written to", Err: err}
	}
	return &ingest.Error{Kind: ingest.Internal, Op: op, Err: err}
}

// isFull reports whether room is what lacks: on the disk, in a quota, or below the
// limit of the file size that the process or the file system has.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

func noSuchStage(op string) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: "There is no staging area for this upload."}
}

func noSuchBlob(op string, err error) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: "There is no such file in the store.", Err: err}
}

func closing(op string) error {
	return &ingest.Error{Kind: ingest.Unavailable, Op: op, Msg: "The server is shutting down."}
}

// damaged is the answer of a stage whose data a sync failed to write: what the
// kernel has dropped cannot be told from what it has kept.
func damaged(op string, cause error) error {
	return &ingest.Error{Kind: ingest.Internal, Op: op, Msg: "the bytes of this upload could not be written to disk; it can only be discarded", Err: cause}
}
