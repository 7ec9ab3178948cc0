package box

// Tool is a program that reads one file and writes what it makes to its standard output.
type Tool struct {
	// Path is the program, absolute and without symbolic links.
	Path string
	// Args are its arguments, the name of the program not among them.
	Args []string
	// Env is its whole environment.
	Env []string
	// Input is the one file that it may read besides the system's programs, libraries and fonts; usually a name of a
	// descriptor that it inherits.
	Input string
	// Output is the descriptor of an open file that becomes the standard output of the tool, for tools that go back in
	// what they write; 0 leaves the standard output as it is. It is the only file that the tool may write to, up to
	// Limits.FileBytes, and no other descriptor that is inherited may be open for writing to a file.
	Output int
	// Failure is the descriptor of the writing end of a pipe, which the tool does not have: what is written to it says
	// why the tool was not started, or how this program ended before. 0 = nobody is told. A pipe that ends without a
	// word means that the tool was started, unless a signal ended this program.
	Failure int
}

// ClosedForTools reports whether a tool in the box can reach no file but its input and what every program of the
// system may read, no network and no other process, within its limits. Tools open files themselves, so the filter
// alone, which cannot tell one file from another, is not enough for them.
func (l Level) ClosedForTools() bool { return l.Closed() && l.Landlock > 0 }
