package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// longFilm makes a video whose encoding takes long.
func longFilm(t *testing.T) string {
	t.Helper()
	filmOf(t, "64x64") // skips where the tools are missing
	path := filepath.Join(t.TempDir(), "long.mp4")
	said, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30:duration=60",
		"-preset", "ultrafast", "-crf", "40", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	film, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(film)
}

// encoders counts the processes that the server runs to encode videos.
func (s *server) encoders() (n int) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		name, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if strings.HasSuffix(name, "(ffmpeg") && len(fields) > 1 && fields[0] != "Z" && fields[1] == fmt.Sprint(s.pid()) {
			n++
		}
	}
	return n
}

// A job that is stopped in the middle of an encoding is done within two seconds, and the process has ended. The file
// stays, and other jobs go on.
func TestStoppedJobEndsItsProcess(t *testing.T) {
	s := start(t, mediaHere(t))
	film := longFilm(t)
	handle := s.upload(auth(), videoJob("long", "<videoEncodingPresetsArray></videoEncodingPresetsArray>"), file("long.mp4", film))
	s.eventually("the video is being encoded", func() bool {
		return s.encoders() == 1 && len(s.assets()) > 0 && s.jobs("long")[0].State == "Running" && s.asset("long.mp4").State == "processing"
	})
	time.Sleep(time.Second) // it is no probe any more
	if s.encoders() != 1 {
		t.Skip("the encoding was over too soon")
	}
	began := time.Now()
	s.mustIPS(dialects()[0], "stopJob", "<companyHandle>c|1</companyHandle><jobHandle>"+handle+"</jobHandle>")
	s.eventually("the process has ended", func() bool { return s.encoders() == 0 })
	s.eventually("the job is done", func() bool { return s.jobs("long")[0].State == "Done" })
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the stop took %v", took)
	} else {
		t.Logf("the stop took %v", took)
	}
	s.holds("long.mp4", film)
	s.finished(s.upload(auth(), newJob("after"), file("after.zip", "x")))
}
