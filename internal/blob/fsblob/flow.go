package fsblob

import (
	"sync"
	"sync/atomic"
)

// chunk is a filled buffer on its way to the disk and to the tee.
type chunk struct {
	body   *body
	buf    *buffer
	data   []byte
	offset int64
	direct bool
	users  atomic.Int32 // goroutines that still need data
}

// done ends one goroutine's use of the chunk.
func (c *chunk) done() {
	if c.users.Add(-1) == 0 {
		c.body.giveBack(c.buf)
	}
}

// flow is the goroutines behind a large body: one writes, one feeds the tee.
// They never wait for the reader, so whoever waits for a chunk gets it.
type flow struct {
	toDisk, toTee chan *chunk
	ended         sync.WaitGroup // the goroutines
	open          sync.WaitGroup // chunks that are under way
	failed        atomic.Pointer[error]
}

func (b *body) startFlow() *flow {
	f := &flow{toDisk: make(chan *chunk, maxShare+1)}
	f.ended.Go(func() {
		f.work(f.toDisk, func(c *chunk) error {
			if c.direct {
				return b.to.file.writeDirect(c.data, c.offset)
			}
			return b.to.file.write(c.data, c.offset)
		})
	})
	if b.tee != nil {
		f.toTee = make(chan *chunk, maxShare+1)
		f.ended.Go(func() {
			f.work(f.toTee, func(c *chunk) error { return writeTee(b.tee, c.data) })
		})
	}
	return f
}

// work does something with every chunk until the first failure, after which
// chunks only pass through.
func (f *flow) work(in <-chan *chunk, do func(*chunk) error) {
	for c := range in {
		if f.failed.Load() == nil {
			if err := do(c); err != nil {
				f.failed.CompareAndSwap(nil, &err)
			}
		}
		c.done()
		f.open.Done()
	}
}

// send passes a chunk on and returns the failure of an earlier one.
func (f *flow) send(c *chunk) error {
	users := 1
	if f.toTee != nil {
		users++
	}
	c.users.Store(int32(users))
	f.open.Add(users)
	f.toDisk <- c
	if f.toTee != nil {
		f.toTee <- c
	}
	return f.err()
}

// idle waits until no chunk is under way.
func (f *flow) idle() { f.open.Wait() }

func (f *flow) err() error {
	if p := f.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// finish waits for all chunks and ends the goroutines.
func (f *flow) finish() error {
	close(f.toDisk)
	if f.toTee != nil {
		close(f.toTee)
	}
	f.ended.Wait()
	return f.err()
}
