package fsblob

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
)

// writeBackEvery is how many bytes may be dirty in the page cache before the
// kernel is told to write them, so that the sync at the end finds little to do.
const writeBackEvery = 4 << 20

// partFile is the file under a stage. Its end is open for two kinds of writing:
// whole blocks of large bodies past the page cache, everything else through it.
// One block is never written both ways at the same time, because a block that
// two windows share is whole in neither.
type partFile struct {
	disk disk
	path string
	f    *os.File

	mu     sync.Mutex
	direct *os.File // nil until it is needed
	plain  bool     // the file system does not write directly
	ahead  *os.File // for reading while nobody writes; nil until it is needed

	dirty atomic.Int64 // bytes through the page cache since the last write-back
}

func openPart(d disk, path string, flag int) (*partFile, error) {
	f, err := os.OpenFile(path, flag|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	readNarrowly(f)
	return &partFile{disk: d, path: path, f: f}, nil
}

func (p *partFile) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.direct != nil {
		_ = p.direct.Close()
		p.direct = nil
	}
	if p.ahead != nil {
		_ = p.ahead.Close()
		p.ahead = nil
	}
	return p.f.Close()
}

// reader returns a descriptor on which the kernel reads ahead, for use while
// nobody writes. f is good for small reads at any time.
func (p *partFile) reader() *os.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ahead == nil {
		f, err := os.Open(p.path)
		if err != nil {
			return p.f
		}
		p.ahead = f
	}
	return p.ahead
}

// read reads bytes; quiet says that nobody is writing.
func (p *partFile) read(to []byte, offset int64, quiet bool) (int, error) {
	if quiet {
		n, err := p.reader().ReadAt(to, offset)
		if !errors.Is(err, os.ErrClosed) {
			return n, err
		}
		// Somebody has begun to write meanwhile.
	}
	return p.f.ReadAt(to, offset)
}

// dropReader ends reading ahead before somebody writes, and takes what was read
// out of the page cache.
func (p *partFile) dropReader() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ahead != nil {
		forgetPages(p.ahead)
		_ = p.ahead.Close()
		p.ahead = nil
	}
}

// directFile returns the descriptor for direct writes, or nil.
func (p *partFile) directFile() *os.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.direct == nil && !p.plain {
		f, err := os.OpenFile(p.path, os.O_WRONLY|directFlag, 0)
		if err != nil || directFlag == 0 {
			if f != nil {
				_ = f.Close()
			}
			p.plain = true
			return nil
		}
		p.direct = f
	}
	return p.direct
}

func (p *partFile) refuseDirect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plain = true
	if p.direct != nil {
		_ = p.direct.Close()
		p.direct = nil
	}
}

// write stores data at offset through the page cache.
func (p *partFile) write(data []byte, offset int64) error {
	if len(data) == 0 {
		return nil
	}
	if _, err := p.disk.writeAt(p.f, data, offset); err != nil {
		return err
	}
	if p.dirty.Add(int64(len(data))) < writeBackEvery {
		return nil
	}
	p.dirty.Store(0)
	return p.disk.back(p.f)
}

// writeDirect stores data at offset: its whole blocks past the page cache, what
// is left at both ends through it. Where in memory data begins must be as far
// from a page as offset is from a block.
func (p *partFile) writeDirect(data []byte, offset int64) error {
	head := int(-offset & (blockSize - 1))
	body := (len(data) - head) &^ (blockSize - 1)
	f := p.directFile()
	if f == nil || body <= 0 {
		return p.write(data, offset)
	}
	if err := p.write(data[:head], offset); err != nil {
		return err
	}
	if _, err := p.disk.writeAt(f, data[head:head+body], offset+int64(head)); err != nil {
		if !isUnsupported(err) {
			return err
		}
		p.refuseDirect()
		return p.write(data[head:], offset+int64(head))
	}
	return p.write(data[head+body:], offset+int64(head+body))
}

// target is where the bytes of one body go.
type target struct {
	file   *partFile
	offset int64 // of the first byte
	// reserve is called before the bytes from one offset to another are written.
	// It reports whether they must go through the page cache. nil = no.
	reserve func(ctx context.Context, from, to int64) (buffered bool, err error)
}
