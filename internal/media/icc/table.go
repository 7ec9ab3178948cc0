package icc

import "encoding/binary"

// stages carries a colour through the steps of a tag; each returns as many values as the next one takes.
type stages []func(in []float64) []float64

func (s stages) run(in []float64) []float64 {
	for _, step := range s {
		in = step(in)
	}
	return in
}

func each(curves []curve) func([]float64) []float64 {
	return func(in []float64) []float64 {
		out := make([]float64, len(curves))
		for i, c := range curves {
			out[i] = c(in[i])
		}
		return out
	}
}

func matrix(m [9]float64, offset [3]float64) func([]float64) []float64 {
	return func(in []float64) []float64 {
		out := make([]float64, 3)
		for i := range out {
			out[i] = m[3*i]*in[0] + m[3*i+1]*in[1] + m[3*i+2]*in[2] + offset[i]
		}
		return out
	}
}

// grid is a table of colours: sizes points in the directions of the inputs, the last one varying fastest.
type grid struct {
	sizes   []int
	outputs int
	values  []float64
}

// newGrid checks the size of a table before it is made.
func newGrid(sizes []int, outputs int) (*grid, error) {
	total := outputs
	for _, n := range sizes {
		if n < 2 || total <= 0 || total > maxTable/n {
			return nil, refuse("a table of its colours has an impossible size")
		}
		total *= n
	}
	return &grid{sizes: sizes, outputs: outputs, values: make([]float64, total)}, nil
}

// fill reads the values of a table, of one or two bytes each.
func (g *grid) fill(b []byte, width int) error {
	if len(b) < width*len(g.values) {
		return refuse("a table of its colours is cut off")
	}
	for i := range g.values {
		if width == 1 {
			g.values[i] = float64(b[i]) / 255
		} else {
			g.values[i] = float64(binary.BigEndian.Uint16(b[2*i:])) / 65535
		}
	}
	return nil
}

// at mixes the points around a colour.
func (g *grid) at(in []float64) []float64 {
	var offsets [1 << 4]int
	var weights [1 << 4]float64
	weights[0] = 1
	corners := 1
	for d, n := range g.sizes {
		place := unit(in[d]) * float64(n-1)
		low := min(int(place), n-2)
		part := place - float64(low)
		for c := range corners {
			base, weight := offsets[c]*n+low, weights[c]
			offsets[c], weights[c] = base, weight*(1-part)
			offsets[c+corners], weights[c+corners] = base+1, weight*part
		}
		corners *= 2
	}
	out := make([]float64, g.outputs)
	for c := range corners {
		if weights[c] == 0 {
			continue
		}
		for i, v := range g.values[offsets[c]*g.outputs:][:g.outputs] {
			out[i] += weights[c] * v
		}
	}
	return out
}

// readTable reads a tag of a type of section 10.10 to 10.13 that maps inputs to outputs.
func readTable(b []byte, inputs, outputs int) (stages, bool, error) {
	if len(b) < 32 || int(b[8]) != inputs || int(b[9]) != outputs {
		return nil, false, refuse("a table of its colours is damaged")
	}
	switch string(b[:4]) {
	case "mft1", "mft2":
		s, err := readOldTable(b, inputs, outputs)
		return s, string(b[:4]) == "mft2", err
	case "mAB ", "mBA ":
		s, err := readNewTable(b, inputs, outputs)
		return s, false, err
	}
	return nil, false, refuse("a table of its colours is of the unknown type %q", b[:4])
}

// readOldTable reads a lut8Type or lut16Type: curves, table, curves. The matrix before them counts only where colours
// come in as XYZ, which no table that is read here does.
func readOldTable(b []byte, inputs, outputs int) (stages, error) {
	points, width, at := int(b[10]), 1, 48
	before, after := 256, 256
	if string(b[:4]) == "mft2" {
		if len(b) < 52 {
			return nil, refuse("a table of its colours is damaged")
		}
		width, at = 2, 52
		before, after = int(binary.BigEndian.Uint16(b[48:])), int(binary.BigEndian.Uint16(b[50:]))
	}
	sizes := make([]int, inputs)
	for i := range sizes {
		sizes[i] = points
	}
	g, err := newGrid(sizes, outputs)
	if err != nil {
		return nil, err
	}
	if before < 2 || after < 2 || len(b) < at+width*(before*inputs+len(g.values)+after*outputs) {
		return nil, refuse("a table of its colours is cut off")
	}
	curves := func(count, entries int) []curve {
		all := make([]curve, count)
		for i := range all {
			one := &grid{values: make([]float64, entries)}
			_ = one.fill(b[at:], width) // the length was checked
			all[i] = tabled(one.values)
			at += width * entries
		}
		return all
	}
	first := curves(inputs, before)
	if err := g.fill(b[at:], width); err != nil {
		return nil, err
	}
	at += width * len(g.values)
	return stages{each(first), g.at, each(curves(outputs, after))}, nil
}

// readNewTable reads a lutAToBType or lutBToAType: of the steps, those without an offset are left out.
func readNewTable(b []byte, inputs, outputs int) (stages, error) {
	part := func(at int) []byte {
		offset := int64(binary.BigEndian.Uint32(b[at:]))
		if offset == 0 || offset >= int64(len(b)) {
			return nil
		}
		return b[offset:]
	}
	toPCS := string(b[:4]) == "mAB "
	device, pcs := inputs, outputs
	if !toPCS {
		device, pcs = outputs, inputs
	}
	var all [5]func([]float64) []float64 // B, matrix, M, table, A
	var err error
	for i, at := range [5]int{12, 16, 20, 24, 28} {
		body := part(at)
		if body == nil || err != nil {
			continue
		}
		switch i {
		case 0, 2:
			all[i], err = readCurves(body, pcs)
		case 1:
			all[i], err = readMatrix(body)
		case 3:
			all[i], err = readNewGrid(body, inputs, outputs)
		case 4:
			all[i], err = readCurves(body, device)
		}
	}
	if err != nil {
		return nil, err
	}
	if all[3] == nil && inputs != outputs {
		return nil, refuse("a table of its colours is missing")
	}
	var s stages
	for i := range all {
		step := all[i]
		if toPCS {
			step = all[len(all)-1-i]
		}
		if step != nil {
			s = append(s, step)
		}
	}
	return s, nil
}

// readCurves reads curves that follow each other, each filled up to four bytes.
func readCurves(b []byte, count int) (func([]float64) []float64, error) {
	curves := make([]curve, count)
	for i := range curves {
		c, length, err := readCurve(b)
		if err != nil {
			return nil, err
		}
		curves[i] = c
		b = b[min(len(b), (length+3)/4*4):]
	}
	return each(curves), nil
}

func readMatrix(b []byte) (func([]float64) []float64, error) {
	if len(b) < 48 {
		return nil, refuse("a matrix of its colours is damaged")
	}
	var m [9]float64
	for i := range m {
		m[i] = number(b[4*i:])
	}
	return matrix(m, [3]float64{number(b[36:]), number(b[40:]), number(b[44:])}), nil
}

// readNewGrid reads a table with a number of points for each input; section 10.12.3.
func readNewGrid(b []byte, inputs, outputs int) (func([]float64) []float64, error) {
	if len(b) < 20 || b[16] < 1 || b[16] > 2 {
		return nil, refuse("a table of its colours is damaged")
	}
	sizes := make([]int, inputs)
	for i := range sizes {
		sizes[i] = int(b[i])
	}
	g, err := newGrid(sizes, outputs)
	if err != nil {
		return nil, err
	}
	return g.at, g.fill(b[20:], int(b[16]))
}
