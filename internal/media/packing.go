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

// packing takes in the pages of one run of a tool and has them encoded. They are handed to keep in their order.
type packing struct {
	drawing *drawing
	cancel  context.CancelFunc
	free    chan []byte   // the buffers that no page is in
	turn    chan struct{} // is closed when the page before the next one has been handed over
	running sync.WaitGroup

	mu    sync.Mutex
	kept  int
	first error
}

// rasters takes in pictures of raw pixels that follow one another, and encodes them. It returns how many there were.
func (d *drawing) rasters(ctx context.Context, out *bufio.Reader, first int) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &packing{drawing: d, cancel: cancel, free: make(chan []byte, packersAtOnce), turn: make(chan struct{})}
	close(p.turn)
	for range packersAtOnce {
		p.free <- nil
	}
	n, err = p.all(ctx, out, first)
	if err != nil {
		cancel() // what comes behind what has failed is not wanted
	}
	p.running.Wait()
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
	if h.Bytes() > mostAhead {
		defer close(own)
		return p.drawing.pack(ctx, io.LimitReader(out, h.Bytes()), h, page, before, p.handed)
	}
	var pixels []byte
	select {
	case pixels = <-p.free:
	case <-ctx.Done():
		close(own)
		return ctx.Err()
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
			p.failed(err)
		}
		p.free <- pixels
	})
	return nil
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
		if err := ctx.Err(); err != nil { // also when the page before it failed
			return err
		}
		err := d.keep(PageImage{
			Page: page, Width: done.Width, Height: done.Height, ContentType: done.ContentType, Extension: done.Extension, Alpha: done.Alpha, Of: d.of,
			File: file, Size: done.Bytes,
		})
		if err == nil {
			handed()
		}
		return err
	})
}
