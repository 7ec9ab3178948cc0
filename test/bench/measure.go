package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// measurement is one run in the making.
type measurement struct {
	workload workload
	peer     peer
	root     string // directory under which the server gets its own
	verify   int    // files to read back
	objects  []object
}

// measure starts the peer, drives the workload, reads back and stops the peer.
// Only the uploads and the sync are timed.
func (m measurement) measure(ctx context.Context) (r run, err error) {
	s, err := startServer(ctx, m.root, m.peer)
	if err != nil {
		return run{}, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	proto := m.peer.protocol(s.place)
	clients := make([]*conn, min(m.workload.Clients, len(m.objects)))
	for i := range clients {
		clients[i] = newConn(s.place.addr)
		defer clients[i].close()
		if err := clients[i].dial(ctx); err != nil {
			return run{}, err
		}
	}
	if err := proto.open(ctx, clients[0]); err != nil {
		return run{}, err
	}
	if err := syncFileSystem(m.root); err != nil {
		return run{}, err
	}
	if r, err = m.timed(ctx, s, proto, clients); err != nil {
		return run{}, err
	}
	if err := m.readBack(ctx, s.place.addr, proto, &r); err != nil {
		return run{}, err
	}
	return r, proto.close(ctx, clients[0])
}

// timed is the part between the two readings of the clock.
func (m measurement) timed(ctx context.Context, s *server, proto protocol, clients []*conn) (run, error) {
	pid := s.command.Process.Pid
	r := run{PeakIsOfRun: resetPeak(pid)}
	before, ownBefore := usageOf(pid), ownCPU()
	start := time.Now()
	latencies, err := upload(ctx, proto, clients, m.objects)
	acked := time.Since(start)
	if err != nil {
		return run{}, err
	}
	ownAfter := ownCPU()
	if err := syncFileSystem(s.place.data); err != nil {
		return run{}, err
	}
	durable := time.Since(start)
	after := usageOf(pid)

	r.setRates(m.workload, acked, durable)
	r.P50Millis = quantile(latencies, 0.50) * 1e3
	r.P99Millis = quantile(latencies, 0.99) * 1e3
	r.ServerCPU = (after.cpu - before.cpu).Seconds()
	r.ClientCPU = (ownAfter - ownBefore).Seconds()
	r.PeakMiB = float64(after.peak) / (1 << 20)
	r.WrittenPerByte = float64(after.written-before.written) / (float64(m.workload.Files) * float64(m.workload.Size))
	return r, nil
}

// upload sends every object once and returns the seconds that each took.
func upload(ctx context.Context, proto protocol, clients []*conn, objects []object) ([]float64, error) {
	return share(ctx, clients, len(objects), func(ctx context.Context, c *conn, i int) error {
		if err := proto.put(ctx, c, objects[i]); err != nil {
			return fmt.Errorf("uploading %s: %w", objects[i].name, err)
		}
		return nil
	})
}

// share does a number of things once each, in order, every client taking the next one
// when it is done with its last, and returns the seconds that each took. The first
// failure stops all clients.
func share(ctx context.Context, clients []*conn, count int, do func(ctx context.Context, c *conn, i int) error) ([]float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	seconds := make([]float64, count)
	var next atomic.Int64
	var running sync.WaitGroup
	for _, c := range clients {
		running.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				start := time.Now()
				if err := do(ctx, c, i); err != nil {
					cancel(err)
					return
				}
				seconds[i] = time.Since(start).Seconds()
			}
		})
	}
	running.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return seconds, nil
}

// readBack compares some uploads, evenly spread from the first to the last,
// with what was sent.
func (m measurement) readBack(ctx context.Context, addr string, proto protocol, r *run) error {
	c := newConn(addr)
	defer c.close()
	for _, i := range spread(m.verify, len(m.objects)) {
		o := m.objects[i]
		h := sha256.New()
		err := proto.fetch(ctx, c, o, h)
		if errors.Is(err, errNothingKept) {
			r.KeepsNothing = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s back: %w", o.name, err)
		}
		if want := o.digest(); !bytes.Equal(h.Sum(nil), want[:]) {
			return fmt.Errorf("reading %s back: SHA-256 %x, but %x was sent", o.name, h.Sum(nil), want)
		}
		r.Verified++
	}
	return nil
}

// spread picks count indexes below n, evenly from the first to the last.
func spread(count, n int) []int {
	count = min(count, n)
	picked := make([]int, count)
	for i := range picked {
		if count > 1 {
			picked[i] = i * (n - 1) / (count - 1)
		}
	}
	return picked
}
