package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	readyWithin = 60 * time.Second
	stopWithin  = 15 * time.Second
	logTail     = 600 // bytes of a server's log that an error shows
)

// server is a peer's running process on an empty directory of its own.
type server struct {
	place   place
	command *exec.Cmd
	log     *os.File
	exited  chan struct{} // closed after the process was reaped
}

// startServer makes a work directory under root, starts the peer and waits
// until it is ready. The caller must call stop, which also removes the
// directory.
func startServer(ctx context.Context, root string, p peer) (*server, error) {
	work, err := os.MkdirTemp(root, "run-")
	if err != nil {
		return nil, err
	}
	s := &server{exited: make(chan struct{})}
	if err := s.start(work, p); err != nil {
		return nil, errors.Join(err, os.RemoveAll(work))
	}
	if err := s.awaitReady(ctx, p.readyPath); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", p.name, err), s.stop())
	}
	return s, nil
}

func (s *server) start(work string, p peer) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	s.place = place{addr: addr, work: work, data: filepath.Join(work, "data")}
	if err := os.Mkdir(s.place.data, 0o755); err != nil {
		return err
	}
	if p.files != nil {
		for name, text := range p.files(s.place) {
			if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	if s.log, err = os.Create(filepath.Join(work, "server.log")); err != nil {
		return err
	}
	argv := p.command(s.place)
	s.command = exec.Command(argv[0], argv[1:]...)
	s.command.Dir = work
	s.command.Env = append(cleanEnvironment(os.Environ()), p.env...)
	s.command.Stdout, s.command.Stderr = s.log, s.log
	// A process group of its own keeps the terminal's interrupt away from the
	// server; the death signal stops it should the driver be killed.
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := s.command.Start(); err != nil {
		return errors.Join(err, s.log.Close())
	}
	go func() {
		_ = s.command.Wait() // how it ended shows in the log
		close(s.exited)
	}()
	return nil
}

// cleanEnvironment drops settings of Sluice that the driver's caller may have.
func cleanEnvironment(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(e string) bool { return strings.HasPrefix(e, "SLUICE_") })
}

// freeAddress finds a port on 127.0.0.1 that nothing listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// awaitReady polls until the server answers, exits, or took too long.
func (s *server) awaitReady(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.ready(ctx, path) {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server exited before it was ready: %s", s.tail())
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready within %s: %s", readyWithin, s.tail())
		case <-tick.C:
		}
	}
}

func (s *server) ready(ctx context.Context, path string) bool {
	c := newConn(s.place.addr)
	defer c.close()
	if path == "" {
		return c.dial(ctx) == nil
	}
	a, err := c.do(ctx, request{method: http.MethodGet, target: path})
	return err == nil && a.status == http.StatusOK
}

// stop ends the process by its own id, politely first, and removes the run's
// directory. It is an error when the server had exited by itself, or had to be
// killed.
func (s *server) stop() error {
	var problem error
	select {
	case <-s.exited:
		problem = fmt.Errorf("the server exited by itself: %s", s.tail())
	default:
		_ = s.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(stopWithin):
			problem = fmt.Errorf("the server did not stop within %s and was killed", stopWithin)
			// The group holds nothing but this server and what it started.
			_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL)
			<-s.exited
		}
	}
	return errors.Join(problem, s.log.Close(), os.RemoveAll(s.place.work))
}

// tail is the end of the server's output.
func (s *server) tail() string {
	f, err := os.Open(s.log.Name())
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil {
		_, _ = f.Seek(max(0, info.Size()-logTail), io.SeekStart)
	}
	text, _ := io.ReadAll(io.LimitReader(f, logTail))
	return strings.TrimSpace(string(text))
}
