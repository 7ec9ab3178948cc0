package e2e_test

import (
	"testing"
	"time"

	"sluice/test/corpus"
)

// TestMixedFiles sends files of all types through one job with all options: none is lost, none is stuck, each has its row, and the
// server stays small. The benchmarks do it with a thousand.
func TestMixedFiles(t *testing.T) {
	slow(t)
	list, err := corpus.Mixed(t.Context(), 120)
	if err != nil {
		t.Skip(err)
	}
	temporary := t.TempDir()
	s := start(t, mediaHere(t), "SLUICE_MEDIA_WORKERS=2", "TMPDIR="+temporary)
	f := s.watch()
	files := map[string]string{}
	for _, file := range list {
		files[file.Name] = string(file.Content)
	}
	began := time.Now()
	rows := s.sendAll("mixed", files, 10*time.Minute)
	t.Logf("%d files took %v, %d rows", len(files), time.Since(began), len(rows))
	ends, said := outcomes(rows)
	for _, file := range list {
		names := file.Members
		if names == nil {
			names = []string{file.Name}
		}
		for _, name := range names {
			if ends[name] != 1 {
				t.Errorf("%s has %d rows that say what became of it: %s", name, ends[name], said[name])
			}
		}
		if file.Members == nil && len(said[file.Name]) == 0 {
			s.holds(file.Name, string(file.Content))
		}
	}
	if under := s.underway(); len(under) > 0 {
		t.Errorf("not finished: %v", under)
	}
	s.bounded(f)
	s.settled(f, temporary)
}
