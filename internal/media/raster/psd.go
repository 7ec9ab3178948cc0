package raster

import (
	"image"
	"io"
	"strings"

	"sluice/internal/media/photoshop"
)

func isPSD(head []byte) bool { return strings.HasPrefix(string(head), "8BPS") }

// openPSD reads the sections of a Photoshop file. Its picture is the merged image, or, where the file was saved without
// one, its layers laid over each other.
func openPSD(src *io.SectionReader, _ Limits, p *picture) error {
	d, err := photoshop.Open(src)
	if err != nil {
		return err
	}
	p.Width, p.Height, p.BitDepth, p.ColorModel = d.Width, d.Height, d.Depth, d.Mode
	if d.Mode == "bitmap" {
		p.ColorModel = "gray"
	}
	p.HasAlpha, p.Resolution = d.Alpha, perInch(d.Resolution)
	if !d.Merged {
		p.ColorModel, p.memory = "rgb", d.FlattenMemory()
		p.decode = func(int) (image.Image, error) { return d.Flatten() }
		return nil
	}
	p.memory = d.CompositeMemory()
	p.decode = func(maxEdge int) (image.Image, error) {
		edge := max(d.Width, d.Height)
		return d.Composite(factor(edge, edge, maxEdge, maxEdge))
	}
	return nil
}
