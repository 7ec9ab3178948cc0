package media

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"sluice/internal/media/decoder"
	"sluice/internal/media/extent"
	"sluice/internal/media/fault"
)

// Where vips is missing, HEIC, AVIF and JPEG XL pictures are decoded by a worker of a kind of its own: it makes the
// decoder of one format ready before its box closes, gets the file afterwards, and gives the picture as a PNG file,
// which, as that of vips, is decoded by another worker that does not trust it.

// decodedHere has a worker decode the picture in a file and returns it as a PNG file without a name. The caller closes
// the file.
func (r *Runner) decodedHere(ctx context.Context, in *os.File, contentType string, name decoder.Name, claimed extent.Extent) (held, error) {
	info, err := in.Stat()
	if err != nil {
		return held{}, failure(fault.Unavailable, err, "the file was lost")
	}
	if info.Size() > r.opts.MaxInputBytes {
		return held{}, failure(fault.TooLarge, nil, "the file has %d bytes, pictures of at most %d are decoded", info.Size(), r.opts.MaxInputBytes)
	}
	if lacking := decoder.Lacking(name, extent.TraitsOf(in, info.Size()), claimed.Shown); lacking != "" {
		purpose := fmt.Sprintf("the picture of the type %s was not read: %s are not read without vips", contentType, lacking)
		_, _, err := need{purpose, []string{"vips"}}.find()
		if err == nil { // it is there and may not be used
			err = toolRun{program: "vips"}.failed(fault.Missing, nil, "was not used, because this machine cannot confine it; %s", purpose)
		}
		return held{}, err
	}
	if err := r.opts.fits(name, claimed.Most); err != nil {
		return held{}, err
	}
	out, err := r.opts.nameless()
	if err != nil {
		return held{}, err
	}
	var size int64
	req := request{Op: opDecode, Name: "picture", Size: info.Size()}
	err = r.withDecoder(ctx, name, func(p *process) (err error) {
		size, err = p.decoded(req, io.NewSectionReader(in, 0, info.Size()), r.opts, out)
		return err
	})
	if err != nil {
		out.Close()
		return held{}, blamed(err, name)
	}
	return held{io.NewSectionReader(out, 0, size), out}, nil
}

// fits refuses a picture for which a decoder needs more memory than a worker has.
func (o Options) fits(name decoder.Name, s extent.Size) error {
	if needed := decoder.Memory(name, s); needed > o.MemoryBytes {
		return failure(fault.TooLarge, nil, "decoding the picture of %d x %d pixels without vips needs about %d MiB, the memory limit is %d MiB",
			s.Width, s.Height, needed>>20, o.MemoryBytes>>20)
	}
	return nil
}

// blamed names the decoder in the failure of a worker that was at work with it: as with a tool, the file is kept, and
// trying again would come to the same.
func blamed(err error, name decoder.Name) error {
	class, why := fault.ClassOf(err), ""
	switch class {
	case fault.Crashed:
		why = "stopped while it read the file"
	case fault.Timeout:
		why = "did not finish the file in time and was ended"
	default:
		return err
	}
	program := "the built-in decoder of " + name.String()
	failed := failure(class, err, "%s %s; vips needs less time and memory: apt-get install %s", program, why, debianOf("vips"))
	failed.Tool = program
	return failed
}

// decoded has the worker decode a file and copies the picture to out. After an error of class Crashed, or when the
// worker became unusable, it must be ended.
func (p *process) decoded(req request, src io.Reader, o Options, out io.Writer) (int64, error) {
	var done result
	if err := p.exchange(req, src, &done); err != nil {
		return 0, err
	}
	if err := done.check(req, o); err != nil {
		p.end()
		return 0, err
	}
	picture := &remembering{src: io.LimitReader(p.out, done.Bytes)}
	n, err := io.Copy(out, picture)
	if picture.err != nil || err == nil && n < done.Bytes {
		return 0, p.broken("while it sent the picture", picture.err)
	}
	if err != nil {
		return 0, failure(fault.Unavailable, err, "the picture could not be put aside")
	}
	p.unusable = done.Retire
	if done.Class != "" {
		return 0, failure(done.Class, nil, "%s", plain(done.Message, maxMessage))
	}
	return n, nil
}

// prepare makes a decoder ready, if one is named. It needs memory that can be executed, which the box refuses.
func prepare(name decoder.Name) (*decoder.Decoder, error) {
	if name == decoder.None {
		return nil, nil
	}
	os.Stdout = os.Stderr // What the decoder's program prints must not get into the conversation.
	return decoder.Open(name)
}

// decode answers with the picture in a file. Only a broken conversation is an error here.
func (w *worker) decode(src *io.SectionReader) error {
	done, picture := w.decodeOne(src)
	if err := w.send(done); err != nil || picture == nil {
		return err
	}
	out := bufio.NewWriterSize(w.out, copyBytes)
	if err := picture.WritePNG(out); err != nil {
		return err
	}
	return out.Flush()
}

// decodeOne turns whatever happens into a result.
func (w *worker) decodeOne(src *io.SectionReader) (done result, picture *decoder.Picture) {
	fail := func(err error) {
		done = result{Class: fault.ClassOf(err), Message: plain(err.Error(), maxMessage), Retire: true}
		picture = nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			fail(failure(fault.Corrupt, nil, "the decoder gave up on the file: %v", cause))
		}
	}()
	picture, err := w.decoder.Decode(src, extent.TraitsOf(src, src.Size()))
	if err != nil {
		fail(err)
		return done, nil
	}
	shown := extent.Size{Width: int64(picture.Width), Height: int64(picture.Height)}
	switch bytes := picture.PNGBytes(); {
	case shown.Beyond(w.setup.Raster.Pixels):
		fail(failure(fault.TooLarge, nil, "the picture has %d x %d pixels, the limit is %d", shown.Width, shown.Height, w.setup.Raster.Pixels))
	case bytes > w.setup.InputBytes-profileRoom:
		fail(failure(fault.TooLarge, nil, "the decoded picture has %d bytes, the limit is %d", bytes, w.setup.InputBytes-profileRoom))
	default:
		done = result{Bytes: bytes, ContentType: "image/png", Width: picture.Width, Height: picture.Height, Alpha: picture.Alpha}
	}
	return done, picture
}
