package app

import (
	"io"

	"sluice/internal/media"
)

// MediaWorker is the life of the confined child process that decodes media for
// the server at the other end of in and out.
func MediaWorker(in io.Reader, out io.Writer) error { return media.RunWorker(in, out) }
