package engine

import (
	"context"
	"fmt"
	"io"

	"sluice/internal/ingest"
)

// PartSpec is one part as it comes.
type PartSpec struct {
	Body   io.Reader
	Length int64        // bytes that the client said; -1 = it did not
	Check  func() error // refuses the part when all of its bytes have come
	Stop   func()       // makes a read of Body that waits fail
}

// WritePart stores a part of an upload in its place and returns the tag of its bytes.
// A part may be sent again, also while it is being sent: the one that is whole last
// counts, and until then what was there stays. Sending a part again with other bytes
// takes its confirmation back.
//
// Failures: Mismatch for a body of another length and for what Check says; Conflict or
// Gone when the upload is over.
func (e *Engine) WritePart(ctx context.Context, p ingest.Principal, u *ingest.Upload, n int, s PartSpec) (PartTag, error) {
	if err := mayHandle(p, u, rightUpload); err != nil {
		return "", err
	}
	if err := stillOpen(u); err != nil {
		return "", err
	}
	if err := checkPart(u, n); err != nil {
		return "", err
	}
	offset, length := PartsOf(u).Range(n)
	if s.Length >= 0 && s.Length != length {
		return "", wrongPartLength(n, length, s.Length)
	}
	u, err := e.freshUpload(ctx, u.Number)
	if err != nil {
		return "", err
	}
	crc, err := e.writePart(ctx, u, n, offset, &partBody{r: s.Body, left: length, n: n, length: length}, s)
	if err != nil {
		// What ended the upload meanwhile took the place away.
		if _, over := e.freshUpload(context.WithoutCancel(ctx), u.Number); over != nil {
			err = over
		}
		return "", err
	}
	e.touch(ctx, u)
	return partTag(u, n, crc), nil
}

// freshUpload returns an upload as it is now, if it is open.
func (e *Engine) freshUpload(ctx context.Context, number ingest.Number) (u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if u, err = tx.UploadByNumber(number); err != nil {
			return err
		}
		return stillOpen(u)
	})
	return u, err
}

func (e *Engine) writePart(ctx context.Context, u *ingest.Upload, n int, offset int64, body *partBody, s PartSpec) (uint32, error) {
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return 0, err
	}
	defer release()
	defer e.activity.hold(u.Job, u.User)()
	w, err := a.beginPart(ctx, u, n, s.Stop, e.now)
	if err != nil {
		return 0, err
	}
	if w == nil {
		return e.rewritePart(ctx, a, u, n, body, s)
	}
	return e.firstWrite(ctx, a, u, n, offset, body, w, s.Check)
}

func wrongPartLength(n int, want, got int64) error {
	return &ingest.Error{Kind: ingest.Mismatch, Op: "engine.WritePart", Msg: fmt.Sprintf("part %d has %d bytes, %d were sent", n, want, got)}
}

// firstWrite writes a part that is not there. A power cut may have taken one away that
// the client has confirmed.
func (e *Engine) firstWrite(ctx context.Context, a *activeUpload, u *ingest.Upload, n int, offset int64, body *partBody, w *partWrite, check func() error) (uint32, error) {
	defer a.endPart(n, w)
	if Confirmed(u, n) {
		if err := e.markPart(ctx, u, n, false); err != nil {
			return 0, err
		}
	}
	body.writer = w
	return e.writeInPlace(ctx, a, u, n, offset, body, check)
}

// writeInPlace writes a part whose place the caller has to itself.
func (e *Engine) writeInPlace(ctx context.Context, a *activeUpload, u *ingest.Upload, n int, offset int64, body *partBody, check func() error) (uint32, error) {
	e.crash("part.begin")
	a.parts.forget(n)
	w, err := a.write(ctx, offset, body, WriteSpec{Length: body.length, Accept: func(w ingest.Window) error {
		if w.Length != body.length {
			return wrongPartLength(n, body.length, w.Length)
		}
		if check != nil {
			return check()
		}
		return nil
	}}, e.now())
	if err != nil {
		a.lookAgain(context.WithoutCancel(ctx), u, n)
		return 0, err
	}
	a.parts.remember(n, w.CRC32C)
	e.crash("part.recorded")
	e.follow(a)
	e.await(ctx, a)
	return w.CRC32C, nil
}

// partBody gives the bytes of a part and fails when there are more.
type partBody struct {
	r      io.Reader
	left   int64
	n      int
	length int64
	writer *partWrite // that waits for the bytes; nil = nobody wants to know
}

func (b *partBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	if b.writer != nil {
		b.writer.waits(true)
		defer b.writer.waits(false)
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		return 0, &ingest.Error{Kind: ingest.Mismatch, Op: "engine.WritePart", Msg: fmt.Sprintf("part %d has %d bytes, more were sent", b.n, b.length)}
	}
	b.left -= int64(n)
	return n, err
}
