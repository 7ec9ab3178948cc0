package media

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
)

// ManualCrop is how many pixels are cut from each side of the stored picture.
type ManualCrop struct {
	Left   int `json:"left"`
	Right  int `json:"right"`
	Top    int `json:"top"`
	Bottom int `json:"bottom"`
}

// Knockout makes the background of a picture transparent: the pixels that have the colour of a corner.
type Knockout struct {
	Corner    string  `json:"corner"`    // UpperLeft, UpperRight, BottomLeft or BottomRight
	Tolerance float64 `json:"tolerance"` // 0..1
	Flood     bool    `json:"flood"`     // only those that are connected to the corner
}

// ColorMode says what becomes of the colours of a picture (contract section 6.3).
type ColorMode string

// Modes of colour management.
const (
	ColorDefault  ColorMode = ""         // CMYK without a profile becomes sRGB, everything else stays
	ColorMaintain ColorMode = "maintain" // everything stays
	ColorConvert  ColorMode = "convert"  // from the source profile to the output profile
)

// ColorOptions is the colour management of a picture. The profiles are ICC profiles as they were uploaded.
type ColorOptions struct {
	Mode   ColorMode
	Source []byte // of ColorConvert; it overrides the profile that the file carries
	Output []byte // of ColorConvert
}

// PictureOptions is all that an upload may want done with an image (contract sections 6.2, 6.3 and 6.7). Of the three
// ways to crop, the first that is given counts.
type PictureOptions struct {
	Crop     *ManualCrop
	Keep     *Rect // a crop that the picture had already
	AutoCrop *AutoCropOptions
	Knockout *Knockout
	Mask     bool // from the alpha channel and the clipping path, where there is one
	Color    ColorOptions
	Unsharp  modifier.Unsharp
}

// Kinds of files that are made of a picture.
const (
	PartOptimized = "optimized" // tiled pyramid TIFF
	PartMask      = "mask"      // gray PNG: white is opaque
)

// PicturePart is a file that was made of a picture.
type PicturePart struct {
	Kind   string `json:"kind"`
	Bytes  int64  `json:"bytes"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Alpha  bool   `json:"alpha,omitempty"`
}

// ContentType is the MIME type of the part.
func (p PicturePart) ContentType() string {
	if p.Kind == PartMask {
		return "image/png"
	}
	return "image/tiff"
}

// PictureResult is what was found out on the way.
type PictureResult struct {
	Width    int // stored pixels
	Height   int
	Crop     *Rect // the part of the stored picture that was used; nil = all of it
	Warnings []string
}

// pictureRequest is the part of a request that is about a picture. The profiles stand behind the file, in this order.
type pictureRequest struct {
	Crop        *ManualCrop      `json:"crop,omitempty"`
	Keep        *Rect            `json:"keep,omitempty"`
	AutoCrop    *AutoCropOptions `json:"autoCrop,omitempty"`
	Knockout    *Knockout        `json:"knockout,omitempty"`
	Mask        bool             `json:"mask,omitempty"`
	Color       ColorMode        `json:"color,omitempty"`
	SourceBytes int64            `json:"sourceBytes,omitempty"`
	OutputBytes int64            `json:"outputBytes,omitempty"`
	InksBytes   int64            `json:"inksBytes,omitempty"` // profile of CMYK pictures without one
	Unsharp     modifier.Unsharp `json:"unsharp,omitzero"`
}

// maxProfile is the longest ICC profile in bytes that is used, and profileRoom what all of a request may have.
const (
	maxProfile  = 8 << 20
	profileRoom = 3 * maxProfile
)

// check refuses options that cannot be meant.
func (o PictureOptions) check() error {
	switch a, k := o.AutoCrop, o.Knockout; {
	case a != nil && !(a.Tolerance >= 0 && a.Tolerance <= 1):
		return failure(fault.Invalid, nil, "the tolerance %v is outside 0..1", a.Tolerance)
	case k != nil && !(k.Tolerance >= 0 && k.Tolerance <= 1):
		return failure(fault.Invalid, nil, "the tolerance %v is outside 0..1", k.Tolerance)
	case len(o.Color.Source) > maxProfile || len(o.Color.Output) > maxProfile:
		return failure(fault.TooLarge, nil, "an ICC profile has %d bytes, the limit is %d", max(len(o.Color.Source), len(o.Color.Output)), maxProfile)
	}
	return nil
}

// Picture carries out all options on the picture in src, from which it reads exactly size bytes, with one decoding,
// and hands the files that came of it to take, the optimised image first. take must read each to its end; its error
// ends the work and is returned as it is. What Inspect says of waiting, limits and errors holds here too. Nothing but
// what take did must be undone after a failure.
func (r *Runner) Picture(ctx context.Context, src io.Reader, size int64, fileName string, o PictureOptions, take func(PicturePart, io.Reader) error) (PictureResult, error) {
	const op = "media.Picture"
	if err := o.check(); err != nil {
		return PictureResult{}, attributed(err, op)
	}
	head, src, err := headOf(src, size)
	if err != nil {
		return PictureResult{}, attributed(err, op)
	}
	kind := Detect(head, fileName)
	if !Foreign(kind) && o.asItIs() && kind == "image/jpeg" && size >= photographBytes {
		made, err := r.photograph(ctx, src, size, fileName, o, take)
		return made, attributed(err, op)
	}
	if !Foreign(kind) {
		made, err := r.byWorker(ctx, src, size, kind, fileName, o, take)
		return made, attributed(err, op)
	}
	in, _, err := r.opts.toolFile(src, size)
	if err != nil {
		return PictureResult{}, attributed(err, op)
	}
	defer in.Close()
	picture, kind, err := r.decodedByTool(ctx, in.File, kind)
	if err != nil {
		return PictureResult{}, attributed(err, op)
	}
	defer picture.Close()
	made, err := r.byWorker(ctx, picture, picture.Size(), kind, fileName, o, take)
	return made, attributed(err, op)
}

// headOf returns the first bytes of a file, and a reader of all of it.
func headOf(src io.Reader, size int64) ([]byte, io.Reader, error) {
	if size < 0 {
		return nil, nil, failure(fault.Invalid, nil, "a file of %d bytes was to be read", size)
	}
	head := make([]byte, min(detectBytes, size))
	if at, ok := src.(io.ReaderAt); ok {
		if n, err := at.ReadAt(head, 0); n < len(head) {
			return nil, nil, failure(fault.Source, err, "reading the file failed")
		}
		return head, src, nil
	}
	if _, err := io.ReadFull(src, head); err != nil {
		return nil, nil, failure(fault.Source, err, "reading the file failed")
	}
	return head, io.MultiReader(bytes.NewReader(head), src), nil
}

// byWorker has a worker carry out the options on a picture of a type that it reads.
func (r *Runner) byWorker(ctx context.Context, src io.Reader, size int64, kind, fileName string, o PictureOptions, take func(PicturePart, io.Reader) error) (PictureResult, error) {
	if size > r.opts.MaxInputBytes {
		return PictureResult{}, failure(fault.TooLarge, nil, "the file has %d bytes, pictures of at most %d are worked on", size, r.opts.MaxInputBytes)
	}
	var inks []byte
	if o.Color.Mode == ColorDefault && kind != "image/png" {
		inks = cmykProfile()
	}
	req := request{Op: opPicture, Name: plain(fileName, maxName), Picture: &pictureRequest{
		Crop: o.Crop, Keep: o.Keep, AutoCrop: o.AutoCrop, Knockout: o.Knockout, Mask: o.Mask, Color: o.Color.Mode, Unsharp: o.Unsharp,
		SourceBytes: int64(len(o.Color.Source)), OutputBytes: int64(len(o.Color.Output)), InksBytes: int64(len(inks)),
	}}
	p := req.Picture
	req.Size = size + p.SourceBytes + p.OutputBytes + p.InksBytes
	all := io.MultiReader(io.LimitReader(src, size), bytes.NewReader(o.Color.Source), bytes.NewReader(o.Color.Output), bytes.NewReader(inks))
	var done result
	err := r.with(ctx, func(p *process) (err error) {
		done, err = p.picture(req, all, r.opts, take)
		return err
	})
	made := PictureResult{Width: done.Width, Height: done.Height}
	if done.Rect != (Rect{}) {
		made.Crop = &done.Rect
	}
	for _, warning := range done.Warnings {
		made.Warnings = append(made.Warnings, plain(warning, maxWarning))
	}
	return made, err
}

// picture has the worker carry out a request and hands on what it sends. After an error of class Crashed, or when the
// worker became unusable, it must be ended.
func (p *process) picture(req request, src io.Reader, o Options, take func(PicturePart, io.Reader) error) (result, error) {
	var done result
	if err := p.exchange(req, src, &done); err != nil {
		return result{}, err
	}
	err := done.check(req, o)
	if err == nil {
		err = done.checkParts(req, o)
	}
	if err != nil {
		p.end()
		return result{}, err
	}
	for _, part := range done.Parts {
		body := bufio.NewReader(io.LimitReader(p.out, part.Bytes))
		begin := start(part.ContentType())
		if head, err := body.Peek(len(begin)); err != nil {
			return result{}, p.broken("while it sent the result", err)
		} else if string(head) != begin {
			p.end()
			return result{}, failure(fault.Crashed, nil, "the media worker sent something else than it said and was ended")
		}
		metered := &meter{src: body}
		if err := take(part, metered); err != nil {
			return result{}, err
		}
		if metered.n < part.Bytes {
			return result{}, p.broken("while it sent the result", io.ErrUnexpectedEOF)
		}
	}
	p.unusable = done.Retire
	if done.Class != "" {
		return result{}, failure(done.Class, nil, "%s", plain(done.Message, maxMessage))
	}
	return done, nil
}

// meter counts what is read.
type meter struct {
	src io.Reader
	n   int64
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.src.Read(b)
	m.n += int64(n)
	return n, err
}

// checkParts refuses parts that an honest worker would not announce.
func (d result) checkParts(req request, o Options) error {
	total, rest := int64(0), []string{PartOptimized, PartMask}
	for i, part := range d.Parts {
		if len(d.Parts) > len(rest) || part.Kind != rest[i] || part.Bytes <= 0 || part.Bytes > o.MaxRenderBytes ||
			part.Width <= 0 || part.Height <= 0 || part.Width > d.Width || part.Height > d.Height {
			return failure(fault.Crashed, nil, "the media worker gave an impossible result (%s) and was ended", fmt.Sprintf("part %d", i+1))
		}
		total += part.Bytes
	}
	switch {
	case d.Class != "" && len(d.Parts) > 0, d.Class == "" && len(d.Parts) == 0, total > 2*o.MaxRenderBytes,
		d.Rect != (Rect{}) && !d.Rect.inside(d.Width, d.Height), d.Bytes != 0:
		return failure(fault.Crashed, nil, "the media worker gave an impossible result (parts) and was ended")
	}
	return nil
}
