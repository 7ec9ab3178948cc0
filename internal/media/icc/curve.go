package icc

import (
	"encoding/binary"
	"math"
	"sort"
)

// curve maps 0..1 to about 0..1.
type curve func(x float64) float64

func identity(x float64) float64 { return x }

func unit(x float64) float64 {
	if !(x > 0) { // also for what is no number
		return 0
	}
	return min(x, 1)
}

// readCurve reads a curveType or parametricCurveType (sections 10.5 and 10.15) and returns how long it is in bytes.
func readCurve(b []byte) (curve, int, error) {
	if len(b) < 12 {
		return nil, 0, refuse("a curve is damaged")
	}
	switch string(b[:4]) {
	case "curv":
		n := int(binary.BigEndian.Uint32(b[8:]))
		if n > maxCurve || len(b) < 12+2*n {
			return nil, 0, refuse("a curve is damaged")
		}
		switch n {
		case 0:
			return identity, 12, nil
		case 1:
			gamma := float64(binary.BigEndian.Uint16(b[12:])) / 256
			return func(x float64) float64 { return math.Pow(unit(x), gamma) }, 14, nil
		}
		table := make([]float64, n)
		for i := range table {
			table[i] = float64(binary.BigEndian.Uint16(b[12+2*i:])) / 65535
		}
		return tabled(table), 12 + 2*n, nil
	case "para":
		return readParametric(b)
	}
	return nil, 0, refuse("it has a curve of the unknown type %q", b[:4])
}

// tabled interpolates between values that stand at equal distances.
func tabled(table []float64) curve {
	last := len(table) - 1
	return func(x float64) float64 {
		at := unit(x) * float64(last)
		i := min(int(at), last-1)
		return table[i] + (table[i+1]-table[i])*(at-float64(i))
	}
}

// readParametric reads a curve that is given by a formula; section 10.15, table 65.
func readParametric(b []byte) (curve, int, error) {
	kind := int(binary.BigEndian.Uint16(b[8:]))
	if kind > 4 {
		return nil, 0, refuse("it has a parametric curve of the unknown type %d", kind)
	}
	counts := [...]int{1, 3, 4, 5, 7}
	if len(b) < 12+4*counts[kind] {
		return nil, 0, refuse("a curve is damaged")
	}
	var v [7]float64 // g a b c d e f
	for i := range counts[kind] {
		v[i] = number(b[12+4*i:])
	}
	g, a, bb, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	power := func(x float64) float64 { return math.Pow(max(0, a*x+bb), g) }
	formula := map[int]curve{
		0: func(x float64) float64 { return math.Pow(max(0, x), g) },
		1: func(x float64) float64 { return when(a*x+bb >= 0, power(x), 0) },
		2: func(x float64) float64 { return when(a*x+bb >= 0, power(x)+c, c) },
		3: func(x float64) float64 { return when(x >= d, power(x), c*x) },
		4: func(x float64) float64 { return when(x >= d, power(x)+e, c*x+f) },
	}[kind]
	return func(x float64) float64 { return formula(unit(x)) }, 12 + 4*counts[kind], nil
}

func when(condition bool, yes, no float64) float64 {
	if condition {
		return yes
	}
	return no
}

// inverseSteps is how finely a curve is looked at to turn it round.
const inverseSteps = 4096

// inverse turns a curve round. Where it is flat, the first place counts.
func inverse(c curve) curve {
	table := make([]float64, inverseSteps+1)
	highest := math.Inf(-1)
	falling := c(1) < c(0)
	for i := range table {
		x := float64(i) / inverseSteps
		if falling {
			x = 1 - x
		}
		highest = max(highest, c(x)) // so that what wavers rises
		table[i] = highest
	}
	return func(y float64) float64 {
		i := sort.SearchFloat64s(table, y)
		at := float64(i)
		switch {
		case i == 0:
		case i > inverseSteps:
			at = inverseSteps
		default:
			at = float64(i-1) + (y-table[i-1])/(table[i]-table[i-1])
		}
		if falling {
			at = inverseSteps - at
		}
		return at / inverseSteps
	}
}
