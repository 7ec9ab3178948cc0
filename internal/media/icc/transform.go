package icc

import (
	"math"

	"sluice/internal/media/pixels"
)

// Transform converts colours of one device into those of another.
type Transform struct {
	from, to pixels.Space
	points   int
	outputs  int
	values   []float32 // of a table with points in each direction; 0..255
}

// Points of the table in the direction of each channel.
const (
	grayPoints = 256
	rgbPoints  = 33
	cmykPoints = 17
)

func spaceOf(signature string) pixels.Space {
	return map[string]pixels.Space{"GRAY": pixels.Gray, "RGB ": pixels.RGB, "CMYK": pixels.CMYK}[signature]
}

// New prepares the conversion from one profile to another: relative colorimetric, with black point compensation. It
// fails with class Invalid when a profile is damaged or has no table for its direction.
func New(from, to *Profile) (*Transform, error) {
	forward, err := from.forward(colorimetric)
	if err != nil {
		return nil, err
	}
	backward, err := to.backward(colorimetric)
	if err != nil {
		return nil, err
	}
	scale, offset, err := compensation(from, to)
	if err != nil {
		return nil, err
	}
	t := &Transform{from: spaceOf(from.space), to: spaceOf(to.space), outputs: to.channels()}
	t.points = map[pixels.Space]int{pixels.Gray: grayPoints, pixels.RGB: rgbPoints, pixels.CMYK: cmykPoints}[t.from]
	t.build(from.channels(), func(in []float64) []float64 {
		xyz := forward(in)
		for i := range xyz {
			xyz[i] = xyz[i]*scale[i] + offset[i]
		}
		return backward(xyz)
	})
	return t, nil
}

// compensation maps the black of one device to that of the other, and leaves white alone.
func compensation(from, to *Profile) (scale, offset [3]float64, err error) {
	dark, err := from.black()
	if err != nil {
		return scale, offset, err
	}
	target, err := to.black()
	if err != nil {
		return scale, offset, err
	}
	for i, w := range white() {
		scale[i] = (w - target[i]) / (w - dark[i])
		offset[i] = w * (target[i] - dark[i]) / (w - dark[i])
	}
	return scale, offset, nil
}

func (t *Transform) build(inputs int, convert func([]float64) []float64) {
	total := int(math.Pow(float64(t.points), float64(inputs)))
	t.values = make([]float32, total*t.outputs)
	in := make([]float64, inputs)
	for i := range total {
		rest := i
		for d := inputs - 1; d >= 0; d-- {
			in[d] = float64(rest%t.points) / float64(t.points-1)
			rest /= t.points
		}
		for channel, v := range convert(in) {
			t.values[i*t.outputs+channel] = float32(unit(v) * 255)
		}
	}
}

// Apply converts a picture in place. It returns false, and changes nothing, when the picture is of another space than
// the first profile. Gray pictures pass as RGB when the profile is for that.
func (t *Transform) Apply(m *pixels.Image) bool {
	if m.Space != t.from && !(m.Space == pixels.Gray && t.from == pixels.RGB) {
		return false
	}
	var last [4]byte
	var out [4]byte
	known := false
	for i := 0; i < len(m.Pix); i += 4 {
		pixel := m.Pix[i : i+4 : i+4]
		if now := [4]byte(pixel); !known || now != last {
			out, last, known = t.colour(now), now, true
		}
		copy(pixel, out[:])
	}
	m.Space = t.to
	return true
}

// colour converts one pixel.
func (t *Transform) colour(in [4]byte) (out [4]byte) {
	var mixed [4]float32
	switch t.from {
	case pixels.Gray:
		copy(mixed[:], t.values[int(in[0])*t.outputs:][:t.outputs])
	case pixels.RGB:
		t.tetrahedron(&mixed, 0, 1, in[0], in[1], in[2])
	default:
		// Between two tables for the first ink; the other three inks are the axes of each.
		low, part := t.place(in[0])
		t.tetrahedron(&mixed, low*t.points*t.points*t.points, 1-part, in[1], in[2], in[3])
		if part > 0 {
			t.tetrahedron(&mixed, (low+1)*t.points*t.points*t.points, part, in[1], in[2], in[3])
		}
	}
	for channel := range t.outputs {
		out[channel] = byte(mixed[channel] + 0.5)
	}
	switch t.to {
	case pixels.Gray:
		return [4]byte{out[0], out[0], out[0], 255}
	case pixels.RGB:
		out[3] = 255
	}
	return out
}

// place is the point of the table below a value, and how far the value is from it.
func (t *Transform) place(v byte) (low int, part float32) {
	at := float32(v) * float32(t.points-1) / 255
	low = min(int(at), t.points-2)
	return low, at - float32(low)
}

// tetrahedron adds a colour of a table of three axes, mixed of the four points around it, with a weight.
func (t *Transform) tetrahedron(mixed *[4]float32, base int, weight float32, a, b, c byte) {
	ia, fa := t.place(a)
	ib, fb := t.place(b)
	ic, fc := t.place(c)
	sa, sb, sc := t.points*t.points, t.points, 1
	// Walk from the lowest corner to the highest along the axes in the order of their parts.
	if fa < fb {
		fa, fb, sa, sb = fb, fa, sb, sa
	}
	if fb < fc {
		fb, fc, sb, sc = fc, fb, sc, sb
		if fa < fb {
			fa, fb, sa, sb = fb, fa, sb, sa
		}
	}
	corner := base + ia*t.points*t.points + ib*t.points + ic
	add := func(at int, w float32) {
		for channel, v := range t.values[at*t.outputs:][:t.outputs] {
			mixed[channel] += w * v
		}
	}
	add(corner, weight*(1-fa))
	add(corner+sa, weight*(fa-fb))
	add(corner+sa+sb, weight*(fb-fc))
	add(corner+sa+sb+sc, weight*fc)
}
