package media

import (
	"context"
	"errors"
	"fmt"
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
	env     []string // besides what all tools have
	input   *os.File
	output  *os.File               // that it writes instead of its standard output, with intoFile; it has no name
	most    int64                  // bytes that it may write
	watch   func(line string) bool // is given what it says on standard error; true = it is no complaint
}

// run carries a tool out in the box and returns what it wrote to its standard output. The tool is ended, with
// whatever it started, when ctx ends, when it writes too much, and at the latest when run returns.
func (t toolRun) run(ctx context.Context, o Options) (output []byte, err error) {
	err = t.stream(ctx, o, func(r io.Reader) (err error) {
		output, err = io.ReadAll(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return output, nil
}

// stream is run for what need not be in memory as a whole: read gets the output of the tool while it works. An error
// of read that does not come from its reader ends the tool and is returned as it is, without its refusal. What read
// leaves is thrown away.
func (t toolRun) stream(ctx context.Context, o Options, read func(io.Reader) error) error {
	p, err := t.launch(o)
	if err != nil {
		return err
	}
	defer p.end()
	defer context.AfterFunc(ctx, p.kill)()
	if t.watch != nil {
		p.stderr.follow(t.watch)
	}
	if err := p.greetTool(t, o); err != nil {
		return err
	}
	growPipe(p.out)
	out := &toolOutput{src: p.out, left: t.most}
	err = read(out)
	if err == nil && out.err == nil {
		_, _ = io.Copy(io.Discard, out) // the tool must not wait for a reader; what goes wrong stands in out
	}
	switch {
	case out.left < 0:
		return t.failed(fault.TooLarge, nil, "gave more than %d bytes and was ended", t.most)
	case out.err != nil:
		return t.failed(fault.Crashed, out.err, "stopped while it read the file")
	}
	if taken, ok := errors.AsType[refusal](err); ok {
		return taken.error
	}
	if cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); err != nil && (!cut || fault.ClassOf(err) != "") {
		return err // what has a class is not about the tool's output any more
	}
	<-p.done
	switch {
	case !p.cmd.ProcessState.Success():
		return t.ended(p)
	case err != nil:
		return t.failed(fault.Crashed, err, "ended in the middle of what it wrote")
	}
	return nil
}

// refusal is the failure of who takes what came of the output of a tool. It is not the tool's, whatever it is.
type refusal struct{ error }

// intoFile is run for a tool that goes back in what it writes: it writes the file of the run, up to the limit, instead
// of a pipe.
func (t toolRun) intoFile(ctx context.Context, o Options) (size int64, err error) {
	p, err := t.launch(o)
	if err != nil {
		return 0, err
	}
	defer p.end()
	defer context.AfterFunc(ctx, p.kill)()
	if err := p.greetTool(t, o); err != nil {
		return 0, err
	}
	<-p.done
	info, err := t.output.Stat()
	if err != nil {
		return 0, failure(fault.Unavailable, err, "the output of %s was lost", t.program)
	}
	switch {
	case p.cmd.ProcessState.Success():
		return info.Size(), nil
	case info.Size() >= t.most:
		return 0, t.failed(fault.TooLarge, nil, "gave more than %d bytes and was ended", t.most)
	}
	return 0, t.ended(p)
}

// launch starts the worker that is to become the tool. Of the input it gets a descriptor of its own that is only for
// reading: who shares one with the server could change the file, and where the server goes on in it.
func (t toolRun) launch(o Options) (*process, error) {
	input, err := readOnly(t.input)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	failed, tell, err := os.Pipe()
	if err != nil {
		return nil, failure(fault.Unavailable, err, "no pipe from the media worker can be opened")
	}
	defer tell.Close()
	files := []*os.File{input, tell}
	if t.output != nil {
		files = append(files, t.output)
	}
	p, err := launch(o, files...)
	if err != nil {
		failed.Close()
		return nil, err
	}
	p.failure = failed
	return p, nil
}

// readOnly opens a file anew for reading.
func readOnly(f *os.File) (*os.File, error) {
	again, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return nil, failure(fault.Unavailable, err, "the file cannot be opened for a tool")
	}
	return again, nil
}

// ended is the failure of a tool that ended by itself, or of the worker that did not become it.
func (t toolRun) ended(p *process) error {
	state := p.cmd.ProcessState
	if why := p.notStarted(); why != "" {
		// No tool is named, because none has looked at the file: it is tried again.
		return failure(fault.Unavailable, errors.New(state.String()+": "+why), "the media worker could not start %s", t.program)
	}
	cause := errors.New(state.String() + ": " + p.stderr.lastLine())
	if state.Exited() {
		return t.failed(fault.Corrupt, cause, "could not read the file")
	}
	return t.failed(fault.Crashed, cause, "stopped while it read the file")
}

// toolOutput reads what a tool writes, up to a limit, and remembers what went wrong.
type toolOutput struct {
	src  io.Reader
	left int64 // bytes; below 0 when there were more
	err  error
}

func (r *toolOutput) Read(b []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if int64(len(b)) > r.left+1 {
		b = b[:r.left+1]
	}
	n, err := r.src.Read(b)
	if r.left -= int64(n); r.left < 0 {
		n, err = n-1, errors.New("the output is too long")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// greetTool sends the setup and checks the walls that stand around what will be the tool.
func (p *process) greetTool(t toolRun, o Options) error {
	todo := o.setup()
	todo.Box.CPUSeconds = todo.CPUSeconds // its whole life is one file
	todo.Tool = &toolCall{Path: t.path, Args: t.args, Env: t.env, ToFile: t.output != nil}
	if t.output != nil {
		todo.Box.FileBytes = uint64(t.most)
	}
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
