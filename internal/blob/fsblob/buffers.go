package fsblob

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	// bigBuffer is the unit, in bytes, in which large bodies are written. Larger
	// ones measured no better on NVMe and virtual disks.
	bigBuffer = 512 << 10
	// tinyBuffer serves a body when all others are taken. There are as many as
	// bodies, like the buffers that the HTTP server has per connection.
	tinyBuffer = 16 << 10
	// maxShare is how many big buffers one body may have under way.
	maxShare = 4
	// enoughShares is how many of them keep a disk busy, all bodies together. More are
	// made only for bodies that would have fewer than two, with which reading and
	// writing overlap.
	enoughShares = 16
)

// buffer is memory to copy through. It belongs to whoever took it until put.
type buffer struct {
	mem  []byte
	home *pool // nil = the Go heap's
}

func (b *buffer) put() {
	if b.home != nil {
		b.home.put(b)
	}
}

// pool is a bounded set of page-aligned buffers of one size. They lie outside
// the Go heap, so that the collector's headroom does not double them.
type pool struct {
	mu     sync.Mutex
	size   int // bytes per buffer
	limit  int // buffers
	made   int
	free   []*buffer
	closed bool
}

// try returns a buffer, or nil when all are taken.
func (p *pool) try() *buffer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	if p.closed || p.made >= p.limit {
		return nil
	}
	mem, err := mapMemory(p.size)
	if err != nil {
		return nil
	}
	p.made++
	return &buffer{mem: mem, home: p}
}

func (p *pool) put(b *buffer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.drop(b)
		return
	}
	p.free = append(p.free, b)
}

func (p *pool) drop(b *buffer) {
	unmapMemory(b.mem)
	b.mem = nil
	p.made--
}

// close gives the memory back: what is free now, the rest when it is put.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, b := range p.free {
		p.drop(b)
	}
	p.free = nil
}

// taken returns how many buffers are with somebody.
func (p *pool) taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made - len(p.free)
}

// buffers is all the memory that a store copies through.
type buffers struct {
	big, small pool
	large      atomic.Int64 // bodies that use big buffers or would like to
}

// newBuffers divides a budget in bytes: a quarter for small buffers, which must
// hold a segment record with a small file in it, the rest for big ones.
func newBuffers(budget int64, smallFile int) *buffers {
	small := max(64<<10, recordSpace(int64(smallFile))+blockSize)
	return &buffers{
		big:   pool{size: bigBuffer, limit: int(budget * 3 / 4 / bigBuffer)},
		small: pool{size: int(small), limit: int(max(1, budget/4/small))},
	}
}

// first returns the buffer that a body begins with.
func (b *buffers) first() *buffer {
	if buf := b.small.try(); buf != nil {
		return buf
	}
	return &buffer{mem: heapBlock(tinyBuffer)}
}

// heapBlock returns size bytes of the Go heap that begin on a block, as direct
// writes want them.
func heapBlock(size int) []byte {
	mem := make([]byte, size+blockSize)
	skip := int(-uintptr(unsafe.Pointer(&mem[0])) & (blockSize - 1))
	return mem[skip : skip+size : skip+size]
}

// share is how many big buffers one body may have now, so that all large
// bodies together get along with what there is.
func (b *buffers) share() int64 {
	bodies, limit := max(1, b.large.Load()), int64(b.big.limit)
	return min(maxShare, max(1, min(2, limit/bodies), min(enoughShares, limit)/bodies))
}

func (b *buffers) close() {
	b.big.close()
	b.small.close()
}
