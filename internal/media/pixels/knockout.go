package pixels

import "image"

// Corners are the names of the corners of a picture (contract section 6.2).
func Corners() []string { return []string{"UpperLeft", "UpperRight", "BottomLeft", "BottomRight"} }

// corner is the place of a corner; false when the name is not known.
func (m *Image) corner(name string) (image.Point, bool) {
	right, bottom := m.Width-1, m.Height-1
	at, ok := map[string]image.Point{
		"UpperLeft": {}, "UpperRight": {X: right}, "BottomLeft": {Y: bottom}, "BottomRight": {X: right, Y: bottom},
	}[name]
	return at, ok
}

// Knockout makes the pixels transparent that have the colour of a corner (contract section 6.2): all of them, or, with
// flood, those that are connected to the corner by their sides. tolerance is the part of the range of a channel by
// which each channel may differ, 0..1. It returns false, and changes nothing, when the corner is not known. A flood
// needs one bit for each pixel and, at worst, eight bytes for each pixel of the edge of the region.
func (m *Image) Knockout(corner string, tolerance float64, flood bool) bool {
	at, ok := m.corner(corner)
	if !ok {
		return false
	}
	if m.Alpha == nil {
		m.Alpha = make([]byte, m.Width*m.Height)
		for i := range m.Alpha {
			m.Alpha[i] = 255
		}
	}
	k := newKnock(m, at, tolerance)
	if flood {
		k.flood(at)
		return true
	}
	for i := range m.Alpha {
		if k.matches(i) {
			m.Alpha[i] = 0
		}
	}
	return true
}

// knock decides which pixels go.
type knock struct {
	m           *Image
	least, most [4]int
	alpha       [2]int
	done        []uint64 // one bit for each pixel that went
}

func newKnock(m *Image, at image.Point, tolerance float64) *knock {
	k := &knock{m: m}
	allowed := int(max(0, min(1, tolerance))*255 + 1e-9)
	i := at.Y*m.Width + at.X
	for channel := range k.least {
		level := int(m.Pix[4*i+channel])
		k.least[channel], k.most[channel] = level-allowed, level+allowed
	}
	k.alpha = [2]int{int(m.Alpha[i]) - allowed, int(m.Alpha[i]) + allowed}
	return k
}

func (k *knock) matches(i int) bool {
	for channel, value := range k.m.Pix[4*i:][:4] {
		if int(value) < k.least[channel] || int(value) > k.most[channel] {
			return false
		}
	}
	return int(k.m.Alpha[i]) >= k.alpha[0] && int(k.m.Alpha[i]) <= k.alpha[1]
}

// open reports whether a pixel belongs to the region and has not been reached yet.
func (k *knock) open(i int) bool { return k.done[i/64]&(1<<(i%64)) == 0 && k.matches(i) }

// flood removes the region around a place, run by run.
func (k *knock) flood(at image.Point) {
	width, height := k.m.Width, k.m.Height
	k.done = make([]uint64, (width*height+63)/64)
	starts := []image.Point{at}
	for len(starts) > 0 {
		p := starts[len(starts)-1]
		starts = starts[:len(starts)-1]
		row := p.Y * width
		if !k.open(row + p.X) {
			continue
		}
		left, right := p.X, p.X
		for left > 0 && k.open(row+left-1) {
			left--
		}
		for right < width-1 && k.open(row+right+1) {
			right++
		}
		for x := left; x <= right; x++ {
			k.done[(row+x)/64] |= 1 << ((row + x) % 64)
		}
		for _, y := range []int{p.Y - 1, p.Y + 1} {
			if y < 0 || y >= height {
				continue
			}
			inside := false
			for x := left; x <= right; x++ {
				open := k.open(y*width + x)
				if open && !inside {
					starts = append(starts, image.Pt(x, y))
				}
				inside = open
			}
		}
	}
	for i := range k.m.Alpha {
		if k.done[i/64]&(1<<(i%64)) != 0 {
			k.m.Alpha[i] = 0
		}
	}
}
