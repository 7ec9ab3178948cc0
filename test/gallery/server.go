package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	login       = "gallery@example.com"
	password    = "before-and-after-7Q"
	readyWithin = 60 * time.Second
	stopWithin  = 15 * time.Second
)

// server is a running process with a data directory of its own.
type server struct {
	url     string
	command *exec.Cmd
	log     *os.File
	exited  chan struct{} // closed after the process was reaped
}

// startServer starts the program and waits until it is ready. The caller must call stop.
func startServer(ctx context.Context, program, data string) (*server, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	s := &server{exited: make(chan struct{})}
	if s.log, err = os.Create(data + ".log"); err != nil {
		return nil, err
	}
	s.command = exec.Command(program, "serve")
	s.command.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "SLUICE_") }),
		"SLUICE_LISTEN=127.0.0.1:0", "SLUICE_DATA_DIR="+data, "SLUICE_ADMIN_EMAIL="+login, "SLUICE_ADMIN_PASSWORD="+password,
		"SLUICE_MEDIA_REQUIRE_BOX="+requireBox(ctx, program, data+"-doctor"))
	s.command.Stderr = s.log
	// The death signal stops it should the gallery be killed.
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, errors.Join(err, s.log.Close())
	}
	ready := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "sluice is ready at "); ok {
				ready <- url
			}
		}
		_ = s.command.Wait() // how it ended shows in the log
		close(s.exited)
	}()
	select {
	case s.url = <-ready:
		return s, nil
	case <-s.exited:
		err = errors.New("the server ended before it was ready")
	case <-time.After(readyWithin):
		err = fmt.Errorf("the server was not ready within %v", readyWithin)
	case <-ctx.Done():
		err = ctx.Err()
	}
	said, _ := os.ReadFile(s.log.Name())
	return nil, errors.Join(err, s.stop(), fmt.Errorf("its log:\n%s", said))
}

// requireBox is "false" where the kernel cannot confine media processes: the samples are
// the gallery's own.
func requireBox(ctx context.Context, program, data string) string {
	doctor := exec.CommandContext(ctx, program, "doctor")
	doctor.Env = append(os.Environ(), "SLUICE_DATA_DIR="+data)
	said, _ := doctor.Output() // its exit code is about more than this
	for line := range strings.Lines(string(said)) {
		if strings.Contains(line, "media box") && !strings.HasPrefix(line, "ok") {
			return "false"
		}
	}
	return "true"
}

// stop ends the process by its own id, politely first.
func (s *server) stop() error {
	var problem error
	_ = s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(stopWithin):
		problem = fmt.Errorf("the server did not stop within %v and was killed", stopWithin)
		_ = s.command.Process.Kill()
		<-s.exited
	}
	return errors.Join(problem, s.log.Close())
}
