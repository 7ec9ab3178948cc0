// Package blobtest holds the tests that every implementation of ingest.Blobs
// must pass. They assert what the port promises and nothing that only one
// implementation does: of a window that was overwritten in part, for instance,
// the rest may be kept or dropped, but what is reported must be true.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// Options describe an implementation to the suite.
type Options struct {
	// Reopen returns a new store on the storage of an old one, as after the old
	// one's process was killed: the old one is not closed by the suite, and Reopen
	// must not let it finish anything. It is required.
	Reopen func(t testing.TB, old ingest.Blobs) ingest.Blobs
}

// Test runs the whole suite. Each call of open returns a store on new, empty
// storage and arranges with t that it is closed.
func Test(t *testing.T, open func(t testing.TB) ingest.Blobs, opts Options) {
	if opts.Reopen == nil {
		t.Fatal("blobtest: Options.Reopen is missing")
	}
	s := suite{open: open, reopen: opts.Reopen}
	for _, c := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"OneShot", s.oneShot},
		{"OneShotRefusals", s.oneShotRefusals},
		{"OneShotDoesNotSurvive", s.oneShotDoesNotSurvive},
		{"WindowsInAnyOrder", s.windowsInAnyOrder},
		{"Rewrite", s.rewrite},
		{"Accept", s.accept},
		{"ReaderFails", s.readerFails},
		{"Cancel", s.cancel},
		{"Tee", s.tee},
		{"OverlappingWritersWait", s.overlappingWritersWait},
		{"OverlappingWritersDoNotMix", s.overlappingWritersDoNotMix},
		{"ParallelWindows", s.parallelWindows},
		{"SealTwice", s.sealTwice},
		{"SealedStageIsClosed", s.sealedStageIsClosed},
		{"Discard", s.discard},
		{"Listing", s.listing},
		{"UnknownNames", s.unknownNames},
		{"ReadersOutliveDelete", s.readersOutliveDelete},
		{"Crash", s.crash},
		{"Model", s.model},
	} {
		t.Run(c.name, c.run)
	}
}

// reporter is what checks need of a test, be it the whole or a rapid one.
type reporter interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

type suite struct {
	open   func(testing.TB) ingest.Blobs
	reopen func(testing.TB, ingest.Blobs) ingest.Blobs
}

// newID returns a stage id like those of the engine: later ones sort behind.
func newID() ingest.StageID {
	return ingest.StageID(id.New())
}

// noise returns n bytes that differ for every seed.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	p := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(p)
	return p
}

func crc(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }

// jerky reads like a socket: sometimes much, sometimes little.
func jerky(p []byte) io.Reader {
	return &jerkyReader{r: bytes.NewReader(p), rng: rand.New(rand.NewPCG(uint64(len(p)), 1))}
}

type jerkyReader struct {
	r   io.Reader
	rng *rand.Rand
}

func (j *jerkyReader) Read(p []byte) (int, error) {
	most := len(p)
	switch j.rng.IntN(4) {
	case 0:
		most = 1 + j.rng.IntN(100)
	case 1:
		most = 1 + j.rng.IntN(70_000)
	}
	return j.r.Read(p[:min(most, len(p))])
}

var errBroken = errors.New("connection reset by peer")

// broken gives the bytes and then fails.
func broken(p []byte) io.Reader {
	return io.MultiReader(jerky(p), iotest.ErrReader(errBroken))
}

func newStage(t reporter, b ingest.Blobs, id ingest.StageID, spec ingest.StageSpec) ingest.Stage {
	t.Helper()
	st, err := b.NewStage(context.Background(), id, spec)
	if err != nil {
		t.Fatalf("NewStage: %v", err)
	}
	return st
}

func write(t reporter, st ingest.Stage, offset int64, p []byte) {
	t.Helper()
	w, err := st.Write(context.Background(), offset, jerky(p), ingest.WriteSpec{})
	if err != nil {
		t.Fatalf("Write of %d bytes at %d: %v", len(p), offset, err)
	}
	if want := window(offset, p); w != want {
		t.Fatalf("Write returned %+v, want %+v", w, want)
	}
}

func window(offset int64, p []byte) ingest.Window {
	return ingest.Window{Offset: offset, Length: int64(len(p)), CRC32C: crc(p)}
}

func seal(t reporter, st ingest.Stage, want []byte) ingest.BlobRef {
	t.Helper()
	ref, err := st.Seal(context.Background(), int64(len(want)))
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if ref.Key == "" || ref.Size != int64(len(want)) || ref.CRC32C != crc(want) || ref.SHA256 != nil {
		t.Fatalf("Seal returned %+v for %d bytes with CRC %08x", ref, len(want), crc(want))
	}
	return ref
}

// holds fails unless the blob consists of exactly these bytes.
func holds(t reporter, b ingest.Blobs, key ingest.BlobKey, want []byte) {
	t.Helper()
	r, err := b.Open(context.Background(), key)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer r.Close()
	if r.Size() != int64(len(want)) {
		t.Fatalf("Size is %d, want %d", r.Size(), len(want))
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	same(t, "blob", got, want)
}

// same compares bytes without printing them.
func same(t reporter, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s differs from byte %d on (%d bytes, want %d)", what, i, len(got), len(want))
		}
	}
	t.Fatalf("%s has %d bytes, want %d", what, len(got), len(want))
}

func isKind(t reporter, what string, err error, want ingest.Kind) {
	t.Helper()
	if _, ok := errors.AsType[*ingest.Error](err); !ok || ingest.KindOf(err) != want {
		t.Fatalf("%s: error %v, want kind %v", what, err, want)
	}
}

func windows(t reporter, st ingest.Stage) []ingest.Window {
	t.Helper()
	ws, err := st.Windows(context.Background())
	if err != nil {
		t.Fatalf("Windows: %v", err)
	}
	return ws
}
