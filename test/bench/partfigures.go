package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// partFigures measures single calls of the Nomad door.
type partFigures struct {
	root    string
	peer    peer
	login   account
	corpus  *corpus
	clients int
}

// print measures what the options ask for and prints it as Markdown.
func (f partFigures) print(ctx context.Context, o *partOptions) error {
	if o.samples > 0 {
		for _, figure := range []func(context.Context, *partOptions) (string, error){f.starts, f.completions} {
			text, err := figure(ctx, o)
			if err != nil {
				return err
			}
			fmt.Print(text)
		}
	}
	if o.refresh == 0 {
		return nil
	}
	text, err := f.storm(ctx, o.refresh)
	fmt.Print(text)
	return err
}

// visit runs do on a fresh server after a login, with one connection for each client.
func (f partFigures) visit(ctx context.Context, do func(s *server, door *presigned, clients []*conn) error) (err error) {
	s, err := startServer(ctx, f.root, f.peer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	clients := make([]*conn, f.clients)
	for i := range clients {
		clients[i] = newConn(s.place.addr)
		defer clients[i].close()
	}
	door := newPresigned(f.login)
	if err := door.open(ctx, clients[0]); err != nil {
		return err
	}
	return do(s, door, clients)
}

// starts measures how long announcing a file takes, and how long the answer is. The
// first sample of each size warms up and is dropped.
func (f partFigures) starts(ctx context.Context, o *partOptions) (string, error) {
	t := table{head: []string{"Parts", "file", "start ms", "answer KiB", "peak MiB"}}
	err := f.visit(ctx, func(s *server, door *presigned, clients []*conn) error {
		pid := s.command.Process.Pid
		for _, parts := range []int64{1, 256, 2500, 10_000} {
			resetPeak(pid)
			size := parts * int64(o.part)
			var millis []float64
			var answer int
			for i := range o.samples + 1 {
				u, bytes, took, err := door.announce(ctx, clients[0], fmt.Sprintf("start-%d-%d.zip", parts, i), size, int64(o.part))
				if err != nil {
					return err
				}
				if int64(len(u.Parts)) != parts {
					return fmt.Errorf("a start of %d parts answered %d", parts, len(u.Parts))
				}
				if err := door.cancel(ctx, clients[0], u.ID); err != nil {
					return err
				}
				if i > 0 {
					millis, answer = append(millis, took.Seconds()*1e3), bytes
				}
			}
			t.rows = append(t.rows, []string{fmt.Sprint(parts), byteSize(size).String(), summarise(millis).text(1), fmt.Sprint((answer + 1023) / 1024),
				fmt.Sprintf("%.0f", float64(usageOf(pid).peak)/(1<<20))})
		}
		return nil
	})
	return fmt.Sprintf("\nStarting a file in parts of %s, %d samples\n\n%s", o.part, o.samples, t.markdown()), err
}

// completions measures the last call of files, after parts that came in order, and
// when the SHA-256 stands in the library.
func (f partFigures) completions(ctx context.Context, o *partOptions) (string, error) {
	t := table{head: []string{"File", "parts", "part of", "complete ms", "SHA-256 after ms", "server CPU s, all", "peak MiB, all"}}
	for n, x := range []struct{ part, size int64 }{{int64(o.part), int64(o.size)}, {64 << 10, 10_000 * 64 << 10}} {
		var complete, digest, cpu, peak []float64
		count := int((x.size + x.part - 1) / x.part)
		for rep := range max(1, min(o.samples, 5)) {
			err := f.visit(ctx, func(s *server, door *presigned, clients []*conn) error {
				whole := object{corpus: f.corpus, number: uint64(1_000_000 + 100*n + rep), size: x.size}
				pid := s.command.Process.Pid
				resetPeak(pid)
				before := usageOf(pid)
				took, late, err := f.completion(ctx, door, clients, partsOf(whole, x.part))
				after := usageOf(pid)
				complete, digest = append(complete, took.Seconds()*1e3), append(digest, late.Seconds()*1e3)
				cpu, peak = append(cpu, (after.cpu-before.cpu).Seconds()), append(peak, float64(after.peak)/(1<<20))
				return err
			})
			if err != nil {
				return "", err
			}
		}
		t.rows = append(t.rows, []string{byteSize(x.size).String(), fmt.Sprint(count), byteSize(x.part).String(),
			summarise(complete).text(1), summarise(digest).text(0), summarise(cpu).text(2), summarise(peak).text(0)})
	}
	return fmt.Sprintf("\nCompleting after the last part, parts in order, %d in parallel\n\n%s", f.clients, t.markdown()), nil
}

func (f partFigures) completion(ctx context.Context, door *presigned, clients []*conn, parts []object) (complete, digest time.Duration, err error) {
	want := fmt.Sprintf("%x", digestOf(parts))
	if err := door.begin(ctx, clients[0], "complete.zip", parts); err != nil {
		return 0, 0, err
	}
	if _, err := share(ctx, clients, len(parts), door.send); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := door.complete(ctx, clients[0]); err != nil {
		return 0, 0, err
	}
	complete = time.Since(began)
	for {
		a, err := door.library.find(ctx, clients[0], door.name)
		switch {
		case err != nil:
			return 0, 0, err
		case a.SHA256 == want:
			return complete, time.Since(began), nil
		case a.SHA256 != "":
			return 0, 0, fmt.Errorf("the library has the SHA-256 %s, want %s", a.SHA256, want)
		case time.Since(began) > 2*time.Minute:
			return 0, 0, errors.New("no SHA-256 within two minutes")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// stormWithin is the time over which a storm is spread: what a client's timer leaves
// before its token expires.
const stormWithin = 5 * time.Second

// storm refreshes a token many times, evenly over stormWithin or as fast as the server
// lets the clients. What the server writes into its log does not count.
func (f partFigures) storm(ctx context.Context, count int) (string, error) {
	var failures, late atomic.Int64
	var row []string
	err := f.visit(ctx, func(s *server, door *presigned, clients []*conn) error {
		quiet := stock{server: s, account: f.login}
		if err := quiet.settle(ctx); err != nil {
			return err
		}
		before, err := footprintOf(s)
		if err != nil {
			return err
		}
		seconds := make([]float64, count)
		began := time.Now()
		_, err = share(ctx, clients, count, func(ctx context.Context, c *conn, i int) error {
			wait := time.Until(began.Add(stormWithin * time.Duration(i) / time.Duration(count)))
			time.Sleep(wait)
			if wait < -time.Second {
				late.Add(1)
			}
			var granted struct{ Token string }
			sent := time.Now()
			if _, err := door.post(ctx, c, "/api/account/refresh-token", map[string]string{"refreshToken": door.refresh}, &granted); err != nil || granted.Token == "" {
				failures.Add(1)
			}
			seconds[i] = time.Since(sent).Seconds()
			return ctx.Err()
		})
		took := time.Since(began)
		if err != nil {
			return err
		}
		after, err := footprintOf(s)
		row = []string{fmt.Sprint(count), fmt.Sprint(failures.Load()), fmt.Sprintf("%.2f", took.Seconds()), fmt.Sprint(late.Load()),
			fmt.Sprintf("%.2f", quantile(seconds, 0.50)*1e3), fmt.Sprintf("%.2f", quantile(seconds, 0.99)*1e3), fmt.Sprintf("%.2f", (after.cpu - before.cpu).Seconds()),
			fmt.Sprint(max(0, after.written-before.written-(after.log-before.log))), fmt.Sprint(after.database - before.database)}
		return err
	})
	t := table{head: []string{"Refreshes", "failed", "within s", "more than 1 s late", "p50 ms", "p99 ms", "server CPU s", "bytes written", "bytes of database more"}, rows: [][]string{row}}
	return fmt.Sprintf("\nRefreshing a token, %d clients\n\n%s", f.clients, t.markdown()), err
}

// footprint is what a server has used and written so far, in bytes.
type footprint struct {
	usage
	log, database int64
}

func footprintOf(s *server) (footprint, error) {
	u := footprint{usage: usageOf(s.command.Process.Pid)}
	info, err := s.log.Stat()
	if err != nil {
		return u, err
	}
	u.log = info.Size()
	u.database, err = databaseBytes(s.place.data)
	return u, err
}

// databaseBytes is the size of the database with its log.
func databaseBytes(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), ".db") {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err == nil && total == 0 {
		err = fmt.Errorf("no database in %s", dir)
	}
	return total, err
}
