package app

import (
	"math"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
)

// Defaults of the memory settings, where the operator gave none by GOMEMLIMIT
// and GOGC. The live heap is a few MiB, beside which a password hash takes 19
// MiB for a moment; the limit keeps the process below 64 MiB with the database's
// cache and stacks; below it, collecting rarely is what small requests gain most from.
const (
	memoryLimit = 48 << 20 // bytes, with few connections
	gcPercent   = 200
	// connectionMemory is what net/http and the stack of its goroutine take for
	// a connection, in bytes, idle ones included.
	connectionMemory = 32 << 10
	// connectionStep is how many connections more or fewer move the limit.
	connectionStep = 128
)

// memory keeps the limit in step with the connections: thousands of idle ones
// would otherwise fill it, and the collector would run without pause.
type memory struct {
	connections atomic.Int64
	set         func(limit int64)
}

// limitMemory sets the limits and returns what follows the connections.
func limitMemory() *memory {
	m := &memory{set: func(limit int64) { debug.SetMemoryLimit(limit) }}
	if os.Getenv("GOMEMLIMIT") != "" {
		m.set = func(int64) {}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	m.set(limitFor(0))
	return m
}

// limitFor is the limit in bytes for a number of connections.
func limitFor(connections int64) int64 {
	steps := connections / connectionStep // the first ones fit into the limit as it is
	return memoryLimit + min(steps*connectionStep, math.MaxInt32)*connectionMemory
}

// follow is an http.Server's ConnState.
func (m *memory) follow(_ net.Conn, state http.ConnState) {
	var change int64
	switch state {
	case http.StateNew:
		change = 1
	case http.StateClosed, http.StateHijacked:
		change = -1
	default:
		return
	}
	now := m.connections.Add(change)
	if before := now - change; limitFor(before) != limitFor(now) {
		m.set(limitFor(now))
	}
}
