package e2e_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIdleJob leaves a job open; it closes by itself and its log is complete.
func TestIdleJob(t *testing.T) {
	s := start(t, "SLUICE_SCENE7_JOB_IDLE=2s")
	handle := s.upload(auth(), params(jobName("idle"), options(true)), file("a.zip", "a"), file("b.zip", "b"))
	rows := s.finished(handle)
	want := "BeginUpload OriginalJobName JobClient UploadSuccess UploadSuccess TotalFileCount EndUpload"
	if diff := cmp.Diff(want, types(rows)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	s.post(auth(), params(jobHandle(handle)), file("c.zip", "c")).wantFault(t, 500, 30001, "takes no more files")
}

// TestIdleJobAfterRestart closes jobs that were left open by an earlier run.
func TestIdleJobAfterRestart(t *testing.T) {
	first := start(t)
	handle := first.upload(auth(), params(jobName("idle"), options(true)), file("a.zip", "a"))
	first.stop(t)
	second := startOn(t, first.data, "SLUICE_SCENE7_JOB_IDLE=2s")
	rows := second.finished(handle)
	if got := types(rows[len(rows)-2:]); got != "TotalFileCount EndUpload" {
		t.Errorf("the log ends with %s", got)
	}
}
