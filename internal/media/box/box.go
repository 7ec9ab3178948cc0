// Package box confines the calling process for good: resource limits, no new privileges, Landlock without a single
// allowed path, and a seccomp filter that lets through only what a Go program needs to compute and to use the
// descriptors it already has. It is meant for a child process that decodes untrusted media; there is no way out of
// the box, so the serving process must never call Apply.
//
// What the box does not do: it does not hide the descriptors inherited from the parent (hand over pipes only), and
// it does not bound wall-clock time (the parent kills the process group).
package box

import (
	"fmt"
	"strings"
)

// Limits bounds the resources of the confined process. A zero field leaves that resource as it was.
type Limits struct {
	// MemoryBytes is what may be mapped on top of what the process has mapped when the box closes. A Go program
	// reserves address space that it never touches, so an absolute figure would say nothing. The garbage collector
	// is told to stay below nine tenths of it.
	MemoryBytes int64 `json:"memoryBytes,omitempty"`
	// CPUSeconds is the processor time of the whole life of the process; the kernel kills it when it is used up.
	CPUSeconds uint64 `json:"cpuSeconds,omitempty"`
	// FileBytes is how long a file may become by writing to it.
	FileBytes uint64 `json:"fileBytes,omitempty"`
	// OpenFiles is the highest number of descriptors open at once, the standard three included.
	OpenFiles uint64 `json:"openFiles,omitempty"`
}

// Level says which walls stand.
type Level struct {
	// Landlock is the ABI version in force, 0 when the kernel has none. Files are refused by seccomp as well, so a
	// kernel without Landlock still gives a closed box.
	Landlock int `json:"landlock"`
	// Seccomp is true when the filter is in force on every thread. New processes, programs, sockets and opened
	// files are refused by it.
	Seccomp bool `json:"seccomp"`
	// NoNewPrivs is true when no program can raise the rights of the process.
	NoNewPrivs bool `json:"noNewPrivs"`
	// Rlimits is true when all resource limits asked for were accepted.
	Rlimits bool `json:"rlimits"`
	// Missing lists, in words, each wall that could not be raised and why.
	Missing []string `json:"missing,omitempty"`
}

// Closed reports whether the process can reach no file, no network and no other program, within its limits.
func (l Level) Closed() bool { return l.Seccomp && l.NoNewPrivs && l.Rlimits }

// String describes the level on one line for people.
func (l Level) String() string {
	var walls []string
	if l.Landlock > 0 {
		walls = append(walls, fmt.Sprintf("Landlock ABI %d", l.Landlock))
	}
	if l.Seccomp {
		walls = append(walls, "seccomp")
	}
	if l.NoNewPrivs {
		walls = append(walls, "no_new_privs")
	}
	if l.Rlimits {
		walls = append(walls, "rlimits")
	}
	if len(walls) == 0 {
		walls = append(walls, "none")
	}
	line := strings.Join(walls, ", ")
	if len(l.Missing) > 0 {
		line += " (missing: " + strings.Join(l.Missing, "; ") + ")"
	}
	return line
}

func (l *Level) miss(wall string, err error) {
	l.Missing = append(l.Missing, wall+": "+err.Error())
}
