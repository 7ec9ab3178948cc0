package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// metric reads one unlabelled value of /metrics.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	for line := range strings.Lines(s.read("/metrics")) {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return v
		}
	}
	s.t.Fatalf("there is no metric %s", name)
	return 0
}

// load is what a server holds open.
type load struct{ goroutines, files float64 }

func (s *server) load() load {
	s.t.Helper()
	return load{s.metric("go_goroutines"), s.metric("process_open_fds")}
}

// settlesTo waits until the server holds about as much open as before.
func (s *server) settlesTo(before load) {
	s.t.Helper()
	const slack = 15 // idle database connections, workers that are waiting
	var now load
	for range 300 {
		now = s.load()
		if now.goroutines <= before.goroutines+slack && now.files <= before.files+slack {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Errorf("30 s later %v goroutines and %v files are open, before there were %v and %v", now.goroutines, now.files, before.goroutines, before.files)
}

// cpu is the processor time of the server so far. Clock ticks are 10 ms on every
// Linux that Go supports.
func (s *server) cpu() time.Duration {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid()))
	if err != nil {
		s.t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// peak is the server's highest resident set size so far, in bytes.
func (s *server) peak() int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid()))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n << 10
}

// raiseOpenFiles lifts the limit of open files of this process, and so of the
// servers that it starts, as far as allowed, and returns it.
func raiseOpenFiles(t *testing.T) uint64 {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return limit.Cur
}

// memoryDisk mounts a file system of a size in memory and returns its directory.
func memoryDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("sluice-test", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		t.Skipf("mounting a small file system is not allowed here: %v", err)
	}
	t.Cleanup(func() {
		var err error
		for range 50 {
			if err = syscall.Unmount(dir, 0); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("unmounting %s: %v", dir, err)
	})
	return dir
}

// smallReceiveBuffer makes the kernel hold little of what the server sends.
func smallReceiveBuffer(_, _ string, c syscall.RawConn) error {
	var set error
	if err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10)
	}); err != nil {
		return err
	}
	return set
}

// limitFileSize sets the largest file that a process may write, in bytes.
func limitFileSize(pid int, size uint64) error {
	limit := unix.Rlimit{Cur: size, Max: size}
	return unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil)
}

// unhurried is the time within which a few small requests must be answered,
// whatever goes on beside them; in peace they take milliseconds.
const unhurried = 15 * time.Second
