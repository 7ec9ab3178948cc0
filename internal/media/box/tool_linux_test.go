package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// becomeTool turns the test binary, in the box of a tool, into itself.
func becomeTool(input string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	tool := Tool{Path: self, Args: []string{"tool", input}, Input: input, Env: []string{"A=1"}}
	err = Exec(Limits{OpenFiles: 16, CPUSeconds: 20}, tool, func(level Level) error {
		if !level.ClosedForTools() {
			return fmt.Errorf("the level is %v", level)
		}
		return nil
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// toolAttempts tries what a hijacked tool would try, and prints what came of it.
func toolAttempts(input string) {
	results := map[string]string{}
	try := func(name string, err error) {
		results[name] = "done"
		var errno unix.Errno
		if errors.As(err, &errno) {
			results[name] = unix.ErrnoName(errno)
		} else if err != nil {
			results[name] = err.Error()
		}
	}
	open := func(path string, flags int) error {
		_, err := unix.Open(path, flags, 0o600)
		return err
	}
	socket := func(domain, kind int) error {
		_, err := unix.Socket(domain, kind, 0)
		return err
	}
	beside := filepath.Join(filepath.Dir(input), "beside")
	try("read the input", open(input, unix.O_RDONLY))
	try("read beside the input", open(beside, unix.O_RDONLY))
	try("read the users", open("/etc/passwd", unix.O_RDONLY))
	try("read the parent's memory", open(fmt.Sprintf("/proc/%d/mem", os.Getppid()), unix.O_RDONLY))
	try("list the libraries", open("/usr/lib", unix.O_RDONLY|unix.O_DIRECTORY))
	try("list the root", func() error { _, err := os.ReadDir("/"); return err }())
	try("write the input", open(input, unix.O_WRONLY))
	try("truncate the input", open(input, unix.O_TRUNC))
	try("make a file", open(beside+"2", unix.O_CREAT|unix.O_RDWR))
	try("remove the input", unix.Unlink(input))
	try("rename the input", unix.Rename(input, beside))
	try("link the input", unix.Link(input, beside+"2"))
	try("change the input's mode", unix.Chmod(input, 0o777))
	try("TCP socket", socket(unix.AF_INET, unix.SOCK_STREAM))
	try("UDP socket", socket(unix.AF_INET, unix.SOCK_DGRAM))
	try("Unix socket", socket(unix.AF_UNIX, unix.SOCK_STREAM))
	try("run a program", exec.Command("/bin/true").Run())
	try("trace", unix.PtraceAttach(unix.Getppid()))
	try("signal another process", unix.Kill(unix.Getppid(), 0))
	try("more files", unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 16, Max: 1 << 16}))
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	try("io_uring", errno)
	ioctl := func(request uintptr) error {
		var room [64]byte
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, 0, request, uintptr(unsafe.Pointer(&room)))
		return errno
	}
	try("type for the user", ioctl(unix.TIOCSTI))
	try("paste for the user", ioctl(unix.TIOCLINUX))
	try("share blocks of a file", ioctl(unix.FICLONE))
	try("get signals of a descriptor", ioctl(0x5452))
	_, _, errno = unix.Syscall(unix.SYS_IOCTL, 0, 1<<32|unix.TIOCSTI, 0)
	try("type by a long number", errno)
	for name, request := range map[string]uintptr{"look for a terminal": unix.TCGETS, "ask how much there is": unix.TIOCINQ, "close with the next program": fioclex} {
		if err := ioctl(request); errors.Is(err, unix.EPERM) {
			try(name, err)
		}
	}
	_, err := unix.FcntlInt(0, unix.F_SETLEASE, unix.F_RDLCK)
	try("lease a file", err)
	_, err = unix.FcntlInt(0, unix.F_SETPIPE_SZ, 1<<20)
	try("have a long pipe", err)
	_, err = unix.FcntlInt(0, unix.F_GETFL, 0)
	try("look at a descriptor", err)
	_, _, errno = unix.Syscall(unix.SYS_OPENAT2, 0, 0, 0)
	try("open by the newest call", errno)
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

func TestExecLetsAToolReadItsInputOnly(t *testing.T) {
	if supported := Supported(); !supported.ClosedForTools() {
		t.Skipf("this kernel cannot confine tools: %v", supported)
	}
	folder := t.TempDir()
	for _, name := range []string{"input", "beside"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, err := runSelf(t, "become-tool", filepath.Join(folder, "input"))
	if err != nil {
		t.Fatalf("child: %v\n%s", err, stderr)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	want := map[string]string{
		"read the input": "done", "list the libraries": "done",
		"read beside the input": "EACCES", "read the users": "EACCES", "read the parent's memory": "EACCES", "list the root": "EACCES",
		"write the input": "EPERM", "truncate the input": "EPERM", "make a file": "EPERM", "remove the input": "EPERM",
		"rename the input": "EPERM", "link the input": "EPERM", "change the input's mode": "EPERM",
		"TCP socket": "EPERM", "UDP socket": "EPERM", "Unix socket": "EPERM",
		"run a program": "EPERM", "trace": "EPERM", "signal another process": "EPERM", "more files": "EPERM",
		"io_uring": "EPERM", "open by the newest call": "EPERM",
		"type for the user": "EPERM", "paste for the user": "EPERM", "type by a long number": "EPERM", "share blocks of a file": "EPERM",
		"get signals of a descriptor": "EPERM", "lease a file": "EPERM", "have a long pipe": "EPERM", "look at a descriptor": "done",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if kept, err := os.ReadFile(filepath.Join(folder, "input")); err != nil || string(kept) != "x" {
		t.Errorf("the input holds %q, %v", kept, err)
	}
}

// becomeWriter turns the test binary, in the box of a tool, into itself, with the file as its standard output.
func becomeWriter(output string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	file, err := unix.Open(output, unix.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	tool := Tool{Path: self, Args: []string{"writer", output}, Input: output, Output: file}
	err = Exec(Limits{OpenFiles: 16, CPUSeconds: 20, FileBytes: 1000}, tool, func(level Level) error {
		fmt.Println(level.ClosedForTools())
		return nil
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// write writes to the standard output, goes back in it, and tries what lies beyond.
func write(output string) {
	signal.Ignore(unix.SIGXFSZ)
	say := func(what string, err error) { fmt.Fprintf(os.Stderr, "%s: %v\n", what, err) }
	_, err := os.Stdout.Write(make([]byte, 900))
	say("write", err)
	_, err = os.Stdout.WriteAt([]byte("head"), 0)
	say("go back", err)
	_, err = os.Stdout.WriteAt(make([]byte, 200), 900)
	say("too long", err)
	_, err = unix.Open(output, unix.O_RDWR, 0)
	say("by name", err)
	_, err = unix.FcntlInt(3, unix.F_GETFD, 0)
	say("as another descriptor", err)
}

func TestExecLetsAToolWriteItsOutputOnly(t *testing.T) {
	if supported := Supported(); !supported.ClosedForTools() {
		t.Skipf("this kernel cannot confine tools: %v", supported)
	}
	output := filepath.Join(t.TempDir(), "output")
	if err := os.WriteFile(output, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, err := runSelf(t, "become-writer", output)
	if err != nil || stdout != "true\n" {
		t.Fatalf("child: %v, %q\n%s", err, stdout, stderr)
	}
	want := []string{
		"write: <nil>", "go back: <nil>", "too long: write /dev/stdout: file too large", "by name: operation not permitted", "as another descriptor: bad file descriptor",
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(stderr), "\n")); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	kept, err := os.ReadFile(output)
	if err != nil || len(kept) != 1000 || string(kept[:4]) != "head" {
		t.Errorf("the output has %d bytes, %.4q, %v", len(kept), kept, err)
	}
}

// failToBecome does not become a tool, in one way or another.
func failToBecome(how string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	tool := Tool{Path: self, Args: []string{"tool", self}, Input: self, Failure: 3}
	if how == "start" {
		tool.Path = os.Args[0] + ".text"
	}
	err = Exec(Limits{}, tool, func(level Level) error {
		switch how {
		case "refuse":
			return errors.New("the box is open")
		case "die":
			if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
				return err
			}
			fmt.Println(len(make([]byte, 1<<30)))
		case "panic":
			panic("it tripped")
		}
		return nil
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A program that does not become the tool says so where the tool cannot, however it ends; one that does says nothing.
func TestExecTellsFailures(t *testing.T) {
	if supported := Supported(); !supported.ClosedForTools() {
		t.Skipf("this kernel cannot confine tools: %v", supported)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	copied := filepath.Join(folder, "test")
	if err := os.Symlink(self, copied); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied+".text", []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for how, want := range map[string]string{
		"start": "start " + copied + ".text: exec format error", "refuse": "the box is open", "die": "runtime.throw", "panic": "it tripped", "become": "",
	} {
		told, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), copied, "fail-to-become", how)
		cmd.ExtraFiles = []*os.File{write}
		err = cmd.Run()
		write.Close()
		said, _ := io.ReadAll(told)
		told.Close()
		if !strings.Contains(string(said), want) || (want == "") != (err == nil) || want == "" && len(said) > 0 {
			t.Errorf("%s: %v, %.300q", how, err, said)
		}
	}
}
