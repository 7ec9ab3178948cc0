package media

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"runtime/debug"

	"sluice/internal/media/fault"
	"sluice/internal/media/icc"
	"sluice/internal/media/modifier"
	"sluice/internal/media/photoshop"
	"sluice/internal/media/pixels"
)

const (
	// maxLayers is how many layers a file may have, groups not counted.
	maxLayers = 1_000
	// layersPixels is how many times the pixels of the largest picture all layers may have together.
	layersPixels = 10
	// maxTreeBytes is the longest description of the layers of a file.
	maxTreeBytes = 32 << 20
)

// layersRequest asks for the pictures of the layers from a number on. A request gives as many as fit the pixel limit
// for one picture, but at least one, so that each has the time of a file.
type layersRequest struct {
	From   int  `json:"from"`             // number of a layer; 0 or 1 = the first
	Extend bool `json:"extend,omitempty"` // every picture has the size of the file
}

// layerWork is one request about the layers of a file, in the worker.
type layerWork struct {
	w        *worker
	req      layersRequest
	doc      *photoshop.Document
	records  []*photoshop.Record
	file     LayeredFile
	total    int64 // pixels of the layers until now, those of earlier requests included
	budget   int64 // pixels that this request may still work on
	without  []string
	pixels   int    // layers without pixels
	effects  int    // layers whose effects are not in their pictures
	srgb     []byte // profile of images that were converted from CMYK
	next     int
	emission error
}

// layers answers with the pictures of layers, and with the description of the file behind them. Only a broken
// conversation is an error here.
func (w *worker) layers(src *io.SectionReader, req layersRequest) error {
	work := &layerWork{w: w, req: req, budget: w.setup.Raster.Pixels}
	end := work.run(src)
	if work.emission != nil {
		return work.emission
	}
	var body []byte
	if end.Class == "" {
		var err error
		if body, err = json.Marshal(work.file); err != nil || len(body) > maxTreeBytes {
			end = result{Class: fault.TooLarge, Message: fmt.Sprintf("the names and texts of the layers have %d bytes, the limit is %d", len(body), maxTreeBytes)}
			body = nil
		}
		end.Bytes = int64(len(body))
	}
	return w.send(end, body)
}

// run does the work. A decoder that panics is a result, and the worker's last.
func (l *layerWork) run(src *io.SectionReader) (end result) {
	defer func() {
		if cause := recover(); cause != nil {
			end = result{Class: fault.Corrupt, Retire: true, Message: plain(fmt.Sprintf("the decoder gave up on the file: %v", cause), maxMessage)}
		}
	}()
	if err := l.open(src); err != nil {
		end.Class, end.Message = fault.ClassOf(err), plain(err.Error(), maxMessage)
		if end.Class == "" {
			end.Class, end.Retire = fault.Crashed, true
		}
		return end
	}
	l.walk(l.file.Layers)
	if l.pixels > 0 {
		l.warn("%s no pixels of their own and gave no image: %s", have(l.pixels), photoshop.Listed(l.without, l.pixels))
	}
	if l.effects > 0 {
		l.warn("%s effects, which are not part of their images", have(l.effects))
	}
	end.Next = l.next
	return end
}

func have(count int) string {
	if count == 1 {
		return "1 layer has"
	}
	return fmt.Sprintf("%d layers have", count)
}

func (l *layerWork) warn(format string, args ...any) {
	if len(l.file.Warnings) < maxWarnings {
		l.file.Warnings = append(l.file.Warnings, plain(fmt.Sprintf(format, args...), maxWarning))
	}
}

// open reads what the file says of its layers. A file that has the merged image only has one layer.
func (l *layerWork) open(src *io.SectionReader) (err error) {
	if l.doc, err = photoshop.Open(src); err != nil {
		return err
	}
	if l.records, err = l.doc.ReadLayers(); err != nil {
		return err
	}
	l.file = LayeredFile{Width: l.doc.Width, Height: l.doc.Height, Resolution: l.doc.Resolution, Mode: l.doc.Mode, Depth: l.doc.Depth}
	l.useInks()
	if len(l.records) == 0 {
		l.file.Layers = []Layer{{Number: 1, Name: "Background", Kind: photoshop.KindImage, Width: l.doc.Width, Height: l.doc.Height,
			Visible: true, Opacity: 1, Fill: 1, Blend: photoshop.BlendMode("norm"), Record: -1}}
		return nil
	}
	var deep []string
	var left int
	l.file.Layers, deep, left = photoshop.Tree(l.records)
	if count := left + counted(l.file.Layers); count > maxLayers {
		return failure(fault.TooLarge, nil, "the file has %d layers, the limit is %d", count, maxLayers)
	}
	if left > 0 {
		l.warn("%d layers in more than %d levels of groups gave no image: %s", left, photoshop.MaxLevels, photoshop.Listed(deep, left))
	}
	return nil
}

// useInks has CMYK converted to sRGB by the profile of the file, as far as it has one.
func (l *layerWork) useInks() {
	if l.doc.Mode != "cmyk" {
		return
	}
	l.srgb = icc.SRGB()
	from, err := icc.Parse(l.doc.Profile)
	var transform *icc.Transform
	if err == nil && from.Space() == pixels.CMYK.Signature() {
		var to *icc.Profile
		if to, err = icc.Parse(l.srgb); err == nil {
			transform, err = icc.New(from, to)
		}
	}
	if transform == nil {
		l.warn("the images of the layers are RGB, converted from CMYK without a colour profile, because the file carries none that can be used")
		return
	}
	l.doc.Inks = func(pix []byte) {
		transform.Apply(&pixels.Image{Width: len(pix) / 4, Height: 1, Space: pixels.CMYK, Pix: pix})
	}
}

// counted is how many layers a tree has, without the groups.
func counted(list []Layer) int {
	n := 0
	for _, layer := range list {
		if layer.Kind == photoshop.KindGroup {
			n += counted(layer.Layers)
		} else {
			n++
		}
	}
	return n
}

// walk works on the layers of a part of the tree, in the order of their numbers.
func (l *layerWork) walk(list []Layer) {
	for i := range list {
		if l.emission != nil {
			return
		}
		layer := &list[i]
		if layer.Kind == photoshop.KindGroup {
			l.walk(layer.Layers)
			continue
		}
		if l.framed(layer) {
			l.picture(layer)
		}
	}
}

// frame is what the picture of a layer shows.
func (l *layerWork) frame(layer *Layer) image.Rectangle {
	if l.req.Extend {
		return image.Rect(0, 0, l.doc.Width, l.doc.Height)
	}
	return layer.Rect()
}

// framed decides by what the file says whether a layer has a picture; every request decides alike.
func (l *layerWork) framed(layer *Layer) bool {
	if layer.Effects {
		l.effects++
	}
	if layer.Record >= 0 && !l.records[layer.Record].HasPixels() {
		l.pixels++
		l.without = append(l.without, layer.Name)
		return false
	}
	limits := l.w.setup.Raster
	frame := l.frame(layer)
	size := int64(frame.Dx()) * int64(frame.Dy())
	own := int64(layer.Width) * int64(layer.Height)
	reason := ""
	switch {
	case max(size, own) > limits.Pixels:
		reason = fmt.Sprintf("it has %d x %d pixels, the limit is %d", layer.Width, layer.Height, limits.Pixels)
	case l.total+size > layersPixels*limits.Pixels:
		reason = fmt.Sprintf("the layers before it have %d pixels, the limit for all layers is %d", l.total, layersPixels*limits.Pixels)
	case l.doc.Memory(frame) > limits.MemoryBytes/4*3:
		reason = fmt.Sprintf("decoding it needs about %d MiB, the memory limit is %d MiB", l.doc.Memory(frame)>>20, limits.MemoryBytes/4*3>>20)
	}
	if reason != "" {
		l.warn("the layer %q gave no image: %s", layer.Name, reason)
		return false
	}
	l.total += size
	layer.Pictured = true
	return true
}

// picture decodes a layer, if it is the turn of this request, and sends its picture.
func (l *layerWork) picture(layer *Layer) {
	if layer.Number < l.req.From || l.next > 0 {
		return
	}
	frame := l.frame(layer)
	size := int64(frame.Dx()) * int64(frame.Dy())
	if l.budget < size && l.budget < l.w.setup.Raster.Pixels {
		l.next = layer.Number
		return
	}
	l.budget -= size
	img, err := l.decode(layer, frame)
	var pieces [][]byte
	if err == nil {
		pieces, err = modifier.PNG(img, l.profile(), l.w.setup.RenderBytes)
	}
	if err != nil {
		layer.Pictured = false
		l.file.Failed = append(l.file.Failed, layer.Number)
		l.warn("the layer %q gave no image: %s", layer.Name, plain(err.Error(), maxMessage))
		return
	}
	done := result{Layer: layer.Number, ContentType: "image/png", Extension: "png", Width: frame.Dx(), Height: frame.Dy(), Alpha: !isOpaque(img)}
	for _, piece := range pieces {
		done.Bytes += int64(len(piece))
	}
	if l.emission = l.w.send(done, pieces...); size > 1<<22 {
		debug.FreeOSMemory()
	}
}

func (l *layerWork) decode(layer *Layer, frame image.Rectangle) (image.Image, error) {
	if layer.Record < 0 {
		img, err := l.doc.Composite(1)
		if inks, ok := img.(*image.CMYK); ok {
			return l.inColours(inks), err
		}
		return img, err
	}
	return l.doc.Picture(l.records[layer.Record], frame)
}

// inColours turns a merged image of inks into RGB, in place where the file has a profile.
func (l *layerWork) inColours(inks *image.CMYK) image.Image {
	if l.doc.Inks == nil {
		return inks // encoding converts it without a profile
	}
	for y := range inks.Rect.Dy() {
		row := inks.Pix[y*inks.Stride:][:4*inks.Rect.Dx()]
		l.doc.Inks(row)
		for i := 3; i < len(row); i += 4 {
			row[i] = 255
		}
	}
	return &image.NRGBA{Pix: inks.Pix, Stride: inks.Stride, Rect: inks.Rect}
}

func isOpaque(img image.Image) bool {
	known, ok := img.(interface{ Opaque() bool })
	return ok && known.Opaque()
}

// profile is what the pictures carry: the file's own profile when their colours are the file's, and sRGB when they were
// converted to it.
func (l *layerWork) profile() []byte {
	if l.doc.Inks != nil {
		return l.srgb
	}
	if p := l.doc.Profile; l.doc.Mode == "rgb" && len(p) >= 128 && string(p[16:20]) == "RGB " { // ICC.1 section 7.2.6
		return p
	}
	return nil
}
