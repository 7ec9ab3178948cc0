package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"sluice/internal/media"
)

// withFile measures what a runner does with a file that it can read as a whole, as a blob of the server is.
func (b *processingBench) withFile(path string, workers int, do func(ctx context.Context, r *media.Runner, src io.Reader, size int64) error) func(context.Context) (time.Duration, error) {
	return func(ctx context.Context) (took time.Duration, err error) {
		f, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		r, err := b.running(ctx, workers)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		began := time.Now()
		err = do(ctx, r, io.NewSectionReader(f, 0, info.Size()), info.Size())
		return time.Since(began), err
	}
}

// pyramid compares the optimised image of one large photograph, with vips and without any tool.
func (b *processingBench) pyramid(ctx context.Context) error {
	path, out := filepath.Join(b.root, "large.jpg"), filepath.Join(b.root, "large.tif")
	if err := writePhotograph(path, 9, b.large, b.large); err != nil {
		return err
	}
	ours := b.withFile(path, 1, func(ctx context.Context, r *media.Runner, src io.Reader, size int64) error {
		_, err := r.Picture(ctx, src, size, "large.jpg", media.PictureOptions{}, func(_ media.PicturePart, body io.Reader) error {
			f, err := os.Create(out)
			if err != nil {
				return err
			}
			_, err = io.Copy(f, body)
			return errors.Join(err, f.Close())
		})
		return err
	})
	contenders := []contender{
		{"sluice", "", ours},
		{"vips tiffsave", lookup("vips", "libvips-tools"), timed(func(ctx context.Context) error {
			return ran(ctx, "vips", "tiffsave", path, out, "--tile", "--pyramid", "--compression", "jpeg", "--Q", "90", "--tile-width", "256", "--tile-height", "256")
		})},
		{"sluice without tools", "", withoutTools(ours)},
	}
	return race{title: fmt.Sprintf("Pyramid TIFF of a JPEG file of %d x %d pixels", b.large, b.large), reps: b.reps}.hold(ctx, contenders)
}

// withoutTools runs with an empty search path.
func withoutTools(run func(context.Context) (time.Duration, error)) func(context.Context) (time.Duration, error) {
	return func(ctx context.Context) (took time.Duration, err error) {
		path := os.Getenv("PATH")
		if err := os.Setenv("PATH", "/nonexistent"); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, os.Setenv("PATH", path)) }()
		return run(ctx)
	}
}

// document compares the pages of a PDF file as pictures.
func (b *processingBench) document(ctx context.Context) error {
	path := filepath.Join(b.root, "document.pdf")
	if err := writeDocument(path, b.pages); err != nil {
		return err
	}
	ours := b.withFile(path, 1, func(ctx context.Context, r *media.Runner, src io.Reader, size int64) error {
		pages := 0
		_, err := r.Pages(ctx, src, size, "document.pdf", media.PageOptions{Resolution: 150}, func(media.PageImage) error { pages++; return nil })
		if err == nil && pages != b.pages {
			err = fmt.Errorf("%d pages were drawn", pages)
		}
		return err
	})
	draw := func(form ...string) func(context.Context) (time.Duration, error) {
		return timed(func(ctx context.Context) error {
			cmd := exec.CommandContext(ctx, "pdftoppm", append(append([]string{"-q", "-r", "150"}, form...), path)...)
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, out)
			return errors.Join(err, cmd.Wait())
		})
	}
	missing := lookup("pdftoppm", "poppler-utils")
	contenders := []contender{
		{"sluice (PNG)", missing, ours}, {"pdftoppm (PPM)", missing, draw()}, {"pdftoppm -png", missing, draw("-png")},
	}
	return race{title: fmt.Sprintf("%d pages of a PDF file at 150 pixels per inch", b.pages), reps: b.reps}.hold(ctx, contenders)
}

// poster compares the thumbnail of a video of 1920 x 1080 pixels.
func (b *processingBench) poster(ctx context.Context) error {
	path, out := filepath.Join(b.root, "video.mp4"), filepath.Join(b.root, "poster.jpg")
	missing := lookup("ffmpeg", "ffmpeg")
	if missing == "" {
		if err := ran(ctx, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25:duration="+strconv.Itoa(b.seconds),
			"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50", path); err != nil {
			return err
		}
	}
	ours := b.withFile(path, 1, func(ctx context.Context, r *media.Runner, src io.Reader, size int64) error {
		got, err := r.Poster(ctx, src, size, "video.mp4", media.ThumbnailSpec{MaxEdge: thumbnailEdge})
		if err == nil && got.Thumbnail == nil {
			err = errors.New("there is no thumbnail")
		}
		return err
	})
	at := strconv.FormatFloat(float64(b.seconds)/10, 'f', 2, 64)
	contenders := []contender{
		{"sluice", missing, ours},
		{"ffmpeg", missing, timed(func(ctx context.Context) error {
			return ran(ctx, "ffmpeg", "-v", "error", "-y", "-ss", at, "-i", path, "-frames:v", "1", "-vf", "scale=320:-2", out)
		})},
		{"ffprobe and ffmpeg", missing, timed(func(ctx context.Context) error {
			if err := ran(ctx, "ffprobe", "-v", "error", "-of", "json", "-show_streams", path); err != nil {
				return err
			}
			return ran(ctx, "ffmpeg", "-v", "error", "-y", "-ss", at, "-i", path, "-frames:v", "1", "-vf", "scale=320:-2", out)
		})},
	}
	return race{title: fmt.Sprintf("Poster of a video of %d s and 1920 x 1080 pixels", b.seconds), reps: b.reps}.hold(ctx, contenders)
}
