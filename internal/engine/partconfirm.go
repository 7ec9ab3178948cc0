package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"sluice/internal/ingest"
)

// castagnoli is the polynomial of CRC-32C (RFC 3720).
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ConfirmPart notes that the client knows a part of an upload that the caller has just
// looked up has arrived: it names the tag that WritePart gave for the bytes, or their
// MD5. Confirming again is no error.
//
// Failures: NotFound for other people's uploads and numbers that no part has,
// Mismatch when the tag does not stand for what is there, Conflict or Gone when the
// upload is over.
func (e *Engine) ConfirmPart(ctx context.Context, p ingest.Principal, u *ingest.Upload, n int, tag PartTag) error {
	if err := mayHandle(p, u, rightUpload); err != nil {
		return err
	}
	if err := checkPart(u, n); err != nil {
		return err
	}
	crc, ok := tag.checksum(u, n)
	sum, isMD5 := tag.md5()
	if !ok && !isMD5 {
		return foreignTag(tag, n)
	}
	if Confirmed(u, n) && (u.State == ingest.UploadDone || u.State == ingest.UploadSealing) {
		return nil
	}
	if err := stillOpen(u); err != nil {
		return err
	}
	a, release, err := e.active.hold(ctx, e, u)
	if err != nil {
		return err
	}
	defer release()
	place, err := a.keepPart(ctx, u, n, e.now)
	if err != nil {
		return err
	}
	defer a.endPart(n, place)
	have, err := a.partChecksum(ctx, u, n)
	if err != nil {
		return err
	}
	switch {
	case ok && have != crc:
		return &ingest.Error{Kind: ingest.Mismatch, Op: "engine.ConfirmPart", Code: ingest.CodeDigest, Msg: fmt.Sprintf("part %d has been sent again since, with other bytes", n)}
	case !ok:
		if same, err := a.partHasMD5(ctx, u, n, sum); err != nil || !same {
			return cmp.Or(err, foreignTag(tag, n))
		}
	}
	return e.markPart(ctx, u, n, true)
}

func foreignTag(tag PartTag, n int) error {
	return &ingest.Error{Kind: ingest.Mismatch, Op: "engine.ConfirmPart", Code: ingest.CodeDigest, Msg: fmt.Sprintf("the etag %s is not one of part %d", quote(string(tag)), n)}
}

// partHasMD5 reads a part to compare it with the MD5 that stands for it at clients
// which sent one.
func (a *activeUpload) partHasMD5(ctx context.Context, u *ingest.Upload, n int, sum []byte) (bool, error) {
	offset, length := PartsOf(u).Range(n)
	h := md5.New()
	_, err := copyWithContext(ctx, h, io.NewSectionReader(a.stage, offset, length))
	return bytes.Equal(h.Sum(nil), sum), err
}

func notArrived(n int) error {
	return &ingest.Error{Kind: ingest.Mismatch, Op: "engine.ConfirmPart", Msg: fmt.Sprintf("part %d has not arrived", n)}
}

// touchAgain is how old the time may be at which an upload received something before a
// confirmation sets it anew.
const touchAgain = time.Minute

// markPart stores whether a part is confirmed.
func (e *Engine) markPart(ctx context.Context, u *ingest.Upload, n int, on bool) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := tx.UploadByNumber(u.Number)
		if err != nil {
			return err
		}
		if err := stillOpen(fresh); err != nil {
			return err
		}
		if now := e.now(); now.Sub(fresh.Touched) >= touchAgain {
			if err := e.touchIn(tx, fresh, now); err != nil {
				return err
			}
		}
		if Confirmed(fresh, n) == on {
			return nil
		}
		return tx.SetUploadParts(u.Number, marked(fresh.Parts, n, on))
	})
}

// partChecksum is the CRC-32C of a part that has arrived whole: as it was when it
// came, or of the bytes where this process did not see them come. The place of the
// part is the caller's.
func (a *activeUpload) partChecksum(ctx context.Context, u *ingest.Upload, n int) (uint32, error) {
	a.parts.mu.Lock()
	sum := a.parts.whole[n]
	a.parts.mu.Unlock()
	if sum.known {
		return sum.crc, nil
	}
	whole, err := a.hasPart(ctx, u, n)
	if err != nil {
		return 0, err
	}
	if !whole {
		a.parts.forget(n)
		return 0, notArrived(n)
	}
	offset, length := PartsOf(u).Range(n)
	h := crc32.New(castagnoli)
	if read, err := copyWithContext(ctx, h, io.NewSectionReader(a.stage, offset, length)); err != nil || read != length {
		return 0, cmp.Or(err, io.ErrUnexpectedEOF)
	}
	a.parts.remember(n, h.Sum32())
	return h.Sum32(), nil
}

// hasPart reports whether all of a part has arrived.
func (a *activeUpload) hasPart(ctx context.Context, u *ingest.Upload, n int) (bool, error) {
	windows, err := a.stage.Windows(ctx)
	if err != nil {
		return false, err
	}
	offset, length := PartsOf(u).Range(n)
	for _, w := range windows {
		if w.Offset <= offset && w.End() >= offset+length {
			return true, nil
		}
	}
	return false, nil
}
