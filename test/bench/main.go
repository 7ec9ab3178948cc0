// Command bench measures how fast Sluice takes uploads, beside bare handlers
// that bound what a Go server can do on the same machine in the same run.
//
//	bench [suite] [flags]    upload workloads against every peer
//	bench library [flags]    what a large asset library costs
//	bench search [flags]     what searches, job logs and active jobs cost
//	bench chunks [flags]     files in SOAP chunks
//	bench parts [flags]      files in pre-signed parts
//	bench media [flags]      pictures and messages of softphones
//	bench processing [flags] thumbnails, optimised images, pages, posters
//	bench mixed [flags]      a job of files of all types, and uploads beside it
//	bench handler [flags]    one bare server; started by the suite as a child
//
// It promises fair conditions: every run has a fresh server on an empty
// directory, peers are interleaved, all peers are driven by one client, and
// what was uploaded is read back and compared outside of the timed part. It
// does not promise figures that can be compared between machines, or between
// two invocations. Linux only; nothing listens or connects beyond 127.0.0.1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch runs the command that args names; without a name it is the suite.
func dispatch(ctx context.Context, args []string) error {
	name := "suite"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	switch name {
	case "suite":
		return suiteCommand(ctx, args)
	case "search":
		return searchCommand(ctx, args)
	case "chunks":
		return chunksCommand(ctx, args)
	case "parts":
		return partsCommand(ctx, args)
	case "media":
		return mediaCommand(ctx, args)
	case "processing":
		return processingCommand(ctx, args)
	case "mixed":
		return mixedCommand(ctx, args)
	case "library":
		return libraryCommand(ctx, args)
	case "handler":
		return handlerCommand(ctx, args)
	}
	return fmt.Errorf("unknown command %q; there are suite, library, search, chunks, parts, media, processing, mixed and handler", name)
}
