package media

import (
	"runtime"
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
	if attributes, err := unix.SchedGetAttr(r.idle[0].cmd.Process.Pid, 0); err == nil && attributes.Runtime != 0 && attributes.Runtime != uint64(longSlice) {
		t.Errorf("its slice is %d ns, want %d", attributes.Runtime, longSlice) // 0: the kernel knows none
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if own, err := unix.SchedGetAttr(0, 0); err == nil && own.Runtime >= uint64(longSlice) {
		t.Errorf("a thread of the server kept the slice: %d ns", own.Runtime)
	}
}
