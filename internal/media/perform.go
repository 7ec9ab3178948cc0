package media

import (
	"encoding/json"
	"fmt"
	"image"
	"io"

	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
	"sluice/internal/media/photoshop"
	"sluice/internal/media/raster"
)

// perform turns whatever happens in an operation other than an inspection into a result; a decoder that panics is a
// result too, and the worker's last.
func (w *worker) perform(src io.ReaderAt, req request) (done result, body [][]byte) {
	var err error
	defer func() {
		if cause := recover(); cause != nil {
			err = &fault.Error{Class: fault.Corrupt, Msg: fmt.Sprintf("the decoder gave up on the file: %v", cause)}
			done.Retire = true
		}
		if err == nil {
			return
		}
		done.Class = fault.ClassOf(err)
		done.Message = plain(err.Error(), maxMessage)
		if done.Class == "" {
			done.Class, done.Retire = fault.Crashed, true
		}
		done.Bytes, done.Parts, body = 0, nil, nil
	}()
	section := io.NewSectionReader(src, 0, req.Size)
	switch {
	case req.Op == opRender && req.Commands != nil:
		body, err = w.render(section, *req.Commands, &done)
	case req.Op == opAutoCrop && req.AutoCrop != nil:
		err = w.autoCrop(section, *req.AutoCrop, &done)
	case req.Op == opPicture && req.Picture != nil:
		body, err = w.picture(section, *req.Picture, &done)
	case req.Op == opPaths:
		body, err = w.paths(section, &done)
	case req.Op == opPack && req.Pack != nil:
		body, err = w.pack(section, *req.Pack, &done)
	case req.Op == opSurvey:
		done.Survey, err = w.survey(section)
	case req.Op == opMovie:
		err = w.movie(section, &done)
	case req.Op == opMetadata, req.Op == opToolSaid:
		body, err = w.metadata(section, req, &done)
	case req.Op == opLinks:
		body, err = w.links(section, &done)
	default:
		err = failure(fault.Invalid, nil, "the request is incomplete")
	}
	return done, body
}

// maxWarnings and maxWarning bound the warnings of a result, so that it fits a frame.
const (
	maxWarnings = 20
	maxWarning  = 300
)

func (w *worker) render(src *io.SectionReader, c modifier.Commands, done *result) ([][]byte, error) {
	report, img, err := raster.Decode(src, w.setup.Raster)
	if err != nil {
		return nil, err
	}
	if report.Frames > 1 {
		done.Warnings = append(done.Warnings, fmt.Sprintf("the file has %d pictures, the result shows the first one", report.Frames))
	}
	from := modifier.Source{Format: report.Format, Gray: report.ColorModel == "gray"}
	if c.EmbedProfile {
		from.Profile = raster.Profile(src)
	}
	rendered, err := modifier.Apply(img, report.Orientation, c, modifier.Limits{
		Pixels: w.setup.Raster.Pixels, MemoryBytes: w.setup.Raster.MemoryBytes,
	})
	if err != nil {
		return nil, err
	}
	file, err := modifier.Encode(rendered, c, from, w.setup.RenderBytes)
	if err != nil {
		return nil, err
	}
	done.Width, done.Height, done.Alpha = rendered.Rect.Dx(), rendered.Rect.Dy(), file.Alpha
	done.ContentType, done.Extension, done.Bytes = file.ContentType, file.Extension, file.Bytes()
	for _, warning := range file.Warnings[:min(len(file.Warnings), maxWarnings)] {
		done.Warnings = append(done.Warnings, plain(warning, maxWarning))
	}
	return file.Pieces, nil
}

func (w *worker) autoCrop(src *io.SectionReader, o AutoCropOptions, done *result) error {
	_, img, err := raster.Decode(src, w.setup.Raster)
	if err != nil {
		return err
	}
	pixels, err := modifier.Apply(img, 0, modifier.Commands{}, modifier.Limits{})
	if err != nil {
		return err
	}
	r := image.Rectangle{}
	if o.Color {
		r, err = modifier.AutoCrop(pixels, o.Corner, o.Tolerance)
	} else {
		r = modifier.AutoCropAlpha(pixels, o.Tolerance)
	}
	if err != nil {
		return err
	}
	done.Width, done.Height = pixels.Rect.Dx(), pixels.Rect.Dy()
	done.Rect = Rect{X: r.Min.X, Y: r.Min.Y, Width: r.Dx(), Height: r.Dy()}
	return nil
}

func (w *worker) paths(src *io.SectionReader, done *result) ([][]byte, error) {
	found, err := raster.PhotoshopResources(src, w.setup.Raster)
	if err != nil {
		return nil, err
	}
	list, ok := photoshop.Paths(found.Blocks, found.Width, found.Height)
	if !ok {
		return nil, failure(fault.TooLarge, nil, "the file has more than %d paths or %d knots", photoshop.MaxPaths, photoshop.MaxKnots)
	}
	if len(list) == 0 {
		return nil, nil
	}
	body, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	if len(body) > maxPathBytes {
		return nil, failure(fault.TooLarge, nil, "the paths of the file have %d bytes, the limit is %d", len(body), maxPathBytes)
	}
	done.Bytes = int64(len(body))
	return [][]byte{body}, nil
}
