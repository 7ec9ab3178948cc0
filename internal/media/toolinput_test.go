package media

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
)

// changeInput is a tool that tries to change the file that it reads, and says what it could do.
func changeInput() {
	for what, err := range map[string]error{
		"write":    func() error { _, err := unix.Pwrite(spoolDescriptor, []byte("x"), 0); return err }(),
		"truncate": unix.Ftruncate(spoolDescriptor, 0),
		"map":      func() error { _, err := unix.Mmap(spoolDescriptor, 0, 1, unix.PROT_WRITE, unix.MAP_SHARED); return err }(),
		"open":     func() error { _, err := unix.Open(toolInput, unix.O_RDWR, 0); return err }(),
		"get told": func() error { _, err := unix.FcntlInt(failureDescriptor, unix.F_GETFD, 0); return err }(),
	} {
		if err == nil {
			fmt.Println(what)
		}
	}
	_, _ = unix.Seek(spoolDescriptor, 3, io.SeekStart)
	_, _ = unix.FcntlInt(spoolDescriptor, unix.F_SETFL, unix.O_APPEND)
	fmt.Println("end")
}

// dieBeforeTool is a worker whose memory ends when it has said hello and is about to become the tool.
func dieBeforeTool() {
	var todo setup
	must(frame.Read(os.Stdin, &todo))
	tool := box.Tool{Path: todo.Tool.Path, Input: toolInput, Failure: failureDescriptor}
	err := box.Exec(todo.Box, tool, func(level box.Level) error {
		must(frame.Write(os.Stdout, hello{Version: protocolVersion, Box: level}))
		must(unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}))
		fmt.Fprintln(os.Stderr, len(make([]byte, 1<<30)))
		return nil
	})
	fmt.Fprintln(os.Stderr, err)
}

// A tool cannot change the file that it reads, nor where the server goes on in it, in whichever way it is run.
func TestToolCannotChangeItsInput(t *testing.T) {
	r := scripted(t, nil)
	if raceDetector {
		r.opts.MemoryBytes = 0 // what this program is, as a tool, has more mapped than any limit
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, _, err := r.opts.toolFile(strings.NewReader("bytes"), 5)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := in.Seek(1, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	run := toolRun{program: "changer", path: self, args: []string{"change-input"}, input: in.File, most: 1 << 20}
	said, err := run.run(t.Context(), r.opts)
	if err != nil || string(said) != "end\n" {
		t.Errorf("it could %q, %v", said, err)
	}
	if run.output, err = r.opts.nameless(); err != nil {
		t.Fatal(err)
	}
	defer run.output.Close()
	size, err := run.intoFile(t.Context(), r.opts)
	said, _ = io.ReadAll(io.NewSectionReader(run.output, 0, size))
	if err != nil || string(said) != "end\n" {
		t.Errorf("with an output it could %q, %v", said, err)
	}
	if rest, err := io.ReadAll(in); err != nil || string(rest) != "ytes" {
		t.Errorf("the rest of the file is %q, %v", rest, err)
	}
	if flags, err := unix.FcntlInt(in.Fd(), unix.F_GETFL, 0); err != nil || flags&unix.O_APPEND != 0 {
		t.Errorf("the server writes to the file otherwise than before: %#x, %v", flags, err)
	}
}

// A tool that was never started has not judged the file, which may be tried again.
func TestToolThatIsNotStarted(t *testing.T) {
	r := scripted(t, nil)
	broken := filepath.Join(os.Getenv("PATH"), "pdftoppm")
	if err := os.WriteFile(broken, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{"media-worker": "exec format error", "dying-worker": "exit status 2"} {
		_, err := newRunner(t, role).posterOf(t.Context(), "%PDF-1.4\n", "a.pdf")
		var failed *Error
		if !errors.As(err, &failed) || failed.Class != fault.Unavailable || failed.Tool != "" || failed.Msg != "the media worker could not start pdftoppm" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v", role, err)
		}
		in, _, err := r.opts.toolFile(strings.NewReader("x"), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		run := toolRun{program: "pdftoppm", path: broken, input: in.File, output: in.File, most: 1 << 20}
		if _, err := run.intoFile(t.Context(), newRunner(t, role).opts); fault.ClassOf(err) != fault.Unavailable {
			t.Errorf("%s, into a file: %+v", role, err)
		}
	}
}
