package media

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"sluice/internal/media/box"
	"sluice/internal/media/decoder"
	"sluice/internal/media/fault"
)

// Runner inspects and renders files in worker processes, which it starts when there is something to do, uses again for the next
// files, and ends when there was nothing to do for a while. It is safe for concurrent use.
type Runner struct {
	opts  Options
	slots chan struct{} // one token per worker that may be busy
	long  chan struct{} // one token per encoding that may be under way

	closing context.Context // ends with Close
	close   context.CancelFunc

	mu      sync.Mutex
	closed  bool
	idle    []idleProcess
	working sync.WaitGroup // calls of Inspect, Render and the others under way
	timers  sync.WaitGroup // timers that are ending a process
}

// idleProcess is a worker that waits for the next file.
type idleProcess struct {
	*process
	timer *time.Timer
}

// New returns a Runner that has not started anything yet. The caller must Close it.
func New(opts Options) *Runner {
	opts = opts.withDefaults()
	r := &Runner{opts: opts, slots: make(chan struct{}, opts.Workers), long: make(chan struct{}, 1)}
	r.closing, r.close = context.WithCancel(context.Background())
	return r
}

// Inspect reads exactly size bytes from src and says what they are. fileName is a hint for types that the content
// does not tell; nothing is done with it otherwise. When more files than Options.Workers come at once, the call waits
// for its turn until ctx ends. Reading from src must end when ctx does.
//
// On failure the error is an *Error whose Class tells what to do, and the Inspection holds what was learnt until
// then: often the type and the size. Nothing is kept and nothing must be undone after a failure; when
// Class.Retryable, the same file may succeed later.
func (r *Runner) Inspect(ctx context.Context, src io.Reader, size int64, fileName string, want ThumbnailSpec) (Inspection, error) {
	edge, err := want.edge()
	if err != nil {
		return Inspection{}, err
	}
	if size < 0 {
		return Inspection{}, failure(fault.Invalid, nil, "a file of %d bytes was to be inspected", size)
	}
	if size > r.opts.MaxInputBytes {
		return Inspection{}, failure(fault.TooLarge, nil, "the file has %d bytes, pictures of at most %d are inspected",
			size, r.opts.MaxInputBytes)
	}
	req := request{Name: plain(fileName, maxName), Size: size, MaxEdge: edge, Metadata: want.Metadata}
	var found Inspection
	err = r.with(ctx, func(p *process) error {
		found, err = p.inspect(req, src, r.opts)
		return err
	})
	return found, err
}

// Probe starts a worker, if none is waiting, and returns the walls that stand around it.
func (r *Runner) Probe(ctx context.Context) (box.Level, error) {
	var level box.Level
	err := r.with(ctx, func(p *process) error {
		level = p.level
		return nil
	})
	return level, err
}

// Close ends all workers, also those at work, and returns when none is left. Calls under way fail with class
// Cancelled, later ones with class Unavailable. Close may be called again.
func (r *Runner) Close() error {
	r.mu.Lock()
	r.closed = true
	idle := r.idle
	r.idle = nil
	r.mu.Unlock()
	r.close()
	for _, waiting := range idle {
		waiting.timer.Stop()
		waiting.end()
	}
	r.working.Wait()
	r.timers.Wait()
	return nil
}

// with runs step with a worker, and decides what becomes of the worker afterwards. It gives step the time that the
// options allow, the worker's start included.
func (r *Runner) with(ctx context.Context, step func(*process) error) error {
	return r.withDecoder(ctx, decoder.None, step)
}

// withDecoder is with for a worker that has a decoder ready.
func (r *Runner) withDecoder(ctx context.Context, name decoder.Name, step func(*process) error) error {
	return r.turn(ctx, func(limited context.Context) error {
		p, err := r.take(limited, name)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(limited, p.kill)
		err = step(p)
		if !stop() {
			p.unusable = true // The kill is on its way, even if the answer was faster.
		}
		r.release(p)
		return err
	})
}

// turn runs step when fewer than Options.Workers others run, with a context that ends when its time is over or the
// Runner is closed.
func (r *Runner) turn(ctx context.Context, step func(limited context.Context) error) error {
	return r.turnIn(ctx, r.slots, r.opts.Timeout, step)
}

// turnIn is turn among those that share slots, for so long.
func (r *Runner) turnIn(ctx context.Context, slots chan struct{}, timeout time.Duration, step func(limited context.Context) error) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return failure(fault.Unavailable, nil, "the media runner is closed")
	}
	r.working.Add(1)
	r.mu.Unlock()
	defer r.working.Done()

	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return failure(fault.Cancelled, context.Cause(ctx), "no media worker was free in time")
	case <-r.closing.Done():
		return failure(fault.Cancelled, nil, "the media runner was closed")
	}
	defer func() { <-slots }()

	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer context.AfterFunc(r.closing, cancel)()
	return r.judge(ctx, limited, step(limited))
}

// judge finds out whether a broken conversation was broken on purpose. An answer about the file is final.
func (r *Runner) judge(ctx, limited context.Context, err error) error {
	switch {
	case err == nil || !fault.ClassOf(err).Retryable():
		return err
	case r.closing.Err() != nil:
		return failure(fault.Cancelled, nil, "the media runner was closed")
	case ctx.Err() != nil:
		return failure(fault.Cancelled, context.Cause(ctx), "the work on the file was cancelled")
	case limited.Err() != nil:
		return failure(fault.Timeout, nil,
			"the media worker did not finish the file within the limit of %v and was killed", r.opts.Timeout)
	}
	return err
}

// take returns the worker with a decoder that waited least, or a new one.
func (r *Runner) take(ctx context.Context, name decoder.Name) (*process, error) {
	for {
		waiting, ok := r.takeIdle(name)
		if !ok {
			break
		}
		waiting.timer.Stop()
		if !waiting.gone() {
			return waiting.process, nil
		}
		waiting.end()
	}
	p, err := startProcess(r.opts)
	if err != nil {
		return nil, err
	}
	p.decoder = name
	stop := context.AfterFunc(ctx, p.kill)
	defer stop()
	if err := p.greet(r.opts); err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// takeIdle takes the worker with a decoder that waited least from those that wait.
func (r *Runner) takeIdle(name decoder.Name) (idleProcess, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, waiting := range slices.Backward(r.idle) {
		if waiting.decoder == name {
			r.idle = slices.Delete(r.idle, at, at+1)
			return waiting, true
		}
	}
	return idleProcess{}, false
}

// release keeps a worker for the next file, unless it has done enough or is out of step.
func (r *Runner) release(p *process) {
	r.mu.Lock()
	if p.unusable || p.served >= r.opts.RecycleAfter || r.closed {
		r.mu.Unlock()
		p.end()
		return
	}
	waiting := idleProcess{process: p}
	waiting.timer = time.AfterFunc(r.opts.IdleAfter, func() { r.expire(p) })
	r.idle = append(r.idle, waiting)
	r.mu.Unlock()
}

// expire ends a worker if it is still idle.
func (r *Runner) expire(p *process) {
	r.mu.Lock()
	at := slices.IndexFunc(r.idle, func(waiting idleProcess) bool { return waiting.process == p })
	if at < 0 {
		r.mu.Unlock()
		return
	}
	r.idle = slices.Delete(r.idle, at, at+1)
	r.timers.Add(1)
	r.mu.Unlock()
	defer r.timers.Done()
	p.end()
}
