package engine_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// digesting opens an upload whose SHA-1 is computed while it comes, or its SHA-256.
func (w *world) digesting(name string, size int64, sha1 bool) *ingest.Upload {
	w.t.Helper()
	spec := w.begin("")
	spec.FileName, spec.Size, spec.Options.SHA1 = name, size, sha1
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	return u
}

func sum1(s string) []byte {
	sum := sha1.Sum([]byte(s))
	return sum[:]
}

// blobOf returns what is recorded of the current bytes of an asset.
func (w *world) blobOf(a *ingest.Asset) (ref ingest.BlobRef) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		fresh, err := tx.Asset(a.Number)
		if err != nil {
			return err
		}
		v, err := tx.Version(fresh.Version)
		if err == nil {
			ref = v.Blob
		}
		return err
	})
	return ref
}

// holds fails the test unless an asset has the bytes and a digest of them, and no
// wrong one.
func (w *world) holds(a *ingest.Asset, want string) {
	w.t.Helper()
	if got := w.read(a.UUID); got != want {
		w.t.Fatalf("the %d stored bytes are not the %d that were sent", len(got), len(want))
	}
	ref := w.blobOf(a)
	if ref.SHA256 == nil && ref.SHA1 == nil {
		w.t.Fatalf("no digest")
	}
	if ref.SHA256 != nil && (!bytes.Equal(ref.SHA256, sha(want)) || !bytes.Equal(w.stored(a).SHA256, sha(want))) {
		w.t.Fatalf("SHA-256 %x, want %x", ref.SHA256, sha(want))
	}
	if ref.SHA1 != nil && !bytes.Equal(ref.SHA1, sum1(want)) {
		w.t.Fatalf("SHA-1 %x, want %x", ref.SHA1, sum1(want))
	}
}

// noise is bytes without a period.
func noise(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.UintN(256))
	}
	return string(b)
}

// eventually waits for what a goroutine beside the test brings about.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	for range 6000 {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.t.Fatalf("%s never came", what)
}

// bytesRead is how much of stages was read back so far.
func (w *world) bytesRead() (n int64) {
	w.blobs.set(func(b *flakyBlobs) { n = b.read })
	return n
}

func TestDigestsOfWindowsInAnyOrder(t *testing.T) {
	const parts, size = 24, 50_000
	body := noise(parts * size)
	orders := map[string]func(i int) int{
		"in order":  func(i int) int { return i },
		"reversed":  func(i int) int { return parts - 1 - i },
		"evens":     func(i int) int { return i*2%parts + i*2/parts },
		"scattered": func(i int) int { return i * 7 % parts },
	}
	for name, order := range orders {
		for _, reboots := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reboot %v", name, reboots), func(t *testing.T) {
				w := newWorld(t)
				for _, sha1 := range []bool{false, true} {
					u := w.digesting(fmt.Sprintf("u%v.xml", sha1), int64(len(body)), sha1)
					for i := range parts {
						if reboots && i == parts/2 {
							w.reboot()
						}
						at := order(i) * size
						w.write(u, int64(at), body[at:at+size])
					}
					w.holds(w.finish(u), body)
				}
			})
		}
	}
}

// Writers that overlap, rewrite and break off, all at once: each byte has one value
// only, so what is stored is known whoever comes last.
func TestDigestsUnderParallelWriters(t *testing.T) {
	const size, writers, each = 400_000, 8, 24
	body := noise(size)
	for _, reboots := range []bool{false, true} {
		t.Run(fmt.Sprintf("reboot %v", reboots), func(t *testing.T) {
			w := newWorld(t)
			u := w.digesting("u.xml", size, reboots)
			work := func(seed uint64) {
				var wg sync.WaitGroup
				for n := range writers {
					wg.Go(func() {
						r := rand.New(rand.NewPCG(seed, uint64(n)))
						for range each {
							at := r.IntN(size)
							end := min(size, at+1+r.IntN(40_000))
							broken := r.IntN(4) == 0
							_, err := w.engine.Write(w.ctx, w.editor, u.UUID, int64(at), &brokenReader{text: body[at:end], end: !broken},
								engine.WriteSpec{KeepPartial: r.IntN(2) == 0})
							if broken != errors.Is(err, errBroken) || !broken && err != nil {
								t.Errorf("writing: %v", err)
							}
						}
					})
				}
				wg.Wait()
			}
			work(1)
			if reboots {
				w.reboot()
			}
			work(2)
			for at := 0; at < size; at += size / 8 {
				w.write(u, int64(at), body[at:at+size/8])
			}
			w.holds(w.finish(u), body)
		})
	}
}

// Writers of different bytes for the same ranges: whoever wins, the digests are those
// of what is stored.
func TestDigestsOfContestedBytes(t *testing.T) {
	const size, writers = 200_000, 8
	w := newWorld(t)
	for round := range 10 {
		u := w.digesting(fmt.Sprintf("u%d.xml", round), size, round%2 == 0)
		w.write(u, 0, strings.Repeat("-", size))
		var wg sync.WaitGroup
		for n := range writers {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(round), uint64(n)))
				for range 10 {
					at := r.IntN(8) * size / 8
					w.engine.Write(w.ctx, w.editor, u.UUID, int64(at), strings.NewReader(strings.Repeat(string(rune('a'+n)), size/8)), engine.WriteSpec{})
				}
			})
		}
		wg.Wait()
		a := w.finish(u)
		w.holds(a, w.read(a.UUID))
	}
}

func TestDigestsOfBrokenOffWindows(t *testing.T) {
	w := newWorld(t)
	for i, keep := range []bool{false, true, false, true} {
		u := w.digesting(fmt.Sprintf("u%d.xml", i), 9, i < 2)
		spec := engine.WriteSpec{KeepPartial: keep}
		for _, at := range []int64{0, 3, 6} {
			_, err := w.engine.Write(w.ctx, w.editor, u.UUID, at, &brokenReader{text: "xx"}, spec)
			if !errors.Is(err, errBroken) {
				t.Fatalf("a broken body: %v", err)
			}
		}
		w.write(u, 6, "ghi")
		_, err := w.engine.Write(w.ctx, w.editor, u.UUID, 6, &brokenReader{text: "yy"}, spec)
		if !errors.Is(err, errBroken) {
			t.Fatalf("a broken body: %v", err)
		}
		w.write(u, 0, "abc")
		w.write(u, 3, "def")
		w.write(u, 6, "ghi")
		w.holds(w.finish(u), "abcdefghi")
	}
}

// Chunks in order whose writers overtake each other a little are read back once at
// most, most of them not at all, and nothing is left to be read at the end.
func TestDigestsFollowChunksInParallel(t *testing.T) {
	const chunk, parts = 256 << 10, 32
	body := noise(chunk * parts)
	w := newWorld(t)
	u := w.digesting("u.xml", int64(len(body)), true)
	next := make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range next {
				if err := w.tryWrite(u, int64(i*chunk), body[i*chunk:(i+1)*chunk]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range parts - 1 {
		next <- i
	}
	close(next)
	wg.Wait()
	// The follower comes to rest: nothing more is read.
	for before := int64(-1); before != w.bytesRead(); time.Sleep(50 * time.Millisecond) {
		before = w.bytesRead()
	}
	before := w.bytesRead()
	if before > int64(len(body)) {
		t.Errorf("%d of %d bytes were read while they came", before, len(body))
	}
	last := (parts - 1) * chunk
	w.write(u, int64(last), body[last:])
	a := w.finish(u)
	if read := w.bytesRead() - before; read > 2*chunk {
		t.Errorf("%d of %d bytes were read again after the last write", read, len(body))
	}
	w.holds(a, body)
}

// Windows that came before their time are read once, as soon as those before them are
// there; in order nothing is.
func TestDigestsReadWhatCameEarlyOnce(t *testing.T) {
	const chunk = 100_000
	body := noise(5 * chunk)
	w := newWorld(t)
	u := w.digesting("u.xml", int64(len(body)), true)
	write := func(i int) { w.write(u, int64(i*chunk), body[i*chunk:(i+1)*chunk]) }
	write(2)
	write(1)
	same(t, "read before the start is there", w.bytesRead(), int64(0))
	write(0)
	w.eventually("the digest of what came early", func() bool { return w.bytesRead() == 2*chunk })
	w.eventually("rest", func() bool { // the next window finds the digests where it begins
		before := w.bytesRead()
		write(3)
		write(4)
		return w.bytesRead() == before
	})
	before := w.bytesRead()
	a := w.finish(u)
	w.holds(a, body)
	if read := w.bytesRead() - before; read > int64(len(body)) {
		t.Errorf("%d bytes were read", read)
	}

	v := w.digesting("v.xml", int64(len(body)), false)
	u, before = v, w.bytesRead()
	for i := range 5 {
		write(i)
	}
	a = w.finish(v)
	if read := w.bytesRead() - before; read > chunk {
		t.Errorf("%d bytes were read of windows in order", read)
	}
	w.holds(a, body)
}

// held is a follower that is kept from reading, or from going on with what it read.
type held struct {
	reading, let chan struct{}
	once         sync.Once
}

func (w *world) holdReads(after bool) *held {
	h := &held{reading: make(chan struct{}), let: make(chan struct{})}
	stop := func() {
		h.once.Do(func() { close(h.reading) })
		<-h.let
	}
	w.blobs.set(func(b *flakyBlobs) {
		if after {
			b.hasRead = stop
			return
		}
		b.onRead = func() error { stop(); return nil }
	})
	return h
}

// What happens while windows are being read for the digests.
func TestDigestsWhileTheFollowerReads(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(w *world, u *ingest.Upload)
		want      string
	}{
		"nothing":              {func(*world, *ingest.Upload) {}, "abcdef"},
		"what it reads":        {func(w *world, u *ingest.Upload) { w.write(u, 3, "DE") }, "abcDEf"},
		"what it has read":     {func(w *world, u *ingest.Upload) { w.write(u, 1, "B") }, "aBcdef"},
		"the same again":       {func(w *world, u *ingest.Upload) { w.write(u, 2, "cdef") }, "abcdef"},
		"what comes behind it": {func(w *world, u *ingest.Upload) { w.write(u, 6, "ghi") }, "abcdefghi"},
		"something broken": {func(w *world, u *ingest.Upload) {
			w.engine.Write(w.ctx, w.editor, u.UUID, 3, &brokenReader{text: "xx"}, engine.WriteSpec{})
			w.write(u, 3, "def")
		}, "abcdef"},
	}
	for name, tt := range tests {
		for bits := range 4 {
			finishes, after := bits&1 != 0, bits&2 != 0
			t.Run(fmt.Sprintf("%s, finishing %v, after reading %v", name, finishes, after), func(t *testing.T) {
				w := newWorld(t)
				u := w.digesting("u.xml", -1, finishes)
				h := w.holdReads(after)
				w.write(u, 2, "cdef")
				w.write(u, 0, "ab")
				<-h.reading
				tt.meanwhile(w, u)
				if !finishes {
					close(h.let)
					w.holds(w.finish(u), tt.want)
					return
				}
				done := make(chan *ingest.Asset)
				go func() {
					a, err := w.tryFinish(u)
					if err != nil {
						t.Error(err)
					}
					done <- a
				}()
				close(h.let)
				if a := <-done; a != nil {
					w.holds(a, tt.want)
				}
			})
		}
	}
}

// A follower that cannot read leaves the digests to Finish.
func TestDigestsWhenTheFollowerFails(t *testing.T) {
	w := newWorld(t)
	u := w.digesting("u.xml", 6, true)
	failed := make(chan struct{}, 10)
	w.blobs.set(func(b *flakyBlobs) { b.onRead = func() error { failed <- struct{}{}; return errDisk } })
	w.write(u, 2, "cdef")
	w.write(u, 0, "ab")
	<-failed
	_, err := w.tryFinish(u)
	if !errors.Is(err, errDisk) {
		t.Fatalf("finishing unreadable bytes: %v", err)
	}
	same(t, "state", w.storedUpload(u).State, ingest.UploadOpen)
	w.blobs.set(func(b *flakyBlobs) { b.onRead = nil })
	w.holds(w.finish(u), "abcdef")
}

// An upload that ends while its bytes are being read.
func TestAnUploadIsAbortedWhileTheFollowerReads(t *testing.T) {
	w := newWorld(t)
	u := w.digesting("u.xml", 6, true)
	h := w.holdReads(false)
	w.write(u, 2, "cdef")
	w.write(u, 0, "ab")
	<-h.reading
	w.ok(w.engine.Abort(w.ctx, w.editor, u.UUID))
	close(h.let)
	w.blobs.set(func(b *flakyBlobs) { b.onRead = nil })
	same(t, "stages", w.stageCount(), 0)
	again := w.digesting("u.xml", 6, true)
	w.write(again, 0, "abcdef")
	w.holds(w.finish(again), "abcdef")
}

func TestAPromisedSHA1(t *testing.T) {
	for _, reboots := range []bool{false, true} {
		t.Run(fmt.Sprintf("reboot %v", reboots), func(t *testing.T) {
			w := newWorld(t)
			u := w.digesting("u.xml", 6, true)
			promise := engine.FinishSpec{Size: 6, SHA1: sum1("abcdef"), SHA256: sha("abcdef")}
			w.write(u, 3, "def")
			w.write(u, 0, "abX")
			for range 2 {
				_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, promise)
				w.refused(err, ingest.Mismatch, ingest.CodeDigest)
			}
			_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1, SHA1: sum1("abcdef")})
			w.refused(err, ingest.Mismatch, ingest.CodeDigest)
			if !strings.Contains(ingest.Message(err), "SHA-1") {
				t.Errorf("message %q", ingest.Message(err))
			}
			if w.storedUpload(u).State != ingest.UploadOpen || w.windows(u) != "0+6" {
				t.Fatalf("the upload is %s with %q", w.storedUpload(u).State, w.windows(u))
			}
			if reboots {
				w.reboot()
			}
			w.write(u, 2, "c")
			a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, promise)
			w.ok(err)
			w.holds(a, "abcdef")
		})
	}
}

// A promise counts for uploads that do not ask for the digest otherwise, too.
func TestAPromisedSHA1OfAnyUpload(t *testing.T) {
	for _, deferred := range []bool{false, true} {
		t.Run(fmt.Sprintf("deferred %v", deferred), func(t *testing.T) {
			w := newWorld(t, func(c *engine.Config) { c.DeferDigest = deferred })
			u := w.begun("u.xml", 6)
			w.write(u, 0, "abcdef")
			_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1, SHA1: sum1("other")})
			w.refused(err, ingest.Mismatch, ingest.CodeDigest)
			a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1, SHA1: sum1("abcdef")})
			w.ok(err)
			same(t, "bytes", w.read(a.UUID), "abcdef")
		})
	}
}

// With digests put off, SHA-1 alone follows the bytes, unless the other is promised.
func TestDigestsPutOff(t *testing.T) {
	for _, promised := range []bool{false, true} {
		t.Run(fmt.Sprintf("promised %v", promised), func(t *testing.T) {
			w := newWorld(t, func(c *engine.Config) { c.DeferDigest = true })
			u := w.digesting("u.xml", 6, true)
			w.write(u, 4, "ef")
			w.write(u, 0, "ab")
			w.write(u, 2, "cd")
			spec := engine.FinishSpec{Size: -1, SHA1: sum1("abcdef")}
			if promised {
				spec.SHA256 = sha("other")
				_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, spec)
				w.refused(err, ingest.Mismatch, ingest.CodeDigest)
				spec.SHA256 = sha("abcdef")
			}
			a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, spec)
			w.ok(err)
			if !promised {
				if ref := w.blobOf(a); ref.SHA256 != nil || !bytes.Equal(ref.SHA1, sum1("abcdef")) {
					t.Errorf("digests %x, %x", ref.SHA256, ref.SHA1)
				}
				tasks := w.claim()
				if len(tasks) != 1 || tasks[0].Kind != ingest.TaskDigest {
					t.Fatalf("tasks %+v", tasks)
				}
				w.ok(w.engine.CompleteTask(w.ctx, tasks[0], engine.TaskResult{SHA256: sha("abcdef")}))
			}
			w.holds(a, "abcdef")
		})
	}
}

// Random windows against a slice of bytes: in any order, rewritten, broken off, at
// once, over reboots, and with promises that do not hold.
func TestDigestModel(t *testing.T) {
	dir := tempDir(t)
	t.Parallel()
	w := openWorld(t, dir)
	t.Cleanup(w.close)
	serial := 0
	rapid.Check(t, func(rt *rapid.T) {
		serial++
		const most = 64
		u := w.digesting(fmt.Sprintf("m%d.xml", serial), -1, rapid.Bool().Draw(rt, "sha1"))
		var have [most]bool
		body := make([]byte, most)
		put := func(at int, text string) {
			for i := range len(text) {
				body[at+i], have[at+i] = text[i], true
			}
		}
		letter := byte(0)
		text := func(n int) string {
			letter++
			return strings.Repeat(string('a'+rune(letter%26)), n)
		}
		window := func(label string) (at int, s string) {
			at = rapid.IntRange(0, most-1).Draw(rt, label+" at")
			return at, text(rapid.IntRange(1, most-at).Draw(rt, label+" length"))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(*rapid.T) {
				at, s := window("window")
				w.write(u, int64(at), s)
				put(at, s)
			},
			"next": func(*rapid.T) {
				at := 0
				for at < most && have[at] {
					at++
				}
				s := text(min(8, most-at))
				w.write(u, int64(at), s)
				put(at, s)
			},
			"two at once": func(*rapid.T) {
				at := rapid.IntRange(0, most-2).Draw(rt, "from")
				middle := rapid.IntRange(at+1, most-1).Draw(rt, "middle")
				end := rapid.IntRange(middle+1, most).Draw(rt, "to")
				a, b := text(middle-at), text(end-middle)
				var wg sync.WaitGroup
				var second error
				wg.Go(func() { second = w.tryWrite(u, int64(middle), b) })
				first := w.tryWrite(u, int64(at), a)
				wg.Wait()
				if err := errors.Join(first, second); err != nil {
					rt.Fatal(err)
				}
				put(at, a)
				put(middle, b)
			},
			"break off": func(*rapid.T) {
				at, s := window("broken")
				w.engine.Write(w.ctx, w.editor, u.UUID, int64(at), &brokenReader{text: s}, engine.WriteSpec{})
				// What had arrived there may be lost; the client sends it again.
				again := text(len(s))
				w.write(u, int64(at), again)
				put(at, again)
			},
			"reboot": func(*rapid.T) { w.reboot() },
			"promise": func(*rapid.T) {
				_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1, SHA1: sum1("never")})
				if kind := ingest.KindOf(err); err == nil || kind != ingest.Mismatch && kind != ingest.Conflict {
					rt.Fatalf("a promise that does not hold: %v", err)
				}
			},
		})
		end := most
		for end > 0 && !have[end-1] {
			end--
		}
		for at := range end {
			if !have[at] {
				body[at] = text(1)[0]
			}
		}
		// As clients do: what is missing is sent, also what a rewrite beside it cost.
		status, err := w.engine.Status(w.ctx, w.editor, u.UUID)
		w.ok(err)
		from := int64(0)
		for _, win := range append(status.Windows, ingest.Window{Offset: int64(end)}) {
			if win.Offset > from {
				w.write(u, from, string(body[from:win.Offset]))
			}
			from = win.End()
		}
		want := string(body[:end])
		a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: int64(end), SHA1: sum1(want), SHA256: sha(want)})
		if err != nil {
			rt.Fatalf("finishing: %v", err)
		}
		w.holds(a, want)
	})
}
