package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/media"
	"sluice/internal/media/fault"
)

// failingRunner fails every inspection.
type failingRunner struct {
	found media.Inspection
	err   error
}

func (f failingRunner) Inspect(context.Context, io.Reader, int64, string, media.ThumbnailSpec) (media.Inspection, error) {
	return f.found, f.err
}

// What the job log says is about the file; paths and causes go to the server's log.
func TestFailedInspectionsInTheJobLog(t *testing.T) {
	cause := errors.New("open /srv/secret/sluice-media-1: permission denied")
	about := func(class fault.Class, msg string) error {
		return &fault.Error{Class: class, Op: "media.Inspect", Msg: msg, Err: cause}
	}
	png := media.Inspection{Format: "png"}
	for name, tt := range map[string]struct {
		runner  failingRunner
		failure *engine.Failure
		warning string
		logged  bool
	}{
		"corrupt":       {failingRunner{png, about(fault.Corrupt, "the file is damaged")}, &engine.Failure{Reason: "the file is damaged", Final: true, Unreadable: true}, "", false},
		"refused":       {failingRunner{png, about(fault.Refused, "Lab is not taken")}, &engine.Failure{Reason: "Lab is not taken", Final: true, Unreadable: true}, "", false},
		"not a picture": {failingRunner{media.Inspection{}, about(fault.Unsupported, "not a picture")}, &engine.Failure{Reason: "not a picture", Final: true, Unreadable: true}, "", false},
		"a variant":     {failingRunner{png, about(fault.Unsupported, "BigTIFF is not read")}, nil, "BigTIFF is not read", false},
		"too large":     {failingRunner{png, about(fault.TooLarge, "too many pixels")}, nil, "too many pixels", false},
		"no worker":     {failingRunner{err: about(fault.Unavailable, "the media worker /srv/secret/sluice cannot be started")}, &engine.Failure{Reason: "the media worker is not available"}, "", true},
		"crash":         {failingRunner{err: about(fault.Crashed, "it said: /srv/secret")}, &engine.Failure{Reason: "the media worker stopped while it inspected the file"}, "", true},
		"timeout":       {failingRunner{err: about(fault.Timeout, "/srv/secret")}, &engine.Failure{Reason: "the media worker did not finish the file in time"}, "", true},
		"source":        {failingRunner{err: about(fault.Source, "/srv/secret")}, &engine.Failure{Reason: "the media worker did not get the whole file"}, "", true},
		"anything":      {failingRunner{err: cause}, &engine.Failure{Reason: "the media worker could not inspect the file"}, "", true},
	} {
		var log bytes.Buffer
		found, failure := inspector{tt.runner, slog.New(slog.NewTextHandler(&log, nil))}.Inspect(t.Context(), nil, 0, "a.png")
		if diff := cmp.Diff(tt.failure, failure); diff != "" || found.Warning != tt.warning {
			t.Errorf("%s: warning %q, failure (-want +got):\n%s", name, found.Warning, diff)
		}
		if logged := strings.Contains(log.String(), "level=WARN") && strings.Contains(log.String(), "/srv/secret"); logged != tt.logged {
			t.Errorf("%s: the server's log has %s", name, &log)
		}
	}
}
