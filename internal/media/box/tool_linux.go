package box

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Exec raises the walls of a tool around the calling process, tells ready which stand, and turns the process into
// the tool, with the descriptors that are inherited without the close-on-exec flag. It returns only when ready
// refused or the tool could not be started; the process is confined for good even then.
//
// A tool differs from a worker in that it may read files: its input, and what programs of the system need to start.
// It may not write to any but its output, and has, like a worker, neither network nor children. Without an output
// Limits.FileBytes is taken as 0.
func Exec(limits Limits, t Tool, ready func(Level) error) error {
	if t.Failure == 0 {
		return confine(limits, t, ready)
	}
	unix.CloseOnExec(t.Failure)
	told := os.NewFile(uintptr(t.Failure), "failure")
	if err := debug.SetCrashOutput(told, debug.CrashOptions{}); err != nil {
		return fmt.Errorf("have the end of this program told: %w", err)
	}
	err := confine(limits, t, ready)
	_, _ = fmt.Fprintln(told, err) // who does not listen any more does not need it
	return err
}

func confine(limits Limits, t Tool, ready func(Level) error) error {
	var level Level
	if t.Output == 0 {
		limits.FileBytes = 0
	}
	memory, err := toolMemory(limits)
	if err == nil {
		err = limitTool(limits)
	}
	if err != nil {
		level.miss("rlimits", err)
	} else {
		level.Rlimits = true
	}
	abi, err := landlockABI()
	if err == nil {
		err = landlock.V11.BestEffort().Restrict(readable(t)...)
	}
	if err != nil {
		level.miss("Landlock", err)
	} else {
		level.Landlock = abi
	}
	if err := dropCapabilities(); err != nil {
		level.miss("capabilities", err)
	}
	level.closeCalls(toolFilter)
	if err := ready(level); err != nil {
		return err
	}
	if t.Output != 0 {
		if err := unix.Dup3(t.Output, 1, 0); err != nil {
			return fmt.Errorf("make the output the standard output: %w", err)
		}
		unix.CloseOnExec(t.Output)
	}
	return become(memory, t)
}

// toolMemory is the limit on the address space of a tool, which is never above the one that this process has.
func toolMemory(limits Limits) (unix.Rlimit, error) {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &now); err != nil {
		return now, fmt.Errorf("read the limit of the address space: %w", err)
	}
	if limits.MemoryBytes > 0 {
		now.Max = min(now.Max, uint64(limits.MemoryBytes)+addressSlack)
		now.Cur = now.Max
	}
	return now, nil
}

// become limits the memory and starts the tool. Between the two nothing may be allocated: this program has more mapped
// than a tool may have, and its runtime ends it when the kernel refuses more. For the tool the kernel counts anew. What
// the runtime does on other threads nobody can forbid, which is what Tool.Failure is for.
func become(memory unix.Rlimit, t Tool) error {
	path, err := unix.BytePtrFromString(t.Path)
	if err != nil {
		return fmt.Errorf("start %q: %w", t.Path, err)
	}
	args, err := syscall.SlicePtrFromStrings(append([]string{t.Path}, t.Args...))
	if err != nil {
		return fmt.Errorf("start %s: an argument: %w", t.Path, err)
	}
	env, err := syscall.SlicePtrFromStrings(t.Env)
	if err != nil {
		return fmt.Errorf("start %s: a variable: %w", t.Path, err)
	}
	// From here to the end of the tool's start the collector would only be in the way.
	debug.SetGCPercent(-1)
	if _, _, errno := unix.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_AS, uintptr(unsafe.Pointer(&memory)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("limit address space to %d bytes: %w", memory.Cur, errno)
	}
	_, _, errno := unix.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&args[0])), uintptr(unsafe.Pointer(&env[0])))
	return fmt.Errorf("start %s: %w", t.Path, errno)
}

// limitTool sets all limits but the one on memory. No limit on the size of files means that nothing may be written.
func limitTool(limits Limits) error {
	if limits.FileBytes == 0 {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{}); err != nil {
			return fmt.Errorf("limit file size to 0: %w", err)
		}
	}
	return limitCounts(limits)
}

// readable lists what a tool may open: the places of programs, libraries and fonts, where the system keeps nothing
// that is secret, and its input.
func readable(t Tool) []landlock.Rule {
	const read = landlock.AccessFSSet(llsyscall.AccessFSReadFile)
	return []landlock.Rule{
		landlock.RODirs("/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/gnu/store").IgnoreIfMissing(),
		landlock.RODirs("/etc/fonts", "/var/cache/fontconfig", "/etc/ghostscript", "/var/lib/ghostscript").IgnoreIfMissing(),
		landlock.PathAccess(read, "/etc/ld.so.cache", "/dev/null", "/dev/urandom").IgnoreIfMissing(),
		landlock.ROFiles(t.Path),
		landlock.PathAccess(read, t.Input),
	}
}

// toolCalls lists the system calls that a tool has besides those of a worker: reading files, and what the C library
// does when a program starts. Calls that older machines have besides are in calls.
func toolCalls() []uint32 {
	return []uint32{
		unix.SYS_EXECVE, unix.SYS_MMAP, unix.SYS_MPROTECT, unix.SYS_SET_TID_ADDRESS,
		unix.SYS_FACCESSAT, unix.SYS_FACCESSAT2, unix.SYS_READLINKAT, unix.SYS_STATX, unix.SYS_GETDENTS64, unix.SYS_GETCWD,
		unix.SYS_STATFS, unix.SYS_FSTATFS, unix.SYS_FADVISE64, unix.SYS_READAHEAD, unix.SYS_PREADV,
		unix.SYS_DUP, unix.SYS_DUP3, unix.SYS_PIPE2, unix.SYS_PSELECT6, unix.SYS_UMASK,
		unix.SYS_UNAME, unix.SYS_SYSINFO, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID, unix.SYS_GETPPID,
		unix.SYS_GETPGID, unix.SYS_TIMES, unix.SYS_CLOCK_GETRES, unix.SYS_GETCPU, unix.SYS_GETPRIORITY,
		unix.SYS_SCHED_GETPARAM, unix.SYS_SCHED_GETSCHEDULER, unix.SYS_SCHED_GET_PRIORITY_MAX, unix.SYS_SCHED_GET_PRIORITY_MIN,
		unix.SYS_GET_MEMPOLICY, unix.SYS_MEMBARRIER, unix.SYS_RT_SIGTIMEDWAIT, unix.SYS_RT_SIGPENDING,
	}
}

// writing are the flags of an open that would make or change a file.
const writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC

// Requests that package unix does not name (asm-generic/ioctls.h): not to wait, and to close with the next program. What
// it calls TIOCINQ is FIONREAD, too.
const (
	fionbio = 0x5421
	fioclex = 0x5451
)

// toolFilter builds the program for a tool: the machine arch (an AUDIT_ARCH constant) and the process pid.
func toolFilter(arch uint32, pid int) program {
	p := passing(arch, append(append(allowed(), toolCalls()...), machineCalls()...))
	p.onlyIf(unix.SYS_OPENAT, 2, unix.BPF_JSET, writing, refuse, pass)
	p.openByName()
	// Programs ask whether they talk to a terminal, and how much there is to read. All else is for devices, which a tool
	// has none of, or reaches behind a file.
	p.ifOneOf(unix.SYS_IOCTL, 1, unix.TCGETS, unix.TCGETS2, unix.TIOCINQ, fionbio, fioclex)
	p.onlyIf(unix.SYS_PRCTL, 0, unix.BPF_JEQ, unix.PR_SET_NAME, pass, refuse)
	p.threadsOnly(pid)
	return p
}
