package media

import (
	"fmt"
	"io"

	"sluice/internal/media/box"
	"sluice/internal/media/frame"
)

// toolInput is the name by which a tool opens its input anew, from the start and with a place of its own in it.
const toolInput = "/proc/self/fd/3"

// Descriptors of a worker that becomes a tool: of the pipe on which it says why it does not, and of the file that the
// tool writes instead of its standard output.
const (
	failureDescriptor = 4
	outputDescriptor  = 5
)

// becomeTool turns the worker into the tool of the setup. It returns only when that could not be done.
func becomeTool(todo setup, stdout io.Writer) error {
	tool := box.Tool{
		Path: todo.Tool.Path, Args: todo.Tool.Args, Input: toolInput, Failure: failureDescriptor,
		Env: []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=/nonexistent", "TMPDIR=/nonexistent"},
	}
	tool.Env = append(tool.Env, todo.Tool.Env...)
	if todo.Tool.ToFile {
		tool.Output = outputDescriptor
	}
	err := box.Exec(todo.Box, tool, func(level box.Level) error {
		if err := frame.Write(stdout, hello{Version: protocolVersion, Box: level}); err != nil {
			return fmt.Errorf("say hello: %w", err)
		}
		if !level.ClosedForTools() && !todo.AllowUnboxed {
			return fmt.Errorf("the box is open: %v", level)
		}
		return nil
	})
	return fmt.Errorf("media worker: %w", err)
}
