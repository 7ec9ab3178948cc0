package media

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"runtime"

	"sluice/internal/media/fault"
	"sluice/internal/media/icc"
	"sluice/internal/media/modifier"
	"sluice/internal/media/photoshop"
	"sluice/internal/media/pixels"
	"sluice/internal/media/pyramid"
	"sluice/internal/media/raster"
)

// pictureWork is one request about a picture, in the worker.
type pictureWork struct {
	w       *worker
	req     pictureRequest
	src     *io.SectionReader // the file alone
	report  raster.Report
	profile []byte          // that the optimised image will carry; nil = none
	crop    image.Rectangle // of the stored picture
	done    *result
}

// picture decodes once, and then crops, knocks out the background, converts the colours, sharpens and writes the
// files, in this order. A manual or kept crop is made before the background is looked for, so that the corner is that
// of the crop; an automatic one after it, so that the corner is that of the picture.
func (w *worker) picture(src *io.SectionReader, req pictureRequest, done *result) ([][]byte, error) {
	profiles := req.SourceBytes + req.OutputBytes + req.InksBytes
	if req.SourceBytes < 0 || req.OutputBytes < 0 || req.InksBytes < 0 || profiles > src.Size() {
		return nil, failure(fault.Invalid, nil, "the request is incomplete")
	}
	p := &pictureWork{w: w, req: req, src: io.NewSectionReader(src, 0, src.Size()-profiles), done: done}
	img, err := p.decode()
	if err != nil {
		return nil, err
	}
	if body, ok, err := p.asItIs(img); ok || err != nil {
		return body, err
	}
	m, err := p.cut(img)
	if err != nil {
		return nil, err
	}
	img = nil
	if err := p.knockout(m); err != nil {
		return nil, err
	}
	if p.crop.Size() != m.Bounds().Size() { // an automatic crop
		m = m.Crop(p.crop)
	}
	mask, err := p.mask(m)
	if err != nil {
		return nil, err
	}
	if err := p.convert(m, src); err != nil {
		return nil, err
	}
	if !req.Unsharp.Idle() {
		if err := p.room(m, pixels.BytesPerPixel+4, "sharpening"); err != nil {
			return nil, err
		}
		m.Sharpen(req.Unsharp)
	}
	body, err := pyramid.Encode(m, p.options())
	if err != nil {
		return nil, err
	}
	p.part(PartOptimized, m, body...)
	if mask != nil {
		p.part(PartMask, m, mask)
		done.Parts[1].Alpha = false
		body = append(body, mask)
	}
	done.Width, done.Height = p.report.Width, p.report.Height
	if whole := image.Rect(0, 0, p.report.Width, p.report.Height); p.crop != whole {
		done.Rect = Rect{X: p.crop.Min.X, Y: p.crop.Min.Y, Width: p.crop.Dx(), Height: p.crop.Dy()}
	}
	return body, nil
}

func (p *pictureWork) warn(format string, args ...any) {
	p.done.Warnings = append(p.done.Warnings, plain(fmt.Sprintf(format, args...), maxWarning))
}

// part announces a file.
func (p *pictureWork) part(kind string, m *pixels.Image, pieces ...[]byte) {
	part := PicturePart{Kind: kind, Width: m.Width, Height: m.Height, Alpha: m.Alpha != nil}
	for _, piece := range pieces {
		part.Bytes += int64(len(piece))
	}
	p.done.Parts = append(p.done.Parts, part)
}

// room checks that so many bytes for each pixel have room, and collects what is done with.
func (p *pictureWork) room(m *pixels.Image, perPixel int, step string) error {
	needed := int64(m.Width) * int64(m.Height) * int64(perPixel)
	if limit := p.w.setup.Raster.MemoryBytes; limit > 0 && needed > limit {
		return failure(fault.TooLarge, nil, "%s a picture of %d x %d pixels needs about %d MiB, the memory limit is %d MiB",
			step, m.Width, m.Height, needed>>20, limit>>20)
	}
	runtime.GC()
	return nil
}

// decode reads the picture.
func (p *pictureWork) decode() (img image.Image, err error) {
	if p.report, img, err = raster.Decode(p.src, p.w.setup.Raster); err != nil {
		return nil, err
	}
	p.profile = raster.Profile(p.src)
	return img, nil
}

// options says how the optimised image is written.
func (p *pictureWork) options() pyramid.Options {
	return pyramid.Options{
		Profile: p.profile, Orientation: p.report.Orientation, Resolution: p.report.Resolution, MaxBytes: p.w.setup.RenderBytes,
		Lossless: p.report.Format != "jpeg" && p.report.Format != "webp", // what was not lossy stays so
	}
}

// asItIs makes the optimised image of a photograph that no option changes. It returns false when one may.
func (p *pictureWork) asItIs(img image.Image) ([][]byte, bool, error) {
	planes, ok := img.(*image.YCbCr)
	r := p.req
	if !ok || r.Crop != nil || r.Keep != nil || r.AutoCrop != nil || r.Knockout != nil || r.Mask || r.Color == ColorConvert || !r.Unsharp.Idle() {
		return nil, false, nil
	}
	if p.profile != nil && !fits(p.profile, pixels.RGB) {
		p.profile = nil
	}
	body, ok, err := pyramid.EncodeYCbCr(planes, p.options())
	if err != nil || !ok {
		return nil, false, err
	}
	p.done.Width, p.done.Height = p.report.Width, p.report.Height
	p.part(PartOptimized, &pixels.Image{Width: p.report.Width, Height: p.report.Height}, body...)
	return body, true, nil
}

// cut finds the crop, and copies the picture. Only a manual or kept crop has been made of what it returns.
func (p *pictureWork) cut(img image.Image) (m *pixels.Image, err error) {
	report := p.report
	whole := image.Rect(0, 0, report.Width, report.Height)
	p.crop = whole
	switch c, k, a := p.req.Crop, p.req.Keep, p.req.AutoCrop; {
	case c != nil:
		left := image.Rectangle{Min: image.Pt(c.Left, c.Top), Max: image.Pt(report.Width-c.Right, report.Height-c.Bottom)}
		if left.Empty() || !left.In(whole) {
			p.warn("the manual crop of %d, %d, %d and %d pixels (left, right, top, bottom) leaves nothing of the picture of %d x %d pixels and was ignored",
				c.Left, c.Right, c.Top, c.Bottom, report.Width, report.Height)
			break
		}
		p.crop = left
	case k != nil:
		left := image.Rect(k.X, k.Y, k.X+k.Width, k.Y+k.Height)
		if left.Empty() || !left.In(whole) {
			p.warn("the crop that the image had does not fit the picture of %d x %d pixels and was ignored", report.Width, report.Height)
			break
		}
		p.crop = left
	case a != nil:
		if p.crop, err = autoCrop(img, *a); err != nil {
			return nil, err
		}
		return pixels.From(img, whole), nil
	}
	return pixels.From(img, p.crop), nil
}

// autoCrop is what getAutoCropRect answers for the same picture.
func autoCrop(img image.Image, o AutoCropOptions) (image.Rectangle, error) {
	colours, err := modifier.Apply(img, 0, modifier.Commands{}, modifier.Limits{})
	if err != nil {
		return image.Rectangle{}, err
	}
	if o.Color {
		return modifier.AutoCrop(colours, o.Corner, o.Tolerance)
	}
	return modifier.AutoCropAlpha(colours, o.Tolerance), nil
}

func (p *pictureWork) knockout(m *pixels.Image) error {
	k := p.req.Knockout
	if k == nil {
		return nil
	}
	if err := p.room(m, pixels.BytesPerPixel+1, "knocking out the background of"); err != nil {
		return err
	}
	if !m.Knockout(k.Corner, k.Tolerance, k.Flood) {
		return failure(fault.Invalid, nil, "the corner %q is not known", plain(k.Corner, maxName))
	}
	return nil
}

// mask makes a gray picture of what is opaque: by the alpha channel and by the clipping path of the file. It is nil
// when nothing is transparent.
func (p *pictureWork) mask(m *pixels.Image) ([]byte, error) {
	if !p.req.Mask {
		return nil, nil
	}
	shape := &pixels.Image{Width: m.Width, Height: m.Height, Alpha: bytes.Clone(m.Alpha)}
	if path, ok := p.clippingPath(); ok {
		shape.Clip(path, p.crop.Min)
	}
	gray := shape.Mask()
	if gray == nil {
		return nil, nil
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&file, gray); err != nil {
		return nil, err
	}
	if int64(file.Len()) > p.w.setup.RenderBytes {
		return nil, failure(fault.TooLarge, nil, "the mask has %d bytes, the limit is %d", file.Len(), p.w.setup.RenderBytes)
	}
	return file.Bytes(), nil
}

// clippingPath finds the path that the file says is its outline.
func (p *pictureWork) clippingPath() (photoshop.Path, bool) {
	found, err := raster.PhotoshopResources(p.src, p.w.setup.Raster)
	if err != nil {
		return photoshop.Path{}, false
	}
	list, _ := photoshop.Paths(found.Blocks, found.Width, found.Height)
	for _, path := range list {
		if path.Clipping && len(path.Subpaths) > 0 {
			return path, true
		}
	}
	return photoshop.Path{}, false
}

// convert does the colour management (contract section 6.3).
func (p *pictureWork) convert(m *pixels.Image, src *io.SectionReader) error {
	at := p.src.Size()
	next := func(length int64) ([]byte, error) {
		profile := make([]byte, length)
		_, err := io.ReadFull(io.NewSectionReader(src, at, length), profile)
		at += length
		return profile, err
	}
	source, err := next(p.req.SourceBytes)
	if err != nil {
		return err
	}
	output, err := next(p.req.OutputBytes)
	if err != nil {
		return err
	}
	inks, err := next(p.req.InksBytes)
	if err != nil {
		return err
	}
	switch {
	case p.req.Color == ColorConvert:
		return p.byProfiles(m, source, output)
	case p.req.Color == ColorDefault && m.Space == pixels.CMYK && p.profile == nil:
		if len(inks) == 0 {
			p.warn("the colours of the CMYK picture without a profile were converted to sRGB by a rule of thumb, because no CMYK profile is installed: apt-get install libgs-common")
			m.Uncalibrated()
			p.profile = icc.SRGB()
			return nil
		}
		return p.byProfiles(m, inks, icc.SRGB())
	case p.profile != nil && !fits(p.profile, m.Space):
		p.profile = nil
	}
	return nil
}

// fits reports whether a profile describes pictures of a space.
func fits(profile []byte, space pixels.Space) bool {
	return string(profile[16:20]) == space.Signature()
}

// byProfiles converts from one profile to another. Profiles that do not fit leave the colours as they are, with a warning.
func (p *pictureWork) byProfiles(m *pixels.Image, source, output []byte) error {
	keep := func(why string) error {
		p.warn("the colours were not converted: %s", why)
		if p.profile != nil && !fits(p.profile, m.Space) {
			p.profile = nil
		}
		return nil
	}
	from, err := icc.Parse(source)
	if err != nil {
		return keep("source profile: " + err.Error())
	}
	to, err := icc.Parse(output)
	if err != nil {
		return keep("output profile: " + err.Error())
	}
	transform, err := icc.New(from, to)
	if err != nil {
		return keep(err.Error())
	}
	if !transform.Apply(m) {
		return keep(fmt.Sprintf("the source profile is for the colour space %q, the picture has %q", from.Space(), m.Space.Signature()))
	}
	p.profile = output
	return nil
}
