package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

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

func (f failingRunner) Poster(context.Context, io.Reader, int64, string, media.ThumbnailSpec) (media.Inspection, error) {
	return f.found, f.err
}

func (f failingRunner) PosterAt(context.Context, io.Reader, int64, string, time.Duration, media.ThumbnailSpec) (media.Inspection, error) {
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
		"crash":         {failingRunner{err: about(fault.Crashed, "it said: /srv/secret")}, &engine.Failure{Reason: "the media worker stopped while it inspected the file", Suspect: true}, "", true},
		"timeout":       {failingRunner{err: about(fault.Timeout, "/srv/secret")}, &engine.Failure{Reason: "the media worker did not finish the file in time", Suspect: true}, "", true},
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

// Pictures of formats that nothing reads are kept with a warning.
func TestFormatsThatAreNotRead(t *testing.T) {
	runner := failingRunner{err: &fault.Error{Class: fault.Unsupported, Op: "media.Inspect", Msg: "not a picture"}}
	for _, name := range []string{"a.fpx", "A.PICT", "a.pct", "a.raw"} {
		found, failure := inspector{runner, slog.New(slog.DiscardHandler)}.Inspect(t.Context(), strings.NewReader("x"), 1, name)
		if failure != nil || !strings.HasPrefix(found.Warning, "pictures of its format are not read here") {
			t.Errorf("%s: %+v, %+v", name, found, failure)
		}
	}
}

// Whatever is wrong with a video, sound or PDF file or with a tool is a warning; only trouble of the server is tried again.
func TestPostersInTheJobLog(t *testing.T) {
	cause := errors.New("exit status 1: /srv/secret")
	about := func(class fault.Class, tool, msg string) error {
		return &fault.Error{Class: class, Op: "media.Poster", Msg: msg, Err: cause, Tool: tool}
	}
	for name, tt := range map[string]struct {
		err     error
		failure *engine.Failure
		warning string
	}{
		"fine":           {nil, nil, ""},
		"no tool":        {about(fault.Missing, "ffmpeg", "no thumbnail was made, because ffmpeg is not installed: apt-get install ffmpeg"), nil, "no thumbnail was made, because ffmpeg is not installed: apt-get install ffmpeg"},
		"not a video":    {about(fault.Unsupported, "", "the content is not a video"), nil, "no thumbnail was made: the content is not a video"},
		"damaged":        {about(fault.Corrupt, "ffprobe", "ffprobe could not read the file"), nil, "no thumbnail was made: ffprobe could not read the file"},
		"too large":      {about(fault.TooLarge, "", "too many pixels"), nil, "no thumbnail was made: too many pixels"},
		"a tool hangs":   {about(fault.Timeout, "ffmpeg", "ffmpeg did not finish"), nil, "no thumbnail was made: ffmpeg did not finish"},
		"a tool crashes": {about(fault.Crashed, "pdftoppm", "pdftoppm stopped"), nil, "no thumbnail was made: pdftoppm stopped"},
		"worker crashes": {about(fault.Crashed, "", "it said: /srv/secret"), &engine.Failure{Reason: "the media worker stopped while it inspected the file", Suspect: true}, ""},
		"no worker":      {about(fault.Unavailable, "", "/srv/secret"), &engine.Failure{Reason: "the media worker is not available"}, ""},
		"cancelled":      {about(fault.Cancelled, "", "/srv/secret"), &engine.Failure{Reason: "the media worker could not inspect the file"}, ""},
		"anything":       {cause, &engine.Failure{Reason: "the media worker could not inspect the file"}, ""},
	} {
		runner := failingRunner{media.Inspection{ContentType: "video/mp4", Width: 64, Height: 48}, tt.err}
		found, failure := inspector{runner, slog.New(slog.DiscardHandler)}.Inspect(t.Context(), nil, 0, "a.mp4")
		if diff := cmp.Diff(tt.failure, failure); diff != "" || found.Warning != tt.warning || found.Media.Width != 64 {
			t.Errorf("%s: %+v, failure (-want +got):\n%s", name, found, diff)
		}
	}
}

// Which files need a picture first follows their names, and without a telling one their content.
func TestFilesThatShowAPoster(t *testing.T) {
	const jpeg, mp4 = "\xff\xd8\xff\xe0", "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
	for _, tt := range []struct {
		name, content string
		want          bool
	}{
		{"a.mp4", jpeg, true}, {"a.TS", "", true}, {"a.mp3", "", true}, {"a.pdf", "", true},
		{"a.raf", "FUJIFILMCCD-RAW 0201", true}, {"a.cr2", "II*\x00\x10\x00\x00\x00CR\x02\x00", true}, {"a.tif", "II*\x00\x08\x00\x00\x00", false}, {"a.nef", "noise", false},
		{"a.jpg", mp4, false}, {"a.zip", "%PDF-1.4", false},
		{"noname", mp4, true}, {"noname", "%PDF-1.4", true}, {"noname", "fLaC\x00\x00\x00\x22", true}, {"noname", jpeg, false}, {"noname", "", false},
	} {
		if got := showsPoster(strings.NewReader(tt.content), tt.name); got != tt.want {
			t.Errorf("%s with %q: %v", tt.name, tt.content, got)
		}
	}
}
