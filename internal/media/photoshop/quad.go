package photoshop

import (
	"cmp"
	"math"
	"slices"
)

// Quad is the quadrilateral around a path, clockwise from the upper left corner (tier 3 contract, section 16). A path
// of one closed line with four knots gives these knots; any other gives the rectangle around all of its knots and
// control points. A path without knots gives four times the origin.
func Quad(p Path) [4]Point {
	if len(p.Subpaths) == 1 && p.Subpaths[0].Closed && len(p.Subpaths[0].Knots) == 4 {
		return clockwise(p.Subpaths[0].Knots)
	}
	low, high := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, line := range p.Subpaths {
		for _, knot := range line.Knots {
			for _, at := range []Point{knot.Before, knot.Anchor, knot.After} {
				low = Point{min(low.X, at.X), min(low.Y, at.Y)}
				high = Point{max(high.X, at.X), max(high.Y, at.Y)}
			}
		}
	}
	if low.X > high.X {
		return [4]Point{}
	}
	return [4]Point{low, {high.X, low.Y}, high, {low.X, high.Y}}
}

// clockwise sorts four knots by their direction from the centre and begins with the one nearest to the upper left.
func clockwise(knots []Knot) [4]Point {
	var corners [4]Point
	var centre Point
	for i, knot := range knots {
		corners[i] = knot.Anchor
		centre.X += knot.Anchor.X / 4
		centre.Y += knot.Anchor.Y / 4
	}
	direction := func(p Point) float64 { return math.Atan2(p.Y-centre.Y, p.X-centre.X) } // Clockwise: y points down.
	slices.SortFunc(corners[:], func(a, b Point) int { return cmp.Compare(direction(a), direction(b)) })
	first := 0
	for i, p := range corners {
		best := corners[first]
		if c := cmp.Compare(p.X+p.Y, best.X+best.Y); c < 0 || c == 0 && p.Y < best.Y {
			first = i
		}
	}
	var sorted [4]Point
	for i := range sorted {
		sorted[i] = corners[(first+i)%4]
	}
	return sorted
}
