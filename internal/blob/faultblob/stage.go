package faultblob

import (
	"context"
	"errors"
	"io"

	"sluice/internal/ingest"
)

// stage is a staging area whose calls can fail.
type stage struct {
	store *Store
	inner ingest.Stage
}

var _ ingest.Stage = (*stage)(nil)

// Write stores a window. A fault with After ends it in the middle.
func (s *stage) Write(ctx context.Context, offset int64, r io.Reader, spec ingest.WriteSpec) (w ingest.Window, err error) {
	f := s.store.next(Write)
	if err := f.wait(ctx); err != nil {
		return ingest.Window{Offset: offset}, err
	}
	switch {
	case f.Err == nil:
		return s.inner.Write(ctx, offset, r, spec)
	case f.After > 0:
		return s.cutShort(ctx, offset, r, spec, f)
	case f.Done:
		if w, err := s.inner.Write(ctx, offset, r, spec); err != nil {
			return w, err
		}
	}
	return ingest.Window{Offset: offset}, f.Err
}

// errCut stands for the fault below the fault; it never comes out.
var errCut = errors.New("faultblob: body is cut here")

// cutShort lets the inner store take the first bytes only and drop them.
func (s *stage) cutShort(ctx context.Context, offset int64, r io.Reader, spec ingest.WriteSpec, f Fault) (ingest.Window, error) {
	spec.KeepPartial = false
	spec.Accept = nil
	cut := &cutReader{r: r, left: f.After}
	w, err := s.inner.Write(ctx, offset, cut, spec)
	if errors.Is(err, errCut) || err == nil {
		return ingest.Window{Offset: offset}, f.Err
	}
	return w, err
}

// cutReader fails after a number of bytes, and also when there were fewer.
type cutReader struct {
	r    io.Reader
	left int64
}

func (c *cutReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errCut
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF {
		err = errCut
	}
	return n, err
}

// Windows returns what has been recorded.
func (s *stage) Windows(ctx context.Context) (ws []ingest.Window, err error) {
	err = s.store.run(ctx, Windows, func() error {
		ws, err = s.inner.Windows(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ws, nil
}

// ReadAt reads recorded bytes.
func (s *stage) ReadAt(p []byte, offset int64) (n int, err error) {
	err = s.store.run(context.Background(), ReadAt, func() error {
		n, err = s.inner.ReadAt(p, offset)
		return err
	})
	return n, err
}

// Seal makes the stage a blob; when its answer is lost, the blob exists.
func (s *stage) Seal(ctx context.Context, size int64) (ref ingest.BlobRef, err error) {
	err = s.store.run(ctx, Seal, func() error {
		ref, err = s.inner.Seal(ctx, size)
		return err
	})
	if err != nil {
		return ingest.BlobRef{}, err
	}
	return ref, nil
}

// Discard removes the stage.
func (s *stage) Discard(ctx context.Context) error {
	return s.store.run(ctx, Discard, func() error { return s.inner.Discard(ctx) })
}
