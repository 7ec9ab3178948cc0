package box

import (
	"errors"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// newestLandlock is the ABI that the landlock.V11 rules below were written for.
const newestLandlock = 11

// Apply raises every wall that the kernel offers around the calling process, all threads included, and says which
// stand. It cannot be undone. A wall that cannot be raised does not stop the others.
func Apply(limits Limits) Level {
	var level Level
	if err := applyRlimits(limits); err != nil {
		level.miss("rlimits", err)
	} else {
		level.Rlimits = true
	}
	abi, err := landlockABI()
	if err == nil {
		err = landlock.V11.BestEffort().Restrict()
	}
	if err != nil {
		level.miss("Landlock", err)
	} else {
		level.Landlock = abi
	}
	if err := dropCapabilities(); err != nil {
		level.miss("capabilities", err)
	}
	level.closeCalls(filter)
	return level
}

// closeCalls raises the filter that build makes, and no_new_privs with it.
func (l *Level) closeCalls(build func(arch uint32, pid int) program) {
	if err := applySeccomp(build); err != nil {
		l.miss("seccomp", err)
	} else {
		l.Seccomp = true
	}
	// The kernel puts a filter on every thread only together with no_new_privs on every thread, and the filter
	// refuses prctl, so the flag is asked for only when there is no filter.
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if l.NoNewPrivs = l.Seccomp || err == nil && set == 1; !l.NoNewPrivs {
		l.miss("no_new_privs", errors.New("not set"))
	}
}

// Supported says what Apply would raise on this kernel, without raising it.
func Supported() Level {
	var level Level
	level.Rlimits = true
	if abi, err := landlockABI(); err != nil {
		level.miss("Landlock", err)
	} else {
		level.Landlock = abi
	}
	if err := seccompSupported(); err != nil {
		level.miss("seccomp", err)
	} else {
		level.Seccomp, level.NoNewPrivs = true, true
	}
	return level
}

func landlockABI() (int, error) {
	abi, err := llsyscall.LandlockGetABIVersion()
	if err != nil {
		return 0, errors.New("the kernel has none, or it is switched off at boot")
	}
	return min(abi, newestLandlock), nil
}
