package photoshop_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/mediatest"
	"sluice/internal/media/photoshop"
)

// square has four knots, from the lower right counter-clockwise.
func square() []byte {
	return mediatest.PathRecords(true, [2]float64{.75, .75}, [2]float64{.75, .25}, [2]float64{.25, .25}, [2]float64{.25, .75})
}

func names(list []photoshop.Path) []string {
	all := []string{}
	for _, p := range list {
		all = append(all, p.Name)
	}
	return all
}

func TestPathsAreListedInFileOrder(t *testing.T) {
	blocks := slices.Concat(
		mediatest.Resource(1039, "", []byte("a profile")),
		mediatest.Resource(2001, "Second id", square()),
		mediatest.Resource(1025, "Work Path", square()),
		mediatest.Resource(2000, "Sch\x9an", square()), // Mac Roman ö
		mediatest.Resource(2998, "not a path", square()),
		mediatest.Resource(2997, "Umriß\t1", nil), // UTF-8
		mediatest.Resource(2005, "", square()),
		mediatest.Resource(2999, "", []byte("\x09Second id\x00\x00")),
	)
	got, ok := photoshop.Paths(blocks, 100, 50)
	if diff := cmp.Diff([]string{"Second id", "Schön", "Umriß 1"}, names(got)); diff != "" || !ok {
		t.Fatalf("%v (-want +got):\n%s", ok, diff)
	}
	if !got[0].Clipping || got[1].Clipping || got[2].Clipping {
		t.Errorf("the clipping path is %v, %v, %v", got[0].Clipping, got[1].Clipping, got[2].Clipping)
	}
	if len(got[0].Subpaths) != 1 || !got[0].Subpaths[0].Closed || got[0].Subpaths[0].Knots[1].Anchor != (photoshop.Point{X: 75, Y: 12.5}) {
		t.Errorf("%+v", got[0])
	}
	if len(got[2].Subpaths) != 0 {
		t.Errorf("%+v", got[2])
	}
}

func TestQuad(t *testing.T) {
	four := func(x0, y0, x1, y1, x2, y2, x3, y3 float64) [4]photoshop.Point {
		return [4]photoshop.Point{{X: x0, Y: y0}, {X: x1, Y: y1}, {X: x2, Y: y2}, {X: x3, Y: y3}}
	}
	curved := square()
	// The control point before the first knot goes beyond the picture: vertical -0.5, horizontal 1.5.
	binary.BigEndian.PutUint32(curved[26+2:], 0xff800000)
	binary.BigEndian.PutUint32(curved[26+6:], 0x01800000)
	for name, tt := range map[string]struct {
		records []byte
		want    [4]photoshop.Point
	}{
		"square":              {square(), four(25, 12.5, 75, 12.5, 75, 37.5, 25, 37.5)},
		"four knots, curved":  {curved, four(25, 12.5, 75, 12.5, 75, 37.5, 25, 37.5)},
		"tilted":              {mediatest.PathRecords(true, [2]float64{.5, 1}, [2]float64{0, .25}, [2]float64{1, .5}, [2]float64{.5, 0}), four(0, 12.5, 50, 0, 100, 25, 50, 50)},
		"open":                {mediatest.PathRecords(false, [2]float64{0, 0}, [2]float64{.5, 0}, [2]float64{.75, .5}, [2]float64{.25, .5}), four(0, 0, 75, 0, 75, 25, 0, 25)},
		"triangle":            {mediatest.PathRecords(true, [2]float64{.5, 0}, [2]float64{1, 1}, [2]float64{0, 1}), four(0, 0, 100, 0, 100, 50, 0, 50)},
		"two lines":           {append(square(), mediatest.PathRecords(true, [2]float64{0, 0}, [2]float64{.1, .1})...), four(0, 0, 75, 0, 75, 37.5, 0, 37.5)},
		"none":                {nil, [4]photoshop.Point{}},
		"the length is a lie": {append([]byte{0, 0, 0, 9}, square()[4:]...), four(25, 12.5, 75, 12.5, 75, 37.5, 25, 37.5)},
	} {
		got, ok := photoshop.Paths(mediatest.Resource(2000, "p", tt.records), 100, 50)
		if !ok || len(got) != 1 {
			t.Fatalf("%s: %v", name, got)
		}
		if diff := cmp.Diff(tt.want, photoshop.Quad(got[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// The control points count when the path is no quadrilateral.
	three := append(curved[:4*26:4*26], 0)
	got, _ := photoshop.Paths(mediatest.Resource(2000, "p", three), 100, 50)
	if diff := cmp.Diff(four(25, -25, 150, -25, 150, 37.5, 25, 37.5), photoshop.Quad(got[0])); diff != "" {
		t.Errorf("three knots (-want +got):\n%s", diff)
	}
}

func TestMalformedBlocksEndTheList(t *testing.T) {
	good := mediatest.Resource(2000, "good", square())
	for name, blocks := range map[string][]byte{
		"cut name":       append(slices.Clone(good), "8BIM\x07\xd1\xffname and so on"...),
		"cut data":       append(slices.Clone(good), "8BIM\x07\xd1\x01n\xff\xff\xff\xffdata"...),
		"no signature":   append(slices.Clone(good), mediatest.Resource(2001, "x", nil)[1:]...),
		"a few bytes":    append(slices.Clone(good), "8BIM"...),
		"a knot is cut":  append(slices.Clone(good), mediatest.Resource(2001, "", square()[:40])...),
		"no line starts": append(slices.Clone(good), mediatest.Resource(2998, "", square()[26:])...),
	} {
		got, ok := photoshop.Paths(blocks, 10, 10)
		if !ok || !cmp.Equal(names(got), []string{"good"}) {
			t.Errorf("%s: %v, %v", name, names(got), ok)
		}
	}
}

func TestLimits(t *testing.T) {
	knots := make([][2]float64, photoshop.MaxKnots)
	for add, want := range []bool{true, false} {
		all := append(slices.Clone(knots), make([][2]float64, add)...)
		if _, ok := photoshop.Paths(mediatest.Resource(2000, "p", mediatest.PathRecords(true, all...)), 10, 10); ok != want {
			t.Errorf("%d knots: %v", len(all), ok)
		}
	}
	for add, want := range []bool{true, false} {
		if _, ok := photoshop.Paths(bytes.Repeat(mediatest.Resource(2000, "p", nil), photoshop.MaxPaths+add), 10, 10); ok != want {
			t.Errorf("%d paths: %v", photoshop.MaxPaths+add, ok)
		}
	}
}

func FuzzPaths(f *testing.F) {
	f.Add(mediatest.Resource(2000, "p", square()))
	f.Add(append(mediatest.Resource(2997, strings.Repeat("\xfe", 255), square()), mediatest.Resource(2999, "", []byte("\xffp"))...))
	f.Add([]byte("8BIM\x07\xd1\x01n\xff\xff\xff\xff"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, blocks []byte) {
		list, ok := photoshop.Paths(blocks, 1000, 700)
		if !ok {
			return
		}
		for _, p := range list {
			if p.Name == "" {
				t.Error("a path without a name")
			}
			for _, corner := range photoshop.Quad(p) {
				// 8.24 fixed point ends at 128 times the size.
				if corner.X < -128_000 || corner.X > 128_000 || corner.Y < -89_600 || corner.Y > 89_600 {
					t.Errorf("%+v gives %v", p, corner)
				}
			}
		}
	})
}
