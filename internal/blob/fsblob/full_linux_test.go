package fsblob

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"sluice/internal/ingest"
)

// smallDisk is a file system of a few megabytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("needs the right to mount a small file system: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("a file on the small disk is still open: %v", err)
		}
	})
	return dir
}

func isFullError(t *testing.T, what string, err error) {
	t.Helper()
	if ingest.KindOf(err) != ingest.Unavailable || ingest.CodeOf(err) != ingest.CodeDiskFull {
		t.Errorf("%s on a full disk: %v", what, err)
	}
}

func TestDiskFull(t *testing.T) {
	s := openStore(t, smallDisk(t, "8m"), Options{SegmentSize: 1 << 20})
	_, err := s.NewStage(ctx(), "early", ingest.StageSpec{Size: 100 << 20})
	isFullError(t, "NewStage", err)
	early := newStage(t, s, "early-one", ingest.StageSpec{OneShot: true, Size: 100 << 20})
	body := bytes.NewReader(fill('e', 2<<20))
	_, err = early.Write(ctx(), 0, body, ingest.WriteSpec{})
	isFullError(t, "Write of a one-shot stage that expects too much", err)
	if body.Len() < 1<<20 {
		t.Errorf("most of the body was read before the full disk was found: %d bytes are left", body.Len())
	}
	if err := early.Discard(ctx()); err != nil {
		t.Fatal(err)
	}
	if left := append(files(t, s.staging()), files(t, s.oneShots())...); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	put(t, st, 0, fill('a', 1<<20))
	want := windowsOf(t, st)
	_, err = st.Write(ctx(), 1<<20, bytes.NewReader(fill('b', 12<<20)), ingest.WriteSpec{KeepPartial: true})
	isFullError(t, "Write", err)
	if got := windowsOf(t, st); len(got) != 1 || got[0] != want[0] {
		t.Errorf("windows %+v, want %+v", got, want)
	}
	one := newStage(t, s, "one", ingest.StageSpec{OneShot: true, Size: -1})
	_, err = one.Write(ctx(), 0, bytes.NewReader(fill('b', 12<<20)), ingest.WriteSpec{})
	isFullError(t, "Write of a one-shot stage", err)
	if err := one.Discard(ctx()); err != nil {
		t.Fatal(err)
	}
	var keys []ingest.BlobKey
	for i := 0; ; i++ {
		data := fill(byte(i), 100_000)
		small := newStage(t, s, ingest.StageID(fmt.Sprint("small-", i)), ingest.StageSpec{OneShot: true, Size: -1})
		put(t, small, 0, data)
		ref, err := small.Seal(ctx(), int64(len(data)))
		if err != nil {
			isFullError(t, "Seal of a small file", err)
			if err := st.Discard(ctx()); err != nil {
				t.Fatal(err)
			}
			if ref, err = small.Seal(ctx(), int64(len(data))); err != nil {
				t.Errorf("Seal after space was made: %v", err)
			}
			checkBlob(t, s, ref.Key, data)
			break
		}
		keys = append(keys, ref.Key)
	}
	for i, key := range keys {
		checkBlob(t, s, key, fill(byte(i), 100_000))
	}
}

// A full disk in the middle of an upload is no end of it.
func TestUploadGoesOnWhenSpaceIsMade(t *testing.T) {
	s := openStore(t, smallDisk(t, "8m"), Options{})
	ballast := newStage(t, s, "ballast", ingest.StageSpec{Size: 4 << 20})
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	put(t, st, 0, fill('a', 1<<20))
	_, err := st.Write(ctx(), 1<<20, bytes.NewReader(fill('b', 5<<20)), ingest.WriteSpec{})
	isFullError(t, "Write", err)
	if err := ballast.Discard(ctx()); err != nil {
		t.Fatal(err)
	}
	put(t, st, 1<<20, fill('b', 5<<20))
	want := append(fill('a', 1<<20), fill('b', 5<<20)...)
	ref, err := st.Seal(ctx(), int64(len(want)))
	if err != nil {
		t.Fatal(err)
	}
	checkBlob(t, s, ref.Key, want)
}

func TestReadOnlyDirectory(t *testing.T) {
	dir := smallDisk(t, "1m")
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip("needs the right to remount: ", err)
	}
	_, err := Open(dir, Options{})
	if err == nil || ingest.KindOf(err) != ingest.Internal {
		t.Fatalf("Open of a read-only directory: %v", err)
	}
	if msg := err.Error(); !bytes.Contains([]byte(msg), []byte("cannot be written to")) {
		t.Errorf("the error does not say what is wrong: %s", msg)
	}
}
