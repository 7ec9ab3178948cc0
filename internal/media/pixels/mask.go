package pixels

import (
	"image"
	"math"

	"golang.org/x/image/vector"

	"sluice/internal/media/photoshop"
)

// bandRows is how many rows of a path are filled at once, which bounds what filling needs beside the mask.
const bandRows = 256

// Clip makes transparent what lies outside of a clipping path, whose points count from the pixel at origin. Subpaths
// within each other cut holes. Edges are smooth.
func (m *Image) Clip(p photoshop.Path, origin image.Point) {
	if m.Alpha == nil {
		m.Alpha = make([]byte, m.Width*m.Height)
		for i := range m.Alpha {
			m.Alpha[i] = 255
		}
	}
	cover := make([]byte, m.Width*min(bandRows, m.Height))
	for top := 0; top < m.Height; top += bandRows {
		rows := min(bandRows, m.Height-top)
		band := image.Rect(0, top, m.Width, top+rows).Add(origin)
		clear(cover)
		for _, line := range p.Subpaths {
			fill(cover, band, line)
		}
		for i, c := range cover[:rows*m.Width] {
			at := top*m.Width + i
			m.Alpha[at] = byte((int(m.Alpha[at])*int(c) + 127) / 255)
		}
	}
}

// farthest bounds the places of points in pixels, so that no damaged path is beyond what filling can count.
const farthest = 1 << 20

// fill adds what a subpath covers of a band of the picture: what was covered already becomes a hole.
func fill(cover []byte, band image.Rectangle, line photoshop.Subpath) {
	if len(line.Knots) < 2 {
		return
	}
	reach := extent(line)
	part := reach.Intersect(band)
	if part.Empty() {
		return
	}
	place := func(p photoshop.Point) (float32, float32) {
		return float32(clamp(p.X) - float64(part.Min.X)), float32(clamp(p.Y) - float64(part.Min.Y))
	}
	r := vector.NewRasterizer(part.Dx(), part.Dy())
	r.MoveTo(place(line.Knots[0].Anchor))
	for i := range line.Knots {
		from, to := line.Knots[i], line.Knots[(i+1)%len(line.Knots)]
		bx, by := place(from.After)
		cx, cy := place(to.Before)
		dx, dy := place(to.Anchor)
		r.CubeTo(bx, by, cx, cy, dx, dy)
	}
	r.ClosePath()
	filled := image.NewAlpha(image.Rect(0, 0, part.Dx(), part.Dy()))
	r.Draw(filled, filled.Rect, image.Opaque, image.Point{})
	for y := range part.Dy() {
		row := cover[(part.Min.Y-band.Min.Y+y)*band.Dx()+part.Min.X-band.Min.X:][:part.Dx()]
		for x, b := range filled.Pix[y*filled.Stride:][:part.Dx()] {
			a, b := int(row[x]), int(b)
			row[x] = byte(a + b - (2*a*b+127)/255)
		}
	}
}

func clamp(v float64) float64 { return math.Max(-farthest, math.Min(farthest, v)) }

// extent is the least rectangle of whole pixels around a subpath: a curve stays within its control points.
func extent(line photoshop.Subpath) image.Rectangle {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, knot := range line.Knots {
		for _, p := range []photoshop.Point{knot.Before, knot.Anchor, knot.After} {
			left, right = math.Min(left, clamp(p.X)), math.Max(right, clamp(p.X))
			top, bottom = math.Min(top, clamp(p.Y)), math.Max(bottom, clamp(p.Y))
		}
	}
	return image.Rect(int(math.Floor(left)), int(math.Floor(top)), int(math.Ceil(right)), int(math.Ceil(bottom)))
}

// Mask is the alpha channel as a picture: white is opaque. It is nil when the picture is opaque.
func (m *Image) Mask() *image.Gray {
	if m.Opaque() {
		return nil
	}
	return &image.Gray{Pix: m.Alpha, Stride: m.Width, Rect: m.Bounds()}
}
