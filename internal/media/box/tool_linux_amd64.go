package box

import "golang.org/x/sys/unix"

// machineCalls lists the older forms of the calls in toolCalls, which this machine still has.
func machineCalls() []uint32 {
	return []uint32{
		unix.SYS_NEWFSTATAT, unix.SYS_STAT, unix.SYS_LSTAT, unix.SYS_ACCESS, unix.SYS_READLINK, unix.SYS_GETDENTS,
		unix.SYS_ARCH_PRCTL, unix.SYS_POLL, unix.SYS_SELECT, unix.SYS_DUP2, unix.SYS_PIPE, unix.SYS_GETRLIMIT,
		unix.SYS_GETPGRP, unix.SYS_TIME, unix.SYS_EPOLL_WAIT,
	}
}

// openByName lets open through like openat.
func (p *program) openByName() {
	p.onlyIf(unix.SYS_OPEN, 1, unix.BPF_JSET, writing, refuse, pass)
}
