package media

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"strings"

	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
	"sluice/internal/media/photoshop"
)

// Rect is a rectangle in pixels of the stored picture, from the upper left corner.
type Rect struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Path is a path that Photoshop saved in a file, in pixels of the stored picture.
type Path = photoshop.Path

// Point is a place in a picture, in pixels from the upper left corner.
type Point = photoshop.Point

// Quad is the quadrilateral around a path, clockwise from the upper left corner; see photoshop.Quad.
func Quad(p Path) [4]Point { return photoshop.Quad(p) }

// RenderOptions says what becomes of a picture.
type RenderOptions struct {
	// Modifier holds the commands; see package modifier. Macros must have been expanded.
	Modifier string
}

// Rendered is a file that was made. It comes from a process that read untrusted bytes: its type is only believed
// when it starts like one.
type Rendered struct {
	Bytes       []byte
	ContentType string // image/jpeg, image/png, image/gif, image/tiff or image/bmp
	Extension   string // what a name of this type ends with, without the dot
	Width       int    // pixels; the picture is upright
	Height      int
	Alpha       bool     // a pixel of it is not opaque
	Warnings    []string // commands that were skipped or met in another way
}

// Render carries out modifier commands on the picture in src, from which it reads exactly size bytes, and encodes the
// result. What Inspect says of waiting, limits and errors holds here too; in addition a modifier that cannot be
// carried out fails with class Invalid before a worker is asked. Nothing must be undone after a failure.
func (r *Runner) Render(ctx context.Context, src io.Reader, size int64, fileName string, o RenderOptions) (Rendered, error) {
	const op = "media.Render"
	commands, warnings, err := modifier.Parse(o.Modifier)
	if err != nil {
		return Rendered{}, attributed(err, op)
	}
	req := request{Op: opRender, Name: plain(fileName, maxName), Size: size, Commands: &commands}
	done, body, err := r.perform(ctx, req, src)
	if err != nil {
		return Rendered{}, attributed(err, op)
	}
	rendered := Rendered{
		Bytes: body, ContentType: done.ContentType, Extension: done.Extension,
		Width: done.Width, Height: done.Height, Alpha: done.Alpha,
	}
	for _, warning := range append(warnings, done.Warnings...) {
		rendered.Warnings = append(rendered.Warnings, plain(warning, maxWarning))
	}
	return rendered, nil
}

// AutoCropOptions says what the border of a picture looks like (contract section 6.2).
type AutoCropOptions struct {
	Corner    string  `json:"corner"`    // with Color: UpperLeft, UpperRight, BottomLeft or BottomRight
	Color     bool    `json:"color"`     // the border has the colour of the corner; otherwise it is transparent
	Tolerance float64 `json:"tolerance"` // 0..1
}

// AutoCropRect finds what is left of the picture in src when its border is trimmed; all of it when it is nothing but
// border. What Inspect says of waiting, limits and errors holds here too.
func (r *Runner) AutoCropRect(ctx context.Context, src io.Reader, size int64, fileName string, o AutoCropOptions) (Rect, error) {
	const op = "media.AutoCropRect"
	if !(o.Tolerance >= 0 && o.Tolerance <= 1) {
		return Rect{}, attributed(failure(fault.Invalid, nil, "the tolerance %v is outside 0..1", o.Tolerance), op)
	}
	req := request{Op: opAutoCrop, Name: plain(fileName, maxName), Size: size, AutoCrop: &o}
	done, _, err := r.perform(ctx, req, src)
	return done.Rect, attributed(err, op)
}

// Paths lists the paths that Photoshop saved under a name in a PSD, JPEG or TIFF file, in file order. A file of
// another kind has none. What Inspect says of waiting, limits and errors holds here too.
func (r *Runner) Paths(ctx context.Context, src io.Reader, size int64, fileName string) ([]Path, error) {
	const op = "media.Paths"
	_, body, err := r.perform(ctx, request{Op: opPaths, Name: plain(fileName, maxName), Size: size}, src)
	if err != nil {
		return nil, attributed(err, op)
	}
	list, _ := pathsIn(body)
	return list, nil
}

// pathsIn decodes paths, and reports whether an honest worker could have sent them.
func pathsIn(body []byte) ([]Path, bool) {
	var list []Path
	if len(body) > 0 && json.Unmarshal(body, &list) != nil {
		return nil, false
	}
	knots := 0
	for _, p := range list {
		for _, line := range p.Subpaths {
			knots += len(line.Knots)
		}
	}
	return list, len(list) <= photoshop.MaxPaths && knots <= photoshop.MaxKnots
}

// perform has a worker do what is asked for.
func (r *Runner) perform(ctx context.Context, req request, src io.Reader) (done result, body []byte, err error) {
	if req.Size < 0 {
		return result{}, nil, failure(fault.Invalid, nil, "a file of %d bytes was to be read", req.Size)
	}
	if req.Size > r.opts.MaxInputBytes {
		return result{}, nil, failure(fault.TooLarge, nil, "the file has %d bytes, pictures of at most %d are worked on",
			req.Size, r.opts.MaxInputBytes)
	}
	err = r.with(ctx, func(p *process) error {
		done, body, err = p.perform(req, src, r.opts)
		return err
	})
	if err != nil {
		return result{}, nil, err
	}
	return done, body, nil
}

// perform has the worker do one thing with one file. After an error of class Crashed, or when the worker became
// unusable, it must be ended.
func (p *process) perform(req request, src io.Reader, o Options) (result, []byte, error) {
	var done result
	if err := p.exchange(req, src, &done); err != nil {
		return result{}, nil, err
	}
	if err := done.check(req, o); err != nil {
		p.end()
		return result{}, nil, err
	}
	body := make([]byte, done.Bytes)
	if _, err := io.ReadFull(p.out, body); err != nil {
		return result{}, nil, p.broken("while it sent the result", err)
	}
	if done.Class == "" && !credible(req.Op, done, body) {
		p.end()
		return result{}, nil, failure(fault.Crashed, nil, "the media worker sent something else than it said and was ended")
	}
	p.unusable = done.Retire
	if done.Class != "" {
		return result{}, nil, failure(done.Class, nil, "%s", plain(done.Message, maxMessage))
	}
	return done, body, nil
}

// credible reports whether the raw bytes are what the result says.
func credible(op operation, done result, body []byte) bool {
	switch op {
	case opRender, opPack:
		return bytes.HasPrefix(body, []byte(start(done.ContentType)))
	case opPaths:
		_, ok := pathsIn(body)
		return ok
	}
	return true
}

// start is what a file of a type that is rendered begins with.
func start(contentType string) string {
	return map[string]string{
		"image/jpeg": "\xff\xd8\xff", "image/png": "\x89PNG\r\n\x1a\n", "image/gif": "GIF8", "image/tiff": "II*\x00", "image/bmp": "BM",
	}[contentType]
}

// check refuses a result that an honest worker would not give.
func (d result) check(req request, o Options) error {
	nonsense := func(what string) error {
		return failure(fault.Crashed, nil, "the media worker gave an impossible result (%s) and was ended", what)
	}
	limit := map[operation]int64{opRender: o.MaxRenderBytes, opPaths: maxPathBytes, opPack: o.MaxRenderBytes, opLinks: maxLinkBytes, opMetadata: maxMetadata, opToolSaid: maxMetadata, opDecode: o.MaxInputBytes}[req.Op]
	switch {
	case d.Class != "" && (!d.Class.Known() || d.Bytes != 0):
		return nonsense("class")
	case d.Bytes < 0 || d.Bytes > limit:
		return nonsense("length")
	case d.Width < 0 || d.Height < 0 || d.Width > math.MaxInt32 || d.Height > math.MaxInt32 ||
		int64(d.Width)*int64(d.Height) > o.MaxPixels:
		return nonsense("size")
	case len(d.Warnings) > maxWarnings+1:
		return nonsense("warnings")
	case d.Class != "":
		return nil
	case (req.Op == opRender || req.Op == opPack) && (d.Bytes == 0 || d.Width == 0 || d.Height == 0 || start(d.ContentType) == ""):
		return nonsense("file")
	case req.Op == opDecode && (d.Bytes == 0 || d.Width == 0 || d.Height == 0 || d.ContentType != "image/png"):
		return nonsense("decoded picture")
	case req.Op == opRender && !strings.Contains(" jpg png gif tif bmp ", " "+d.Extension+" "):
		return nonsense("extension")
	case req.Op == opPack && (req.Pack == nil || d.Width != req.Pack.Width || d.Height != req.Pack.Height || d.Extension != "png" && d.Extension != "tif"):
		return nonsense("picture")
	case req.Op == opAutoCrop && !d.Rect.inside(d.Width, d.Height):
		return nonsense("rectangle")
	}
	return nil
}

// inside reports whether a rectangle has an area and lies in a picture of this size.
func (r Rect) inside(width, height int) bool {
	return r.X >= 0 && r.Y >= 0 && r.Width > 0 && r.Height > 0 && r.Width <= width && r.Height <= height &&
		r.X <= width-r.Width && r.Y <= height-r.Height
}
