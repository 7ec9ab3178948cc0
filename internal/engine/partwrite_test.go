package engine_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func ofLength(n int64) func(*engine.PartSpec) { return func(s *engine.PartSpec) { s.Length = n } }

func from(r io.Reader) func(*engine.PartSpec) { return func(s *engine.PartSpec) { s.Body = r } }

var errSum = errors.New("the checksum differs")

func refusing(s *engine.PartSpec) { s.Check = func() error { return errSum } }

// broken is a body that breaks off after some bytes.
func broken(text string) func(*engine.PartSpec) {
	return func(s *engine.PartSpec) { s.Body, s.Length = &brokenReader{text: text}, 4 }
}

// A part that is refused counts for nothing, whether it is the first one or not: what
// was there stays, with its confirmation.
func TestAPartThatIsRefused(t *testing.T) {
	tests := map[string]struct {
		n       int
		body    string
		spec    []func(*engine.PartSpec)
		kind    ingest.Kind
		wrapped error
	}{
		"short":                       {2, "bbb", []func(*engine.PartSpec){ofLength(-1)}, ingest.Mismatch, nil},
		"empty":                       {2, "", []func(*engine.PartSpec){ofLength(-1)}, ingest.Mismatch, nil},
		"long":                        {2, "bbbbb", []func(*engine.PartSpec){ofLength(-1)}, ingest.Mismatch, nil},
		"very long":                   {2, strings.Repeat("b", 1<<20), []func(*engine.PartSpec){ofLength(-1)}, ingest.Mismatch, nil},
		"said to be short":            {2, "bbbb", []func(*engine.PartSpec){ofLength(3)}, ingest.Mismatch, nil},
		"said to be long":             {2, "bbbb", []func(*engine.PartSpec){ofLength(5)}, ingest.Mismatch, nil},
		"said to be right, but short": {2, "bbb", []func(*engine.PartSpec){ofLength(4)}, ingest.Mismatch, nil},
		"said to be right, but long":  {2, "bbbbb", []func(*engine.PartSpec){ofLength(4)}, ingest.Mismatch, nil},
		"the last, of full length":    {3, "cccc", nil, ingest.Mismatch, nil},
		"of another checksum":         {2, "bbbb", []func(*engine.PartSpec){refusing}, ingest.Internal, errSum},
		"broken off":                  {2, "", []func(*engine.PartSpec){broken("bb")}, ingest.Internal, errBroken},
		"broken off at its end":       {2, "", []func(*engine.PartSpec){broken("bbbb")}, ingest.Internal, errBroken},
		"broken off at once":          {2, "", []func(*engine.PartSpec){broken("")}, ingest.Internal, errBroken},
		"number 0":                    {0, "bbbb", nil, ingest.NotFound, nil},
		"number 4":                    {4, "bbbb", nil, ingest.NotFound, nil},
		"number -1":                   {-1, "bbbb", nil, ingest.NotFound, nil},
	}
	for name, tt := range tests {
		for _, there := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " again"}[there], func(t *testing.T) {
				w := newWorld(t)
				u := w.parted(10, 4)
				w.sendParts(u, "1111")
				before := "c--"
				if there {
					w.sendParts(u, "1111", "2222", "33")
					before = "ccc"
				}
				_, err := w.tryPart(u, tt.n, tt.body, tt.spec...)
				if tt.wrapped != nil && !errors.Is(err, tt.wrapped) {
					t.Errorf("error %v, want %v", err, tt.wrapped)
				}
				if err == nil || ingest.KindOf(err) != tt.kind {
					t.Errorf("error %v, want %v", err, tt.kind)
				}
				same(t, "parts", w.parts(u), before)
				same(t, "stages", w.stageCount(), 1)
				if !there {
					w.sendParts(u, "1111", "2222", "33")
				}
				same(t, "bytes", w.read(w.finishParts(u).UUID), "1111222233")
			})
		}
	}
}

func TestAPartOfUnknownLength(t *testing.T) {
	w := newWorld(t)
	u := w.parted(10, 4)
	for n, body := range []string{"1111", "2222", "33"} {
		tag, err := w.tryPart(u, n+1, body, ofLength(-1))
		w.ok(err)
		w.confirm(u, n+1, tag)
	}
	same(t, "bytes", w.read(w.finishParts(u).UUID), "1111222233")
}

func TestACheckIsAskedOnceAllBytesHaveCome(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	for _, body := range []string{"1111", "2222"} { // in place, and aside
		r, asked := strings.NewReader(body), 0
		_, err := w.tryPart(u, 1, body, from(r), func(s *engine.PartSpec) {
			s.Check = func() error {
				asked++
				if r.Len() != 0 {
					t.Errorf("%d bytes are left", r.Len())
				}
				return nil
			}
		})
		w.ok(err)
		same(t, "asked", asked, 1)
	}
}

// An upload that is over takes no parts, also from callers who looked it up before,
// and nothing is left of what they send.
func TestAPartOfAnUploadThatIsOver(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(*world, *ingest.Upload)
		kind ingest.Kind
	}{
		"aborted":  {func(w *world, u *ingest.Upload) { w.ok(w.engine.Abort(w.ctx, w.editor, u.UUID)) }, ingest.Gone},
		"expired":  {func(w *world, _ *ingest.Upload) { w.clock.move(8 * 24 * 3600e9); w.ok(w.engine.Tick(w.ctx)) }, ingest.Gone},
		"finished": {func(w *world, u *ingest.Upload) { w.finishParts(u) }, ingest.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.parted(4, 4)
			tag := w.sendParts(u, "1234")[0]
			tt.end(w, u)
			for _, looked := range []*ingest.Upload{u, w.storedUpload(u)} {
				_, err := w.tryPart(looked, 1, "5678")
				w.refused(err, tt.kind, "")
			}
			same(t, "stages", w.stageCount(), 0)
			err := w.tryConfirm(u, 1, tag)
			if name == "finished" {
				w.ok(err)
			} else {
				w.refused(err, ingest.Gone, "")
			}
		})
	}
}

// What ends an upload while a part comes is what its sender is told.
func TestAnUploadEndsWhileAPartComes(t *testing.T) {
	for _, again := range []bool{false, true} {
		w := newWorldIn(t)
		u := w.parted(8, 4)
		if again {
			w.putPart(u, 1, "0000")
		}
		body := newPipe()
		answer := w.sending(u, 1, body, nil)
		body.give("11")
		w.ok(w.engine.Abort(w.ctx, w.editor, u.UUID))
		body.give("22")
		body.end(nil)
		w.refused((<-answer).err, ingest.Gone, "")
		same(t, "stages", w.stageCount(), 0)
		w.close()
	}
}

func TestWhoMaySendParts(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	for name, p := range map[string]ingest.Principal{
		"colleague": w.colleague, "boss": w.boss, "publisher": w.publisher, "viewer": w.viewer,
		"outsider": w.outsider, "stranger": w.stranger, "anonymous": w.anonymous,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.engine.WritePart(w.ctx, p, u, 1, engine.PartSpec{Body: strings.NewReader("1234"), Length: 4})
			w.refused(err, ingest.NotFound, "")
			w.refused(w.engine.ConfirmPart(w.ctx, p, w.storedUpload(u), 1, "x"), ingest.NotFound, "")
			_, _, err = w.engine.FinishParts(w.ctx, p, u.UUID)
			w.refused(err, ingest.NotFound, "")
		})
	}
	same(t, "parts", w.parts(u), "-")
}

// A part puts off the expiry of its upload, and so does a confirmation.
func TestPartsPutOffTheExpiry(t *testing.T) {
	w := newWorld(t)
	u := w.parted(8, 4)
	began := u.Touched
	w.clock.move(2 * 3600e9)
	tag := w.putPart(u, 1, "1111")
	if got := w.storedUpload(u); got.Touched.Sub(began) != 2*3600e9 || got.Expires.Sub(u.Expires) != 2*3600e9 {
		t.Errorf("touched %s, expires %s", got.Touched, got.Expires)
	}
	w.clock.move(90e9)
	w.confirm(u, 1, tag)
	if got := w.storedUpload(u); got.Touched.Sub(began) != 2*3600e9+90e9 {
		t.Errorf("touched %s", got.Touched)
	}
	same(t, "parts", w.parts(u), "c-")
}

// Disks that fail leave what was there, and the part can be sent again.
func TestAPartThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	tag := w.sendParts(u, "1111")[0]
	fails := 0
	w.blobs.set(func(b *flakyBlobs) {
		b.onWrite = func() error {
			if fails--; fails == 0 {
				return errDisk
			}
			return nil
		}
	})
	fails = 1 // the one aside
	_, err := w.tryPart(u, 1, "2222")
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	same(t, "parts", w.parts(u), "c")
	fails = 2 // the one in place
	_, err = w.tryPart(u, 1, "2222")
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	same(t, "parts", w.parts(u), "r")
	same(t, "stages", w.stageCount(), 1)
	w.confirm(u, 1, tag) // the old bytes are whole
	w.sendParts(u, "3333")
	same(t, "bytes", w.read(w.finishParts(u).UUID), "3333")
}

func TestAPartNeedsTheStore(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	tag := w.sendParts(u, "1111")[0]
	w.db.faults(func() error { return errDisk }, nil)
	_, err := w.tryPart(u, 1, "2222")
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	w.db.faults(nil, nil)
	same(t, "parts", w.parts(u), "c")
	w.confirm(u, 1, tag)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	if _, err := w.engine.WritePart(ctx, w.editor, u, 1, engine.PartSpec{Body: strings.NewReader("2222"), Length: 4}); err == nil {
		t.Error("no error")
	}
	same(t, "bytes", w.read(w.finishParts(u).UUID), "1111")
}
