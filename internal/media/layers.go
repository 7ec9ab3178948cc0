package media

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"

	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
	"sluice/internal/media/photoshop"
)

// Layer is a layer or a group of a Photoshop file.
type Layer = photoshop.Layer

// LayerText is the text of a text layer, and TextRun a piece of it in one look.
type (
	LayerText = photoshop.Text
	TextRun   = photoshop.Run
)

// Kinds of layers that callers tell apart.
const (
	LayerKindImage = photoshop.KindImage
	LayerKindText  = photoshop.KindText
	LayerKindGroup = photoshop.KindGroup
)

// LayeredFile describes a Photoshop file and its layers.
type LayeredFile struct {
	Width      int      `json:"width"` // pixels
	Height     int      `json:"height"`
	Resolution float64  `json:"resolution,omitempty"` // pixels per inch; 0 = the file does not say
	Mode       string   `json:"mode"`                 // bitmap, gray, rgb or cmyk
	Depth      int      `json:"depth"`                // bits of a channel
	Layers     []Layer  `json:"layers"`               // from the lowest to the highest
	Failed     []int    `json:"failed,omitempty"`     // numbers of layers that could not be decoded
	Warnings   []string `json:"warnings,omitempty"`   // what is not as the file has it
}

// LayerPicture is the picture of a layer, a PNG file. Body can be read until the function that it was given to returns.
type LayerPicture struct {
	Number int // of the layer
	Width  int // pixels
	Height int
	Alpha  bool // a pixel is not opaque
	Size   int64
	Body   io.Reader
}

// LayersOptions says how the pictures of layers are cut.
type LayersOptions struct {
	Extend bool // every picture has the size of the file, and shows what of the layer lies in it
}

// Layers gives the picture of each layer of a Photoshop file to take, in the order of their numbers, and describes the
// file. It reads src more than once when the layers have more pixels than one picture may have. An error of take ends it
// and is returned as it is. What Inspect says of waiting, limits and errors holds here too, for each of these times.
func (r *Runner) Layers(ctx context.Context, src io.ReaderAt, size int64, fileName string, o LayersOptions, take func(LayerPicture) error) (LayeredFile, error) {
	const op = "media.Layers"
	if size < 0 {
		return LayeredFile{}, attributed(failure(fault.Invalid, nil, "a file of %d bytes was to be read", size), op)
	}
	if size > r.opts.MaxInputBytes {
		return LayeredFile{}, attributed(failure(fault.TooLarge, nil,
			"the file has %d bytes, pictures of at most %d are worked on", size, r.opts.MaxInputBytes), op)
	}
	var all LayeredFile
	failed := map[int]bool{}
	for from := 1; from > 0; {
		req := request{Op: opLayers, Name: plain(fileName, maxName), Size: size, Layers: &layersRequest{From: from, Extend: o.Extend}}
		var part LayeredFile
		var taken error // it is no judgement on the worker
		next := 0
		err := r.with(ctx, func(p *process) (err error) {
			part, next, taken, err = p.layers(req, io.NewSectionReader(src, 0, size), r.opts, take)
			return err
		})
		if taken != nil {
			return LayeredFile{}, taken
		}
		if err != nil {
			return LayeredFile{}, attributed(err, op)
		}
		for _, number := range part.Failed {
			failed[number] = true
		}
		part.Warnings = merged(all.Warnings, part.Warnings)
		part.Failed = append(all.Failed, part.Failed...)
		all, from = part, next
	}
	unpicture(all.Layers, failed)
	return all, nil
}

// merged appends the warnings that are new.
func merged(before, now []string) []string {
	known := map[string]bool{}
	for _, w := range before {
		known[w] = true
	}
	for _, w := range now {
		if w = plain(w, maxWarning); !known[w] {
			before = append(before, w)
		}
	}
	return before
}

// unpicture notes which layers have no picture after all: each request knows of its own layers only.
func unpicture(list []Layer, failed map[int]bool) {
	for i := range list {
		if failed[list[i].Number] {
			list[i].Pictured = false
		}
		unpicture(list[i].Layers, failed)
	}
}

// layers has the worker send pictures of layers. After an error of class Crashed, or when the worker became unusable, it
// must be ended; so it is when take fails in the middle of a picture.
func (p *process) layers(req request, src io.Reader, o Options, take func(LayerPicture) error) (file LayeredFile, next int, taken, err error) {
	var done result
	if err := p.exchange(req, src, &done); err != nil {
		return file, 0, nil, err
	}
	last := req.Layers.From - 1
	for done.Layer > 0 {
		if err := done.checkLayer(last, o); err != nil {
			p.end()
			return file, 0, nil, err
		}
		last = done.Layer
		source := &remembering{src: p.out}
		body := &io.LimitedReader{R: source, N: done.Bytes}
		in := bufio.NewReaderSize(body, 64<<10)
		if head, err := in.Peek(len(pngStart)); err != nil || string(head) != pngStart {
			return file, 0, nil, p.broken("while it sent the picture of a layer", err)
		}
		picture := LayerPicture{Number: done.Layer, Width: done.Width, Height: done.Height, Alpha: done.Alpha, Size: done.Bytes, Body: in}
		if taken := take(picture); source.err != nil {
			return file, 0, nil, p.broken("while it sent the picture of a layer", source.err)
		} else if taken != nil {
			return file, 0, taken, nil
		}
		if _, err := io.Copy(io.Discard, in); err != nil || body.N > 0 {
			return file, 0, nil, p.broken("while it sent the picture of a layer", err)
		}
		done = result{}
		if err := frame.Read(p.out, &done); err != nil {
			return file, 0, nil, p.broken("while it worked on the layers", err)
		}
	}
	return p.layersEnd(req, done, last)
}

// layersEnd takes in the description of the file.
func (p *process) layersEnd(req request, done result, last int) (file LayeredFile, next int, taken, err error) {
	nonsense := func(what string) (LayeredFile, int, error, error) {
		p.end()
		return LayeredFile{}, 0, nil, failure(fault.Crashed, nil, "the media worker gave an impossible result (%s) and was ended", what)
	}
	switch {
	case done.Class != "" && (!done.Class.Known() || done.Bytes != 0):
		return nonsense("class")
	case done.Bytes < 0 || done.Bytes > maxTreeBytes:
		return nonsense("length")
	case done.Next != 0 && (done.Next <= req.Layers.From || done.Next <= last || done.Next > maxLayers):
		return nonsense("next layer")
	}
	body := make([]byte, done.Bytes)
	if _, err := io.ReadFull(p.out, body); err != nil {
		return LayeredFile{}, 0, nil, p.broken("while it described the layers", err)
	}
	if done.Class != "" {
		p.unusable = done.Retire
		return LayeredFile{}, 0, nil, failure(done.Class, nil, "%s", plain(done.Message, maxMessage))
	}
	if json.Unmarshal(body, &file) != nil || !file.credible() {
		return nonsense("layers")
	}
	p.unusable = done.Retire
	return file, done.Next, nil, nil
}

// plainLines makes text of several lines fit to be shown.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = plain(line, len(line)*len("\uFFFD"))
	}
	return strings.Join(lines, "\n")
}

// pngStart is what a PNG file begins with.
const pngStart = "\x89PNG\r\n\x1a\n"

// checkLayer refuses the picture of a layer that an honest worker would not send.
func (d result) checkLayer(last int, o Options) error {
	switch {
	case d.Class != "", d.Layer <= last, d.Layer > photoshop.MaxRecords,
		d.Bytes < int64(len(pngStart)) || d.Bytes > o.MaxRenderBytes,
		d.Width < 1 || d.Height < 1 || int64(d.Width)*int64(d.Height) > o.MaxPixels:
		return failure(fault.Crashed, nil, "the media worker sent an impossible layer and was ended")
	}
	return nil
}

// credible reports whether an honest worker could have described a file so, and makes its words fit to be shown.
func (f *LayeredFile) credible() bool {
	f.Mode = plain(f.Mode, maxName)
	layers := 0
	ok := f.Width >= 1 && f.Height >= 1 && f.Width <= photoshop.MaxEdge && f.Height <= photoshop.MaxEdge &&
		f.Resolution >= 0 && len(f.Warnings) <= maxWarnings && len(f.Failed) <= maxLayers
	var walk func(list []Layer, level int)
	walk = func(list []Layer, level int) {
		if ok = ok && level <= photoshop.MaxLevels; !ok {
			return
		}
		for i := range list {
			layer := &list[i]
			layer.Name = strings.TrimSpace(plain(layer.Name, maxName))
			layer.Kind, layer.Blend = plain(layer.Kind, maxName), plain(layer.Blend, maxName)
			if layer.Kind != photoshop.KindGroup {
				layers++
				ok = ok && layer.Number > 0 && layer.Number <= photoshop.MaxRecords && len(layer.Layers) == 0
			}
			if layer.Text != nil {
				layer.Text.Value = plainLines(layer.Text.Value)
				for j := range layer.Text.Runs {
					run := &layer.Text.Runs[j]
					run.Value, run.Font, run.Color = plainLines(run.Value), plain(run.Font, maxName), plain(run.Color, maxName)
				}
			}
			ok = ok && layer.Width >= 0 && layer.Height >= 0
			walk(layer.Layers, level+1)
		}
	}
	walk(f.Layers, 0)
	return ok && layers <= maxLayers
}
