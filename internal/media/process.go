package media

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"sluice/internal/media/box"
	"sluice/internal/media/decoder"
	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
)

// process is the server's side of one worker. It is used by one goroutine at a time, except for kill, which may be
// called at any time and any number of times.
type process struct {
	cmd    *exec.Cmd
	in     *os.File // the worker's standard input
	out    *os.File // the worker's standard output
	stderr tail
	level  box.Level
	served int
	// decoder is what the worker has ready besides what all workers know.
	decoder decoder.Name
	// unusable is set while the conversation may be out of step; the worker must then be ended.
	unusable bool
	failure  *os.File      // of a worker that becomes a tool: where it says why it did not; nil for others
	done     chan struct{} // closed when the worker is gone and reaped

	mu     sync.Mutex
	exited bool // the worker ended; its number may belong to somebody else soon
}

// startProcess starts a worker, whose descriptor 3 is an empty nameless file.
func startProcess(o Options) (*process, error) {
	spool, err := o.nameless()
	if err != nil {
		return nil, err
	}
	defer spool.Close()
	return launch(o, spool)
}

// nameless makes an empty file without a name in the spool folder. The caller closes it.
func (o Options) nameless() (*os.File, error) {
	spool, err := os.CreateTemp(o.SpoolDir, "sluice-media-*")
	if err != nil {
		return nil, failure(fault.Unavailable, err, "no spool file for the media worker can be created")
	}
	if err := os.Remove(spool.Name()); err != nil {
		spool.Close()
		return nil, failure(fault.Unavailable, err, "the spool file of the media worker cannot be made nameless")
	}
	return spool, nil
}

// launch starts the worker program in its own process group, with an empty environment and files as its descriptors
// from 3 on.
// It is gone, at the latest, when this process is.
func launch(o Options, files ...*os.File) (*process, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, failure(fault.Unavailable, err, "no pipe to the media worker can be opened")
	}
	defer childIn.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, failure(fault.Unavailable, err, "no pipe from the media worker can be opened")
	}
	defer childOut.Close()
	p := &process{in: in, out: out, done: make(chan struct{})}
	p.cmd = exec.Command(o.Command[0], o.Command[1:]...)
	p.cmd.Dir = "/"
	// The line says why the runtime gave up; the stacks of all goroutines would drown it.
	p.cmd.Env = []string{"GOTRACEBACK=none"}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = childIn, childOut, &p.stderr
	p.cmd.ExtraFiles = files
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = 2 * time.Second
	if err := startBehind(p.cmd); err != nil {
		in.Close()
		out.Close()
		return nil, failure(fault.Unavailable, err, "the media worker cannot be started")
	}
	growPipe(in)
	go p.reap()
	return p, nil
}

// greet sends the setup and checks the walls that the worker reports.
func (p *process) greet(o Options) error {
	todo := o.setup()
	todo.Decoder = p.decoder
	var reply hello
	err := frame.Write(p.in, todo)
	if err == nil {
		err = frame.Read(p.out, &reply)
	}
	if err != nil {
		return p.broken("before it was ready", err)
	}
	if reply.Version != protocolVersion {
		return failure(fault.Unavailable, nil, "the media worker speaks protocol version %d instead of %d",
			reply.Version, protocolVersion)
	}
	p.level = reply.Box
	if !p.level.Closed() && !o.AllowUnboxed {
		return failure(fault.Unavailable, nil,
			"the media worker cannot be confined on this machine (%s), and running it unconfined was not allowed",
			plain(p.level.String(), maxMessage))
	}
	return nil
}

// kill ends the worker and whatever it started. It does not wait.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.exited {
		killGroup(p.cmd.Process)
	}
}

// reap waits for the end of the worker. The rest of its group is killed while the ended worker still holds its
// number, so that the signal cannot meet anybody else.
func (p *process) reap() {
	defer close(p.done)
	if awaitExit(p.cmd.Process) {
		p.mu.Lock()
		killGroup(p.cmd.Process)
		p.exited = true
		p.mu.Unlock()
	}
	// How the worker ended stands in ProcessState; that it was killed is no news here.
	_ = p.cmd.Wait()
	p.mu.Lock()
	p.exited = true
	p.mu.Unlock()
}

// end kills the worker and waits until nothing of it is left.
func (p *process) end() {
	p.kill()
	<-p.done
	p.in.Close()
	p.out.Close()
	if p.failure != nil {
		p.failure.Close()
	}
}

// notStarted says why the worker, which is gone, did not become the tool; "" when it did.
func (p *process) notStarted() string {
	said, err := io.ReadAll(io.LimitReader(p.failure, tailBytes))
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(said)) {
		if line = strings.TrimSpace(line); line != "" {
			return plain(line, maxMessage)
		}
	}
	return ""
}

// gone reports whether the worker has ended by itself.
func (p *process) gone() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// broken ends the worker and says why the conversation stopped.
func (p *process) broken(when string, cause error) *fault.Error {
	p.end()
	reason := p.cmd.ProcessState.String()
	if last := p.stderr.lastLine(); last != "" {
		reason += ", it said: " + last
	}
	if errors.Is(cause, io.EOF) || errors.Is(cause, os.ErrClosed) {
		cause = nil
	}
	return failure(fault.Crashed, cause, "the media worker stopped %s (%s)", when, reason)
}
