package fsblob

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"sluice/internal/ingest"
)

func TestMain(m *testing.M) {
	childMain() // does not return in a process that is to be killed
	goleak.VerifyTestMain(m)
}

// memoryDir is a directory that needs no disk, where there is such a thing.
func memoryDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "fsblob")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// openStore opens a store that is closed at the end of the test. All buffers
// must have come back by then.
func openStore(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	return openOn(t, dir, opts, realDisk())
}

func openOn(t testing.TB, dir string, opts Options, d disk) *Store {
	t.Helper()
	s, err := open(dir, opts, d)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if n := s.buffers.big.taken() + int(s.buffers.large.Load()); n != 0 {
			t.Errorf("%d big buffers were not given back", n)
		}
	})
	return s
}

// kill ends a store without letting it finish anything, as a crash does: what
// is in the files stays as it is.
func (s *Store) kill() {
	if s.closed.Swap(true) {
		return
	}
	s.commits.kill()
	for _, st := range s.idle.drain() {
		st.unload()
	}
	s.wg.Wait()
	s.buffers.close()
}

// kill ends the committer and leaves its segment open.
func (c *committer) kill() {
	c.mu.Lock()
	c.closed = true
	close(c.wake)
	c.mu.Unlock()
	<-c.ended
	if c.file != nil {
		_ = c.file.Close()
		c.file = nil
	}
}

func ctx() context.Context { return context.Background() }

func newStage(t testing.TB, s *Store, id ingest.StageID, spec ingest.StageSpec) ingest.Stage {
	t.Helper()
	st, err := s.NewStage(ctx(), id, spec)
	if err != nil {
		t.Fatalf("NewStage: %v", err)
	}
	return st
}

// files lists the names in a directory.
func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
