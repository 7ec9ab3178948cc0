package media

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
)

// need is what a missing tool would have done, and the tools of which any one does it.
type need struct {
	purpose string // completes "no … was made" and the like, e.g. "no thumbnail was made"
	tools   []string
}

// find returns the path of the first of the tools that is installed. It looks anew each time, so that a tool which
// is installed later is used without a restart.
func (n need) find() (program, path string, err error) {
	for _, program := range n.tools {
		if path, err := exec.LookPath(program); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return program, path, nil
			}
		}
	}
	first := n.tools[0]
	missing := failure(fault.Missing, nil, "%s, because %s is not installed: apt-get install %s", n.purpose, first, debianOf(first))
	missing.Tool = first
	return "", "", missing
}

// debianOf names the package that brings a program.
func debianOf(program string) string {
	for _, t := range tools() {
		if t.program == program {
			return t.debian
		}
	}
	return program
}

// toolRun is one run of a program over one file.
type toolRun struct {
	program string // as people call it
	path    string // absolute
	args    []string
	input   *os.File
	most    int64 // bytes that it may write
}

// run carries a tool out in the box and returns what it wrote to its standard output. The tool is ended, with
// whatever it started, when ctx ends, when it writes too much, and at the latest when run returns.
func (t toolRun) run(ctx context.Context, o Options) ([]byte, error) {
	p, err := launch(o, t.input)
	if err != nil {
		return nil, err
	}
	defer p.end()
	defer context.AfterFunc(ctx, p.kill)()
	if err := p.greetTool(t, o); err != nil {
		return nil, err
	}
	output, err := io.ReadAll(io.LimitReader(p.out, t.most+1))
	if int64(len(output)) > t.most {
		return nil, t.failed(fault.TooLarge, nil, "gave more than %d bytes and was ended", t.most)
	}
	if err != nil {
		return nil, t.failed(fault.Crashed, err, "stopped while it read the file")
	}
	<-p.done
	state := p.cmd.ProcessState
	if state.Success() {
		return output, nil
	}
	cause := errors.New(state.String() + ": " + p.stderr.lastLine())
	if state.Exited() {
		return nil, t.failed(fault.Corrupt, cause, "could not read the file")
	}
	return nil, t.failed(fault.Crashed, cause, "stopped while it read the file")
}

// greetTool sends the setup and checks the walls that stand around what will be the tool.
func (p *process) greetTool(t toolRun, o Options) error {
	todo := o.setup()
	todo.Box.CPUSeconds = todo.CPUSeconds // its whole life is one file
	todo.Tool = &toolCall{Path: t.path, Args: t.args}
	var reply hello
	err := frame.Write(p.in, todo)
	if err == nil {
		err = frame.Read(p.out, &reply)
	}
	p.in.Close() // the tool is told nothing on its standard input
	if err != nil {
		return p.broken("before it became "+t.program, err)
	}
	if reply.Version != protocolVersion {
		return failure(fault.Unavailable, nil, "the media worker speaks protocol version %d instead of %d",
			reply.Version, protocolVersion)
	}
	if !reply.Box.ClosedForTools() && !o.AllowUnboxed {
		return t.failed(fault.Missing, nil,
			"was not used, because this machine cannot confine it, and running it unconfined was not allowed")
	}
	return nil
}

// failed builds an error that blames the tool. Its message is one for the person who uploaded the file.
func (t toolRun) failed(class fault.Class, cause error, format string, args ...any) *fault.Error {
	err := failure(class, cause, t.program+" "+format, args...)
	err.Tool = t.program
	return err
}
