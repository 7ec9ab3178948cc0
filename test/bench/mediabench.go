package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// mediaBench measures the softphone door.
type mediaBench struct {
	root     string
	login    account
	program  string
	pictures *pictures
	corpus   *corpus

	uploads, clients, reps int
	messages, samples      int
	large                  byteSize
	together               int
}

// mediaCommand measures the softphone door: pictures beside a bare handler that stores
// the file of the same form, fetches of messages among many, and the memory that large
// files take.
func mediaCommand(ctx context.Context, args []string) (err error) {
	var o common
	b := &mediaBench{large: 300_000_000}
	flags := flag.NewFlagSet("bench media", flag.ContinueOnError)
	o.register(flags)
	flags.IntVar(&b.uploads, "uploads", 5000, "pictures in one run; 0 leaves them out")
	flags.IntVar(&b.clients, "clients", 16, "clients that send pictures")
	flags.IntVar(&b.reps, "reps", 3, "repetitions of the pictures")
	flags.IntVar(&b.messages, "messages", 1_000_000, "messages that are stored; 0 leaves them out")
	flags.IntVar(&b.samples, "samples", 101, "samples of each fetch")
	flags.Var(&b.large, "large", "`size` of large files")
	flags.IntVar(&b.together, "together", 20, "large files at the same time; 0 leaves them out")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.sluice == "":
		return errors.New("-sluice PATH is missing")
	case b.uploads < 0 || b.clients < 1 || b.reps < 1 || b.messages < 0 || b.samples < 1 || b.together < 0:
		return errors.New("counts must be positive")
	}
	if b.program, err = findProgram(o.sluice, ""); err != nil {
		return err
	}
	if b.root, err = o.scratch(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.root)) }()
	if err := checkSpace(b.root, []workload{{Files: b.together, Size: int64(b.large)}}); err != nil {
		return err
	}
	b.login = o.login()
	if b.pictures, err = drawPictures(randomSeed()); err != nil {
		return err
	}
	fmt.Print("Machine: ", inspectMachine(b.root).markdown(), "\n")
	return b.all(ctx)
}

func (b *mediaBench) all(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if b.uploads > 0 {
		ours := func(name, extension string) mediaPeer {
			return mediaPeer{peer: b.sluice(name), target: mediaTarget + "upload_media", extension: extension}
		}
		bare := mediaPeer{peer: barePeer(self, modeForm), target: "/", extension: "jpg"}
		if err := b.rates(ctx, []mediaPeer{bare, ours("sluice", "jpg"), ours("sluice no thumbnails", "dat")}); err != nil {
			return err
		}
	}
	if b.messages > 0 {
		if err := b.fetches(ctx); err != nil {
			return err
		}
	}
	if b.together > 0 {
		return b.memory(ctx)
	}
	return nil
}

func (b *mediaBench) sluice(name string) peer { return sluicePeer(name, b.program, b.login, nil) }

// memory measures what large files take: nothing, one, and many at the same time.
func (b *mediaBench) memory(ctx context.Context) (err error) {
	s, err := startServer(ctx, b.root, b.sluice("sluice"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	set := exec.CommandContext(ctx, b.program, "company", "set", b.login.company, fmt.Sprintf("media-max=%d", b.large), "--data-dir", s.place.data)
	if out, err := set.CombinedOutput(); err != nil {
		return fmt.Errorf("setting the limit: %w: %.300s", err, out)
	}
	b.corpus = newCorpus(randomSeed())
	pid := s.command.Process.Pid
	t := table{head: []string{"Files of " + b.large.String() + " at once", "peak MiB", "MB/s"}}
	number := uint64(1)
	for _, n := range []int{0, 1, b.together} {
		resetPeak(pid)
		began := time.Now()
		if err := b.largeFiles(ctx, s, n, number); err != nil {
			return err
		}
		rate := "–"
		if n > 0 {
			rate = fmt.Sprintf("%.0f", float64(n)*float64(b.large)/1e6/time.Since(began).Seconds())
		}
		number += uint64(n)
		t.rows = append(t.rows, []string{fmt.Sprint(n), fmt.Sprintf("%.0f", float64(usageOf(pid).peak)/(1<<20)), rate})
	}
	fmt.Println(t.markdown())
	return nil
}

// largeFiles sends files at the same time.
func (b *mediaBench) largeFiles(ctx context.Context, s *server, count int, first uint64) error {
	if count == 0 {
		return nil
	}
	form := mediaForm{login: b.login, target: mediaTarget + "upload_media"}
	clients := make([]*conn, count)
	for i := range clients {
		clients[i] = newConn(s.place.addr)
		defer clients[i].close()
	}
	_, err := share(ctx, clients, count, func(ctx context.Context, c *conn, i int) error {
		o := &object{corpus: b.corpus, number: first + uint64(i), size: int64(b.large)}
		_, err := form.send(ctx, c, form.request(fmt.Sprintf("large-%d.dat", o.number), "video/mp4", nil, o))
		return err
	})
	return err
}
