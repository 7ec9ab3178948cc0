package media

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"sluice/internal/media/fault"
	"sluice/internal/media/pyramid"
	"sluice/internal/media/raster"
)

// A photograph is a JPEG file that no option changes. The work on it is packing the same pixels again, which vips,
// where it is installed, does in a fraction of the time and of the memory that a worker needs.

// What is worth starting vips for: the length of a file in bytes below which nobody looks, and the number of pixels and
// the edge from which on vips is used.
const (
	photographBytes  = 64 << 10
	photographPixels = 1_000_000
	photographEdge   = 2 * pyramid.Tile
)

// surveyBytes is how much of a file is looked at to find out what it is. One whose pixels begin later is left to a worker.
const surveyBytes = 1 << 20

// survey is what the header of a picture says.
type survey struct {
	raster.Report
	Profile string `json:"profile,omitempty"` // signature of the colour space of the ICC profile; "" = there is none
}

func (w *worker) survey(src *io.SectionReader) (*survey, error) {
	report, _, err := raster.Inspect(src, w.setup.Raster, 0)
	if err != nil {
		return nil, err
	}
	s := &survey{Report: report}
	if profile := raster.Profile(src); profile != nil {
		s.Profile = string(profile[16:20])
	}
	return s, nil
}

// asItIs reports whether the options leave a picture of gray or RGB colours as it is.
func (o PictureOptions) asItIs() bool {
	return o.Crop == nil && o.Keep == nil && o.AutoCrop == nil && o.Knockout == nil && !o.Mask && o.Color.Mode != ColorConvert && o.Unsharp.Idle()
}

// photograph makes the optimised image of a JPEG file that no option changes: by vips, or by a worker where vips is
// missing or not sure of the file.
func (r *Runner) photograph(ctx context.Context, src io.Reader, size int64, fileName string, o PictureOptions, take func(PicturePart, io.Reader) error) (PictureResult, error) {
	if _, _, err := photographNeed().find(); err != nil || size > r.opts.MaxInputBytes {
		return r.byWorker(ctx, src, size, "image/jpeg", fileName, o, take)
	}
	in, _, err := r.opts.toolFile(src, size)
	if err != nil {
		return PictureResult{}, err
	}
	defer in.Close()
	packed, found, err := r.packedByVips(ctx, in.File, size)
	switch fault.ClassOf(err) {
	case fault.Missing, fault.Unsupported, fault.Corrupt, fault.Crashed, fault.TooLarge:
		return r.byWorker(ctx, io.NewSectionReader(in, 0, size), size, "image/jpeg", fileName, o, take)
	}
	if err != nil {
		return PictureResult{}, err
	}
	defer packed.Close()
	info, err := packed.Stat()
	if err != nil {
		return PictureResult{}, failure(fault.Unavailable, err, "the optimised image was lost")
	}
	part := PicturePart{Kind: PartOptimized, Bytes: info.Size(), Width: found.Width, Height: found.Height}
	return PictureResult{Width: found.Width, Height: found.Height}, take(part, io.NewSectionReader(packed, 0, part.Bytes))
}

func photographNeed() need { return need{"the optimised image was not made", []string{"vips"}} }

// packedByVips has vips write the optimised image of a photograph into a nameless file, which the caller closes. It
// fails with class Unsupported when a worker would do more than that.
func (r *Runner) packedByVips(ctx context.Context, in *os.File, size int64) (*os.File, survey, error) {
	program, path, err := photographNeed().find()
	if err != nil {
		return nil, survey{}, err
	}
	found, err := r.surveyed(ctx, in, size)
	if err != nil {
		return nil, found, err
	}
	if !found.photograph() || int64(found.Width)*int64(found.Height) > r.opts.MaxPixels {
		return nil, found, failure(fault.Unsupported, nil, "the picture is left to a worker")
	}
	out, err := r.opts.nameless()
	if err != nil {
		return nil, found, err
	}
	run := toolRun{
		program: program, path: path, input: in, output: out, most: r.opts.MaxRenderBytes,
		args: found.vipsArguments(), env: []string{"VIPS_BLOCK_UNTRUSTED=1"},
	}
	err = r.withTool(ctx, program, func(limited context.Context) error {
		_, err := run.intoFile(limited, r.opts)
		return err
	})
	if err == nil {
		err = run.checkTIFF()
	}
	if err != nil {
		out.Close()
		return nil, found, err
	}
	return out, found, nil
}

// surveyed has a worker read the header of a picture.
func (r *Runner) surveyed(ctx context.Context, in io.ReaderAt, size int64) (survey, error) {
	size = min(size, surveyBytes, r.opts.MaxInputBytes)
	req := request{Op: opSurvey, Name: "picture", Size: size}
	var done result
	err := r.with(ctx, func(p *process) (err error) {
		done, _, err = p.perform(req, io.NewSectionReader(in, 0, size), r.opts)
		return err
	})
	if err == nil && done.Survey == nil {
		err = failure(fault.Crashed, nil, "the media worker gave an impossible result (survey)")
	}
	if err != nil {
		return survey{}, err
	}
	return *done.Survey, nil
}

// photograph reports whether a picture is one that vips packs as a worker would: of 8 bits, gray or in YCbCr colours,
// with a profile of its own colour space or none, and large enough.
func (s survey) photograph() bool {
	space := map[string]string{"gray": "GRAY", "ycbcr": "RGB "}[s.ColorModel]
	return s.Format == "jpeg" && s.BitDepth == 8 && space != "" && (s.Profile == "" || s.Profile == space) &&
		min(s.Width, s.Height) >= photographEdge && s.Width <= 65535 && s.Height <= 65535 && s.Width*s.Height >= photographPixels
}

// defaultResolution is what stands in an optimised image of vips when nobody knows better, in pixels per inch.
const defaultResolution = 72

// vipsArguments ask for the form of package pyramid. vips is to read the file from the top to the end, so that the
// memory that it needs does not grow with the height of the picture, and to give up where it would guess.
func (s survey) vipsArguments() []string {
	resolution := s.Resolution
	if !(resolution > 0 && resolution < 1e6) {
		resolution = defaultResolution
	}
	perMillimetre := strconv.FormatFloat(resolution/25.4, 'f', 6, 64)
	output := fmt.Sprintf(".tif[tile,pyramid,compression=jpeg,Q=%d,tile-width=%[2]d,tile-height=%[2]d,resunit=inch,xres=%[3]s,yres=%[3]s]",
		pyramid.Quality, pyramid.Tile, perMillimetre)
	return []string{"jpegload", toolInput, output, "--access", "sequential", "--fail-on", "warning", "--vips-concurrency=2"}
}

// checkTIFF believes that the output is a TIFF file when it starts like one.
func (t toolRun) checkTIFF() error {
	head := make([]byte, 4)
	if _, err := t.output.ReadAt(head, 0); err != nil || !bytes.Equal(head, []byte("II*\x00")) && !bytes.Equal(head, []byte("MM\x00*")) {
		return t.failed(fault.Crashed, err, "wrote something else than it was asked for")
	}
	return nil
}
