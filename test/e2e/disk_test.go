package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestDiskFull fills the disk, by uploads and otherwise.
func TestDiskFull(t *testing.T) {
	disk := memoryDisk(t, "64m")
	data := filepath.Join(disk, "data")
	s := startOn(t, data)
	kept := map[string]string{"before.zip": bytesOf("before", 20<<20), "tiny.zip": "tiny"}
	for name, content := range kept {
		s.upload(auth(), newJob(name), file(name, content))
	}

	t.Run("by a big file", func(t *testing.T) {
		refusedForSpace(t, s, poster{url: s.url}, bytesOf("big", 60<<20))
		refusedForSpace(t, s, poster{url: s.url, chunked: true}, bytesOf("big", 60<<20))
		s.awaitNothingUnderway()
		s.upload(auth(), newJob("between"), file("between.zip", bytesOf("between", 5<<20)))
		kept["between.zip"] = bytesOf("between", 5<<20)
	})
	t.Run("by others", func(t *testing.T) {
		free := fill(t, disk)
		refusedForSpace(t, s, poster{url: s.url}, bytesOf("middle", 3<<20))
		smallUntilFull(t, s, kept)
		refusedForSpace(t, s, poster{url: s.url}, bytesOf("middle", 3<<20))
		if text := s.read("/healthz"); text != "ok\n" {
			t.Errorf("healthz says %q", text)
		}
		s.holds("before.zip", kept["before.zip"])
		free()
	})

	// With room again, everything works, and only what was acknowledged is there.
	s.upload(auth(), newJob("after"), file("after.zip", bytesOf("after", 8<<20)), file("after-small.zip", "small"))
	kept["after.zip"], kept["after-small.zip"] = bytesOf("after", 8<<20), "small"
	s.awaitNothingUnderway()
	s.stop(t)
	s = startOn(t, data)
	for name, content := range kept {
		s.holds(name, content)
	}
	if got := s.assets(); len(got) != len(kept) {
		t.Errorf("%d assets, %d were acknowledged: %+v", len(got), len(kept), got)
	}
	if got := s.files("blobs"); len(got) != 3 {
		t.Errorf("the big files %v are stored, want three", got)
	}
}

// smallUntilFull uploads small files, for which the server has some room in
// reserve, until that is used up. What it acknowledges goes to kept.
func smallUntilFull(t *testing.T, s *server, kept map[string]string) {
	t.Helper()
	refused := 0
	for i := 0; refused < 10; i++ {
		if i == 2000 {
			t.Fatal("2,000 small files were taken although the disk is full")
		}
		name := fmt.Sprintf("small%d.zip", i)
		a, err := poster{url: s.url}.post(auth(), newJob("small"), file(name, bytesOf(name, 100_000)))
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		if _, err := a.handle(); err == nil {
			kept[name] = bytesOf(name, 100_000)
			continue
		}
		refused++
		wantNoRoom(t, a)
	}
}

// refusedForSpace expects the fault that says that there is no room.
func refusedForSpace(t *testing.T, s *server, p poster, content string) {
	t.Helper()
	a, err := p.post(auth(), newJob("full"), file("full.zip", content))
	if err != nil {
		t.Errorf("no answer: %v", err)
		return
	}
	wantNoRoom(t, a)
}

func wantNoRoom(t *testing.T, a answer) {
	t.Helper()
	a.wantFault(t, 500, 30000)
	if reason := a.fault().Reason; !strings.Contains(reason, "room") && !strings.Contains(reason, "space") {
		t.Errorf("the fault says %q, nothing of room or space", reason)
	}
}

// fill takes all room that is left on a disk and returns what gives it back.
func fill(t *testing.T, disk string) (free func()) {
	t.Helper()
	name := filepath.Join(disk, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}

// TestFileSizeLimit starts the server under a limit of the file size, as service
// managers can set one.
func TestFileSizeLimit(t *testing.T) {
	s := start(t)
	if err := limitFileSize(s.pid(), 16<<20); err != nil {
		t.Skipf("the limit cannot be set here: %v", err)
	}
	refusedForSpace(t, s, poster{url: s.url}, bytesOf("over", 40<<20))
	s.awaitNothingUnderway()
	s.upload(auth(), newJob("fits"), file("fits.zip", bytesOf("fits", 4<<20)))
	s.holds("fits.zip", bytesOf("fits", 4<<20))
	if got := s.assets(); len(got) != 1 {
		t.Errorf("%d assets", len(got))
	}
}

// TestReadOnly starts the server on directories that it cannot write to.
func TestReadOnly(t *testing.T) {
	parent, protect := protectable(t)
	data := filepath.Join(parent, "data")
	s := startOn(t, data)
	s.upload(auth(), newJob("a"), file("a.zip", "a"))
	s.stop(t)
	reason := protect()
	for _, dir := range []string{data, filepath.Join(parent, "new")} {
		s := launch(t, dir)
		if code := s.wait(); code != 1 {
			t.Errorf("exit code %d", code)
		}
		said := strings.TrimSpace(s.stderr())
		if !strings.Contains(said, reason) || !strings.Contains(said, dir) || strings.Contains(said, "\n") {
			t.Errorf("it said\n%s", said)
		}
		for _, args := range [][]string{{"doctor"}, {"user", "add", "x@example.com", "--role", "admin"}} {
			f := command{env: []string{"SLUICE_DATA_DIR=" + dir}}.run(t, args...)
			if f.code != 1 || !strings.Contains(f.err+f.out, filepath.Dir(dir)) || strings.Contains(f.err+f.out, "goroutine ") {
				t.Errorf("%v: %+v", args, f)
			}
		}
	}
}

// protectable returns a directory and what makes it read-only with all that is
// in it, which returns the words that the system has for that.
func protectable(t *testing.T) (dir string, protect func() string) {
	t.Helper()
	if os.Geteuid() == 0 { // whom modes do not stop
		dir = memoryDisk(t, "64m")
		return dir, func() string {
			if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			return syscall.EROFS.Error()
		}
	}
	dir = t.TempDir()
	modes := []struct {
		name            string
		usual, readOnly os.FileMode
	}{{"data/LOCK", 0o600, 0o400}, {"data", 0o700, 0o500}, {".", 0o700, 0o500}}
	t.Cleanup(func() {
		for _, m := range slices.Backward(modes) {
			if err := os.Chmod(filepath.Join(dir, m.name), m.usual); err != nil {
				t.Error(err)
			}
		}
	})
	return dir, func() string {
		for _, m := range modes {
			if err := os.Chmod(filepath.Join(dir, m.name), m.readOnly); err != nil {
				t.Fatal(err)
			}
		}
		return syscall.EACCES.Error()
	}
}

// TestSecondServer is refused while the first one works on the directory.
func TestSecondServer(t *testing.T) {
	first := start(t)
	second := launch(t, first.data)
	if code := second.wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if want := fmt.Sprintf("in use by process %d", first.pid()); !strings.Contains(second.stderr(), want) {
		t.Errorf("it said %q, want %q", second.stderr(), want)
	}
	first.wellIn(unhurried)
}
