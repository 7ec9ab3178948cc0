package media

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownGroup puts a worker into a process group of its own and has the kernel kill it when the thread that started it
// ends, which is when this program ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// lowPriority is the niceness of workers: as much as a tenth of a processor's time when requests want all of it.
const lowPriority = 10

// longSlice is how long a worker may compute when nobody else wants the processor. Since Linux 6.12 a program that wakes
// up takes the processor at once from one with a longer slice than its own; otherwise an answer would wait up to the
// 3 ms of the usual slice, every time that the server waits for anything. Older kernels take no notice.
const longSlice = 20 * time.Millisecond

// startBehind starts a worker that, with the tools that it starts, has the processor when the server and others do not
// need it: clients wait for answers, nobody for a thumbnail. A system that refuses it runs the worker as it is.
func startBehind(cmd *exec.Cmd) error {
	// A process inherits the slice of the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slice(longSlice)
	defer slice(0)
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, lowPriority)
	return nil
}

// slice sets the slice of this thread; 0 = the usual one.
func slice(d time.Duration) {
	a, err := unix.SchedGetAttr(0, 0)
	if err != nil || a.Policy != unix.SCHED_NORMAL {
		return
	}
	a.Runtime = uint64(d)
	_ = unix.SchedSetAttr(0, a, 0)
}

// killGroup kills the process group that p leads. A group that is gone already is fine.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
}

// awaitExit returns when p has ended, and leaves it to be reaped, so that its number is not given away yet. It
// returns false when it cannot tell.
func awaitExit(p *os.Process) bool {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

// pipeBytes is how much a pipe to a worker may hold, so that both sides switch less often.
const pipeBytes = 1 << 20

// growPipe enlarges a pipe. The kernel may refuse; the pipe then works as it is.
func growPipe(f *os.File) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeBytes) })
}
