package photoshop

import (
	"image"
	"image/color"
	"image/draw"
)

// Flatten lays the visible layers over each other, for files without a merged image. Opacity, masks and clipping count;
// every blend mode is taken as normal, and effects are left out. It fails with a *fault.Error of class Corrupt or
// TooLarge.
func (d *Document) Flatten() (*image.RGBA, error) {
	records, err := d.ReadLayers()
	if err != nil {
		return nil, err
	}
	tree, _, _ := Tree(records)
	f := flattening{d: d, records: records, canvas: image.NewRGBA(image.Rect(0, 0, d.Width, d.Height))}
	err = f.lay(tree, 1)
	return f.canvas, err
}

// FlattenMemory is how many bytes Flatten needs.
func (d *Document) FlattenMemory() int64 {
	whole := image.Rect(0, 0, d.Width, d.Height)
	return 4*int64(d.Width)*int64(d.Height) + 2*d.Memory(whole)
}

type flattening struct {
	d       *Document
	records []*Record
	canvas  *image.RGBA
	base    *placed // the layer that clipped ones are clipped to; nil = it does not show
}

// placed is the picture of a layer at its place.
type placed struct {
	image.Image
	at image.Point
}

// lay draws layers, the lowest first, in a group of this opacity.
func (f *flattening) lay(list []Layer, opacity float64) error {
	f.base = nil
	for _, l := range list {
		if l.Kind == KindGroup {
			if l.Visible {
				if err := f.lay(l.Layers, opacity*l.Opacity); err != nil {
					return err
				}
			}
			f.base = nil
			continue
		}
		if !l.Clipped {
			f.base = nil
		}
		frame := l.Rect().Intersect(f.canvas.Rect)
		r := f.records[l.Record]
		if !l.Visible || !r.HasPixels() || frame.Empty() || l.Clipped && f.base == nil {
			continue
		}
		m, err := f.d.Picture(r, frame)
		if err != nil {
			return err
		}
		p := &placed{m, frame.Min}
		if l.Clipped {
			clip(p, f.base)
		} else {
			f.base = p
		}
		through := image.NewUniform(color.Alpha16{A: uint16(opacity * l.Opacity * l.Fill * 0xffff)})
		draw.DrawMask(f.canvas, frame, m, image.Point{}, through, image.Point{}, draw.Over)
	}
	return nil
}

// clip makes a picture as transparent as what is below it.
func clip(p, base *placed) {
	m, ok := p.Image.(draw.Image)
	if !ok {
		return
	}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			below := p.at.Add(image.Pt(x, y)).Sub(base.at)
			level := uint32(0)
			if below.In(base.Bounds()) {
				_, _, _, level = base.At(below.X, below.Y).RGBA()
			}
			c := color.NRGBA64Model.Convert(m.At(x, y)).(color.NRGBA64)
			c.A = uint16(uint32(c.A) * level / 0xffff)
			m.Set(x, y, c)
		}
	}
}
