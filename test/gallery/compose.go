package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// lay puts the images of layers where a template has them, from the lowest to the
// highest, and marks their anchors.
func (k *kit) lay(ctx context.Context, r result, m *image.RGBA, layers []templateLayer, indent string, lines *[]string) (*image.RGBA, error) {
	for _, l := range layers {
		*lines = append(*lines, fmt.Sprintf("%s%s (%s) at %d, %d: %d x %d", indent, l.Name, l.Kind, l.X, l.Y, l.Width, l.Height))
		if l.Image != "" {
			a, err := r.named(l.Image)
			if err != nil {
				return nil, err
			}
			picture, err := k.originalOf(ctx, a)
			if err != nil {
				return nil, err
			}
			draw.Draw(m, image.Rect(l.X, l.Y, l.X+l.Width, l.Y+l.Height), picture, picture.Bounds().Min, draw.Over)
		}
		var err error
		if m, err = k.lay(ctx, r, m, l.Layers, indent+"    ", lines); err != nil {
			return nil, err
		}
		if l.Anchor != nil {
			at := image.Pt(int(l.Anchor.X), int(l.Anchor.Y))
			m = outlined(m, image.Rectangle{Min: at.Sub(image.Pt(3, 3)), Max: at.Add(image.Pt(3, 3))}, color.NRGBA{255, 0, 255, 255})
		}
	}
	return m, nil
}
