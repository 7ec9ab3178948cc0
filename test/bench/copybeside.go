package main

import (
	"io"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	bufferBytes = 1 << 20 // of one buffer
	alignment   = 4096    // of buffers, and of lengths that O_DIRECT takes
	inFlight    = 2       // buffers of one copy: one fills while the other drains
)

// bufferPool keeps page-aligned buffers. It is safe for concurrent use.
type bufferPool struct{ pool sync.Pool }

func newBufferPool() *bufferPool {
	return &bufferPool{pool: sync.Pool{New: func() any {
		raw := make([]byte, bufferBytes+alignment)
		skip := -uintptr(unsafe.Pointer(unsafe.SliceData(raw))) % alignment
		return (*[bufferBytes]byte)(raw[skip:])
	}}}
}

func (p *bufferPool) take() []byte    { return p.pool.Get().(*[bufferBytes]byte)[:] }
func (p *bufferPool) give(buf []byte) { p.pool.Put((*[bufferBytes]byte)(buf)) }

// filled is one buffer on its way to all sinks; the last one to finish with it
// gives it back to the reader.
type filled struct {
	data    []byte
	buffer  []byte
	holders *atomic.Int32
}

// copyBeside reads src to its end and gives every buffer to each sink; reading
// the next buffer overlaps with the sinks, which also run beside each other.
// Every buffer but the last is full. A body whose size says that it fits into
// one buffer is copied in line, because handing it over costs more than it
// saves. The first error of src or a sink is returned, after all sinks stopped.
func copyBeside(pool *bufferPool, src io.Reader, size int64, sinks ...func([]byte) (int, error)) error {
	if size >= 0 && size <= bufferBytes {
		return copyInline(pool, src, sinks)
	}
	free := make(chan []byte, inFlight)
	for range inFlight {
		buf := pool.take()
		defer pool.give(buf)
		free <- buf
	}
	queues := make([]chan filled, len(sinks))
	failures := make([]error, len(sinks))
	var failed atomic.Bool
	var running sync.WaitGroup
	for i, sink := range sinks {
		queues[i] = make(chan filled, inFlight)
		running.Go(func() {
			for f := range queues[i] {
				if failures[i] == nil {
					if _, failures[i] = sink(f.data); failures[i] != nil {
						failed.Store(true)
					}
				}
				if f.holders.Add(-1) == 0 {
					free <- f.buffer
				}
			}
		})
	}
	var err error
	for n := bufferBytes; n == bufferBytes && !failed.Load(); {
		buf := <-free
		if n, err = fill(src, buf); err != nil || n == 0 {
			break
		}
		f := filled{data: buf[:n], buffer: buf, holders: new(atomic.Int32)}
		f.holders.Store(int32(len(sinks)))
		for _, q := range queues {
			q <- f
		}
	}
	for _, q := range queues {
		close(q)
	}
	running.Wait()
	return firstError(append(failures, err))
}

// copyInline reads a body that fits into one buffer and gives it to each sink.
func copyInline(pool *bufferPool, src io.Reader, sinks []func([]byte) (int, error)) error {
	buf := pool.take()
	defer pool.give(buf)
	n, err := fill(src, buf)
	if err != nil {
		return err
	}
	for _, sink := range sinks {
		if _, err := sink(buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

// fill reads until buf is full or src ends. Unlike io.ReadFull it keeps the
// clean end of a body (nil, with n < len(buf)) apart from a body that was cut
// short, which net/http reports as io.ErrUnexpectedEOF.
func fill(src io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = src.Read(buf[n:])
		n += m
	}
	if err == io.EOF {
		return n, nil
	}
	return n, err
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
