package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of times in /proc/PID/stat, which is the same on every
// Linux architecture that Go supports.
const clockTick = 10 * time.Millisecond

// usage is what a process and all its descendants have used so far. CPU
// includes descendants that have ended. Written counts the bytes that were
// sent to storage, or dirtied in the page cache for it.
type usage struct {
	cpu     time.Duration
	written int64
	peak    int64 // bytes: sum of the processes' highest resident set sizes
}

// usageOf sums over the process tree of pid. Processes that end meanwhile are
// skipped.
func usageOf(pid int) usage {
	var u usage
	for _, p := range processTree(pid) {
		if s, ok := readStat(p); ok {
			u.cpu += s.cpu
		}
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", p)); err == nil {
			u.written += procField(b, "write_bytes:")
		}
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p)); err == nil {
			u.peak += procField(b, "VmHWM:") << 10
		}
	}
	return u
}

// resetPeak starts the highest resident set sizes of the tree anew and tells
// whether the kernel let it.
func resetPeak(pid int) bool {
	all := true
	for _, p := range processTree(pid) {
		all = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p), []byte("5"), 0) == nil && all
	}
	return all
}

// procStat is the part of /proc/PID/stat that is needed here.
type procStat struct {
	parent int
	cpu    time.Duration // user and system time, own and of reaped children
}

func readStat(pid int) (procStat, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, false
	}
	return parseStat(b)
}

// parseStat reads the fields of proc_pid_stat(5). The command name in
// parentheses may hold anything, so fields are counted behind the last
// parenthesis: ppid is field 4, utime to cstime are 14 to 17.
func parseStat(b []byte) (procStat, bool) {
	i := bytes.LastIndexByte(b, ')')
	fields := strings.Fields(string(b[i+1:]))
	if i < 0 || len(fields) < 15 {
		return procStat{}, false
	}
	var s procStat
	s.parent, _ = strconv.Atoi(fields[1])
	for _, f := range fields[11:15] {
		ticks, _ := strconv.ParseInt(f, 10, 64)
		s.cpu += time.Duration(ticks) * clockTick
	}
	return s, true
}

// processTree returns pid and its living descendants.
func processTree(pid int) []int {
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return []int{pid}
	}
	for _, e := range entries {
		p, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := readStat(p); ok {
			children[s.parent] = append(children[s.parent], p)
		}
	}
	tree := []int{pid}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree
}

// procField is the number behind a label at the start of a line, 0 when there
// is none.
func procField(text []byte, label string) int64 {
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, label); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
			return n
		}
	}
	return 0
}

// ownCPU is the CPU time of the driver itself.
func ownCPU() time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// syncFileSystem writes everything dirty of dir's file system to storage.
func syncFileSystem(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return os.NewSyscallError("syncfs", unix.Syncfs(int(d.Fd())))
}
