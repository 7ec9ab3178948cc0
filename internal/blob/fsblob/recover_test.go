package fsblob

import "testing"

// TestOpenRemovesASegmentThatACrashLeftEmpty ends the process when the last
// record of a segment is gone and the segment is not.
func TestOpenRemovesASegmentThatACrashLeftEmpty(t *testing.T) {
	dir := memoryDir(t)
	s := openStore(t, dir, Options{})
	last := store(t, s, "last", []byte("last of its segment"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	died := false
	s = openStore(t, dir, Options{CrashPoint: func(name string) {
		if name == "delete.unlinked" {
			died = true
			panic(name)
		}
	}})
	func() {
		defer func() { _ = recover() }()
		_ = s.Delete(ctx(), last)
	}()
	s.kill()
	if left := files(t, s.segments()); !died || len(left) != 1 {
		t.Fatalf("killed %t, left %v", died, left)
	}

	s = openStore(t, dir, Options{})
	if left := files(t, s.segments()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	kept := store(t, s, "kept", []byte("kept"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{})
	if keys := listed(t, s); len(keys) != 1 || keys[0] != kept {
		t.Errorf("a segment in use: %v, want %s", keys, kept)
	}
}
