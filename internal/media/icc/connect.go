package icc

import "math"

// Lab is a colour by CIE 1976 L*a*b* relative to D50: L 0..100.
type Lab [3]float64

func labFromXYZ(xyz [3]float64) Lab {
	var f [3]float64
	for i, w := range white() {
		t := xyz[i] / w
		if t > 216.0/24389 {
			f[i] = math.Cbrt(t)
		} else {
			f[i] = (24389.0/27*t + 16) / 116
		}
	}
	return Lab{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

func xyzFromLab(lab Lab) [3]float64 {
	y := (lab[0] + 16) / 116
	f := [3]float64{y + lab[1]/500, y, y - lab[2]/200}
	var xyz [3]float64
	for i, w := range white() {
		if cube := f[i] * f[i] * f[i]; cube > 216.0/24389 {
			xyz[i] = w * cube
		} else {
			xyz[i] = w * (116*f[i] - 16) * 27 / 24389
		}
	}
	return xyz
}

// xyzScale is what 1 stands for where XYZ is encoded in 16 bits; section 6.3.4.2.
const xyzScale = 1 + 32767.0/32768

// labScale is what 1 stands for in the encoding of Lab of a lut16Type, in which 0xff00 is 100; section 10.10.
const labScale = 65535.0 / 65280

// decodePCS turns the outputs of a table into XYZ; old says that Lab is encoded as in a lut16Type.
func (p *Profile) decodePCS(v []float64, old bool) [3]float64 {
	if !p.lab {
		return [3]float64{v[0] * xyzScale, v[1] * xyzScale, v[2] * xyzScale}
	}
	scale := 1.0
	if old {
		scale = labScale
	}
	return xyzFromLab(Lab{v[0] * scale * 100, v[1]*scale*255 - 128, v[2]*scale*255 - 128})
}

// encodePCS turns XYZ into the inputs of a table.
func (p *Profile) encodePCS(xyz [3]float64, old bool) []float64 {
	if !p.lab {
		return []float64{xyz[0] / xyzScale, xyz[1] / xyzScale, xyz[2] / xyzScale}
	}
	scale := 1.0
	if old {
		scale = labScale
	}
	lab := labFromXYZ(xyz)
	return []float64{lab[0] / 100 / scale, (lab[1] + 128) / 255 / scale, (lab[2] + 128) / 255 / scale}
}

// Ways of rendering, as the numbers in the names of tags; section 9.2.
const (
	perceptual   = "0"
	colorimetric = "1"
)

// table finds the table of a direction, by the way of rendering or else the one that must be there.
func (p *Profile) table(direction, intent string) []byte {
	if b := p.tags[direction+intent]; b != nil {
		return b
	}
	return p.tags[direction+perceptual]
}

// forward is the way from device colours, 0..1 each, to XYZ.
func (p *Profile) forward(intent string) (func([]float64) [3]float64, error) {
	if b := p.table("A2B", intent); b != nil {
		s, old, err := readTable(b, p.channels(), 3)
		if err != nil {
			return nil, err
		}
		return func(in []float64) [3]float64 { return p.decodePCS(s.run(in), old) }, nil
	}
	switch p.space {
	case "GRAY":
		c, _, err := readCurve(p.tags["kTRC"])
		if err != nil {
			return nil, err
		}
		return func(in []float64) [3]float64 {
			if p.lab {
				return xyzFromLab(Lab{100 * c(in[0])})
			}
			w, y := white(), c(in[0])
			return [3]float64{w[0] * y, w[1] * y, w[2] * y}
		}, nil
	case "RGB ":
		curves, m, err := p.shaper()
		if err != nil {
			return nil, err
		}
		s := stages{each(curves), matrix(m, [3]float64{})}
		return func(in []float64) [3]float64 { return [3]float64(s.run(in)) }, nil
	}
	return nil, refuse("it has no table of its colours")
}

// shaper reads the curves and the matrix of an RGB profile without tables; section 8.3.3.
func (p *Profile) shaper() (curves []curve, m [9]float64, err error) {
	for i, name := range []string{"r", "g", "b"} {
		column, err := p.xyz(name + "XYZ")
		if err != nil {
			return nil, m, err
		}
		for j, v := range column {
			m[3*j+i] = v
		}
		c, _, err := readCurve(p.tags[name+"TRC"])
		if err != nil {
			return nil, m, err
		}
		curves = append(curves, c)
	}
	return curves, m, nil
}

// backward is the way from XYZ to device colours.
func (p *Profile) backward(intent string) (func([3]float64) []float64, error) {
	if b := p.table("B2A", intent); b != nil {
		s, old, err := readTable(b, 3, p.channels())
		if err != nil {
			return nil, err
		}
		return func(xyz [3]float64) []float64 { return s.run(p.encodePCS(xyz, old)) }, nil
	}
	switch p.space {
	case "GRAY":
		c, _, err := readCurve(p.tags["kTRC"])
		if err != nil {
			return nil, err
		}
		back := inverse(c)
		return func(xyz [3]float64) []float64 {
			if p.lab {
				return []float64{back(labFromXYZ(xyz)[0] / 100)}
			}
			return []float64{back(xyz[1])}
		}, nil
	case "RGB ":
		curves, m, err := p.shaper()
		if err != nil {
			return nil, err
		}
		turned, ok := invert(m)
		if !ok {
			return nil, refuse("its matrix cannot be turned round")
		}
		for i := range curves {
			curves[i] = inverse(curves[i])
		}
		s := stages{matrix(turned, [3]float64{}), each(curves)}
		return func(xyz [3]float64) []float64 { return s.run(xyz[:]) }, nil
	}
	return nil, refuse("it cannot be the target of a conversion: it has no table for it")
}

func invert(m [9]float64) (out [9]float64, ok bool) {
	minor := func(a, b, c, d int) float64 { return m[a]*m[d] - m[b]*m[c] }
	out = [9]float64{
		minor(4, 5, 7, 8), -minor(1, 2, 7, 8), minor(1, 2, 4, 5),
		-minor(3, 5, 6, 8), minor(0, 2, 6, 8), -minor(0, 2, 3, 5),
		minor(3, 4, 6, 7), -minor(0, 1, 6, 7), minor(0, 1, 3, 4),
	}
	det := m[0]*out[0] + m[1]*out[3] + m[2]*out[6]
	if math.Abs(det) < 1e-9 {
		return out, false
	}
	for i := range out {
		out[i] /= det
	}
	return out, true
}

// black is the darkest gray that a device shows, in XYZ: what it makes of black.
func (p *Profile) black() ([3]float64, error) {
	forward, err := p.forward(colorimetric)
	if err != nil {
		return [3]float64{}, err
	}
	darkest := make([]float64, p.channels())
	if p.space == "CMYK" {
		darkest[3] = 1
		if back, err := p.backward(perceptual); err == nil {
			darkest = back([3]float64{})
		}
	}
	lightness := min(50, max(0, labFromXYZ(forward(darkest))[0]))
	return xyzFromLab(Lab{lightness}), nil
}
