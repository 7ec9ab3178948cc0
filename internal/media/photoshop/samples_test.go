package photoshop_test

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/oov/psd"

	"sluice/internal/media/fault"
	"sluice/internal/media/photoshop"
)

// samples are the files that another reader of the format is tested with, from the module cache.
func samples(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/oov/psd").Output()
	if err != nil || len(out) < 2 {
		t.Skipf("the module github.com/oov/psd is not in the module cache: %v", err)
	}
	list, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "*.ps?"))
	if err != nil || len(list) < 30 {
		t.Fatalf("%d samples, %v", len(list), err)
	}
	return list
}

func open(file []byte) (*photoshop.Document, error) {
	return photoshop.Open(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))))
}

// layersOf opens a file that is sound.
func layersOf(t *testing.T, file []byte) (*photoshop.Document, []*photoshop.Record) {
	t.Helper()
	d, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := d.ReadLayers()
	if err != nil {
		t.Fatal(err)
	}
	return d, records
}

// Layer trees and pixels are compared with those that the other reader finds.
func TestSamplesReadAsAnotherReaderReadsThem(t *testing.T) {
	layers := 0
	for _, name := range samples(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			other, _, err := psd.Decode(bytes.NewReader(file), nil)
			if err != nil {
				t.Fatal(err)
			}
			taken := other.Config.Version == 1 && other.Config.Depth <= 16 && other.Config.ColorMode != psd.ColorModeIndexed
			d, err := open(file)
			if !taken {
				if fault.ClassOf(err) != fault.Refused {
					t.Errorf("not refused: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			records, err := d.ReadLayers()
			if err != nil {
				t.Fatal(err)
			}
			tree, _, _ := photoshop.Tree(records)
			if diff := cmp.Diff(described(other.Layer), tree, cmp.FilterPath(func(p cmp.Path) bool {
				return p.Last().String() == ".Number" || p.Last().String() == ".Kind" || p.Last().String() == ".Fill" ||
					p.Last().String() == ".Effects" || p.Last().String() == ".Record"
			}, cmp.Ignore())); diff != "" {
				t.Errorf("layers (-other +ours):\n%s", diff)
			}
			flat := inOrder(other.Layer)
			for i, l := range tree2list(tree) {
				if l.Width*l.Height == 0 {
					continue
				}
				layers++
				r := records[l.Record]
				got, err := d.Picture(r, r.Rect)
				if err != nil {
					t.Fatalf("%s: %v", l.Name, err)
				}
				compare(t, l.Name, shown{flat[i]}, got, 1<<8)
			}
			whole, err := d.Composite(1)
			if err != nil {
				t.Fatal(err)
			}
			matted := d.Alpha && !strings.Contains("benchmark.psd mod.psd rgb8bit_nobg_transparent_medibang.psd", filepath.Base(name))
			compare(t, "merged image", offWhite{other.Picker, matted}, whole, 2<<8)
		})
	}
	if layers < 50 {
		t.Errorf("only %d layers were compared", layers)
	}
}

func described(list []psd.Layer) []photoshop.Layer {
	var all []photoshop.Layer
	for _, l := range list {
		all = append(all, photoshop.Layer{
			Name: strings.TrimRight(l.Name, "\x00"), X: l.Rect.Min.X, Y: l.Rect.Min.Y, Width: l.Rect.Dx(), Height: l.Rect.Dy(), Visible: l.Visible(),
			Opacity: float64(int(l.Opacity)*1000/255) / 1000, Clipped: l.Clipping,
			Blend:  photoshop.BlendMode(string(l.SectionDividerSetting.BlendMode)),
			Layers: described(l.Layer),
		})
	}
	return all
}

// inOrder lists the layers of a tree without the groups.
func inOrder(list []psd.Layer) []psd.Layer {
	var all []psd.Layer
	for _, l := range list {
		if l.Folder() {
			all = append(all, inOrder(l.Layer)...)
		} else {
			all = append(all, l)
		}
	}
	return all
}

func tree2list(list []photoshop.Layer) []photoshop.Layer {
	var all []photoshop.Layer
	for _, l := range list {
		if l.Kind == photoshop.KindGroup {
			all = append(all, tree2list(l.Layers)...)
		} else {
			all = append(all, l)
		}
	}
	return all
}

// shown is a layer as the other reader reads it, under its mask.
type shown struct{ psd.Layer }

func (s shown) Bounds() image.Rectangle { return s.Rect }
func (s shown) ColorModel() color.Model { return color.NRGBA64Model }

func (s shown) At(x, y int) color.Color {
	c := color.NRGBA64Model.Convert(s.Picker.At(x, y)).(color.NRGBA64)
	hidden, ok := s.Channel[-2]
	if !ok || !s.Mask.Enabled() {
		return c
	}
	level := uint32(s.Mask.DefaultColor) * 0x101
	if image.Pt(x, y).In(s.Mask.Rect) {
		level, _, _, _ = hidden.Picker.At(x, y).RGBA()
	}
	c.A = uint16(uint32(c.A) * level / 0xffff)
	return c
}

// offWhite is a merged image without the white behind it.
type offWhite struct {
	image.Image
	alpha bool
}

func (o offWhite) At(x, y int) color.Color {
	c := color.NRGBA64Model.Convert(o.Image.At(x, y)).(color.NRGBA64)
	if !o.alpha || c.A == 0 || c.A == 0xffff {
		return c
	}
	back := func(v uint16) uint16 {
		a := float64(c.A) / 0xffff
		return uint16(min(max((float64(v)-(1-a)*0xffff)/a, 0), 0xffff))
	}
	return color.NRGBA64{back(c.R), back(c.G), back(c.B), c.A}
}

// compare expects premultiplied samples that differ by no more than tolerance, of 65,535.
func compare(t *testing.T, name string, want, got image.Image, tolerance int) {
	t.Helper()
	from, to := want.Bounds(), got.Bounds()
	if from.Size() != to.Size() {
		t.Errorf("%s has %v pixels, want %v", name, to.Size(), from.Size())
		return
	}
	bad := 0
	for y := range from.Dy() {
		for x := range from.Dx() {
			r1, g1, b1, a1 := want.At(from.Min.X+x, from.Min.Y+y).RGBA()
			r2, g2, b2, a2 := got.At(to.Min.X+x, to.Min.Y+y).RGBA()
			for _, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}, {a1, a2}} {
				if d := int(pair[0]) - int(pair[1]); d > tolerance || d < -tolerance {
					bad++
					if bad == 1 {
						t.Errorf("%s at %d, %d: %x, want %x", name, x, y, []uint32{r2, g2, b2, a2}, []uint32{r1, g1, b1, a1})
					}
				}
			}
		}
	}
	if bad > 1 {
		t.Errorf("%s: %d samples differ", name, bad)
	}
}
