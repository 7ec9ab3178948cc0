package engine

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"io"
	"sync"

	"sluice/internal/ingest"
)

// digests are running digests of a file. Those that nobody wants are nil.
type digests struct {
	sha256 hash.Hash
	sha1   hash.Hash
}

// newDigests begins the digests that an upload wants while its bytes arrive; nil
// when it wants none. A large one that is checked by its SHA-1, or part by part, has its
// SHA-256 computed after the answer: two digests beside each other take more of a
// processor than the rest of an upload, and one of parts that come side by side reads
// them all again.
func (e *Engine) newDigests(u *ingest.Upload) *digests {
	switch {
	case u.Options.SHA1 && (e.deferDigest || u.Size < 0 || u.Size > bothDigests):
		return &digests{sha1: sha1.New()}
	case u.Options.SHA1:
		return &digests{sha1: sha1.New(), sha256: sha256.New()}
	case u.Options.LateDigest && u.Size > bothDigests:
		return nil
	case !e.deferDigest:
		return &digests{sha256: sha256.New()}
	}
	return nil
}

// lack reports whether others have a digest that these have not.
func (d *digests) lack(others *digests) bool {
	return d.sha256 == nil && others.sha256 != nil || d.sha1 == nil && others.sha1 != nil
}

// Write adds bytes to the digests.
func (d *digests) Write(p []byte) (int, error) {
	if d.sha256 != nil {
		d.sha256.Write(p)
	}
	if d.sha1 != nil {
		d.sha1.Write(p)
	}
	return len(p), nil
}

// read adds what a reader gives, the digests beside each other.
func (d *digests) read(ctx context.Context, r io.Reader) error {
	if d.sha256 == nil || d.sha1 == nil {
		_, err := copyWithContext(ctx, d, r)
		return err
	}
	blocks := make(chan []byte, 1)
	free := make(chan []byte, 2)
	free <- make([]byte, digestBlock)
	free <- make([]byte, digestBlock)
	var other sync.WaitGroup
	other.Go(func() {
		for b := range blocks {
			d.sha1.Write(b)
			free <- b[:digestBlock]
		}
	})
	defer other.Wait()
	defer close(blocks)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := <-free
		n, err := r.Read(b)
		d.sha256.Write(b[:n])
		blocks <- b[:n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// bothDigests is the size of files, in bytes, up to which all digests are computed at
// once.
const bothDigests = 16 << 20

// digestBlock is how much is read at a time for digests, in bytes.
const digestBlock = 256 << 10

// into records the digests of a whole file.
func (d *digests) into(ref *ingest.BlobRef) {
	if d == nil {
		return
	}
	if d.sha256 != nil {
		ref.SHA256 = d.sha256.Sum(nil)
	}
	if d.sha1 != nil {
		ref.SHA1 = d.sha1.Sum(nil)
	}
}

// copyWithContext copies until io.EOF and stops early when ctx ends.
func copyWithContext(ctx context.Context, w io.Writer, r io.Reader) (copied int64, err error) {
	buf := make([]byte, digestBlock)
	for {
		if err := ctx.Err(); err != nil {
			return copied, err
		}
		n, err := r.Read(buf)
		w.Write(buf[:n])
		copied += int64(n)
		if err == io.EOF {
			return copied, nil
		}
		if err != nil {
			return copied, err
		}
	}
}
