package engine_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
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

// The second of two that send a part waits for the first as long as its bytes come.
func TestTwoSendOnePart(t *testing.T) {
	for name, end := range map[string]error{"the first is whole": nil, "the first breaks off": errBroken} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.parted(8, 4)
			stopped := make(chan struct{}, 100)
			body, second := newPipe(), newPipe()
			first := w.sending(u, 1, body, func() { stopped <- struct{}{} })
			body.give("11")
			again := w.sending(u, 1, second, nil)
			second.give("2222")
			second.end(nil)
			pending(t, "the second", again)
			for range 3 { // slow, but it moves
				w.clock.move(1900 * time.Millisecond)
				body.give("")
				pending(t, "the second", again)
			}
			body.give("1")
			if end == nil {
				body.give("1")
			}
			body.end(end)
			one, two := answered(t, "the first", first), answered(t, "the second", again)
			if !errors.Is(one.err, end) {
				t.Errorf("the first: %v", one.err)
			}
			w.ok(two.err)
			same(t, "stops of a writer that moved", len(stopped), 0)
			if end == nil {
				w.refused(w.tryConfirm(u, 1, one.tag), ingest.Mismatch, ingest.CodeDigest)
			}
			w.confirm(u, 1, two.tag)
			w.confirm(u, 2, w.putPart(u, 2, "3333"))
			same(t, "stages", w.stageCount(), 1)
			same(t, "bytes", w.read(w.finishParts(u).UUID), "22223333")
		})
	}
}

// A first writer whose bytes do not come is stopped within seconds.
func TestAStalledWriterGivesWay(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	body, second := newPipe(), newPipe()
	first := w.sending(u, 1, body, func() { body.end(errBroken) })
	body.give("11")
	again := w.sending(u, 1, second, nil)
	second.give("2222")
	second.end(nil)
	pending(t, "the second", again)
	w.clock.move(2100 * time.Millisecond)
	began := time.Now()
	one, two := answered(t, "the first", first), answered(t, "the second", again)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	if !errors.Is(one.err, errBroken) {
		t.Errorf("the first: %v", one.err)
	}
	w.ok(two.err)
	w.confirm(u, 1, two.tag)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "2222")
}

// A writer that waits for the disk and not for its client is not stopped.
func TestAWriterThatHasItsBytesIsNotStopped(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	checking, goOn := make(chan struct{}), make(chan struct{})
	stopped := make(chan struct{}, 100)
	first := make(chan error, 1)
	go func() {
		_, err := w.tryPart(u, 1, "1111", func(s *engine.PartSpec) {
			s.Stop = func() { stopped <- struct{}{} }
			s.Check = func() error { close(checking); <-goOn; return nil }
		})
		first <- err
	}()
	<-checking
	second := newPipe()
	again := w.sending(u, 1, second, nil)
	second.give("1111")
	second.end(nil)
	w.clock.move(time.Minute)
	pending(t, "the second", again)
	close(goOn)
	w.ok(<-first)
	w.ok(answered(t, "the second", again).err)
	same(t, "stops", len(stopped), 0)
}

// Nobody waits for a writer longer than its own client does.
func TestASecondWriterGivesUp(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	body := newPipe()
	first := w.sending(u, 1, body, nil)
	body.give("11")
	ctx, cancel := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer cancel()
	_, err := w.engine.WritePart(ctx, w.editor, u, 1, engine.PartSpec{Body: strings.NewReader("2222"), Length: 4})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	same(t, "stages", w.stageCount(), 1)
	body.give("11")
	body.end(nil)
	w.ok(answered(t, "the first", first).err)
	same(t, "parts", w.parts(u), "r")
}

// Of many who send one part at once, the bytes of one are there, and its tag is the
// one that counts.
func TestManySendOnePart(t *testing.T) {
	w := newWorld(t)
	const senders, size = 12, 100_000
	u := w.parted(2*size, size)
	w.putPart(u, 2, strings.Repeat("z", size))
	var mu sync.Mutex
	tags := map[byte]engine.PartTag{}
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			c := byte('a' + i)
			tag, err := w.tryPart(u, 1, strings.Repeat(string(c), size), func(s *engine.PartSpec) {
				s.Body = io.MultiReader(s.Body) // no shortcuts
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%c: %v", c, err)
			}
			tags[c] = tag
		})
	}
	wg.Wait()
	good := byte(0)
	for c, tag := range tags {
		if w.tryConfirm(u, 1, tag) == nil {
			if good != 0 {
				t.Errorf("the tags of %c and %c both count", good, c)
			}
			good = c
		}
	}
	w.confirm(u, 2, w.putPart(u, 2, strings.Repeat("z", size)))
	if got := w.read(w.finishParts(u).UUID); got != strings.Repeat(string(good), size)+strings.Repeat("z", size) {
		t.Errorf("the bytes begin with %q, those of %c were confirmed", got[:1], good)
	}
	same(t, "stages", w.stageCount(), 0)
}

// A confirmation never counts for bytes that came after those it names.
func TestConfirmationsBesideOtherBytes(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	current := w.putPart(u, 1, "0000")
	for i := range 40 {
		body := strings.Repeat(string(rune('a'+i%20)), 4)
		var wg sync.WaitGroup
		var next engine.PartTag
		wg.Go(func() { next = w.putPart(u, 1, body) })
		wg.Go(func() { _ = w.tryConfirm(u, 1, current) })
		wg.Wait()
		if next != current && w.parts(u) == "c" {
			t.Fatalf("round %d: the bytes %q are confirmed by the tag of those before", i, body)
		}
		current = next
	}
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
