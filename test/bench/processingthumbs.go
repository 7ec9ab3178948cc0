package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/media"
)

const (
	thumbnailEdge    = 320
	thumbnailQuality = 82
)

// sharpScript makes thumbnails of all files in a folder with the npm package sharp and says how many milliseconds it took.
//
//go:embed processingsharp.js
var sharpScript []byte

// thumbnails compares thumbnails of many photographs, in the forms that JPEG files have.
func (b *processingBench) thumbnails(ctx context.Context) error {
	forms := []struct {
		kind, name string
		options    string // of vips, which writes what Go does not; "" = as Go writes it
	}{
		{"4:2:0", "halved", ""},
		{"4:4:4", "whole", "Q=90,subsample-mode=off,strip"},
		{"4:2:0, progressive", "progressive", "Q=85,subsample-mode=on,interlace,strip"},
	}
	missing := lookup("vips", "libvips-tools")
	for _, form := range forms {
		if form.options != "" && missing != "" {
			fmt.Printf("JPEG files of %d x %d pixels (%s): %s\n\n", b.width, b.height, form.kind, missing)
			continue
		}
		err := b.thumbnailsOf(ctx, form.kind, form.name, func(from, to string) error {
			if form.options == "" {
				return os.Rename(from, to)
			}
			return ran(ctx, "vips", "jpegload", from, to+"["+form.options+"]")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *processingBench) thumbnailsOf(ctx context.Context, kind, name string, derive func(from, to string) error) error {
	folder, files, err := b.photographs(name, derive)
	if err != nil {
		return err
	}
	info, err := os.Stat(files[0])
	if err != nil {
		return err
	}
	noTool := lookup("vipsthumbnail", "libvips-tools")
	contenders := []contender{
		{"sluice", "", b.ourThumbnails(files)},
		b.sharp(folder),
		{"vipsthumbnail, a process per file", noTool, timed(func(ctx context.Context) error { return b.vipsThumbnails(ctx, files, 1) })},
		{"vipsthumbnail, many in one call", noTool, timed(func(ctx context.Context) error {
			return b.vipsThumbnails(ctx, files, (len(files)+processors()-1)/processors())
		})},
	}
	r := race{
		title:  fmt.Sprintf("%d JPEG files of %d x %d pixels (%s, %.1f MB) to %d pixels", len(files), b.width, b.height, kind, float64(info.Size())/1e6, thumbnailEdge),
		pieces: len(files), unit: "pictures", reps: b.reps,
	}
	return r.hold(ctx, contenders)
}

// ourThumbnails is the way of the server: workers in their boxes, as many as there are processors.
func (b *processingBench) ourThumbnails(files []string) func(context.Context) (time.Duration, error) {
	return timed(func(ctx context.Context) error {
		r := b.runner(processors())
		err := amongHands(processors(), files, func(path string) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			info, err := f.Stat()
			if err != nil {
				return err
			}
			got, err := r.Inspect(ctx, f, info.Size(), path, media.ThumbnailSpec{MaxEdge: thumbnailEdge})
			if err == nil && got.Thumbnail == nil {
				err = fmt.Errorf("no thumbnail of %s", path)
			}
			return err
		})
		if problem := r.Close(); err == nil {
			err = problem
		}
		return err
	})
}

// amongHands has so many hands do something with each file.
func amongHands(hands int, files []string, do func(string) error) error {
	next := make(chan string, len(files))
	for _, f := range files {
		next <- f
	}
	close(next)
	failed := make([]error, hands)
	var all sync.WaitGroup
	for hand := range hands {
		all.Go(func() {
			for f := range next {
				if failed[hand] = do(f); failed[hand] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// vipsThumbnails gives each call so many files; as many calls run at once as there are processors.
func (b *processingBench) vipsThumbnails(ctx context.Context, files []string, each int) error {
	out, err := os.MkdirTemp(b.root, "thumbnails-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(out) }()
	var calls []string
	for group := range slices.Chunk(files, each) {
		calls = append(calls, strings.Join(group, "\n"))
	}
	form := filepath.Join(out, fmt.Sprintf("%%s.jpg[Q=%d,strip]", thumbnailQuality))
	return amongHands(processors(), calls, func(group string) error {
		size := strconv.Itoa(thumbnailEdge)
		return ran(ctx, "vipsthumbnail", append([]string{"--size", size + "x" + size, "-o", form}, strings.Split(group, "\n")...)...)
	})
}

// sharp is the npm package. It says itself how long it took, so that the start of Node does not count.
func (b *processingBench) sharp(folder string) contender {
	c := contender{name: "sharp"}
	modules, err := filepath.Abs(filepath.Join(b.node, "node_modules"))
	if err != nil {
		c.missing = err.Error()
		return c
	}
	if _, err := os.Stat(filepath.Join(modules, "sharp")); err != nil {
		c.missing = "sharp is not installed: test/setup installs it with npm"
		return c
	}
	if c.missing = lookup("node", "nodejs"); c.missing != "" {
		return c
	}
	c.run = func(ctx context.Context) (time.Duration, error) {
		script := filepath.Join(b.root, "sharp.js")
		if err := os.WriteFile(script, sharpScript, 0o644); err != nil {
			return 0, err
		}
		cmd := exec.CommandContext(ctx, "node", script, folder, strconv.Itoa(thumbnailEdge), strconv.Itoa(thumbnailQuality), strconv.Itoa(2*processors()))
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
		var complaints strings.Builder
		cmd.Stderr = &complaints
		said, err := cmd.Output()
		if err != nil {
			return 0, fmt.Errorf("node: %w: %.300s", err, complaints.String())
		}
		milliseconds, err := strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
		return time.Duration(milliseconds * float64(time.Millisecond)), err
	}
	return c
}
