package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// measureParts is measure for one file that comes in parts. Announcing, sending and
// completing are timed one after the other; the rates are of all three.
func (m measurement) measureParts(ctx context.Context) (r run, err error) {
	s, err := startServer(ctx, m.root, m.peer)
	if err != nil {
		return run{}, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	door := m.peer.parts(s.place)
	clients := make([]*conn, m.workload.Clients)
	for i := range clients {
		clients[i] = newConn(s.place.addr)
		defer clients[i].close()
		if err := clients[i].dial(ctx); err != nil {
			return run{}, err
		}
	}
	if err := door.open(ctx, clients[0]); err != nil {
		return run{}, err
	}
	if err := syncFileSystem(m.root); err != nil {
		return run{}, err
	}
	size := m.workload.Part
	if m.peer.perClient {
		size = (m.workload.Size + int64(len(clients)) - 1) / int64(len(clients))
	}
	parts := partsOf(m.objects[0], size)
	if r, err = m.timedParts(ctx, s, door, clients, parts); err != nil {
		return run{}, err
	}
	if m.verify == 0 {
		return r, nil
	}
	h := sha256.New()
	switch err := door.fetch(ctx, clients[0], h); {
	case errors.Is(err, errNothingKept):
		r.KeepsNothing = true
		return r, nil
	case err != nil:
		return run{}, fmt.Errorf("reading %s back: %w", m.objects[0].name, err)
	}
	if want := digestOf(parts); !bytes.Equal(h.Sum(nil), want[:]) {
		return run{}, fmt.Errorf("reading %s back: SHA-256 %x, but %x was sent", m.objects[0].name, h.Sum(nil), want)
	}
	r.Verified = 1
	return r, nil
}

// timedParts is the part between the two readings of the clock.
func (m measurement) timedParts(ctx context.Context, s *server, door partDoor, clients []*conn, parts []object) (run, error) {
	pid := s.command.Process.Pid
	r := run{PeakIsOfRun: resetPeak(pid)}
	before, ownBefore := usageOf(pid), ownCPU()
	start := time.Now()
	if err := door.begin(ctx, clients[0], m.objects[0].name, parts); err != nil {
		return run{}, err
	}
	begun := time.Now()
	latencies, err := share(ctx, clients, len(parts), func(ctx context.Context, c *conn, i int) error {
		if err := door.send(ctx, c, i); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
		return nil
	})
	if err != nil {
		return run{}, err
	}
	sent := time.Now()
	if err := door.complete(ctx, clients[0]); err != nil {
		return run{}, err
	}
	acked := time.Now()
	ownAfter := ownCPU()
	if err := syncFileSystem(s.place.data); err != nil {
		return run{}, err
	}
	durable := time.Since(start)
	after := usageOf(pid)

	r.setRates(m.workload, acked.Sub(start), durable)
	r.StartMillis, r.CompleteMillis = begun.Sub(start).Seconds()*1e3, acked.Sub(sent).Seconds()*1e3
	r.P50Millis = quantile(latencies, 0.50) * 1e3
	r.P99Millis = quantile(latencies, 0.99) * 1e3
	r.ServerCPU = (after.cpu - before.cpu).Seconds()
	r.ClientCPU = (ownAfter - ownBefore).Seconds()
	r.PeakMiB = float64(after.peak) / (1 << 20)
	r.WrittenPerByte = float64(after.written-before.written) / float64(m.workload.Size)
	return r, nil
}
