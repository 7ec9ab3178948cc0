package media

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"sluice/internal/media/fault"
)

// maxPicture is the longest picture in bytes that is taken from a tool.
const maxPicture = 16 << 20

// posterEdge is the longer edge in pixels of the pictures that tools are asked for; thumbnails are made from them.
const posterEdge = 1024

// Poster finds out what the video, sound or document in src is, of which it reads at most size bytes, and makes a
// thumbnail from a picture that stands for it: a frame that is not dark, the embedded cover, the first page. Sound
// without a cover has no thumbnail, which is no failure. A tool in the box gives the picture, and a worker, which does
// not trust it, makes the thumbnail. fileName is a hint for types that the content does not tell, and no tool sees it.
//
// When src is a whole file, or an io.SectionReader over one, the tool reads that file; otherwise src is copied into
// the spool folder first, up to Options.MaxInputBytes. What Inspect says of waiting, limits and errors holds here too;
// each of the two steps has the whole of Options.Timeout. An error of class Missing says which tool is not installed.
func (r *Runner) Poster(ctx context.Context, src io.Reader, size int64, fileName string, want ThumbnailSpec) (Inspection, error) {
	return r.poster(ctx, src, size, fileName, want, nil)
}

// PosterAt is Poster for the frame of a video at a time from its start; where there is none, it is the first frame. The
// frame itself comes with the thumbnail, with at most 1920 pixels at its longer edge.
func (r *Runner) PosterAt(ctx context.Context, src io.Reader, size int64, fileName string, at time.Duration, want ThumbnailSpec) (Inspection, error) {
	return r.poster(ctx, src, size, fileName, want, &at)
}

// stillEdge is the longest edge in pixels of a frame that was asked for.
const stillEdge = 1920

func (r *Runner) poster(ctx context.Context, src io.Reader, size int64, fileName string, want ThumbnailSpec, at *time.Duration) (Inspection, error) {
	const op = "media.Poster"
	if _, err := want.edge(); err != nil {
		return Inspection{}, attributed(err, op)
	}
	found := Inspection{}
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return found, attributed(err, op)
	}
	defer in.Close()
	found.ContentType = Detect(head, fileName)
	var picture held
	switch demuxer := demuxerFor(found.ContentType, head); {
	case isPDF(head) || isPostScript(head, fileName):
		if !want.Skip {
			picture, err = r.firstPage(ctx, in.File, isPDF(head))
		}
	case isInDesign(head):
		if !want.Skip {
			picture, err = r.firstPreview(ctx, in.File)
		}
	case Foreign(found.ContentType):
		err = r.foreign(ctx, in.File, want, &found)
	case demuxer != "":
		picture, err = r.footage(ctx, footage{in.File, demuxer, at}, &found, !want.Skip)
	default:
		err = failure(fault.Unsupported, nil, "the content is not a video, sound or document that is read here, whatever its name says")
	}
	if err != nil || picture.SectionReader == nil {
		return found, attributed(err, op)
	}
	defer picture.Close()
	err = r.fromPicture(ctx, picture.SectionReader, want, &found)
	if err == nil && at != nil {
		still := found
		if err = r.fromPicture(ctx, picture.SectionReader, ThumbnailSpec{MaxEdge: stillEdge}, &still); err == nil {
			found.Still = still.Thumbnail
		}
	}
	return found, attributed(err, op)
}

// fromPicture makes the thumbnail from what a tool gave.
func (r *Runner) fromPicture(ctx context.Context, picture *io.SectionReader, want ThumbnailSpec, found *Inspection) error {
	inspected, err := r.Inspect(ctx, io.NewSectionReader(picture, 0, picture.Size()), picture.Size(), "poster", want)
	if class := fault.ClassOf(err); class == fault.Corrupt || class == fault.Unsupported {
		return failure(class, err, "the picture in the file could not be read")
	}
	found.Thumbnail = inspected.Thumbnail
	return err
}

// withTool runs step, which is about one tool's program, when it is its turn, and names the tool when its time is over.
func (r *Runner) withTool(ctx context.Context, program string, step func(limited context.Context) error) error {
	err := r.turn(ctx, step)
	if fault.ClassOf(err) == fault.Timeout {
		return toolRun{program: program}.failed(fault.Timeout, err, "did not finish the file within the limit of %v and was ended", r.opts.Timeout)
	}
	return err
}

// toolSource is the file that a tool reads.
type toolSource struct {
	*os.File
	own bool // it is a copy
}

// Close removes a copy, and leaves the caller's file alone.
func (s toolSource) Close() error {
	if s.own {
		return s.File.Close()
	}
	return nil
}

// toolFile gives src as a file of its own, with its first bytes.
func (o Options) toolFile(src io.Reader, size int64) (toolSource, []byte, error) {
	if size < 0 {
		return toolSource{}, nil, failure(fault.Invalid, nil, "a file of %d bytes was to be inspected", size)
	}
	in := toolSource{File: wholeFile(src, size)}
	if in.File == nil {
		if size > o.MaxInputBytes {
			return in, nil, failure(fault.TooLarge, nil, "the file has %d bytes, at most %d are copied for a tool", size, o.MaxInputBytes)
		}
		spool, err := o.nameless()
		if err != nil {
			return in, nil, err
		}
		in = toolSource{spool, true}
		if n, err := io.Copy(spool, io.LimitReader(src, size)); err != nil || n < size {
			in.Close()
			return in, nil, failure(fault.Source, err, "the file could not be copied for a tool, %d of %d bytes were", n, size)
		}
	}
	head := make([]byte, min(detectBytes, size))
	if n, err := in.ReadAt(head, 0); n < len(head) && !errors.Is(err, io.EOF) {
		in.Close()
		return in, nil, failure(fault.Source, err, "reading the file failed")
	}
	return in, head, nil
}

// wholeFile returns the file behind src if src is all of it and nothing else; nil otherwise.
func wholeFile(src io.Reader, size int64) *os.File {
	at, length := int64(0), size
	f, ok := src.(*os.File)
	if section, is := src.(interface {
		Outer() (io.ReaderAt, int64, int64)
	}); is {
		var outer io.ReaderAt
		outer, at, length = section.Outer()
		f, ok = outer.(*os.File)
	}
	if !ok || at != 0 || length != size {
		return nil
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return nil
	}
	return f
}
