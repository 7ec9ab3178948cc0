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
