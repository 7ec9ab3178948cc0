package fsblob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"sluice/internal/ingest"
)

// clock is a time that only moves when it is told to.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// sourceFunc is a reader of a body whose bytes are all the same.
type sourceFunc func(p []byte) (int, error)

func (f sourceFunc) Read(p []byte) (int, error) { return f(p) }

// A body that slows down keeps no big buffers; when it is fast again it gets
// some again.
func TestSlowBodyGivesBigBuffersBack(t *testing.T) {
	var c clock
	s := openStore(t, t.TempDir(), Options{Now: c.now})
	const size, slowAt = 24 << 20, 3 << 20
	var read, keptWhileSlow int
	fastBefore, fastAfter := false, false
	body := sourceFunc(func(p []byte) (int, error) {
		taken := s.buffers.big.taken()
		switch {
		case read < slowAt:
			fastBefore = fastBefore || taken > 0
		case read < slowAt+1<<20:
			c.advance(4 * time.Second)
			if read > slowAt+600<<10 { // a buffer was filled while slow
				keptWhileSlow += taken
			}
		default:
			fastAfter = fastAfter || taken > 0
		}
		if read == size {
			return 0, io.EOF
		}
		n := copy(p, make([]byte, min(100_000, size-read)))
		read += n
		return n, nil
	})
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	w, err := st.Write(ctx(), 0, body, ingest.WriteSpec{})
	if err != nil || w.CRC32C != crcOf(make([]byte, size)) {
		t.Fatalf("Write gave %+v, %v", w, err)
	}
	if !fastBefore || keptWhileSlow != 0 || !fastAfter {
		t.Errorf("big buffers before: %v, while slow: %d, afterwards: %v", fastBefore, keptWhileSlow, fastAfter)
	}
	if _, err := st.Seal(ctx(), size); err != nil {
		t.Fatal(err)
	}
}

// Many more bodies than buffers: all arrive, and memory stays within the budget.
func TestManyBodiesShareFewBuffers(t *testing.T) {
	s := openStore(t, memoryDir(t), Options{BufferBudget: 2 << 20})
	const bodies, size = 48, 3_000_001
	var wg sync.WaitGroup
	for i := range bodies {
		wg.Go(func() {
			data := fill(byte(i), size)
			st := newStage(t, s, ingest.StageID(fmt.Sprint("up-", i)), ingest.StageSpec{OneShot: i%2 == 0, Size: -1})
			var seen bytes.Buffer
			if _, err := st.Write(ctx(), 0, iotest.HalfReader(bytes.NewReader(data)), ingest.WriteSpec{Tee: &seen}); err != nil {
				t.Errorf("body %d: %v", i, err)
				return
			}
			if !bytes.Equal(seen.Bytes(), data) {
				t.Errorf("body %d: tee has other bytes", i)
			}
			ref, err := st.Seal(ctx(), size)
			if err != nil {
				t.Errorf("body %d: %v", i, err)
				return
			}
			checkBlob(t, s, ref.Key, data)
		})
	}
	wg.Wait()
	memory := s.buffers.big.made*s.buffers.big.size + s.buffers.small.made*s.buffers.small.size
	if memory > 2<<20 {
		t.Errorf("%d bytes of buffers were made, the budget is 2 MiB", memory)
	}
}

// Whatever ends a body, nothing stays behind.
func TestNoLeaks(t *testing.T) {
	d := realDisk()
	var failAt atomic.Int64 // countdown of writes
	d.writeAt = func(f *os.File, p []byte, offset int64) (int, error) {
		if failAt.Add(-1) == 0 {
			return 0, syscall.ENOSPC
		}
		return f.WriteAt(p, offset)
	}
	s := openOn(t, t.TempDir(), Options{}, d)
	whole := fill('w', 6<<20)
	errTee := errors.New("tee")
	type call struct {
		ctx  context.Context
		body io.Reader
		spec ingest.WriteSpec
	}
	calls := map[string]func() call{
		"reader fails": func() call {
			return call{ctx(), io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(errTee)), ingest.WriteSpec{}}
		},
		"no progress": func() call {
			return call{ctx(), sourceFunc(func([]byte) (int, error) { return 0, nil }), ingest.WriteSpec{}}
		},
		"impossible read": func() call {
			return call{ctx(), sourceFunc(func(p []byte) (int, error) { return len(p) + 1, nil }), ingest.WriteSpec{}}
		},
		"negative read": func() call {
			return call{ctx(), sourceFunc(func(p []byte) (int, error) { return -1, nil }), ingest.WriteSpec{}}
		},
		"tee fails": func() call {
			n := 0
			return call{ctx(), bytes.NewReader(whole), ingest.WriteSpec{Tee: teeFunc(func(p []byte) (int, error) {
				if n += len(p); n > 2<<20 {
					return 0, errTee
				}
				return len(p), nil
			})}}
		},
		"tee writes short": func() call {
			return call{ctx(), bytes.NewReader(whole), ingest.WriteSpec{Tee: teeFunc(func(p []byte) (int, error) { return len(p) - 1, nil })}}
		},
		"cancelled": func() call {
			ctx, cancel := context.WithCancel(ctx())
			return call{ctx, io.MultiReader(bytes.NewReader(whole), sourceFunc(func(p []byte) (int, error) { cancel(); return 1, nil })), ingest.WriteSpec{}}
		},
		"refused": func() call {
			return call{ctx(), bytes.NewReader(whole), ingest.WriteSpec{Accept: func(ingest.Window) error { return errTee }}}
		},
		"disk full at once":  func() call { failAt.Store(1); return call{ctx(), bytes.NewReader(whole), ingest.WriteSpec{}} },
		"disk full later":    func() call { failAt.Store(6); return call{ctx(), bytes.NewReader(whole), ingest.WriteSpec{}} },
		"disk full at end":   func() call { failAt.Store(13); return call{ctx(), bytes.NewReader(whole), ingest.WriteSpec{}} },
		"unaligned and full": func() call { failAt.Store(7); return call{ctx(), bytes.NewReader(whole[3:]), ingest.WriteSpec{}} },
	}
	for _, oneShot := range []bool{false, true} {
		st := newStage(t, s, "up", ingest.StageSpec{OneShot: oneShot, Size: 1 << 20})
		put(t, newStage(t, s, "warm", ingest.StageSpec{OneShot: true, Size: -1}), 0, nil)
		_, _ = st.Write(ctx(), 0, io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(errTee)), ingest.WriteSpec{})
		before := openFiles(t)
		for name, make := range calls {
			failAt.Store(0)
			c := make()
			if w, err := st.Write(c.ctx, 0, c.body, c.spec); err == nil {
				t.Fatalf("%s: Write gave %+v", name, w)
			}
			failAt.Store(0)
			if ws := windowsOf(t, st); len(ws) != 0 {
				t.Errorf("%s: recorded %+v", name, ws)
			}
			if n := s.buffers.big.taken(); n != 0 {
				t.Errorf("%s: %d big buffers were not given back", name, n)
			}
			if n := s.buffers.large.Load(); n != 0 {
				t.Errorf("%s: %d bodies still count as large", name, n)
			}
		}
		if n := openFiles(t); n > before+1 { // the descriptor for direct writes
			t.Errorf("%d files are open, %d were before", n, before)
		}
		put(t, st, 0, whole)
		ref, err := st.Seal(ctx(), int64(len(whole)))
		if err != nil {
			t.Fatal(err)
		}
		checkBlob(t, s, ref.Key, whole)
	}
}

type teeFunc func(p []byte) (int, error)

func (f teeFunc) Write(p []byte) (int, error) { return f(p) }

// A body that panics, as aborted requests may, leaves its stage usable.
func TestReaderPanics(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		body := io.MultiReader(bytes.NewReader(fill('a', 2<<20)), sourceFunc(func([]byte) (int, error) { panic("aborted") }))
		_, _ = st.Write(ctx(), 0, body, ingest.WriteSpec{})
	}()
	if n := s.buffers.big.taken() + s.buffers.small.taken(); n != 0 {
		t.Errorf("%d buffers were not given back", n)
	}
	put(t, st, 0, fill('b', 1000))
	if _, err := st.Seal(ctx(), 1000); err != nil {
		t.Fatal(err)
	}
}

// Some file systems refuse direct writes; the bytes then go the other way.
func TestDirectWritesRefused(t *testing.T) {
	d := realDisk()
	var refused atomic.Int64
	d.writeAt = func(f *os.File, p []byte, offset int64) (int, error) {
		if isDirect(t, f) {
			refused.Add(1)
			return 0, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.EINVAL}
		}
		return f.WriteAt(p, offset)
	}
	s := openOn(t, t.TempDir(), Options{}, d)
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	data := append(fill('a', 3<<20), fill('b', 1<<20)...)
	put(t, st, 0, data)
	if n := refused.Load(); n > 1 {
		t.Errorf("%d direct writes were tried", n)
	}
	ref, err := st.Seal(ctx(), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	checkBlob(t, s, ref.Key, data)
}

// Large bodies do not go through the page cache, whatever their offset is.
func TestLargeBodiesAreWrittenDirectly(t *testing.T) {
	d := realDisk()
	var direct, plain atomic.Int64
	d.writeAt = func(f *os.File, p []byte, offset int64) (int, error) {
		if isDirect(t, f) {
			direct.Add(int64(len(p)))
		} else {
			plain.Add(int64(len(p)))
		}
		return f.WriteAt(p, offset)
	}
	s := openOn(t, t.TempDir(), Options{}, d)
	if st := newStage(t, s, "probe", ingest.StageSpec{Size: -1}).(*stage); st.part.directFile() == nil {
		t.Skip("this file system does not write directly")
	}
	for _, offset := range []int64{0, 4096, 1, 777_777} {
		st := newStage(t, s, ingest.StageID(fmt.Sprint("up-", offset)), ingest.StageSpec{Size: -1})
		direct.Store(0)
		plain.Store(0)
		data := fill('x', 8<<20)
		put(t, st, offset, data)
		if direct.Load() < 7<<20 || direct.Load()+plain.Load() > 8<<20+recordSize {
			t.Errorf("offset %d: %d bytes directly, %d otherwise", offset, direct.Load(), plain.Load())
		}
		got := make([]byte, len(data))
		if _, err := st.ReadAt(got, offset); err != nil || !bytes.Equal(got, data) {
			t.Errorf("offset %d: other bytes came back (%v)", offset, err)
		}
	}

	// Of a body that is said to be large, the beginning is written directly too.
	st := newStage(t, s, "said", ingest.StageSpec{Size: -1})
	direct.Store(0)
	data := fill('y', surelyLarge)
	if _, err := st.Write(t.Context(), 0, bytes.NewReader(data), ingest.WriteSpec{Length: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	if direct.Load() != int64(len(data)) {
		t.Errorf("%d of %d bytes were written directly", direct.Load(), len(data))
	}
}

// A body says how large it is and may be wrong.
func TestExpectedLengthIsAHint(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	for i, size := range []int{0, 1, 5000, 600_000, 3 << 20} {
		data := fill(byte('a'+i), size)
		st := newStage(t, s, ingest.StageID(fmt.Sprint("hint-", i)), ingest.StageSpec{Size: -1})
		w, err := st.Write(t.Context(), 0, bytes.NewReader(data), ingest.WriteSpec{Length: surelyLarge})
		if err != nil || w.Length != int64(size) || w.CRC32C != crcOf(data) {
			t.Errorf("%d bytes: %+v, %v", size, w, err)
		}
		got := make([]byte, size)
		if _, err := st.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: other bytes came back (%v)", size, err)
		}
	}
}

func TestShareOfBigBuffers(t *testing.T) {
	b := newBuffers(24<<20, 0)
	for bodies, want := range map[int64]int64{0: 4, 1: 4, 4: 4, 5: 3, 8: 2, 18: 2, 19: 1, 100: 1} {
		b.large.Store(bodies)
		if got := b.share(); got != want {
			t.Errorf("%d bodies: %d each, want %d", bodies, got, want)
		}
	}
}

// When all shared buffers are taken, small files still arrive, in segments if
// they fit a tiny buffer.
func TestTinyBuffers(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	var all []*buffer
	for b := s.buffers.small.try(); b != nil; b = s.buffers.small.try() {
		all = append(all, b)
	}
	for i, size := range []int{0, 100, tinyBuffer - headerSize - 1, tinyBuffer, 50_000, 500_000} {
		data := fill(byte(i), size)
		checkBlob(t, s, store(t, s, ingest.StageID(fmt.Sprint(i)), data), data)
	}
	for _, b := range all {
		b.put()
	}
}
