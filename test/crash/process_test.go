package crash_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	login    = "admin@localhost"
	password = "of this test only"
)

// program is the server's binary, built with its crash points, and where its
// processes work.
type program struct {
	path, data, log string
}

func buildProgram(t *testing.T) program {
	t.Helper()
	dir := t.TempDir()
	p := program{path: filepath.Join(dir, "sluice"), data: filepath.Join(dir, "data"), log: filepath.Join(dir, "log")}
	build := exec.Command("go", "build", "-tags", "crashpoints,nodynamic", "-o", p.path, "./cmd/sluice")
	build.Dir = "../.."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the server: %v\n%s", err, out)
	}
	return p
}

// process is one run of the server.
type process struct {
	command *exec.Cmd
	address chan string   // one value, when it is ready
	exited  chan struct{} // closed after it was reaped
}

// start runs the server; it kills itself the after-th time that it passes the
// point. The point "" means that it does not.
func (p program) start(t *testing.T, at string, after int) *process {
	t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	r := &process{
		command: exec.Command(p.path, "serve", "--listen=127.0.0.1:0", "--data-dir="+p.data, "--no-media-require-box"),
		address: make(chan string, 1), exited: make(chan struct{}),
	}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "SLUICE_") {
			r.command.Env = append(r.command.Env, variable)
		}
	}
	r.command.Env = append(r.command.Env, "SLUICE_ADMIN_EMAIL="+login, "SLUICE_ADMIN_PASSWORD="+password)
	if at != "" {
		r.command.Env = append(r.command.Env, "SLUICE_CRASH_POINT="+at, "SLUICE_CRASH_AFTER="+strconv.Itoa(after))
	}
	r.command.Stderr = log
	out, err := r.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	go r.watch(out)
	t.Cleanup(func() { r.kill() }) // when the test fails while the server runs
	return r
}

func (r *process) watch(out io.Reader) {
	defer close(r.exited)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "sluice is ready at "); ok {
			r.address <- address
		}
	}
	_ = r.command.Wait() // how it ended is in ProcessState
}

// ready returns the server's address, or "" if it ended before it was ready.
func (r *process) ready(t *testing.T) string {
	t.Helper()
	select {
	case address := <-r.address:
		return address
	case <-r.exited:
		return ""
	case <-time.After(time.Minute):
		r.kill()
		t.Fatal("the server was not ready within a minute")
		return ""
	}
}

// kill is kill -9. It may be called after the process has ended.
func (r *process) kill() {
	_ = r.command.Process.Kill()
	<-r.exited
}

// endsWithin waits for the process to end by itself.
func (r *process) endsWithin(d time.Duration) bool {
	select {
	case <-r.exited:
		return true
	case <-time.After(d):
		return false
	}
}

// stop is SIGTERM, which must end the process in an orderly way.
func (r *process) stop() error {
	_ = r.command.Process.Signal(syscall.SIGTERM)
	if !r.endsWithin(time.Minute) {
		r.kill()
		return fmt.Errorf("the server did not stop within a minute of SIGTERM")
	}
	if !r.command.ProcessState.Success() {
		return fmt.Errorf("the server was told to stop and ended with %s", r.command.ProcessState)
	}
	return nil
}

// killed reports how the process ended: by kill -9, as it should, or otherwise.
func (r *process) killed() error {
	status, ok := r.command.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("the server was not killed but ended with %s", r.command.ProcessState)
	}
	return nil
}

// tail is the end of the last server's log.
func (p program) tail() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-4000):])
}
