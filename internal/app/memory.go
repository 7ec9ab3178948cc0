package app

import (
	"os"
	"runtime/debug"
)

// Defaults of the memory settings, where the operator gave none by GOMEMLIMIT
// and GOGC. The live heap is a few MiB, beside which a password hash takes 19
// MiB for a moment; the limit keeps the process below 64 MiB with the database's
// cache and stacks; below it, collecting rarely is what small requests gain most from.
const (
	memoryLimit = 48 << 20 // bytes
	gcPercent   = 200
)

func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
