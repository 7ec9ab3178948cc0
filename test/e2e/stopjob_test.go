package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// running counts the processes of a program that the server has started.
func (s *server) running(program string) (n int) {
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
		if strings.HasSuffix(name, "("+program) && len(fields) > 1 && fields[0] != "Z" && fields[1] == fmt.Sprint(s.pid()) {
			n++
		}
	}
	return n
}

// stops stops a job and measures how long it takes until it is done and the processes of a program have ended.
func (s *server) stops(name, handle, program string) {
	s.t.Helper()
	began := time.Now()
	s.mustIPS(dialects()[0], "stopJob", "<companyHandle>c|1</companyHandle><jobHandle>"+handle+"</jobHandle>")
	s.eventually("the process has ended", func() bool { return s.running(program) == 0 })
	s.eventually("the job is done", func() bool { return s.jobs(name)[0].State == "Done" })
	if took := time.Since(began); took > 2*time.Second {
		s.t.Errorf("the stop took %v", took)
	} else {
		s.t.Logf("the stop took %v", took)
	}
}

// percents are how far a step of a job has come: in the steps of /v1, and in the items of getActiveJobs.
func (s *server) percents(j job, handle, step string) (v1, item float64) {
	s.t.Helper()
	var detail struct {
		Steps []struct {
			Kind    string
			Percent float64
		}
	}
	s.decode("/v1/jobs/"+j.UUID, &detail)
	for _, d := range detail.Steps {
		if d.Kind == step {
			v1 = d.Percent
		}
	}
	for _, active := range s.mustIPS(dialects()[0], "getActiveJobs", "<companyHandle>c|1</companyHandle><jobHandle>"+handle+"</jobHandle>").at("jobArray").Children {
		for _, monitor := range active.at("taskProgressArray").Children {
			for _, n := range monitor.at("taskItemProgressArray").Children {
				if n.at("itemName").Text == step {
					item, _ = strconv.ParseFloat(n.at("progress").Text, 64)
				}
			}
		}
	}
	return v1, item
}

// A job that is stopped in the middle of an encoding is done within two seconds, and the process has ended. The file
// stays, and other jobs go on.
func TestStoppedJobEndsItsProcess(t *testing.T) {
	s := start(t, mediaHere(t))
	film := longFilm(t)
	handle := s.upload(auth(), videoJob("long", "<videoEncodingPresetsArray></videoEncodingPresetsArray>"), file("long.mp4", film))
	s.eventually("the video is being encoded", func() bool {
		return s.running("ffmpeg") == 1 && len(s.assets()) > 0 && s.jobs("long")[0].State == "Running" && s.asset("long.mp4").State == "processing"
	})
	s.eventually("its progress is seen", func() bool { // it is no probe any more
		v1, item := s.percents(s.jobs("long")[0], handle, "encode")
		return v1 > 0 && v1 < 100 && item > 0 && item < 100
	})
	s.stops("long", handle, "ffmpeg")
	s.holds("long.mp4", film)
	s.finished(s.upload(auth(), newJob("after"), file("after.zip", "x")))
}

// A page on which Ghostscript would paint for ever ends with its job too, and so does the look at it for a thumbnail.
func TestStoppedJobEndsGhostscript(t *testing.T) {
	needsTools(t, "gs")
	s := start(t, mediaHere(t))
	const endless = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 200\n{ 0 0 300 200 rectfill 1 0 0 setrgbcolor } loop showpage\n"
	handle := s.upload(auth(), documentJob("endless", "<postScriptOptions><process>Rasterize</process><resolution>150</resolution></postScriptOptions>"), file("endless.eps", endless))
	s.eventually("the pages are being drawn", func() bool {
		return s.running("gs") > 0 && len(s.assets()) > 0 && s.jobs("endless")[0].State == "Running"
	})
	time.Sleep(500 * time.Millisecond) // amid the page
	s.stops("endless", handle, "gs")
	s.holds("endless.eps", endless)
	s.finished(s.upload(auth(), newJob("after"), file("after.zip", "x")))
}
