package media

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup puts a worker into a process group of its own and has the kernel kill it when the thread that started it
// ends, which is when this program ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// lowPriority is the niceness of workers: as much as a tenth of a processor's time when requests want all of it.
const lowPriority = 10

// giveWay lets a worker, and the tools that it starts, have the processor when the server and others do not need it:
// clients wait for answers, nobody for a thumbnail. A system that refuses it runs the worker as it is.
func giveWay(p *os.Process) {
	_ = unix.Setpriority(unix.PRIO_PGRP, p.Pid, lowPriority)
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
