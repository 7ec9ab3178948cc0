package fsblob

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"sync/atomic"
	"time"
)

const (
	// largeAfter is how many bytes a body must have brought before it may take big
	// buffers, unless it is said to have at least surelyLarge.
	largeAfter  = 256 << 10
	surelyLarge = 1 << 20
	// slowFill is how long a buffer may take to fill before its body counts as slow.
	slowFill = 3 * time.Second
	// penance is how many small buffers a slow body must fill in time before it
	// may take big ones again.
	penance = 16
	// maxEmptyReads is how often a reader may return nothing and no error.
	maxEmptyReads = 100
)

var errNegativeRead = errors.New("reader returned an impossible count")

// body copies one request body to its target. It begins with a small buffer,
// reading and writing in turn. Once it has proved large, or at once when its
// client said so, it takes big buffers, as many as its share and never waiting for
// those of others, and a writer and a tee goroutine work on them beside the
// reading.
type body struct {
	store *Store
	ctx   context.Context
	src   io.Reader
	tee   io.Writer // nil = none
	to    target

	expected int64 // bytes that are likely to come; 0 = unknown

	n   int64  // bytes taken over
	crc uint32 // of them

	small    *buffer
	filling  *buffer // big buffer that is with the reader
	held     atomic.Int64
	returned chan struct{} // something of ours has come back
	buffered bool          // no direct writes any more
	rest     int           // small buffers still to fill after being slow
	large    bool
	flow     *flow // nil until goroutines are needed
}

// newBody prepares a copy. first is the buffer it begins with; the body owns it.
func (s *Store) newBody(ctx context.Context, src io.Reader, tee io.Writer, to target, first *buffer) *body {
	return &body{store: s, ctx: ctx, src: src, tee: tee, to: to, small: first, returned: make(chan struct{}, 1)}
}

// run copies to the end of the source. begun is what has been read into the
// small buffer already, and how that ended. stopped is why the source ended
// early: its own error or the context's; what had arrived by then is written,
// and counted in n and crc. err is any other failure.
func (b *body) run(begun []byte, ended error) (stopped, err error) {
	defer b.release()
	stopped, err = b.pass(b.small, begun, crcOf(begun), ended)
	for stopped == nil && err == nil {
		stopped, err = b.step()
	}
	if b.flow != nil {
		failed := b.flow.finish()
		b.flow = nil
		if err == nil {
			err = failed
		}
	}
	if stopped == io.EOF {
		stopped = nil
	}
	return stopped, err
}

// step fills one buffer and passes it on.
func (b *body) step() (stopped, err error) {
	buf, room := b.room()
	began := b.store.now()
	n, crc, stopped := b.fill(room, began)
	if b.store.now().Sub(began) > slowFill {
		b.rest = penance
		b.setLarge(false)
	}
	return b.pass(buf, room[:n], crc, stopped)
}

// pass hands the filled part of a buffer on to the target.
func (b *body) pass(buf *buffer, data []byte, crc uint32, stopped error) (error, error) {
	if len(data) == 0 {
		return stopped, nil // release gives the buffer back if no step follows
	}
	from := b.to.offset + b.n
	if b.to.reserve != nil {
		buffered, err := b.to.reserve(b.ctx, from, from+int64(len(data)))
		b.buffered = b.buffered || buffered
		if err != nil {
			if b.ctx.Err() != nil && errors.Is(err, context.Cause(b.ctx)) {
				return err, nil
			}
			return nil, err
		}
	}
	b.n += int64(len(data))
	b.crc = crc
	if b.flow == nil && buf == b.small {
		return stopped, b.writeNow(data, from)
	}
	if b.flow == nil {
		b.flow = b.startFlow()
	}
	b.filling = nil
	return stopped, b.flow.send(&chunk{body: b, buf: buf, data: data, offset: from, direct: buf != b.small && !b.buffered})
}

func (b *body) writeNow(data []byte, offset int64) error {
	if err := b.to.file.write(data, offset); err != nil {
		return err
	}
	return writeTee(b.tee, data)
}

// room returns the next buffer and the part of it to fill. In big buffers the
// part begins where direct writing wants it.
func (b *body) room() (*buffer, []byte) {
	if b.buffered || b.n < largeAfter && b.expected < surelyLarge {
		return b.smallRoom()
	}
	if b.rest > 0 {
		b.rest--
		return b.smallRoom()
	}
	b.setLarge(true)
	for {
		if b.held.Load() < b.store.buffers.share() {
			if buf := b.store.buffers.big.try(); buf != nil {
				b.held.Add(1)
				b.filling = buf
				return buf, buf.mem[(b.to.offset+b.n)%blockSize:]
			}
		}
		if b.held.Load() == 0 {
			return b.smallRoom()
		}
		<-b.returned
	}
}

// smallRoom returns the small buffer, once nobody else works on it.
func (b *body) smallRoom() (*buffer, []byte) {
	if b.flow != nil {
		b.flow.idle()
	}
	return b.small, b.small.mem
}

// fill reads until room is full, the source stops or the body proves slow, and
// returns the checksum of the body so far.
func (b *body) fill(room []byte, began time.Time) (n int, crc uint32, stopped error) {
	crc = b.crc
	for empty := 0; n < len(room); {
		if b.ctx.Err() != nil {
			return n, crc, context.Cause(b.ctx)
		}
		m, err := b.src.Read(room[n:])
		if m < 0 || m > len(room)-n {
			return n, crc, errNegativeRead
		}
		crc = crc32.Update(crc, castagnoli, room[n:n+m])
		n += m
		if err != nil {
			return n, crc, err
		}
		if m > 0 {
			empty = 0
		} else if empty++; empty == maxEmptyReads {
			return n, crc, io.ErrNoProgress
		}
		if b.store.now().Sub(began) > slowFill {
			return n, crc, nil
		}
	}
	return n, crc, nil
}

// setLarge counts the body among those that share the big buffers, or not.
func (b *body) setLarge(large bool) {
	if b.large == large {
		return
	}
	b.large = large
	if large {
		b.store.buffers.large.Add(1)
	} else {
		b.store.buffers.large.Add(-1)
	}
}

// gather fills room to its end, however slow the source is.
func (b *body) gather(room []byte) (n int, stopped error) {
	for stopped == nil && n < len(room) {
		var m int
		m, _, stopped = b.fill(room[n:], b.store.now())
		n += m
	}
	return n, stopped
}

// giveBack ends the use of a buffer, on whatever goroutine that happens. The
// small one stays with the body.
func (b *body) giveBack(buf *buffer) {
	if buf != b.small {
		b.held.Add(-1)
		buf.put()
	}
	select {
	case b.returned <- struct{}{}:
	default:
	}
}

// release gives everything back, also when the source has panicked.
func (b *body) release() {
	if b.flow != nil {
		_ = b.flow.finish()
	}
	if b.filling != nil {
		b.giveBack(b.filling)
	}
	b.setLarge(false)
	b.small.put()
}

func writeTee(tee io.Writer, data []byte) error {
	if tee == nil {
		return nil
	}
	n, err := tee.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}
