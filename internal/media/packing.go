package media

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"sync"

	"sluice/internal/media/decoder"
	"sluice/internal/media/fault"
	"sluice/internal/media/lossless"
)

// While a tool draws a page, workers encode those before it.
const (
	packersAtOnce = 2
	mostAhead     = 16 << 20 // bytes of a page that the server holds while it waits for its worker; longer ones are passed on as they come
)

// packing takes in the pages of one run of a tool and has them encoded. They are handed to keep in their order, and their
// failures count in their order, too: the pages before the first one that fails are handed over, however it fails, and
// what comes of those behind it is nobody's business.
type packing struct {
	drawing *drawing
	cancel  context.CancelFunc // ends the tool and all work on pages
	free    chan []byte        // one for each worker that is not busy: the buffer for its page
	turn    chan struct{}      // is closed when the page before the next one has been handed over or has failed
	running sync.WaitGroup

	mu    sync.Mutex
	kept  int
	first error
}

// rasters takes in pictures of raw pixels that follow one another, and encodes them. It returns how many there were.
// cancel ends the tool, and with it ctx; it is called when a page fails, so that nobody waits for the next one.
func (d *drawing) rasters(ctx context.Context, cancel context.CancelFunc, out *bufio.Reader, first int) (n int, err error) {
	p := &packing{drawing: d, cancel: cancel, free: make(chan []byte, packersAtOnce), turn: make(chan struct{})}
	close(p.turn)
	for range packersAtOnce {
		p.free <- nil
	}
	n, err = p.all(ctx, out, first)
	p.running.Wait() // also for the pages before one that cannot be read
	if p.first != nil {
		return p.kept, p.first
	}
	return n, err
}

func (p *packing) all(ctx context.Context, out *bufio.Reader, first int) (n int, err error) {
	d := p.drawing
	for ; ; n++ {
		if _, err := out.Peek(1); err != nil {
			return n, nil
		}
		h, err := rasterHeader(out)
		if err != nil {
			return n, err
		}
		if pixels := int64(h.Width) * int64(h.Height); pixels > d.runner.opts.MaxPixels || h.Bytes() > d.runner.opts.MaxInputBytes {
			return n, failure(fault.TooLarge, nil, "page %d has %d by %d pixels at %g per inch, at most %d pixels are made",
				first+n, h.Width, h.Height, d.options.Resolution, d.runner.opts.MaxPixels)
		}
		if first+n > MostPages {
			return n + 1, nil
		}
		h.Resolution = d.options.Resolution
		if d.options.Color == "Rgb" && h.Components == 3 {
			h.Exact = true
		}
		if err := p.page(ctx, out, h, first+n); err != nil {
			return n, err
		}
	}
}

// page reads the pixels of a page and sees to it that they are encoded.
func (p *packing) page(ctx context.Context, out io.Reader, h lossless.Header, page int) error {
	before, own := p.turn, make(chan struct{})
	p.turn = own
	var pixels []byte // also stands for one of the workers that may be busy
	select {
	case pixels = <-p.free:
	case <-ctx.Done():
		close(own)
		return notWanted(ctx)
	}
	if h.Bytes() > mostAhead {
		defer close(own)
		defer func() { p.free <- pixels }()
		passed := &whole{src: out, left: h.Bytes()}
		err := p.drawing.pack(ctx, passed, h, page, before, p.handed)
		if err != nil && passed.short {
			err = io.ErrUnexpectedEOF // the tool is to blame, not who took what it gave
		}
		return err
	}
	if int64(cap(pixels)) < h.Bytes() {
		pixels = make([]byte, h.Bytes())
	}
	pixels = pixels[:h.Bytes()]
	if _, err := io.ReadFull(out, pixels); err != nil {
		close(own)
		return err
	}
	p.running.Go(func() {
		defer close(own)
		if err := p.drawing.pack(ctx, bytes.NewReader(pixels), h, page, before, p.handed); err != nil {
			<-before // which may still be handed over, or have failed itself
			p.failed(err)
		}
		p.free <- pixels
	})
	return nil
}

// notWanted is the failure of a page whose work was ended. Runner.judge finds out by whom.
func notWanted(ctx context.Context) error {
	return failure(fault.Cancelled, context.Cause(ctx), "the work on the page was ended")
}

// handed notes that a page has been kept.
func (p *packing) handed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept++
}

// failed keeps the first failure, and ends the rest of the work.
func (p *packing) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.first = err
	}
	p.cancel()
}

// pack has a worker encode a picture, and hands it over after the page before it. The tool that drew it holds the turn
// of all of them.
func (d *drawing) pack(ctx context.Context, pixels io.Reader, h lossless.Header, page int, before <-chan struct{}, handed func()) error {
	p, err := d.runner.take(ctx, decoder.None)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, p.kill)
	defer func() {
		if !stop() {
			p.unusable = true
		}
		d.runner.release(p)
	}()
	return p.packed(request{Op: opPack, Name: "page", Size: h.Bytes(), Pack: &h}, pixels, d.runner.opts, func(done result, file io.Reader) error {
		select {
		case <-before:
		case <-ctx.Done():
		}
		if ctx.Err() != nil { // also when the page before it failed
			return notWanted(ctx)
		}
		err := d.keep(PageImage{
			Page: page, Width: done.Width, Height: done.Height, ContentType: done.ContentType, Extension: done.Extension, Alpha: done.Alpha, Of: d.of,
			File: file, Size: done.Bytes,
		})
		if err != nil {
			return refusal{err}
		}
		handed()
		return nil
	})
}
