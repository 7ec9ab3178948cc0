package e2e_test

import (
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// TestReprocessBesideTheServer queues jobs with the command while the server runs, which carries them out.
func TestReprocessBesideTheServer(t *testing.T) {
	s := start(t, mediaHere(t))
	s.finished(s.upload(auth(), newJob("one"), file("good.png", string(mediatest.PNG(mediatest.Photograph(90, 60)))), file("broken.png", "\x89PNG\r\n\x1a\nnothing")))
	for _, wrong := range [][]string{{"Demo"}, {"Demo", "--all", "--asset", "1"}} {
		if f := s.sluice(append([]string{"reprocess"}, wrong...)...); f.code != 2 {
			t.Errorf("%q: %+v", wrong, f)
		}
	}
	for _, unknown := range [][]string{{"Nobody", "--all"}, {"Demo", "--asset", "none"}, {"Demo", "--all", "--user", "none"}} {
		if f := s.sluice(append([]string{"reprocess"}, unknown...)...); f.code != 1 {
			t.Errorf("%q: %+v", unknown, f)
		}
	}
	again := func(want string, words ...string) {
		t.Helper()
		before := len(s.jobs("reprocess-1"))
		if out := s.must("", append([]string{"reprocess", "Demo"}, words...)...); !strings.Contains(out, "job reprocess-1: "+want) {
			t.Errorf("%q printed %q", words, out)
		}
		s.upload(auth(), newJob("wakes the server"), file("x.png", string(mediatest.PNG(mediatest.Photograph(9, 6)))))
		s.eventually("the job is done", func() bool {
			list := s.jobs("reprocess-1")
			return len(list) == before+1 && list[0].State == "Done"
		})
	}
	again("1 assets", "--failed")
	rows := s.rows(s.jobs("reprocess-1")[0])
	if the(s, rows, "ReoptimizeFailure").Asset != "broken.png" {
		t.Errorf("log %v", rows)
	}
	again("1 assets", "--asset", "good")
	rows = s.rows(s.jobs("reprocess-1")[0])
	if the(s, rows, "ReoptimizeSuccess").Asset != "good.png" {
		t.Errorf("log %v", rows)
	}
}
