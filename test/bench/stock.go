package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// stock is a running Sluice whose library is filled to a count.
type stock struct {
	server   *server
	account  account
	corpus   *corpus
	count    int
	fileSize int64 // bytes of each asset
	jobFiles int   // files of one job, which also share a folder
}

// asset is the i-th file of the library, counted from 0.
func (s *stock) asset(i int) object {
	return object{corpus: s.corpus, name: fmt.Sprintf("stock-%07d.zip", i), number: uint64(i), size: s.fileSize}
}

// fill uploads all assets through the Scene7 door, several jobs at a time.
func (s *stock) fill(ctx context.Context, clients int, progress io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var nextJob, done atomic.Int64
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			c := newConn(s.server.place.addr)
			defer c.close()
			for ctx.Err() == nil {
				job := int(nextJob.Add(1)) - 1
				if job*s.jobFiles >= s.count {
					return
				}
				if err := s.fillJob(ctx, c, job, &done); err != nil {
					cancel(err)
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-finished:
			return context.Cause(ctx)
		case <-tick.C:
			fmt.Fprintf(progress, "filled %d of %d\n", done.Load(), s.count)
		}
	}
}

// fillJob uploads the files of one job.
func (s *stock) fillJob(ctx context.Context, c *conn, job int, done *atomic.Int64) error {
	door := newScene7(s.account, fmt.Sprintf("stock-%d", job), fmt.Sprintf("stock/%d", job))
	if err := door.open(ctx, c); err != nil {
		return err
	}
	for i := job * s.jobFiles; i < min((job+1)*s.jobFiles, s.count); i++ {
		if err := door.put(ctx, c, s.asset(i)); err != nil {
			return fmt.Errorf("filling with %s: %w", s.asset(i).name, err)
		}
		done.Add(1)
	}
	return door.close(ctx, c)
}

// settle waits until the server has done what it does after uploads: until it
// used less than 5 % of a CPU over a second, for at most two minutes.
func (s *stock) settle(ctx context.Context) error {
	pid := s.server.command.Process.Pid
	before := usageOf(pid).cpu
	for range 120 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		after := usageOf(pid).cpu
		if after-before < 50*time.Millisecond {
			return syncFileSystem(s.server.place.data)
		}
		before = after
	}
	return errors.New("the server was still busy two minutes after the last upload")
}

// farCursor walks the listing to about nine tenths of the library and returns
// the cursor of the next page.
func (s *stock) farCursor(ctx context.Context, c *conn) (string, error) {
	l := newLibrary(s.account)
	pages := max(1, s.count*9/10/pageLimit)
	after := ""
	for i := range pages {
		p, err := l.page(ctx, c, l.listRequest(pageLimit, after))
		if err != nil {
			return "", err
		}
		if len(p.Items) != pageLimit || p.Next == "" {
			return "", fmt.Errorf("page %d of %d assets has %d items and the cursor %q, want %d items and a cursor",
				i+1, s.count, len(p.Items), p.Next, pageLimit)
		}
		after = p.Next
	}
	return after, nil
}
