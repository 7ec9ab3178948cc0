package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"sluice/internal/media"
)

// processingBench measures what is made of uploaded files, beside the programs that do
// the same. Ours is the way of the server: workers and tools, each in its box.
type processingBench struct {
	root    string
	login   account
	program string
	node    string // folder with the npm packages; "" or without sharp: sharp is missing

	pictures      int
	width, height int // of these, and of the picture that becomes visible
	large         int // edge in pixels of the picture of the pyramid
	pages         int
	seconds       int // of video
	samples       int // of pictures that become visible
	reps          int
}

// processingCommand measures thumbnails, optimised images, pages and frames.
func processingCommand(ctx context.Context, args []string) (err error) {
	var o common
	b := &processingBench{}
	flags := flag.NewFlagSet("bench processing", flag.ContinueOnError)
	o.register(flags)
	flags.StringVar(&b.node, "node", ".test/node", "`folder` in which sharp is installed")
	flags.IntVar(&b.pictures, "pictures", 100, "pictures of one run; 0 leaves them out")
	flags.IntVar(&b.width, "width", 4000, "width of a picture")
	flags.IntVar(&b.height, "height", 3000, "height of a picture")
	flags.IntVar(&b.large, "large", 10_000, "edge of the picture of which a pyramid is made; 0 leaves it out")
	flags.IntVar(&b.pages, "pages", 10, "pages of the document; 0 leaves it out")
	flags.IntVar(&b.seconds, "seconds", 10, "seconds of the video; 0 leaves it out")
	flags.IntVar(&b.samples, "samples", 11, "pictures that are uploaded and awaited; 0 leaves them out")
	flags.IntVar(&b.reps, "reps", 5, "repetitions")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.sluice == "":
		return errors.New("-sluice PATH is missing")
	case b.pictures < 0 || b.width < 1 || b.height < 1 || b.large < 0 || b.pages < 0 || b.seconds < 0 || b.samples < 0 || b.reps < 1:
		return errors.New("counts must be positive")
	}
	if b.program, err = findProgram(o.sluice, ""); err != nil {
		return err
	}
	if b.root, err = o.scratch(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.root)) }()
	b.login = o.login()
	fmt.Print("Machine: ", inspectMachine(b.root).markdown(), "\n")
	return b.all(ctx)
}

func (b *processingBench) all(ctx context.Context) error {
	parts := []struct {
		wanted int
		run    func(context.Context) error
	}{
		{b.pictures, b.thumbnails}, {b.large, b.pyramid}, {b.pages, b.document}, {b.seconds, b.poster}, {b.samples, b.visible},
	}
	for _, part := range parts {
		if part.wanted == 0 {
			continue
		}
		if err := part.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// runner does the work as a server would that has so many workers.
func (b *processingBench) runner(workers int) *media.Runner {
	return media.New(media.Options{Command: []string{b.program, "media-worker"}, Workers: workers, SpoolDir: b.root})
}

// running is a runner one of whose workers waits already, as they do in a server that has something to do.
func (b *processingBench) running(ctx context.Context, workers int) (*media.Runner, error) {
	r := b.runner(workers)
	if _, err := r.Probe(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// processors is how many workers and peers may work at once.
func processors() int { return runtime.NumCPU() }

// lookup names a program that is missing; "" = it is there.
func lookup(program, debian string) (missing string) {
	if _, err := exec.LookPath(program); err != nil {
		return program + " is not installed: apt-get install " + debian
	}
	return ""
}

// ran carries a command out and adds what it said to an error.
func ran(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %.300s", filepath.Base(program), strings.Join(args, " "), err, said)
	}
	return nil
}
