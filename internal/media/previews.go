package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"strings"

	"sluice/internal/media/fault"
)

// Limits of the pictures in an InDesign file.
const (
	maxPreviews    = 24 << 20 // bytes of exiftool's answer
	previewPrefix  = "base64:"
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
	files, err := r.saved(ctx, in.File)
	if err != nil {
		return err
	}
	for i, file := range files[:min(len(files), MostPages)] {
		found, err := r.Inspect(ctx, bytes.NewReader(file), int64(len(file)), "preview.jpg", ThumbnailSpec{Skip: true})
		if err != nil {
			return err
		}
		if found.Format != "jpeg" {
			return failure(fault.Unsupported, nil, "the preview of page %d is no JPEG picture", i+1)
		}
		if err := keep(PageImage{Page: i + 1, Width: found.Width, Height: found.Height, ContentType: found.ContentType, Extension: "jpg", Bytes: file}); err != nil {
			return err
		}
	}
	return nil
}

// isInDesign reports whether a file is an InDesign document.
func isInDesign(head []byte) bool { return bytes.HasPrefix(head, []byte(indesignMagic)) }

// firstPreview gives the picture that an InDesign file holds of its first page.
func (r *Runner) firstPreview(ctx context.Context, in *os.File) ([]byte, error) {
	files, err := r.saved(ctx, in)
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// saved asks exiftool for the pictures of pages in an InDesign file. There is at least one.
func (r *Runner) saved(ctx context.Context, in *os.File) (files [][]byte, err error) {
	program, path, err := need{"no previews were read", []string{"exiftool"}}.find()
	if err != nil {
		return nil, err
	}
	run := toolRun{
		program: program, path: path, input: in, most: maxPreviews,
		args: []string{"-j", "-b", "-XMP:PageImage", "-XMP:ThumbnailImage", toolInput},
	}
	var said []byte
	err = r.withTool(ctx, program, func(limited context.Context) error {
		said, err = run.run(limited, r.opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if files, err = previewsIn(said); err != nil {
		return nil, run.failed(fault.Crashed, err, "gave an answer that cannot be read")
	}
	if len(files) == 0 {
		return nil, failure(fault.Unsupported, nil, "the file holds no previews; InDesign saves them when its preference to save previews with documents is on")
	}
	return files, nil
}

// previewsIn reads the pictures in exiftool's answer: those of pages if there are any, else thumbnails.
func previewsIn(said []byte) ([][]byte, error) {
	var files []map[string]any
	if err := json.Unmarshal(said, &files); err != nil || len(files) != 1 {
		return nil, failure(fault.Crashed, err, "%d files", len(files))
	}
	for _, key := range []string{"PageImage", "ThumbnailImage"} {
		if list := picturesIn(files[0][key]); len(list) > 0 {
			return list, nil
		}
	}
	return nil, nil
}

// picturesIn decodes one picture or a list of them.
func picturesIn(v any) (list [][]byte) {
	switch v := v.(type) {
	case string:
		text, ok := strings.CutPrefix(v, previewPrefix)
		if !ok {
			return nil
		}
		if file, err := base64.StdEncoding.DecodeString(text); err == nil && len(file) > 0 && len(file) <= largestPreview {
			return [][]byte{file}
		}
	case []any:
		for _, item := range v {
			list = append(list, picturesIn(item)...)
		}
	}
	return list
}
