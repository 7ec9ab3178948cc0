package e2e_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Login of the administrator of every server here, who belongs to no company and
// may do everything in company c|1, Demo.
const (
	adminLogin    = "admin@example.com"
	adminPassword = "correct-horse-7Q"
)

const (
	readyWithin = 60 * time.Second
	endsWithin  = 60 * time.Second
)

// server is a running sluice process with a data directory of its own.
type server struct {
	t       *testing.T
	data    string
	command *exec.Cmd
	url     string // http://127.0.0.1:PORT
	addr    string
	log     string // file of its standard error
	exited  chan struct{}

	mu  sync.Mutex
	out bytes.Buffer // its standard output
}

// start runs `sluice serve` on a new data directory with further settings as
// NAME=VALUE and waits until it is ready. It is stopped at the end of the test,
// where it must end by itself, with exit code 0.
func start(t *testing.T, settings ...string) *server {
	t.Helper()
	return startOn(t, filepath.Join(t.TempDir(), "data"), settings...)
}

// startOn is start on a given data directory.
func startOn(t *testing.T, data string, settings ...string) *server {
	t.Helper()
	s := launch(t, data, settings...)
	s.awaitReady()
	t.Cleanup(func() { s.stop(t) })
	return s
}

// launch runs `sluice serve` and does not wait.
func launch(t *testing.T, data string, settings ...string) *server {
	t.Helper()
	s := &server{t: t, data: data, exited: make(chan struct{})}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	s.log = log.Name()
	s.command = exec.Command(program, "serve")
	s.command.Env = environment(append([]string{
		"SLUICE_LISTEN=127.0.0.1:0", "SLUICE_DATA_DIR=" + data,
		"SLUICE_ADMIN_EMAIL=" + adminLogin, "SLUICE_ADMIN_PASSWORD=" + adminPassword,
	}, settings...)...)
	s.command.Stderr = log
	// A death signal ends the server should the tests be killed.
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	out, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	log.Close()
	go func() {
		defer close(s.exited)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			s.mu.Lock()
			s.out.WriteString(line)
			s.mu.Unlock()
			if err != nil {
				break
			}
		}
		_ = s.command.Wait() // how it ended is in ProcessState
	}()
	t.Cleanup(s.report)
	return s
}

// environment is that of the tests without settings of Sluice, and more.
func environment(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "SLUICE_") || strings.HasPrefix(e, "GOMEMLIMIT=") || strings.HasPrefix(e, "GOGC=") ||
			strings.HasPrefix(strings.ToLower(e), "http_proxy=")
	})
	return append(env, more...)
}

// stdout is what the server has printed so far.
func (s *server) stdout() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *server) stderr() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		s.t.Error(err)
	}
	return string(text)
}

func (s *server) pid() int { return s.command.Process.Pid }

// awaitReady takes the address from the line that says that the server is ready.
func (s *server) awaitReady() {
	s.t.Helper()
	deadline := time.After(readyWithin)
	for {
		if _, rest, ok := strings.Cut(s.stdout(), "sluice is ready at "); ok && strings.Contains(rest, "\n") {
			s.url, _, _ = strings.Cut(rest, "\n")
			s.addr = strings.TrimPrefix(s.url, "http://")
			return
		}
		select {
		case <-s.exited:
			s.t.Fatalf("the server ended before it was ready:\n%s", s.stderr())
		case <-deadline:
			s.end()
			s.t.Fatalf("the server was not ready within %v:\n%s", readyWithin, s.stderr())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop tells the server to end and expects it to do so with exit code 0. It may
// be called again.
func (s *server) stop(t *testing.T) {
	t.Helper()
	select {
	case <-s.exited:
	default:
		s.signal(syscall.SIGTERM)
	}
	if code := s.wait(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
}

func (s *server) signal(signal syscall.Signal) {
	if err := s.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal: %v", err)
	}
}

// wait returns the exit code; a server that does not end is killed and fails
// the test.
func (s *server) wait() int {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(endsWithin):
		s.t.Errorf("the server did not end within %v", endsWithin)
		s.end()
	}
	return s.command.ProcessState.ExitCode()
}

// end kills the server.
func (s *server) end() {
	_ = s.command.Process.Kill()
	<-s.exited
}

// report checks the log after every test and shows its end when one failed.
func (s *server) report() {
	select {
	case <-s.exited:
	default:
		s.end()
	}
	text := s.stderr()
	for _, bad := range []string{"panic", "goroutine ", "DATA RACE", adminPassword} {
		if strings.Contains(text, bad) {
			s.t.Errorf("the log holds %q", bad)
		}
	}
	if s.t.Failed() {
		s.t.Logf("end of the log of process %d:\n%s", s.pid(), text[max(0, len(text)-4000):])
	}
}

// sluice runs a command line against the server's data directory.
func (s *server) sluice(args ...string) finished {
	s.t.Helper()
	return command{env: []string{"SLUICE_DATA_DIR=" + s.data}}.run(s.t, args...)
}

// must is sluice for commands that have to work.
func (s *server) must(stdin string, args ...string) string {
	s.t.Helper()
	f := command{env: []string{"SLUICE_DATA_DIR=" + s.data}, stdin: stdin}.run(s.t, args...)
	if f.code != 0 {
		s.t.Fatalf("sluice %s: exit code %d\n%s", strings.Join(args, " "), f.code, f.err)
	}
	return f.out
}

// addUser makes a user of company Demo.
func (s *server) addUser(login, password, role string) {
	s.t.Helper()
	s.must(password+"\n", "user", "add", login, "--company", "Demo", "--role", role, "--password-stdin")
}

// command is a run of the program that ends by itself.
type command struct {
	env   []string
	stdin string
	dir   string
}

// finished is how a command ended.
type finished struct {
	out, err string
	code     int
}

func (c command) run(t *testing.T, args ...string) finished {
	t.Helper()
	run := exec.CommandContext(t.Context(), program, args...)
	var out, problems bytes.Buffer
	run.Env, run.Dir = environment(c.env...), c.dir
	run.Stdin, run.Stdout, run.Stderr = strings.NewReader(c.stdin), &out, &problems
	if err := run.Run(); err != nil && run.ProcessState == nil {
		t.Fatal(err)
	}
	return finished{out: out.String(), err: problems.String(), code: run.ProcessState.ExitCode()}
}

// files lists what lies in a part of the server's files, with sizes.
func (s *server) files(below ...string) map[string]int64 {
	s.t.Helper()
	found := make(map[string]int64)
	root := filepath.Join(append([]string{s.data, "files"}, below...)...)
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		info, err := d.Info()
		if err == nil {
			found[filepath.Base(name)] = info.Size()
		}
		return ignoreMissing(err)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// awaitNothingUnderway waits until no file is on its way in.
func (s *server) awaitNothingUnderway() {
	s.t.Helper()
	s.eventually("no file is on its way in", func() bool {
		return len(s.files("staging"))+len(s.files("oneshot")) == 0
	})
}

// eventually waits until something that the server does by itself has happened.
func (s *server) eventually(what string, happened func() bool) {
	s.t.Helper()
	for range 2400 {
		if happened() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("waited two minutes in vain until %s", what)
}

// copyAll reads to the end and forgets.
func copyAll(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
