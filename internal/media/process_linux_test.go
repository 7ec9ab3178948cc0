package media

import (
	"testing"

	"golang.org/x/sys/unix"

	"sluice/internal/media/box"
	"sluice/internal/media/mediatest"
)

// Every thread of a worker leaves the processor to those who answer clients.
func TestWorkersGiveWay(t *testing.T) {
	if !box.Supported().Closed() {
		t.Skipf("this kernel cannot confine: %v", box.Supported())
	}
	r := newRunner(t, "media-worker")
	if _, err := r.inspectBytes(t.Context(), mediatest.JPEG(mediatest.Picture(100, 50)), "a.jpg"); err != nil {
		t.Fatal(err)
	}
	// The lowest value of the group, which the kernel counts down from 20.
	got, err := unix.Getpriority(unix.PRIO_PGRP, r.idle[0].cmd.Process.Pid)
	if err != nil || 20-got < lowPriority {
		t.Errorf("niceness %d, %v; want at least %d", 20-got, err, lowPriority)
	}
}
