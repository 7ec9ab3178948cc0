package media

import (
	"context"
	"io"
	"math"
	"os"

	"sluice/internal/media/decoder"
	"sluice/internal/media/extent"
	"sluice/internal/media/fault"
)

// vipsLoader names the operation of vips that reads files of a type that no worker reads; "" for all other types. It
// is named for each file, so that vips does not look for a reader by itself among all that it has.
func vipsLoader(contentType string) string {
	switch contentType {
	case "image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif":
		return "heifload"
	case "image/jxl":
		return "jxlload"
	case "image/jp2", "image/jpx", "image/jpm":
		return "jp2kload"
	}
	return ""
}

// Foreign reports whether pictures of a type are read by an external tool, or by a decoder of their own where there is
// one, before an ordinary worker can work on them: HEIC, AVIF, JPEG XL, JPEG 2000 and camera raw.
func Foreign(contentType string) bool { return vipsLoader(contentType) != "" || isRaw(contentType) }

// decodedByTool has a tool give the picture in a file as one that workers read, of the type that it returns. The caller
// closes the file.
func (r *Runner) decodedByTool(ctx context.Context, in *os.File, contentType string) (picture held, kind string, err error) {
	if isRaw(contentType) {
		picture, err = r.developed(ctx, in)
		return picture, "image/jpeg", err
	}
	claimed, err := r.opts.claimed(in)
	if err != nil {
		return held{}, "", err
	}
	picture, err = r.decodedByVips(ctx, in, contentType)
	if name := decoder.For(contentType); fault.ClassOf(err) == fault.Missing && name != decoder.None {
		picture, err = r.decodedHere(ctx, in, contentType, name, claimed)
	}
	return picture, "image/png", err
}

// claimed reads how large a picture says that it is, and refuses one with more pixels than are decoded, before a tool
// spends time and memory on it. A file that does not say it is left to the tool, in its box.
func (o Options) claimed(in *os.File) (extent.Extent, error) {
	info, err := in.Stat()
	if err != nil {
		return extent.Extent{}, failure(fault.Unavailable, err, "the file was lost")
	}
	found := extent.Of(in, info.Size())
	if found.Most.Beyond(o.MaxPixels) {
		return found, failure(fault.TooLarge, nil, "the picture has %d x %d = %d pixels, the limit is %d",
			found.Most.Width, found.Most.Height, uint64(found.Most.Width)*uint64(found.Most.Height), o.MaxPixels)
	}
	return found, nil
}

// vipsNeed is what reads these.
func vipsNeed(contentType string) need {
	return need{"the picture of the type " + contentType + " was not read", []string{"vips"}}
}

// decodedByVips has vips read the picture in a file and returns it as a PNG file, hardly packed and without a name,
// which workers read. vips could not write TIFF to a pipe. The caller closes the file.
func (r *Runner) decodedByVips(ctx context.Context, in *os.File, contentType string) (held, error) {
	program, path, err := vipsNeed(contentType).find()
	if err != nil {
		return held{}, err
	}
	out, err := r.opts.nameless()
	if err != nil {
		return held{}, err
	}
	var size int64
	run := toolRun{
		program: program, path: path, input: in, most: r.opts.MaxInputBytes,
		args: []string{vipsLoader(contentType), toolInput, ".png[compression=0]", "--access", "sequential"},
	}
	err = r.withTool(ctx, program, func(limited context.Context) error {
		return run.stream(limited, r.opts, func(from io.Reader) (err error) {
			size, err = io.Copy(out, from)
			return err
		})
	})
	if err == nil && size == 0 {
		err = run.noPicture()
	}
	if err != nil {
		out.Close()
		return held{}, err
	}
	return held{io.NewSectionReader(out, 0, size), out}, nil
}

// foreign inspects a picture that only a tool reads.
func (r *Runner) foreign(ctx context.Context, in *os.File, want ThumbnailSpec, found *Inspection) error {
	if !isRaw(found.ContentType) {
		claimed, err := r.opts.claimed(in)
		if shown := claimed.Shown; max(shown.Width, shown.Height) <= math.MaxInt32 {
			found.Width, found.Height = int(shown.Width), int(shown.Height)
		}
		if err != nil {
			return err
		}
	}
	picture, _, err := r.decodedByTool(ctx, in, found.ContentType)
	if err != nil {
		return err
	}
	defer picture.Close()
	inspected, err := r.Inspect(ctx, picture, picture.Size(), "picture", want)
	if class := fault.ClassOf(err); class == fault.Corrupt || class == fault.Unsupported {
		return failure(class, err, "the picture in the file could not be read")
	}
	inspected.ContentType, inspected.Format = found.ContentType, ""
	*found = inspected
	return err
}
