package media

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"

	"sluice/internal/media/fault"
)

// Limits of the pictures in an InDesign file.
const (
	maxPreviews    = 24 << 20 // bytes of exiftool's answer
	largestPreview = 16 << 20 // bytes of one
	indesignMagic  = "\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d"
)

// Previews hands the pictures of its pages that an InDesign file holds to keep, as JPEG files: those that the program
// saved for its pages, or else its one thumbnail. A file that was saved without them has none, which is an error of
// class Unsupported. exiftool, in the box, finds them, and a worker, which does not trust it, looks at each. What
// Poster says of the source and of errors holds here too.
func (r *Runner) Previews(ctx context.Context, src io.Reader, size int64, fileName string, keep func(PageImage) error) error {
	return attributed(r.previews(ctx, src, size, keep), "media.Previews")
}

func (r *Runner) previews(ctx context.Context, src io.Reader, size int64, keep func(PageImage) error) error {
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return err
	}
	defer in.Close()
	if !isInDesign(head) {
		return failure(fault.Unsupported, nil, "the content is not an InDesign file, whatever its name says")
	}
	saved, err := r.saved(ctx, in.File)
	if err != nil {
		return err
	}
	defer saved.Close()
	for i, p := range saved.list[:min(len(saved.list), MostPages)] {
		found, err := r.Inspect(ctx, saved.body(p), p.size, "preview.jpg", ThumbnailSpec{Skip: true})
		if err != nil {
			return err
		}
		if found.Format != "jpeg" {
			return failure(fault.Unsupported, nil, "the preview of page %d is no JPEG picture", i+1)
		}
		if err := keep(PageImage{Page: i + 1, Width: found.Width, Height: found.Height, ContentType: found.ContentType, Extension: "jpg", File: saved.body(p), Size: p.size}); err != nil {
			return err
		}
	}
	return nil
}

// isInDesign reports whether a file is an InDesign document.
func isInDesign(head []byte) bool { return bytes.HasPrefix(head, []byte(indesignMagic)) }

// firstPreview gives the picture that an InDesign file holds of its first page. The caller closes it.
func (r *Runner) firstPreview(ctx context.Context, in *os.File) (held, error) {
	saved, err := r.saved(ctx, in)
	if err != nil {
		return held{}, err
	}
	return held{saved.body(saved.list[0]), saved}, nil
}

// saved asks exiftool for the pictures of pages in an InDesign file: those of pages if there are any, else thumbnails.
// There is at least one. The caller closes them.
func (r *Runner) saved(ctx context.Context, in *os.File) (*savedPictures, error) {
	program, path, err := need{"no previews were read", []string{"exiftool"}}.find()
	if err != nil {
		return nil, err
	}
	saved, err := r.savedIn(ctx, toolRun{
		program: program, path: path, input: in, most: maxPreviews,
		args: []string{"-j", "-b", "-XMP:PageImage", "-XMP:ThumbnailImage", toolInput},
	}, largestPreview)
	if err != nil {
		return nil, err
	}
	for _, tag := range []string{"PageImage", "ThumbnailImage"} {
		of := slices.DeleteFunc(slices.Clone(saved.list), func(p savedPicture) bool { return p.tag != tag })
		if len(of) > 0 {
			saved.list = of
			return saved, nil
		}
	}
	saved.Close()
	return nil, failure(fault.Unsupported, nil, "the file holds no previews; InDesign saves them when its preference to save previews with documents is on")
}
