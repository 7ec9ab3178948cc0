package fsblob

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

const (
	// maxBatch bounds how many small files share a sync, and maxBatchBytes how many
	// bytes, so that the first of them does not wait long.
	maxBatch      = 256
	maxBatchBytes = 8 << 20
)

// pending is a small file on its way into a segment. mem holds room for the
// header, the data, and zeros up to the next block.
type pending struct {
	mem    []byte
	length int64
	crc    uint32
	key    recordKey // set when done
	done   chan error
}

// committer appends small files to the open segment. It writes and syncs all
// that wait at a time at once; while it does, the next batch gathers.
type committer struct {
	store *Store
	wake  chan struct{}
	ended chan struct{}

	mu      sync.Mutex
	waiting []*pending
	closed  bool
	open    uint64 // id of the segment that grows, 0 = none
	size    int64  // bytes of it that are committed

	// Only the committer's goroutine uses these.
	file  *os.File
	limit int64 // bytes that are reserved for the segment
}

func newCommitter(s *Store) *committer {
	c := &committer{store: s, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go c.run()
	return c
}

// commit returns when p is on stable storage, or why it is not.
func (c *committer) commit(p *pending) error {
	p.done = make(chan error, 1)
	if !c.enqueue(p) {
		return closing("fsblob.Seal")
	}
	return <-p.done
}

func (c *committer) enqueue(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.waiting = append(c.waiting, p)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return true
}

// close commits what waits, and closes the segment.
func (c *committer) close() error {
	c.mu.Lock()
	c.closed = true
	close(c.wake)
	c.mu.Unlock()
	<-c.ended
	return c.finish()
}

// limits tells how far segments that grow are committed.
func (c *committer) limits() map[uint64]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return map[uint64]int64{c.open: c.size}
}

func (c *committer) run() {
	defer close(c.ended)
	for range c.wake {
		for batch := c.take(); batch != nil; batch = c.take() {
			err := c.write(batch)
			if err != nil {
				c.abandon(err)
			}
			for _, p := range batch {
				p.done <- err
			}
		}
	}
}

// take returns the next files that share a sync, or nil.
func (c *committer) take() []*pending {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, total := 0, 0
	for n < len(c.waiting) && n < maxBatch {
		total += len(c.waiting[n].mem)
		if n > 0 && int64(total) > min(maxBatchBytes, c.store.opts.SegmentSize) {
			break
		}
		n++
	}
	batch := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	if n == 0 {
		c.waiting = nil
		return nil
	}
	return batch
}

// write appends a batch to the segment and makes it durable.
func (c *committer) write(batch []*pending) error {
	var total int64
	parts := make([][]byte, len(batch))
	for i, p := range batch {
		parts[i] = p.mem
		total += int64(len(p.mem))
	}
	if err := c.makeRoom(total); err != nil {
		return err
	}
	at := c.size
	for _, p := range batch {
		p.key = recordKey{segment: c.open, offset: at, length: p.length}
		header{p.key, p.crc}.encode(p.mem)
		at += int64(len(p.mem))
	}
	err := c.store.disk.vector(c.file, parts, c.size)
	if isUnsupported(err) {
		if err = c.reopen(); err == nil {
			err = c.store.disk.vector(c.file, parts, c.size)
		}
	}
	if err != nil {
		return err
	}
	c.store.crash("segment.written")
	if err := c.store.disk.sync(c.file); err != nil {
		return err
	}
	c.store.crash("segment.synced")
	c.mu.Lock()
	c.size = at
	c.mu.Unlock()
	return nil
}

// makeRoom makes sure that the open segment takes a number of bytes.
func (c *committer) makeRoom(total int64) error {
	if c.file != nil && c.size+total <= c.limit {
		return nil
	}
	if err := c.finish(); err != nil {
		return err
	}
	return c.begin(total)
}

// begin makes a new segment. When the disk is too full for a whole one, it makes
// a smaller one.
func (c *committer) begin(need int64) error {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	n := binary.BigEndian.Uint64(id[:]) | 1
	path := c.store.segment(n, openSuffix)
	f, err := openSegmentForWriting(path, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	limit := max(need, c.store.opts.SegmentSize)
	for err = c.store.disk.reserve(f, limit); isFull(err) && limit > need; err = c.store.disk.reserve(f, limit) {
		limit = max(need, limit/4&^(blockSize-1))
	}
	if err == nil {
		err = c.store.disk.sync(f)
	}
	if err == nil {
		err = c.store.dirs.wait(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	c.store.crash("segment.created")
	c.file, c.limit = f, limit
	c.mu.Lock()
	c.open, c.size = n, 0
	c.mu.Unlock()
	return nil
}

// openSegmentForWriting opens a segment past the page cache if that is possible.
// Records are whole blocks, and the buffers that they come from begin on pages.
func openSegmentForWriting(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|os.O_WRONLY|directFlag, 0o600)
	if isUnsupported(err) {
		f, err = os.OpenFile(path, (flag&^os.O_EXCL)|os.O_WRONLY, 0o600)
	}
	return f, err
}

// reopen goes over to writing through the page cache.
func (c *committer) reopen() error {
	f, err := os.OpenFile(c.file.Name(), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_ = c.file.Close()
	c.file = f
	return nil
}

// finish closes the open segment, if there is one, behind its last committed
// record.
func (c *committer) finish() error {
	if c.file == nil {
		return nil
	}
	err := c.store.finishSegment(c.open, c.file, c.size)
	err = errors.Join(err, c.file.Close())
	c.file = nil
	c.mu.Lock()
	c.open, c.size = 0, 0
	c.mu.Unlock()
	return err
}

// abandon leaves a segment after a failure, so that nothing is ever appended
// behind bytes of which the disk's state is not known.
func (c *committer) abandon(cause error) {
	c.store.opts.Logger.Error("small files could not be committed", "error", cause)
	if err := c.finish(); err != nil {
		c.store.opts.Logger.Error("segment could not be closed", "error", err)
	}
}
