package box

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// allowed lists the system calls that pass whatever their arguments are: memory, threads' synchronisation, time,
// signals of the own process, and input and output on descriptors that are already open. Opening files by name,
// sockets, programs, mounts, other processes, io_uring, BPF and every call of a later kernel are refused with EPERM
// because they are not in the list. The hottest calls come first.
func allowed() []uint32 {
	return []uint32{
		unix.SYS_FUTEX, unix.SYS_READ, unix.SYS_WRITE, unix.SYS_NANOSLEEP, unix.SYS_EPOLL_PWAIT, unix.SYS_MADVISE,
		unix.SYS_MUNMAP, unix.SYS_CLOCK_GETTIME, unix.SYS_SCHED_YIELD, unix.SYS_GETPID, unix.SYS_GETTID,
		unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGACTION, unix.SYS_SIGALTSTACK,
		unix.SYS_PREAD64, unix.SYS_PWRITE64, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_LSEEK, unix.SYS_FSTAT,
		unix.SYS_FTRUNCATE, unix.SYS_CLOSE,
		unix.SYS_BRK, unix.SYS_MREMAP, unix.SYS_MINCORE, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_GETTIMEOFDAY,
		unix.SYS_SCHED_GETAFFINITY, unix.SYS_RESTART_SYSCALL, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ,
		unix.SYS_GETRANDOM, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EVENTFD2, unix.SYS_PPOLL,
		unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_DELETE, unix.SYS_SETITIMER,
		unix.SYS_GETRUSAGE, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	}
}

// Offsets in struct seccomp_data; seccomp(2). The low half of an argument is enough here, because the kernel looks
// only at the low half of the values that are compared, and both supported machines are little-endian.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
)

func argument(i uint32) uint32 { return offsetArgs + 8*i }

// program is a classic BPF filter under construction.
type program []unix.SockFilter

func (p *program) load(offset uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

func (p *program) answer(action uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action})
}

// when runs the next n instructions only if the loaded word compares to value: op is BPF_JEQ or BPF_JSET.
func (p *program) when(op uint16, value uint32, n uint8) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | op | unix.BPF_K, K: value, Jf: n})
}

// onlyIf answers system call number with yes when its argument compares to value, and with no otherwise.
func (p *program) onlyIf(number, arg uint32, op uint16, value, yes, no uint32) {
	p.when(unix.BPF_JEQ, number, 4)
	p.load(argument(arg))
	p.when(op, value, 1)
	p.answer(yes)
	p.answer(no)
}

// ifOneOf lets system call number through for these values of its argument, and refuses it for all others.
func (p *program) ifOneOf(number, arg uint32, values ...uint32) {
	p.when(unix.BPF_JEQ, number, uint8(2+2*len(values)))
	p.load(argument(arg))
	for _, value := range values {
		p.when(unix.BPF_JEQ, value, 1)
		p.answer(pass)
	}
	p.answer(refuse)
}

// The two answers to a system call of the expected machine.
const (
	pass   = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
)

// passing begins a program for the machine arch (an AUDIT_ARCH constant) that lets these calls through.
func passing(arch uint32, calls []uint32) program {
	var p program
	p.load(offsetArch)
	p = append(p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: arch, Jt: 1})
	p.answer(unix.SECCOMP_RET_KILL_PROCESS)
	p.load(offsetNumber)
	for _, number := range calls {
		p.when(unix.BPF_JEQ, number, 1)
		p.answer(pass)
	}
	return p
}

// filter builds the program for a worker: the machine arch (an AUDIT_ARCH constant) and the process pid.
func filter(arch uint32, pid int) program {
	p := passing(arch, allowed())
	// Memory that can be executed is never needed after the start.
	p.onlyIf(unix.SYS_MMAP, 2, unix.BPF_JSET, unix.PROT_EXEC, refuse, pass)
	p.onlyIf(unix.SYS_MPROTECT, 2, unix.BPF_JSET, unix.PROT_EXEC, refuse, pass)
	p.threadsOnly(pid)
	return p
}

// threadsOnly ends a program: it lets the process pid start threads, signal itself and look at its own limits, and
// refuses all that is left.
func (p *program) threadsOnly(pid int) {
	// A descriptor must not signal another process when there is something to read, nor hold a lease or a lock that the
	// server would have to wait for.
	p.ifOneOf(unix.SYS_FCNTL, 1, unix.F_GETFL, unix.F_SETFL, unix.F_GETFD, unix.F_SETFD, unix.F_DUPFD, unix.F_DUPFD_CLOEXEC)
	// Threads yes, processes no. The newer call hides its flags behind a pointer; ENOSYS makes the caller fall back.
	p.onlyIf(unix.SYS_CLONE, 0, unix.BPF_JSET, unix.CLONE_THREAD, pass, refuse)
	p.when(unix.BPF_JEQ, unix.SYS_CLONE3, 1)
	p.answer(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))
	p.onlyIf(unix.SYS_TGKILL, 0, unix.BPF_JEQ, uint32(pid), pass, refuse)
	p.onlyIf(unix.SYS_PRLIMIT64, 0, unix.BPF_JEQ, 0, pass, refuse)
	p.answer(refuse)
}

// machine is the AUDIT_ARCH constant of this build.
func machine() (uint32, error) {
	switch runtime.GOARCH {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64, nil
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64, nil
	}
	return 0, fmt.Errorf("no filter is written for %s", runtime.GOARCH)
}

// applySeccomp puts the filter that build makes on all threads in one step.
func applySeccomp(build func(arch uint32, pid int) program) error {
	arch, err := machine()
	if err != nil {
		return err
	}
	code := build(arch, os.Getpid())
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(code)
	if errno != 0 {
		return errno
	}
	if thread != 0 {
		return fmt.Errorf("thread %d could not be confined", thread)
	}
	return nil
}

// seccompSupported asks the kernel whether it knows filters that answer with an error number.
func seccompSupported() error {
	if _, err := machine(); err != nil {
		return err
	}
	action := uint32(unix.SECCOMP_RET_ERRNO)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	if errno != 0 {
		return errors.New("the kernel has no seccomp filters")
	}
	return nil
}
