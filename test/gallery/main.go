// Command gallery shows what the options of upload jobs do: it starts a server on an
// empty directory, uploads samples under every option, and writes a page with pictures of
// before and after. The samples are drawn, or made by the media tools of this machine; what
// cannot be had is left out with a reason.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	program := flag.String("sluice", "bin/sluice", "the program to run")
	out := flag.String("out", ".gallery", "folder that the page and its pictures are written to; its old page is replaced")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	shown, err := makeGallery(ctx, *program, *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
	failed := 0
	for _, s := range shown {
		switch {
		case s.problem != nil:
			failed++
			fmt.Fprintf(os.Stderr, "%s, %s, %s: %v\n", s.section, s.option, s.format, s.problem)
		case s.skipped != "":
			fmt.Fprintf(os.Stderr, "left out: %s, %s, %s: %s\n", s.section, s.option, s.format, s.skipped)
		}
	}
	fmt.Printf("%d entries: open %s\n", len(shown), filepath.Join(*out, "index.html"))
	if failed > 0 {
		os.Exit(1)
	}
}

// makeGallery starts the program, shows all entries and writes the page.
func makeGallery(ctx context.Context, program, out string) (shown []outcome, err error) {
	work, err := os.MkdirTemp("", "sluice-gallery-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	s, err := startServer(ctx, program, filepath.Join(work, "data"))
	if err != nil {
		return nil, err
	}
	defer func() {
		if problem := s.stop(); err == nil {
			err = problem
		}
	}()
	k := &kit{client: client{url: s.url}, work: work}
	if err := k.prepare(ctx); err != nil {
		return nil, err
	}
	shown = k.showAll(ctx, entries())
	return shown, writePage(out, shown)
}
