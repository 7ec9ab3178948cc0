package engine_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// newWorldIn is newWorld for tests that make several; the caller closes it.
func newWorldIn(t *testing.T, tune ...func(*engine.Config)) *world {
	t.Helper()
	return openWorld(t, tempDir(t), tune...)
}

// pipe is a body whose bytes the test gives one after the other.
type pipe struct {
	r *io.PipeReader
	w *io.PipeWriter
}

func newPipe() pipe {
	r, w := io.Pipe()
	return pipe{r, w}
}

// give returns when the bytes have been read.
func (p pipe) give(text string) { p.w.Write([]byte(text)) }

func (p pipe) end(err error) { p.w.CloseWithError(err) }

// answer is what the sender of a part is told.
type answer struct {
	tag engine.PartTag
	err error
}

// sending sends a part beside the test.
func (w *world) sending(u *ingest.Upload, n int, body pipe, stop func()) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		_, length := engine.PartsOf(u).Range(n)
		tag, err := w.engine.WritePart(w.ctx, w.editor, u, n, engine.PartSpec{Body: body.r, Length: length, Stop: stop})
		body.r.CloseWithError(errors.New("nobody reads any more"))
		done <- answer{tag, err}
	}()
	return done
}

// pending fails the test if there is an answer within a while.
func pending(t *testing.T, what string, a <-chan answer) {
	t.Helper()
	select {
	case got := <-a:
		t.Fatalf("%s was answered: %+v", what, got)
	case <-time.After(400 * time.Millisecond):
	}
}

// answered waits for an answer.
func answered(t *testing.T, what string, a <-chan answer) answer {
	t.Helper()
	select {
	case got := <-a:
		return got
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was not answered", what)
		return answer{}
	}
}

func TestAPartSentAgain(t *testing.T) {
	w := newWorld(t)
	u := w.parted(8, 4)
	tags := w.sendParts(u, "1111", "2222")
	same(t, "the tag of equal bytes", w.putPart(u, 1, "1111"), tags[0])
	same(t, "parts after equal bytes", w.parts(u), "cc")
	other := w.putPart(u, 1, "9999")
	if other == tags[0] {
		t.Error("other bytes have the same tag")
	}
	same(t, "parts after other bytes", w.parts(u), "rc")
	w.refused(w.tryConfirm(u, 1, tags[0]), ingest.Mismatch, ingest.CodeDigest)
	_, missing, err := w.tryFinishParts(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	same(t, "missing", missing, "1")
	w.confirm(u, 1, other)
	same(t, "parts", w.parts(u), "cc")
	same(t, "stages", w.stageCount(), 1)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "99992222")
	same(t, "stages at the end", w.stageCount(), 0)
}

// Until a part that is sent again is whole, what is there counts.
func TestAPartThatIsBeingSentAgain(t *testing.T) {
	w := newWorld(t)
	u := w.parted(8, 4)
	tags := w.sendParts(u, "1111", "2222")
	body := newPipe()
	sent := w.sending(u, 1, body, nil)
	body.give("99")
	same(t, "parts", w.parts(u), "cc")
	w.confirm(u, 1, tags[0])
	swept, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	same(t, "swept", swept, engine.Swept{})
	same(t, "stages", w.stageCount(), 2)
	body.give("99")
	body.end(nil)
	got := answered(t, "the part", sent)
	w.ok(got.err)
	same(t, "parts", w.parts(u), "rc")
	same(t, "stages", w.stageCount(), 1)
	w.confirm(u, 1, got.tag)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "99992222")
}

// The upload can be finished with what is there while a part comes again, which is
// then too late.
func TestFinishWhileAPartIsSentAgain(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	w.sendParts(u, "1111")
	body := newPipe()
	sent := w.sending(u, 1, body, nil)
	body.give("99")
	a := w.finishParts(u)
	body.give("99")
	body.end(nil)
	w.refused(answered(t, "the part", sent).err, ingest.Conflict, "")
	same(t, "bytes", w.read(a.UUID), "1111")
	same(t, "stages", w.stageCount(), 0)
}

// A client that goes away after its last byte does not cost the upload the part.
func TestTheSenderGoesAwayAfterTheLastByte(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	w.sendParts(u, "1111")
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	n := 0
	w.blobs.set(func(b *flakyBlobs) {
		b.onWrite = func() error {
			if n++; n == 2 { // the copy in place begins
				cancel()
			}
			return nil
		}
	})
	_, err := w.engine.WritePart(ctx, w.editor, u, 1, engine.PartSpec{Body: strings.NewReader("2222"), Length: 4})
	w.ok(err)
	same(t, "parts", w.parts(u), "r")
	w.sendParts(u, "2222")
	same(t, "bytes", w.read(w.finishParts(u).UUID), "2222")
}

// A confirmation never counts for bytes that came after those it names, also when they
// come between the look at them and the note of it.
func TestConfirmationsBesideOtherBytes(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	old := w.putPart(u, 1, "1111")
	again := make(chan answer, 1)
	w.db.faults(func() error {
		w.db.faults(nil, nil) // once
		go func() {
			tag, err := w.tryPart(u, 1, "2222")
			again <- answer{tag, err}
		}()
		pending(t, "the part", again)
		return nil
	}, nil)
	w.confirm(u, 1, old)
	sent := answered(t, "the part", again)
	w.ok(sent.err)
	same(t, "parts", w.parts(u), "r")
	w.confirm(u, 1, sent.tag)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "2222")
}

// What a process that died had put aside is swept at the next start.
func TestAStageAsideIsSweptAfterACrash(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	w.sendParts(u, "1111")
	body := newPipe()
	sent := w.sending(u, 1, body, nil)
	body.give("99")
	w.reboot() // the old engine knows of the stage, the new one does not
	same(t, "stages", w.stageCount(), 2)
	swept, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	same(t, "swept", swept, engine.Swept{Stages: 1})
	same(t, "stages", w.stageCount(), 1)
	body.end(errBroken)
	answered(t, "the part", sent)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "1111")
}

// A copy into place that fails midway leaves a part that is absent: its old tag counts
// no more, and it can be sent again.
func TestACopyIntoPlaceFailsMidway(t *testing.T) {
	w := newWorld(t)
	const size = 12 << 20
	u := w.parted(size, size)
	tag := w.sendParts(u, strings.Repeat("a", size))[0]
	n := 0
	w.blobs.set(func(b *flakyBlobs) {
		b.onRead = func() error {
			if n++; n == 2 {
				return errDisk
			}
			return nil
		}
	})
	_, err := w.tryPart(u, 1, strings.Repeat("b", size))
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.blobs.set(func(b *flakyBlobs) { b.onRead = nil })
	same(t, "parts", w.parts(u), "-")
	w.refused(w.tryConfirm(u, 1, tag), ingest.Mismatch, "")
	w.sendParts(u, strings.Repeat("b", size))
	if w.read(w.finishParts(u).UUID) != strings.Repeat("b", size) {
		t.Error("the bytes are not those that were sent")
	}
}

// A confirmation that comes while other bytes go into place waits, and is refused for
// what is there then.
func TestAConfirmationWaitsForTheCopyIntoPlace(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	old := w.putPart(u, 1, "1111")
	copying, goOn := make(chan struct{}), make(chan struct{})
	n := 0
	w.blobs.set(func(b *flakyBlobs) {
		b.onWrite = func() error {
			if n++; n == 2 {
				close(copying)
				<-goOn
			}
			return nil
		}
	})
	again := make(chan answer, 1)
	go func() {
		tag, err := w.tryPart(u, 1, "2222")
		again <- answer{tag, err}
	}()
	<-copying
	confirmed := make(chan answer, 1)
	go func() { confirmed <- answer{"", w.tryConfirm(u, 1, old)} }()
	pending(t, "the confirmation", confirmed)
	ctx, cancel := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer cancel()
	if err := w.engine.ConfirmPart(ctx, w.editor, w.storedUpload(u), 1, old); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a confirmation whose client has gone: %v", err)
	}
	close(goOn)
	w.refused(answered(t, "the confirmation", confirmed).err, ingest.Mismatch, ingest.CodeDigest)
	sent := answered(t, "the part", again)
	w.ok(sent.err)
	w.confirm(u, 1, sent.tag)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "2222")
}
