package draft_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"sluice/internal/media/draft"
	"sluice/internal/media/mediatest"
)

// sampling is how many samples the brightness has for one of a colour, across and down; with one plane, 1 and 1.
type sampling struct{ planes, h, v int }

func samplings() map[string]sampling {
	return map[string]sampling{"grey": {1, 1, 1}, "4:4:4": {3, 1, 1}, "4:2:2": {3, 2, 1}, "4:2:0": {3, 2, 2}, "4:4:0": {3, 1, 2}}
}

func band(planes []int, first, last, high, low int) mediatest.CoefficientScan {
	return mediatest.CoefficientScan{Planes: planes, First: first, Last: last, High: high, Low: low}
}

// orders are ways to split coefficients among scans.
func orders(planes int) map[string][]mediatest.CoefficientScan {
	type scans = []mediatest.CoefficientScan
	all := []int{0, 1, 2}[:planes]
	alone := func(first, last, high, low int) (s scans) {
		for _, plane := range all {
			s = append(s, band([]int{plane}, first, last, high, low))
		}
		return s
	}
	deep := scans{{Planes: all, Low: 4}}
	deep = append(deep, alone(1, 63, 0, 4)...)
	for low := 3; low >= 0; low-- {
		deep = append(append(deep, mediatest.CoefficientScan{Planes: all, High: low + 1, Low: low}), alone(1, 63, low+1, low)...)
	}
	return map[string]scans{
		"usual":            mediatest.UsualScans(planes),
		"bands only":       slices.Concat(scans{{Planes: all}}, alone(1, 2, 0, 0), alone(3, 9, 0, 0), alone(10, 63, 0, 0)),
		"one plane each":   slices.Concat(alone(0, 0, 0, 1), alone(0, 0, 1, 0), alone(1, 63, 0, 0)),
		"many bits":        deep,
		"bands that cross": slices.Concat(alone(1, 5, 0, 1), alone(6, 30, 0, 2), alone(31, 63, 0, 0), alone(6, 30, 2, 1), alone(4, 20, 1, 0), alone(21, 30, 1, 0), scans{{Planes: all}}, alone(1, 3, 1, 0)),
		// The last bit of the highest frequencies is missing, which no scale keeps.
		"high ones refined": slices.Concat(scans{{Planes: all}}, alone(1, 24, 0, 0), alone(25, 63, 0, 3), alone(25, 63, 3, 2), alone(25, 63, 2, 1)),
		"less than all":     slices.Concat(scans{{Planes: all, Low: 2}}, alone(1, 5, 0, 3), alone(2, 3, 3, 2)),
	}
}

// fill gives blocks all kinds of content: none, few values, all, small and large ones.
func fill(c *mediatest.Coefficients) *mediatest.Coefficients {
	source := rand.New(rand.NewPCG(uint64(c.Width), uint64(len(c.Planes))))
	for _, p := range c.Planes {
		for i := range p.Blocks {
			b := &p.Blocks[i]
			b[0] = int16(source.IntN(160) - 80)
			density, size := source.IntN(5)*source.IntN(40), 1<<source.IntN(8)
			for k := 1; k < 64; k++ {
				if source.IntN(100) < density {
					b[k] = int16(source.IntN(2*size+1) - size)
				}
			}
			if density == 4*39 {
				for k := 1; k < 64; k++ {
					b[k] = int16(40 - k)
				}
			}
		}
	}
	return c
}

// The same coefficients give the same pixels, however they are packed.
func TestProgressiveEqualsBaseline(t *testing.T) {
	for name, of := range samplings() {
		for _, size := range [][2]int{{8, 8}, {17, 9}, {203, 117}, {96, 64}} {
			c := fill(mediatest.EmptyCoefficients(size[0], size[1], of.planes, of.h, of.v))
			for order, scans := range orders(of.planes) {
				for _, restart := range []int{0, 1, 11} {
					file := c.Progressive(restart, scans)
					wanted := c
					if order == "less than all" {
						wanted = shortened(c)
					}
					for _, scale := range []int{2, 4, 8} {
						what := fmt.Sprintf("%s, %v, %s, restart %d, 1/%d", name, size, order, restart, scale)
						want, err := draft.Decode(wanted.Baseline(0), scale)
						if err != nil {
							t.Fatalf("%s: baseline: %v", what, err)
						}
						got, err := draft.Decode(file, scale)
						if err != nil {
							t.Fatalf("%s: %v", what, err)
						}
						if !reflect.DeepEqual(visible(got), visible(want)) {
							t.Fatalf("%s: other pixels", what)
						}
					}
				}
			}
		}
	}
}

// visible are the samples of the planes that have a part in the picture.
func visible(m image.Image) (rows [][]byte) {
	cut := func(pix []byte, stride, width, height int) {
		for y := range height {
			rows = append(rows, pix[y*stride:][:width])
		}
	}
	width, height := m.Bounds().Dx(), m.Bounds().Dy()
	switch m := m.(type) {
	case *image.Gray:
		cut(m.Pix, m.Stride, width, height)
	case *image.YCbCr:
		cut(m.Y, m.YStride, width, height)
		end := m.COffset(width-1, height-1)
		cut(m.Cb, m.CStride, end%m.CStride+1, end/m.CStride+1)
		cut(m.Cr, m.CStride, end%m.CStride+1, end/m.CStride+1)
	}
	return rows
}

// shortened leaves what the scans of the order "less than all" have.
func shortened(c *mediatest.Coefficients) *mediatest.Coefficients {
	out := *c
	out.Planes = slices.Clone(c.Planes)
	for i := range out.Planes {
		p := &out.Planes[i]
		p.Blocks = slices.Clone(p.Blocks)
		for j := range p.Blocks {
			b := &p.Blocks[j]
			b[0] = b[0] >> 2 << 2
			for k := 1; k < 64; k++ {
				drop := map[int]int16{1: 8, 2: 4, 3: 4, 4: 8, 5: 8}[k]
				if drop == 0 {
					b[k] = 0
				} else {
					b[k] = b[k] / drop * drop
				}
			}
		}
	}
	return &out
}

// What the tests write is what another decoder reads, which packs and unpacks on its own.
func TestWrittenCoefficientsAreReadElsewhere(t *testing.T) {
	for name, of := range samplings() {
		c := fill(mediatest.EmptyCoefficients(203, 117, of.planes, of.h, of.v))
		want, err := jpeg.Decode(bytes.NewReader(c.Baseline(0)))
		if err != nil {
			t.Fatal(err)
		}
		for order, scans := range orders(of.planes) {
			if order == "less than all" || order == "high ones refined" {
				continue
			}
			got, err := jpeg.Decode(bytes.NewReader(c.Progressive(0, scans)))
			if err != nil {
				t.Fatalf("%s, %s: %v", name, order, err)
			}
			if d := distance(want, got); d != 0 {
				t.Errorf("%s, %s: differs by %.2f", name, order, d)
			}
		}
	}
}

func TestProgressiveAgreesWithAFullDecodeMadeSmaller(t *testing.T) {
	picture := scene(512, 384)
	for name, of := range samplings() {
		file := mediatest.CoefficientsOf(picture, of.planes, of.h, of.v).Progressive(0, mediatest.UsualScans(of.planes))
		full, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []int{2, 4, 8} {
			got, err := draft.Decode(file, scale)
			if err != nil {
				t.Fatalf("%s, 1/%d: %v", name, scale, err)
			}
			width, height := 512/scale, 384/scale
			if got.Bounds() != image.Rect(0, 0, width, height) {
				t.Fatalf("%s, 1/%d: bounds %v", name, scale, got.Bounds())
			}
			if d := distance(averaged(full, width, height, scale), got); d > 5 {
				t.Errorf("%s, 1/%d: differs by %.1f on average", name, scale, d)
			}
		}
	}
}

// The scans on which a thumbnail does not depend are not read: what is in them does not matter.
func TestOnlyNeededScansAreRead(t *testing.T) {
	c := fill(mediatest.EmptyCoefficients(203, 117, 3, 2, 2))
	scans := mediatest.UsualScans(3)
	file := c.Progressive(0, scans)
	for i, s := range scans {
		broken, at := bytes.Clone(file), 0
		for range i + 1 {
			at += bytes.Index(broken[at:], []byte{0xff, 0xda}) + 2
		}
		at += int(binary.BigEndian.Uint16(broken[at:]))
		for j := at; j < at+8; j++ {
			broken[j] = 0xfe // no code begins with so many ones
		}
		for _, scale := range []int{2, 4, 8} {
			want, err := draft.Decode(file, scale)
			if err != nil {
				t.Fatal(err)
			}
			got, err := draft.Decode(broken, scale)
			needed := s.First == 0 || scale < 8 || s.Planes[0] > 0
			if same := err == nil && reflect.DeepEqual(got, want); same == needed {
				t.Errorf("scan %d at 1/%d: the same without it: %t", i, scale, same)
			}
		}
	}
}

func TestProgressiveRefuses(t *testing.T) {
	type scans = []mediatest.CoefficientScan
	c := fill(mediatest.EmptyCoefficients(203, 117, 3, 1, 1))
	all := []int{0, 1, 2}
	usual := mediatest.UsualScans(3)
	whole := c.Progressive(0, usual)
	frame := bytes.Index(whole, []byte{0xff, 0xc2})
	changed := func(at int, to ...byte) []byte {
		out := bytes.Clone(whole)
		copy(out[at:], to)
		return out
	}
	firstScan := bytes.Index(whole, []byte{0xff, 0xda})
	second := firstScan + 2 + bytes.Index(whole[firstScan+2:], []byte{0xff, 0xda})
	tests := map[string][]byte{
		"no mean values of a plane":   c.Progressive(0, scans{band([]int{0, 1}, 0, 0, 0, 0), band([]int{2}, 1, 63, 0, 0)}),
		"no scan":                     c.Progressive(0, nil),
		"refined before it is there":  c.Progressive(0, scans{band(all, 0, 0, 0, 0), band([]int{0}, 1, 63, 1, 0)}),
		"a bit left out":              c.Progressive(0, scans{band(all, 0, 0, 0, 2), band(all, 0, 0, 1, 0)}),
		"two bits at once":            c.Progressive(0, scans{band(all, 0, 0, 0, 2), band(all, 0, 0, 2, 0)}),
		"the same twice":              c.Progressive(0, scans{band(all, 0, 0, 0, 0), band([]int{0}, 1, 63, 0, 0), band([]int{0}, 5, 9, 0, 0)}),
		"the same bit twice":          c.Progressive(0, append(slices.Clone(usual), usual[9])),
		"bit too high":                c.Progressive(0, scans{band(all, 0, 0, 0, 14)}),
		"mean and other frequencies":  changed(firstScan+11, 0, 5),
		"band of two planes":          changed(firstScan+11, 1, 5),
		"band that ends early":        changed(second+7, 5, 1),
		"band that ends late":         changed(second+7, 5, 64),
		"no such plane":               changed(firstScan+5, 9),
		"a plane twice":               changed(firstScan+7, 1),
		"no such table":               changed(firstScan+6, 0x30),
		"no such table of a band":     changed(second+6, 3),
		"four planes in a scan":       changed(firstScan+4, 4),
		"no plane in a scan":          changed(firstScan+4, 0),
		"twelve bits":                 changed(frame+4, 12),
		"arithmetic coding":           changed(frame+1, 0xca),
		"lossless":                    changed(frame+1, 0xc3),
		"huge claim":                  changed(frame+5, 0xff, 0xff, 0xff, 0xff),
		"a little larger":             changed(frame+5, 1, 117),
		"no scan before the end":      append(bytes.Clone(whole[:firstScan]), 0xff, 0xd9),
		"no frame":                    append([]byte{0xff, 0xd8}, whole[firstScan:]...),
		"no quantisation":             changed(2, 0xff, 0xe9),
		"quantisation between scans":  slices.Concat(whole[:second], whole[2:71], whole[second:]),
		"adobe RGB":                   slices.Concat(whole[:second], []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"), whole[second:]),
		"restart markers out of turn": bytes.Replace(c.Progressive(5, usual), []byte{0xff, 0xd3}, []byte{0xff, 0xd4}, 1),
		"restart markers left out":    changedInterval(c.Progressive(5, usual)),
	}
	for at := firstScan; at < len(whole); at += 97 {
		tests[fmt.Sprintf("cut off at %d", at)] = whole[:at]
	}
	for name, file := range tests {
		if img, err := draft.Decode(file, 2); err == nil {
			t.Errorf("%s: decoded to %v", name, img.Bounds())
		}
	}
	if _, err := draft.Decode(whole, 2); err != nil {
		t.Errorf("whole: %v", err)
	}
}

// changedInterval claims more restart markers than there are.
func changedInterval(file []byte) []byte {
	return bytes.Replace(file, []byte{0xff, 0xdd, 0, 4, 0, 5}, []byte{0xff, 0xdd, 0, 4, 0, 4}, 1)
}

// bitByBit has a scan for each bit of each frequency.
func bitByBit() (scans []mediatest.CoefficientScan) {
	plane := []int{0}
	for k := range 64 {
		for low := 13; low >= 0; low-- {
			s := mediatest.CoefficientScan{Planes: plane, First: k, Last: k, High: low + 1, Low: low}
			if low == 13 {
				s.High = 0
			}
			scans = append(scans, s)
		}
	}
	return scans
}

// A small file whose scans are hundreds of times as much work as the picture is not read, unless most can be left out.
func TestManyScans(t *testing.T) {
	file := mediatest.EmptyCoefficients(400, 300, 1, 1, 1).Progressive(0, bitByBit())
	for _, scale := range []int{2, 4, 8} {
		_, err := draft.Decode(file, scale)
		if want := map[int]error{2: draft.ErrUnsuited}[scale]; !errors.Is(err, want) {
			t.Errorf("1/%d: %v, want %v", scale, err, want)
		}
	}
}

// Values that take more than 16 bits are left to others.
func TestProgressiveValuesThatDoNotFit(t *testing.T) {
	for name, k := range map[string]int{"mean": 0, "frequency": 1} {
		c := mediatest.EmptyCoefficients(64, 64, 1, 1, 1)
		for value, fits := range map[int16]bool{16384: true, -16384: true, 32767: true} {
			c.Planes[0].Blocks[9][k] = value
			scans := []mediatest.CoefficientScan{{Planes: []int{0}, Low: 2}, {Planes: []int{0}, First: 1, Last: 63, Low: 2}}
			file := c.Progressive(0, scans)
			if _, err := draft.Decode(file, 2); (err == nil) != fits {
				t.Errorf("%s %d: %v", name, value, err)
			}
			// The same bits, said to be higher ones.
			for at := range file[:len(file)-1] {
				if file[at] == 0xff && file[at+1] == 0xda {
					file[at+9] = 4
				}
			}
			if _, err := draft.Decode(file, 2); err == nil {
				t.Errorf("%s %d, shifted: there is no error", name, value)
			}
		}
	}
}

// The comment of the type grid says how much memory a picture takes. One that is only claimed takes none.
func TestProgressiveMemory(t *testing.T) {
	file := mediatest.EmptyCoefficients(4000, 3000, 3, 2, 2).Progressive(0, mediatest.UsualScans(3))
	taken := func(file []byte, scale int) (float64, error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := draft.Decode(file, scale)
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20), err
	}
	claim := bytes.Clone(file)
	copy(claim[bytes.Index(claim, []byte{0xff, 0xc2})+5:], []byte{0xff, 0xff, 0xff, 0xff})
	for scale, most := range map[int]float64{8: 3, 4: 9, 2: 16} {
		if got, err := taken(file, scale); err != nil || got > most {
			t.Errorf("1/%d: %.1f MiB (%v), at most %.0f are wanted", scale, got, err, most)
		}
		if got, err := taken(claim, scale); err == nil || got > 1 {
			t.Errorf("1/%d, a huge claim: %.1f MiB (%v)", scale, got, err)
		}
	}
}
