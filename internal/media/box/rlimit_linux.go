package box

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// addressSlack is address space in bytes for what a Go program reserves without using: thread stacks and the C
// library's arenas.
const addressSlack = 256 << 20

// maxThreads is far above what decoding needs; the runtime aborts when it is passed. A limit on processes
// (RLIMIT_NPROC) counts everything the same user runs, so new processes are refused by the seccomp filter instead.
const maxThreads = 64

func applyRlimits(limits Limits) error {
	debug.SetMaxThreads(maxThreads)
	if err := limitCounts(limits); err != nil {
		return err
	}
	return limitMemory(limits.MemoryBytes)
}

// limitCounts sets the limits that are plain figures.
func limitCounts(limits Limits) error {
	wanted := []struct {
		name     string
		resource int
		value    uint64
		set      bool
	}{
		{"core size", unix.RLIMIT_CORE, 0, true},
		{"file size", unix.RLIMIT_FSIZE, limits.FileBytes, limits.FileBytes > 0},
		{"open files", unix.RLIMIT_NOFILE, limits.OpenFiles, limits.OpenFiles > 0},
		{"processor seconds", unix.RLIMIT_CPU, limits.CPUSeconds, limits.CPUSeconds > 0},
	}
	for _, w := range wanted {
		if !w.set {
			continue
		}
		if err := unix.Setrlimit(w.resource, &unix.Rlimit{Cur: w.value, Max: w.value}); err != nil {
			return fmt.Errorf("limit %s to %d: %w", w.name, w.value, err)
		}
	}
	return nil
}

func limitMemory(budget int64) error {
	if budget <= 0 {
		return nil
	}
	mapped, err := mappedBytes()
	if err != nil {
		return fmt.Errorf("read the mapped memory: %w", err)
	}
	debug.SetMemoryLimit(budget / 10 * 9)
	ceiling := mapped + uint64(budget) + addressSlack
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: ceiling, Max: ceiling}); err != nil {
		return fmt.Errorf("limit address space to %d bytes: %w", ceiling, err)
	}
	return nil
}

// mappedBytes is the size of the process's address space; proc(5), statm, first field, in pages.
func mappedBytes() (uint64, error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(statm, []byte(" "))
	pages, err := strconv.ParseUint(string(first), 10, 64)
	return pages * uint64(os.Getpagesize()), err
}

// Processor bounds the processor time of one step after the other, inside the lifetime limit of Limits.CPUSeconds.
type Processor struct {
	seconds uint64
}

// NewProcessor makes the process end with status 1 and a line on standard error when a step uses more than seconds
// of processor time. It must be called before Apply. Zero seconds means no limit.
func NewProcessor(seconds uint64) *Processor {
	if seconds > 0 {
		spent := make(chan os.Signal, 1)
		signal.Notify(spent, unix.SIGXCPU)
		go func() {
			<-spent
			fmt.Fprintf(os.Stderr, "the processor limit of %d s per file is used up\n", seconds)
			os.Exit(1)
		}()
	}
	return &Processor{seconds: seconds}
}

// Arm starts the time of the next step.
func (p *Processor) Arm() error {
	if p.seconds == 0 {
		return nil
	}
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return err
	}
	var now unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_CPU, nil, &now); err != nil {
		return err
	}
	spent := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	next := uint64(spent/time.Second) + 1 + p.seconds
	return unix.Prlimit(0, unix.RLIMIT_CPU, &unix.Rlimit{Cur: min(next, now.Max), Max: now.Max}, nil)
}
