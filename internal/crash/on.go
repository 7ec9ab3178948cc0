//go:build crashpoints

package crash

import (
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
)

// FromEnvironment returns the function that kills this process with SIGKILL the
// SLUICE_CRASH_AFTER-th time (from 1) that it passes SLUICE_CRASH_POINT, or nil
// when no point is set.
func FromEnvironment() func(point string) {
	point := os.Getenv("SLUICE_CRASH_POINT")
	if point == "" {
		return nil
	}
	after, err := strconv.ParseInt(os.Getenv("SLUICE_CRASH_AFTER"), 10, 64)
	if err != nil || after < 1 {
		after = 1
	}
	var passed atomic.Int64
	return func(name string) {
		if name == point && passed.Add(1) == after {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way; nothing after this point may happen
		}
	}
}
