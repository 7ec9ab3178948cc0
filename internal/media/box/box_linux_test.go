package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// The test binary plays the confined child when its first argument says so: it goes into the box, tries what a
// hijacked decoder would try, and prints what came of it.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "attempts" {
		attempts(os.Args[2])
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "exhaust" {
		exhaust(os.Args[2])
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "become-tool" {
		becomeTool(os.Args[2])
	}
	if len(os.Args) == 3 && os.Args[1] == "become-writer" {
		becomeWriter(os.Args[2])
	}
	if len(os.Args) == 3 && os.Args[1] == "fail-to-become" {
		failToBecome(os.Args[2])
	}
	if len(os.Args) == 3 && os.Args[1] == "writer" {
		write(os.Args[2])
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "tool" {
		toolAttempts(os.Args[2])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type report struct {
	Level   Level
	Results map[string]string
}

// capabilities fails when the thread of a status file has any beside reading what its mode forbids; proc(5).
func capabilities(status *os.File) error {
	text := make([]byte, 8<<10)
	n, err := status.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, set := range []string{"CapPrm:", "CapEff:"} {
		_, rest, _ := strings.Cut(string(text[:n]), set)
		have, err := strconv.ParseUint(strings.Fields(rest)[0], 16, 64)
		if err != nil || have&^(1<<unix.CAP_DAC_READ_SEARCH) != 0 {
			return fmt.Errorf("%s %x, %v", set, have, err)
		}
	}
	return nil
}

func attempts(walls string) {
	victim, err := os.CreateTemp("", "box-victim-*")
	if err != nil {
		panic(err)
	}
	defer os.Remove(victim.Name())
	dir, err := unix.Open(filepath.Dir(victim.Name()), unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		panic(err)
	}
	status, err := os.Open("/proc/thread-self/status")
	if err != nil {
		panic(err)
	}
	out := report{Results: map[string]string{}}
	switch walls {
	case "all":
		out.Level = Apply(Limits{MemoryBytes: 256 << 20, FileBytes: 1 << 20, OpenFiles: 16, CPUSeconds: 20})
	case "landlock":
		if err := landlock.V11.BestEffort().Restrict(); err != nil {
			panic(err)
		}
	}
	try := func(name string, err error) {
		out.Results[name] = "done"
		var errno unix.Errno
		if errors.As(err, &errno) {
			out.Results[name] = unix.ErrnoName(errno)
		} else if err != nil {
			out.Results[name] = err.Error()
		}
	}
	socket := func(domain, kind int) error {
		_, err := unix.Socket(domain, kind, 0)
		return err
	}
	_, err = os.ReadFile("/etc/passwd")
	try("read a file", err)
	try("write a file", os.WriteFile(victim.Name(), nil, 0o600))
	_, err = unix.Openat(dir, filepath.Base(victim.Name()), unix.O_RDWR, 0)
	try("open beside an open directory", err)
	_, err = os.ReadDir("/")
	try("list a folder", err)
	try("remove a file", os.Remove(victim.Name()))
	try("TCP socket", socket(unix.AF_INET, unix.SOCK_STREAM))
	try("UDP socket", socket(unix.AF_INET, unix.SOCK_DGRAM))
	try("Unix socket", socket(unix.AF_UNIX, unix.SOCK_STREAM))
	try("run a program", exec.Command("/bin/true").Run())
	if out.Level.Seccomp { // A raw fork that succeeded would leave two half-working copies of this program.
		_, _, errno := unix.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		try("fork", errno)
	}
	try("signal another process", unix.Kill(unix.Getppid(), 0))
	_, err = unix.Mmap(-1, 0, 4096, unix.PROT_EXEC|unix.PROT_READ, unix.MAP_ANON|unix.MAP_PRIVATE)
	try("map code", err)
	try("have no capabilities", capabilities(status))
	_, err = unix.FcntlInt(1, unix.F_SETOWN, unix.Getppid())
	try("have a descriptor signal another process", err)
	_, err = unix.FcntlInt(1, unix.F_SETSIG, int(unix.SIGKILL))
	try("choose the signal of a descriptor", err)
	_, err = unix.FcntlInt(1, unix.F_GETFL, 0)
	try("look at a descriptor", err)
	try("trace", unix.PtraceAttach(unix.Getppid()))
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	try("io_uring", errno)
	done := make(chan int)
	for i := range 20 {
		go func() { done <- i }()
	}
	for range 20 {
		<-done
	}
	_, err = victim.WriteAt([]byte("still mine"), 0)
	try("write an open file", err)
	_, err = victim.WriteAt([]byte("x"), 1<<20)
	try("write beyond the file limit", err)
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}

func exhaust(what string) {
	processor := NewProcessor(1)
	level := Apply(Limits{MemoryBytes: 32 << 20, CPUSeconds: 5})
	if !level.Rlimits {
		fmt.Println("no limits:", level)
		return
	}
	if err := processor.Arm(); err != nil {
		fmt.Println(err)
		return
	}
	if what == "memory" {
		var kept [][]byte
		for range 64 {
			block := make([]byte, 16<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			kept = append(kept, block)
		}
		fmt.Println("a gigabyte was given:", len(kept))
		return
	}
	for i := 0; ; i++ {
		if i < 0 {
			return
		}
	}
}

func runSelf(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, diag strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Stdout, cmd.Stderr = &out, &diag
	err = cmd.Run()
	return out.String(), diag.String(), err
}

func TestApplyRefusesEverythingButComputing(t *testing.T) {
	if supported := Supported(); !supported.Closed() {
		t.Skipf("this kernel cannot close the box: %v", supported)
	}
	stdout, stderr, err := runSelf(t, "attempts", "all")
	if err != nil {
		t.Fatalf("child: %v\n%s", err, stderr)
	}
	var got report
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	if !got.Level.Closed() {
		t.Errorf("level %v, want a closed box", got.Level)
	}
	if want := Supported().Landlock; got.Level.Landlock != want {
		t.Errorf("Landlock ABI %d in force, the kernel offers %d", got.Level.Landlock, want)
	}
	want := map[string]string{
		"read a file": "EPERM", "write a file": "EPERM", "open beside an open directory": "EPERM",
		"list a folder": "EPERM", "remove a file": "EPERM",
		"TCP socket": "EPERM", "UDP socket": "EPERM", "Unix socket": "EPERM",
		"run a program": "EPERM", "fork": "EPERM", "signal another process": "EPERM", "map code": "EPERM", "have no capabilities": "done",
		"have a descriptor signal another process": "EPERM", "choose the signal of a descriptor": "EPERM", "look at a descriptor": "done",
		"trace": "EPERM", "io_uring": "EPERM",
		"write an open file": "done", "write beyond the file limit": "EFBIG",
	}
	if diff := cmp.Diff(want, got.Results); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

// Landlock alone must refuse files too, so that a hole in the filter is not a hole in the box.
func TestLandlockAloneRefusesFiles(t *testing.T) {
	if Supported().Landlock == 0 {
		t.Skip("this kernel has no Landlock")
	}
	stdout, stderr, err := runSelf(t, "attempts", "landlock")
	if err != nil {
		t.Fatalf("child: %v\n%s", err, stderr)
	}
	var got report
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	for _, name := range []string{"read a file", "write a file", "open beside an open directory", "list a folder"} {
		if got.Results[name] != "EACCES" {
			t.Errorf("%s: %s, want EACCES", name, got.Results[name])
		}
	}
}

func TestLimitsEndTheChild(t *testing.T) {
	tests := []struct{ what, want string }{
		{"memory", "alloc"},
		{"processor", "processor limit"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			stdout, stderr, err := runSelf(t, "exhaust", tt.what)
			if err == nil || !strings.Contains(stderr, tt.want) {
				t.Errorf("child ended with %v, said %q and %q; want a failure that mentions %q", err, stdout, stderr, tt.want)
			}
		})
	}
}

func TestLevelStringNamesWhatIsMissing(t *testing.T) {
	level := Level{Landlock: 7, Rlimits: true}
	level.miss("seccomp", errors.New("the kernel has no seccomp filters"))
	want := "Landlock ABI 7, rlimits (missing: seccomp: the kernel has no seccomp filters)"
	if got := level.String(); got != want {
		t.Errorf("String %q, want %q", got, want)
	}
	if level.Closed() {
		t.Error("a level without seccomp counts as closed")
	}
}
