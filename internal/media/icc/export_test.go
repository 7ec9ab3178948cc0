package icc

import "math"

// DeltaE is the CIE 1976 difference of two colours of an RGB profile.
func (p *Profile) DeltaE(a, b [3]byte) (float64, error) {
	forward, err := p.forward(colorimetric)
	if err != nil {
		return 0, err
	}
	lab := func(c [3]byte) Lab {
		return labFromXYZ(forward([]float64{float64(c[0]) / 255, float64(c[1]) / 255, float64(c[2]) / 255}))
	}
	x, y := lab(a), lab(b)
	return math.Sqrt(math.Pow(x[0]-y[0], 2) + math.Pow(x[1]-y[1], 2) + math.Pow(x[2]-y[2], 2)), nil
}
