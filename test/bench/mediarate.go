package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

// mediaPeer is a server that takes pictures.
type mediaPeer struct {
	peer
	target    string
	extension string // of the files; "dat" keeps Sluice from making thumbnails
}

// mediaRun is one measurement of a peer.
type mediaRun struct {
	acked, durable float64 // uploads/s
	p50, p99       float64 // milliseconds
	cpu, clientCPU float64 // microseconds for each upload
	peak           float64 // MiB
	written        float64 // bytes for each byte received
	thumbnails     float64 // made until the last upload was durable
}

// mediaRates measures uploads of pictures, peers in turn, another one first each time.
func (b *mediaBench) rates(ctx context.Context, peers []mediaPeer) error {
	runs := make([][]mediaRun, len(peers))
	number := uint64(1)
	for rep := range b.reps {
		for i := range peers {
			k := (i + rep) % len(peers)
			r, err := b.rate(ctx, peers[k], number)
			if err != nil {
				return fmt.Errorf("%s: %w", peers[k].name, err)
			}
			number += uint64(b.uploads) + 1
			runs[k] = append(runs[k], r)
			fmt.Fprintf(os.Stderr, "rep %d  %-20s %6.0f uploads/s  server CPU %4.0f µs  p50 %.1f ms\n", rep+1, peers[k].name, r.durable, r.cpu, r.p50)
		}
	}
	fmt.Printf("%d pictures of %s, %d clients, %d repetitions\n\n", b.uploads, byteSize(pictureBytes), b.clients, b.reps)
	columns := []struct {
		title  string
		digits int
		value  func(mediaRun) float64
	}{
		{"acked/s", 0, func(r mediaRun) float64 { return r.acked }}, {"durable/s", 0, func(r mediaRun) float64 { return r.durable }},
		{"p50 ms", 1, func(r mediaRun) float64 { return r.p50 }}, {"p99 ms", 1, func(r mediaRun) float64 { return r.p99 }},
		{"server CPU µs", 0, func(r mediaRun) float64 { return r.cpu }}, {"client CPU µs", 0, func(r mediaRun) float64 { return r.clientCPU }},
		{"peak MiB", 0, func(r mediaRun) float64 { return r.peak }}, {"written per byte", 2, func(r mediaRun) float64 { return r.written }},
		{"thumbnails meanwhile", 0, func(r mediaRun) float64 { return r.thumbnails }},
	}
	t := table{head: []string{"Peer"}}
	for _, c := range columns {
		t.head = append(t.head, c.title)
	}
	for k, p := range peers {
		row := []string{p.name}
		for _, c := range columns {
			var values []float64
			for _, r := range runs[k] {
				values = append(values, c.value(r))
			}
			row = append(row, summarise(values).text(c.digits))
		}
		t.rows = append(t.rows, row)
	}
	fmt.Println(t.markdown())
	for k, p := range peers {
		if p.group == groupBare {
			continue
		}
		var ratios []float64
		for rep, r := range runs[k] {
			ratios = append(ratios, r.durable/runs[0][rep].durable)
		}
		fmt.Printf("Ratio of %s to %s in the same repetition: %s\n", p.name, peers[0].name, summarise(ratios).text(2))
	}
	fmt.Println()
	return nil
}

// rate measures one peer with a fresh server. first is the number of the first picture.
func (b *mediaBench) rate(ctx context.Context, p mediaPeer, first uint64) (r mediaRun, err error) {
	s, err := startServer(ctx, b.root, p.peer)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	form := mediaForm{login: b.login, target: p.target}
	clients := make([]*conn, b.clients)
	for i := range clients {
		clients[i] = newConn(s.place.addr)
		defer clients[i].close()
		if err := clients[i].dial(ctx); err != nil {
			return r, err
		}
	}
	send := func(ctx context.Context, c *conn, n uint64) (string, error) {
		return form.send(ctx, c, form.request(fmt.Sprintf("picture-%d.%s", n, p.extension), "image/jpeg", b.pictures.file(n), nil))
	}
	// The first login hashes a password, which is no part of what is measured.
	if _, err := send(ctx, clients[0], first); err != nil {
		return r, err
	}
	if err := syncFileSystem(b.root); err != nil {
		return r, err
	}
	pid := s.command.Process.Pid
	resetPeak(pid)
	before, ownBefore := usageOf(pid), ownCPU()
	paths := make(map[int]string)
	var mu sync.Mutex
	began := time.Now()
	seconds, err := share(ctx, clients, b.uploads, func(ctx context.Context, c *conn, i int) error {
		path, err := send(ctx, c, first+1+uint64(i))
		if i%(b.uploads/4+1) == 0 {
			mu.Lock()
			defer mu.Unlock()
			paths[i] = path
		}
		return err
	})
	if err != nil {
		return r, err
	}
	acked, own := time.Since(began), ownCPU()-ownBefore
	if err := syncFileSystem(s.place.data); err != nil {
		return r, err
	}
	durable := time.Since(began)
	after, n := usageOf(pid), float64(b.uploads)
	r = mediaRun{
		acked: n / acked.Seconds(), durable: n / durable.Seconds(), p50: quantile(seconds, 0.5) * 1e3, p99: quantile(seconds, 0.99) * 1e3,
		cpu: (after.cpu - before.cpu).Seconds() * 1e6 / n, clientCPU: own.Seconds() * 1e6 / n, peak: float64(after.peak) / (1 << 20),
		written: float64(after.written-before.written) / n / pictureBytes,
	}
	if p.group == groupSluice {
		if r.thumbnails, err = inspected(ctx, clients[0]); err != nil {
			return r, err
		}
	}
	for i, path := range paths {
		if err := readBack(ctx, clients[0], path, b.pictures.file(first+1+uint64(i))); err != nil {
			return r, err
		}
	}
	return r, nil
}

// inspected reads from the server's metrics how many files it has looked into, each of
// which then has its thumbnail.
func inspected(ctx context.Context, c *conn) (float64, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, target: "/metrics"})
	if err == nil {
		err = a.expect("reading the metrics", http.StatusOK)
	}
	return float64(procField(a.body, `sluice_tasks_total{kind="inspect",state="done"}`)), err
}
