package fsblob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func put(t testing.TB, st ingest.Stage, offset int64, p []byte) {
	t.Helper()
	if _, err := st.Write(ctx(), offset, bytes.NewReader(p), ingest.WriteSpec{}); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

func stageOf(t testing.TB, s *Store, id ingest.StageID) ingest.Stage {
	t.Helper()
	st, err := s.Stage(ctx(), id)
	if err != nil {
		t.Fatalf("Stage: %v", err)
	}
	return st
}

func windowsOf(t testing.TB, st ingest.Stage) []ingest.Window {
	t.Helper()
	ws, err := st.Windows(ctx())
	if err != nil {
		t.Fatalf("Windows: %v", err)
	}
	return ws
}

func damage(t testing.TB, path string, offset int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("#"), offset); err != nil {
		t.Fatal(err)
	}
}

// TestUncleanBoot damages a window that was synced, and one that was not, before
// the upload is opened again.
func TestUncleanBoot(t *testing.T) {
	a, b, c := fill('a', 500_000), fill('b', 500_000), fill('c', 500_000)
	whole := func(parts ...[]byte) ingest.Window {
		p := bytes.Join(parts, nil)
		return ingest.Window{Length: int64(len(p)), CRC32C: crcOf(p)}
	}
	third := whole(c)
	third.Offset = 1_000_000
	for _, tt := range []struct {
		name     string
		boot     string
		damageAt int64
		want     []ingest.Window
	}{
		{"same boot, nothing is verified", "one", 700_000, []ingest.Window{whole(a, b, c)}},
		{"another boot, all is well", "two", -1, []ingest.Window{whole(a, b, c)}},
		{"another boot, unsynced window is torn", "two", 700_000, []ingest.Window{whole(a), third}},
		{"another boot, synced window is trusted", "two", 10, []ingest.Window{whole(a, b, c)}},
		{"unknown boot, unsynced window is torn", "", 700_000, []ingest.Window{whole(a), third}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			boot := "one"
			opts := Options{BootID: func() string { return boot }}
			s := openStore(t, dir, opts)
			st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
			put(t, st, 0, a)
			st.(*stage).syncTo(st.(*stage).ledger.end)
			put(t, st, 500_000, b)
			put(t, st, 1_000_000, c)
			s.kill()
			if tt.damageAt >= 0 {
				damage(t, s.part("up"), tt.damageAt)
			}
			boot = tt.boot
			for range 2 { // what was found once must be found again
				s = openStore(t, dir, opts)
				if diff := cmp.Diff(tt.want, windowsOf(t, stageOf(t, s, "up"))); diff != "" {
					t.Fatal(diff)
				}
				s.kill()
			}
		})
	}
}

// After a power cut the file may be shorter than the ledger says, or the ledger
// may be gone.
func TestUncleanBootWithMissingBytes(t *testing.T) {
	dir := t.TempDir()
	boot := "one"
	opts := Options{BootID: func() string { return boot }}
	s := openStore(t, dir, opts)
	put(t, newStage(t, s, "short", ingest.StageSpec{Size: -1}), 0, fill('a', 300_000))
	put(t, newStage(t, s, "bare", ingest.StageSpec{Size: -1}), 0, fill('a', 300_000))
	s.kill()
	boot = "two"
	if err := os.Truncate(s.part("short"), 299_999); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.ledger("bare")); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, opts)
	for _, id := range []ingest.StageID{"short", "bare"} {
		st := stageOf(t, s, id)
		if ws := windowsOf(t, st); len(ws) != 0 {
			t.Errorf("%s: windows %+v", id, ws)
		}
		put(t, st, 0, fill('b', 10))
		if ref, err := st.Seal(ctx(), 10); err != nil || ref.CRC32C != crcOf(fill('b', 10)) {
			t.Errorf("%s: Seal gave %+v, %v", id, ref, err)
		}
	}
}

// A window that was synced is not looked at after a power cut, so the record
// that takes it back must be durable before its bytes change.
func TestRewriteOfSyncedWindowSyncsLedgerFirst(t *testing.T) {
	d := realDisk()
	var synced []string
	d.sync = func(f *os.File) error { synced = append(synced, f.Name()); return syncData(f) }
	var atInvalidation []string
	s := openOn(t, t.TempDir(), Options{CrashPoint: func(name string) {
		if name == "stage.rewrite.invalidated" {
			atInvalidation = synced
		}
	}}, d)
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	put(t, st, 0, fill('a', 1000))
	put(t, st, 0, fill('b', 1000))
	if len(atInvalidation) != 0 {
		t.Fatalf("synced %v for a window that was not synced itself", atInvalidation)
	}
	st.(*stage).syncTo(st.(*stage).ledger.end)
	synced = nil
	put(t, st, 0, fill('c', 1000))
	if diff := cmp.Diff([]string{s.ledger("up")}, atInvalidation); diff != "" {
		t.Fatal(diff)
	}
}

func TestFailedSyncPoisonsTheStage(t *testing.T) {
	dir := t.TempDir()
	d := realDisk()
	var broken atomic.Bool
	d.sync = func(f *os.File) error {
		if broken.Swap(false) { // only once: the kernel reports it only once, too
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: syscall.EIO}
		}
		return syncData(f)
	}
	for name, provoke := range map[string]func(*Store, ingest.Stage) error{
		"seal": func(_ *Store, st ingest.Stage) error {
			_, err := st.Seal(ctx(), 1000)
			return err
		},
		"background": func(s *Store, st ingest.Stage) error {
			st.(*stage).syncTo(st.(*stage).ledger.end)
			_, err := st.Seal(ctx(), 1000)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openOn(t, dir, Options{}, d)
			id := ingest.StageID("up-" + name)
			st := newStage(t, s, id, ingest.StageSpec{Size: -1})
			put(t, st, 0, fill('a', 1000))
			broken.Store(true)
			if err := provoke(s, st); ingest.KindOf(err) != ingest.Internal {
				t.Fatalf("error %v", err)
			}
			for range 2 {
				if ref, err := st.Seal(ctx(), 1000); err == nil {
					t.Fatalf("sealed after a failed sync: %+v", ref)
				}
				if _, err := st.Write(ctx(), 1000, bytes.NewReader([]byte("x")), ingest.WriteSpec{}); err == nil {
					t.Fatal("the stage takes windows after a failed sync")
				}
				if _, err := st.Windows(ctx()); err == nil {
					t.Fatal("the stage reports windows after a failed sync")
				}
				s.kill()
				s = openOn(t, dir, Options{}, d)
				st = stageOf(t, s, id)
			}
			if err := st.Discard(ctx()); err != nil {
				t.Fatal(err)
			}
			if left := files(t, s.staging()); len(left) != 0 {
				t.Fatalf("left: %v", left)
			}
		})
	}
}

// An input/output error in write-back may mean any window of the file.
func TestFailedWriteBackPoisonsTheStage(t *testing.T) {
	d := realDisk()
	d.back = func(*os.File) error { return os.NewSyscallError("sync_file_range", syscall.EIO) }
	s := openOn(t, t.TempDir(), Options{}, d)
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	for i := range int64(40) {
		_, err := st.Write(ctx(), i*128<<10, bytes.NewReader(fill('a', 128<<10)), ingest.WriteSpec{})
		if err != nil {
			if _, err := st.Seal(ctx(), i*128<<10); ingest.KindOf(err) != ingest.Internal {
				t.Fatalf("Seal gave %v", err)
			}
			return
		}
	}
	t.Fatal("5 MiB were written without write-back")
}

func TestFailuresOfSealLeaveTheStageUsable(t *testing.T) {
	d := realDisk()
	fails := 2
	d.rename = func(from, to string) error {
		if fails--; fails >= 0 {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.ENOSPC}
		}
		return os.Rename(from, to)
	}
	s := openOn(t, t.TempDir(), Options{}, d)
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	one := newStage(t, s, "one", ingest.StageSpec{OneShot: true, Size: 400_000})
	put(t, one, 0, fill('o', 400_000))
	put(t, st, 0, fill('a', 1000))
	for _, stg := range []struct {
		ingest.Stage
		size int64
	}{{st, 1000}, {one, 400_000}} {
		if _, err := stg.Seal(ctx(), stg.size); ingest.CodeOf(err) != ingest.CodeDiskFull {
			t.Fatalf("error %v", err)
		}
	}
	for _, stg := range []struct {
		ingest.Stage
		size int64
	}{{st, 1000}, {one, 400_000}} {
		if _, err := stg.Seal(ctx(), stg.size); err != nil {
			t.Fatalf("second try: %v", err)
		}
	}
}

func TestFailedDirectorySyncIsNotASeal(t *testing.T) {
	d := realDisk()
	var broken atomic.Bool
	d.syncDir = func(dir string) error {
		if broken.Load() {
			return syscall.EIO
		}
		return syncDir(dir)
	}
	dir := t.TempDir()
	s := openOn(t, dir, Options{}, d)
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	put(t, st, 0, fill('a', 1000))
	broken.Store(true)
	for range 2 {
		if _, err := st.Seal(ctx(), 1000); ingest.KindOf(err) != ingest.Internal {
			t.Fatalf("error %v", err)
		}
	}
	if _, err := s.NewStage(ctx(), "other", ingest.StageSpec{Size: -1}); err == nil {
		t.Fatal("a stage was made that may not survive")
	}
	s.kill()
	broken.Store(false)
	s = openOn(t, dir, Options{}, d)
	broken.Store(true)
	st = stageOf(t, s, "up")
	if _, err := st.Seal(ctx(), 1000); err == nil {
		t.Fatal("sealed again without a sync")
	}
	broken.Store(false)
	if _, err := st.Seal(ctx(), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stage(ctx(), "other"); ingest.KindOf(err) != ingest.NotFound {
		t.Fatalf("error %v", err)
	}
}

// Many uploads are open, few have open files, and none is forgotten.
func TestIdleStagesCloseTheirFiles(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	before := openFiles(t)
	const n = maxIdle + 30
	var held []ingest.Stage
	for i := range n {
		st := newStage(t, s, ingest.StageID(fmt.Sprint("up-", i)), ingest.StageSpec{Size: -1})
		put(t, st, 0, fill(byte(i), 100+i))
		held = append(held, st)
	}
	if got := openFiles(t) - before; got > 3*maxIdle {
		t.Fatalf("%d files are open for %d idle uploads", got, n)
	}
	for i, st := range held {
		want := []ingest.Window{{Length: int64(100 + i), CRC32C: crcOf(fill(byte(i), 100+i))}}
		if diff := cmp.Diff(want, windowsOf(t, st)); diff != "" {
			t.Fatal(diff)
		}
		if again := stageOf(t, s, ingest.StageID(fmt.Sprint("up-", i))); again != st {
			t.Fatal("opening twice gave two stages")
		}
	}
}

// What nobody holds costs no memory for ever.
func TestStagesThatNobodyHoldsAreForgotten(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	const n = maxIdle + 100
	for i := range n {
		newStage(t, s, ingest.StageID(fmt.Sprint("up-", i)), ingest.StageSpec{Size: -1})
	}
	known := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.stages)
	}
	for range 1000 {
		runtime.GC()
		if known() <= maxIdle+1 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d stages are kept of %d", known(), n)
}

func openFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc to count open files")
	}
	return len(entries)
}

func TestTooManySeparateRanges(t *testing.T) {
	s := openStore(t, memoryDir(t), Options{})
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	for i := range int64(maxPieces) {
		put(t, st, 2*i, []byte("x"))
	}
	_, err := st.Write(ctx(), 2*maxPieces, bytes.NewReader([]byte("x")), ingest.WriteSpec{})
	if ingest.KindOf(err) != ingest.TooLarge || ingest.CodeOf(err) != ingest.CodeLimit {
		t.Fatalf("error %v", err)
	}
}

func TestNewStageRefusals(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	newStage(t, s, "up", ingest.StageSpec{Size: -1})
	_, err := s.NewStage(ctx(), "up", ingest.StageSpec{Size: -1})
	if ingest.KindOf(err) != ingest.Conflict || ingest.CodeOf(err) != ingest.CodeExists {
		t.Fatalf("second stage of a name: %v", err)
	}
	for _, oneShot := range []bool{false, true} {
		if _, err := s.NewStage(ctx(), "../up", ingest.StageSpec{OneShot: oneShot, Size: -1}); err == nil {
			t.Fatal("a path passes for a stage id")
		}
	}
	if _, err := s.Stage(ctx(), "other"); ingest.KindOf(err) != ingest.NotFound {
		t.Fatalf("unknown stage: %v", err)
	}
	st := stageOf(t, s, "up")
	if _, err := st.Write(ctx(), -1, bytes.NewReader(nil), ingest.WriteSpec{}); ingest.KindOf(err) != ingest.Invalid {
		t.Fatalf("negative offset: %v", err)
	}
	if _, err := st.ReadAt(make([]byte, 1), -1); err == nil {
		t.Fatal("negative offset was read")
	}
	one := newStage(t, s, "one", ingest.StageSpec{OneShot: true, Size: -1})
	put(t, one, 0, []byte("x"))
	if _, err := one.ReadAt(make([]byte, 1), 0); err == nil {
		t.Fatal("a one-shot stage was read")
	}
	if _, err := one.Write(ctx(), 0, bytes.NewReader(nil), ingest.WriteSpec{}); ingest.KindOf(err) != ingest.Conflict {
		t.Fatalf("second body of a one-shot stage: %v", err)
	}
	if n, err := st.ReadAt(make([]byte, 1), 0); n != 0 || err != io.EOF {
		t.Fatalf("reading what is not there gave %d, %v", n, err)
	}
}

func TestClosedStoreRefusesWork(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	st := newStage(t, s, "up", ingest.StageSpec{Size: -1})
	put(t, st, 0, fill('a', 10))
	one := newStage(t, s, "one", ingest.StageSpec{OneShot: true, Size: -1})
	put(t, one, 0, fill('a', 10))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"NewStage": func() error { _, err := s.NewStage(ctx(), "x", ingest.StageSpec{}); return err },
		"Stage":    func() error { _, err := s.Stage(ctx(), "up"); return err },
		"Write":    func() error { _, err := st.Write(ctx(), 0, bytes.NewReader(nil), ingest.WriteSpec{}); return err },
		"Seal":     func() error { _, err := one.Seal(ctx(), 10); return err },
		"Windows":  func() error { _, err := st.Windows(ctx()); return err },
		"ReadAt":   func() error { _, err := st.ReadAt(make([]byte, 1), 0); return err },
		"Open":     func() error { _, err := s.Open(ctx(), "x"); return err },
		"Delete":   func() error { return s.Delete(ctx(), "x") },
		"Blobs":    func() error { return s.Blobs(ctx(), func(ingest.BlobKey) error { return nil }) },
		"Stages":   func() error { return s.Stages(ctx(), func(ingest.StageID) error { return nil }) },
		"Free":     func() error { _, err := s.Free(ctx()); return err },
		"commit":   func() error { return s.commits.commit(&pending{}) },
	} {
		if err := call(); ingest.KindOf(err) != ingest.Unavailable {
			t.Errorf("%s on a closed store: %v", name, err)
		}
	}
	if err := one.Discard(ctx()); err != nil {
		t.Error(err)
	}
	s = openStore(t, s.root, Options{})
	if ws := windowsOf(t, stageOf(t, s, "up")); len(ws) != 1 {
		t.Errorf("windows after Close: %+v", ws)
	}
}

func TestReservedSpaceIsGivenBack(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	for _, oneShot := range []bool{false, true} {
		st := newStage(t, s, "up", ingest.StageSpec{OneShot: oneShot, Size: 64 << 20})
		put(t, st, 0, fill('a', 500_000))
		ref, err := st.Seal(ctx(), 500_000)
		if err != nil {
			t.Fatal(err)
		}
		k, _ := parseFileKey(ref.Key)
		if used := blocks(t, s.blob(k)); used > 1<<20 {
			t.Errorf("blob of 500,000 bytes takes %d", used)
		}
		if err := s.Delete(ctx(), ref.Key); err != nil {
			t.Fatal(err)
		}
	}
}

// blocks returns the bytes that a file takes on disk.
func blocks(t testing.TB, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t).Blocks * 512
}

func TestOpenNeedsADirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir + "/missing", dir + "/file"} {
		_, err := Open(path, Options{})
		if e, ok := errors.AsType[*ingest.Error](err); !ok || e.Msg == "" {
			t.Errorf("Open of %s: %v", path, err)
		}
	}
}
