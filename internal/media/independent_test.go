package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/media/icc"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/modifier"
)

// The tests of this file compute the same as an option by hand with vips, Ghostscript or Poppler, and compare pixels.

// vipsDesk is a folder in which vips works on pictures step by step.
type vipsDesk struct {
	t      *testing.T
	folder string
}

func newDesk(t *testing.T, picture []byte) vipsDesk {
	t.Helper()
	needTools(t, "vips")
	d := vipsDesk{t, t.TempDir()}
	if err := os.WriteFile(d.at("in.png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// at is the path of a picture on the desk.
func (d vipsDesk) at(name string) string { return filepath.Join(d.folder, name) }

// do runs operations, one per line; words with a dot stand for pictures on the desk. It returns what the last one said.
func (d vipsDesk) do(steps string) string {
	d.t.Helper()
	said := ""
	for line := range strings.Lines(strings.TrimSpace(steps)) {
		var args []string
		quoted := strings.Split(strings.TrimSpace(line), "'")
		for i, part := range quoted {
			if i%2 == 1 {
				args = append(args, part)
				continue
			}
			for _, word := range strings.Fields(part) {
				if strings.HasSuffix(word, ".v") || strings.HasSuffix(word, ".png") || strings.HasSuffix(word, ".csv") || strings.HasSuffix(word, ".icc") {
					word = d.at(word)
				}
				args = append(args, word)
			}
		}
		out, err := exec.Command("vips", args...).CombinedOutput()
		if err != nil {
			d.t.Fatalf("vips %s: %v\n%s", strings.TrimSpace(line), err, out)
		}
		said = string(out)
	}
	return said
}

// result is a picture on the desk.
func (d vipsDesk) result(name string) image.Image {
	d.t.Helper()
	file, err := os.ReadFile(d.at(name))
	if err != nil {
		d.t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

// The unsharp mask is what its definition says: vips blurs, subtracts, multiplies and adds. Our blurred picture has
// whole levels: a result may differ by half the amount and a rounding, and a difference counts from half a level below
// the threshold. Above a radius of 2 pixels the blur is three running means instead of the normal distribution.
func TestSharpeningAsVipsComputesIt(t *testing.T) {
	source := image.NewNRGBA(image.Rect(0, 0, 200, 140))
	draw.Draw(source, source.Rect, mediatest.Photograph(200, 140), image.Point{}, draw.Src)
	for i := range 6 { // hard edges in different colours
		c := color.NRGBA{uint8(40 * i), uint8(255 - 30*i), uint8(90 + 20*i), 255}
		draw.Draw(source, image.Rect(10+30*i, 20+8*i, 30+30*i, 90+6*i), image.NewUniform(c), image.Point{}, draw.Src)
	}
	file := mediatest.PNG(source)
	for name, tt := range map[string]struct {
		mask modifier.Unsharp
		mean float64 // levels of 255, of all channels
		most int
		bad  float64 // part of the pixels that may differ by more than most: they are at the threshold
	}{
		"fine":           {modifier.Unsharp{Amount: 1.75, Radius: 0.4}, 0.4, 2, 0},
		"usual":          {modifier.Unsharp{Amount: 1.75, Radius: 1.5}, 0.4, 2, 0},
		"strongest":      {modifier.Unsharp{Amount: 5, Radius: 1}, 0.9, 5, 0},
		"wide":           {modifier.Unsharp{Amount: 1, Radius: 8}, 0.5, 7, 0},
		"with threshold": {modifier.Unsharp{Amount: 2, Radius: 1.5, Threshold: 12}, 0.4, 2, 0.01},
		"brightness":     {modifier.Unsharp{Amount: 2, Radius: 1.5, Monochrome: true}, 0.4, 2, 0},
		"all four":       {modifier.Unsharp{Amount: 2, Radius: 1.5, Threshold: 12, Monochrome: true}, 0.4, 2, 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, file)
			weights := "1,0,0\n0,1,0\n0,0,1\n"
			if tt.mask.Monochrome {
				weights = strings.Repeat("0.299,0.587,0.114\n", 3)
			}
			if err := os.WriteFile(d.at("weights.csv"), []byte(weights), 0o600); err != nil {
				t.Fatal(err)
			}
			d.do(fmt.Sprintf(`
				extract_band in.png colours.v 0 --n 3
				cast colours.v in.v float
				gaussblur in.v soft.v %g --precision float --min-ampl 0.005
				subtract in.v soft.v each.v
				recomb each.v edge.v weights.csv
				abs edge.v strength.v
				relational_const strength.v counts.v moreeq %g
				linear edge.v more.v %g 0
				add in.v more.v sharp.v
				ifthenelse counts.v sharp.v in.v chosen.v
				round chosen.v whole.v rint
				cast whole.v out.png uchar`, tt.mask.Radius, max(0.5, float64(tt.mask.Threshold)-0.5), tt.mask.Amount))
			got, want := mustMake(t, file, PictureOptions{Unsharp: tt.mask}).optimized(t, 0), d.result("out.png")
			mean, most := apart(t, got, want)
			bad := beyond(got, want, tt.most)
			t.Logf("difference %.3f on average, %d at most, %.4f of the pixels by more than %d", mean, most, bad, tt.most)
			if mean > tt.mean || bad > tt.bad {
				t.Errorf("it differs by %.2f on average (at most %.2f allowed), %.4f of the pixels by more than %d levels (%.4f)", mean, tt.mean, bad, tt.most, tt.bad)
			}
			if plain, _ := apart(t, got, source); plain < 0.3 {
				t.Errorf("the picture has hardly changed: %.2f", plain)
			}
		})
	}
}

// beyond is the part of the pixels of which a channel differs by more than a number of levels.
func beyond(got, want image.Image, levels int) float64 {
	bad, bounds := 0, want.Bounds()
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			a := color.NRGBAModel.Convert(got.At(got.Bounds().Min.X+x, got.Bounds().Min.Y+y)).(color.NRGBA)
			b := color.NRGBAModel.Convert(want.At(bounds.Min.X+x, bounds.Min.Y+y)).(color.NRGBA)
			for _, pair := range [][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}, {a.A, b.A}} {
				if d := int(pair[0]) - int(pair[1]); d > levels || d < -levels {
					bad++
					break
				}
			}
		}
	}
	return float64(bad) / float64(bounds.Dx()*bounds.Dy())
}

// Automatic crops are the rectangle that vips finds, and show the pixels that vips cuts out, exactly.
func TestCropsAsVipsFindsThem(t *testing.T) {
	noisy := framed(color.White)
	for i := range 118 * 130 { // a ground that is not even
		if x, y := i%118, i/118; !image.Pt(x, y).In(image.Rect(7, 13, 107, 113)) {
			noisy.SetNRGBA(x, y, color.NRGBA{uint8(250 + (x*7+y*3)%6), uint8(250 + (x+y*5)%6), uint8(250 + (x*3+y)%6), 255})
		}
	}
	for name, tt := range map[string]struct {
		picture image.Image
		o       AutoCropOptions
		trim    string
	}{
		"colour": {framed(color.White), AutoCropOptions{Color: true, Corner: "UpperLeft"}, "extract_band in.png rgb.v 0 --n 3\nfind_trim rgb.v --threshold 0 --background '255 255 255'"},
		"colour, tolerant": {noisy, AutoCropOptions{Color: true, Corner: "BottomRight", Tolerance: 0.04},
			"extract_band in.png rgb.v 0 --n 3\nfind_trim rgb.v --threshold 10 --background '253 253 253'"},
		"transparent": {framed(color.NRGBA{}), AutoCropOptions{}, "extract_band in.png alpha.v 3\nfind_trim alpha.v --threshold 0 --background 0"},
	} {
		t.Run(name, func(t *testing.T) {
			file := mediatest.PNG(tt.picture)
			d := newDesk(t, file)
			if name != "transparent" {
				d.do("copy in.png three.v")
			}
			var want [4]int
			if n, err := fmt.Sscan(d.do(tt.trim), &want[0], &want[1], &want[2], &want[3]); n != 4 {
				t.Fatal(err)
			}
			m := mustMake(t, file, PictureOptions{AutoCrop: &tt.o})
			if m.Crop == nil || *m.Crop != (Rect{X: want[0], Y: want[1], Width: want[2], Height: want[3]}) {
				t.Fatalf("crop %v, vips finds %v", m.Crop, want)
			}
			d.do(fmt.Sprintf("crop in.png out.png %d %d %d %d", want[0], want[1], want[2], want[3]))
			if mean, most := apart(t, m.optimized(t, 0), d.result("out.png")); most > 0 {
				t.Errorf("the cropped picture differs by %.2f on average, %d at most", mean, most)
			}
		})
	}
	t.Run("by hand", func(t *testing.T) {
		file := mediatest.PNG(noisy)
		d := newDesk(t, file)
		d.do("crop in.png out.png 5 3 106 119")
		m := mustMake(t, file, PictureOptions{Crop: &ManualCrop{Left: 5, Right: 7, Top: 3, Bottom: 8}})
		if mean, most := apart(t, m.optimized(t, 0), d.result("out.png")); most > 0 {
			t.Errorf("the cropped picture differs by %.2f on average, %d at most", mean, most)
		}
	})
}

// labyrinth is a ground with walls, rooms that are closed and pixels of almost the same colour.
func labyrinth() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 90, 80))
	for y := range 80 {
		for x := range 90 {
			m.SetNRGBA(x, y, color.NRGBA{uint8(200 + (x*5+y*3)%13), uint8(180 + (x+y*7)%11), uint8(90 + (x*y)%9), 255})
		}
	}
	wall := image.NewUniform(color.NRGBA{20, 30, 40, 255})
	for i := range 8 {
		draw.Draw(m, image.Rect(10*i+4, 6, 10*i+6, 70-4*i), wall, image.Point{}, draw.Src)
		draw.Draw(m, image.Rect(10*i+4, 6+3*i, 10*i+14, 8+3*i), wall, image.Point{}, draw.Src)
	}
	draw.Draw(m, image.Rect(60, 50, 80, 70), wall, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(63, 53, 77, 67), image.NewUniform(color.NRGBA{206, 185, 94, 255}), image.Point{}, draw.Src)
	for i := range 30 { // a diagonal wall: its pixels touch at their corners only
		m.SetNRGBA(59-i, 49+i, color.NRGBA{20, 30, 40, 255})
	}
	return m
}

// The knocked out pixels are those that vips finds: all that are near the colour of the corner, or of these the region
// of the corner.
func TestKnockoutAsVipsFloods(t *testing.T) {
	file := mediatest.PNG(labyrinth())
	for corner, at := range map[string]image.Point{"UpperLeft": {}, "UpperRight": {X: 89}, "BottomLeft": {Y: 79}, "BottomRight": {X: 89, Y: 79}} {
		c := labyrinth().NRGBAAt(at.X, at.Y)
		for _, levels := range []int{0, 6, 14} {
			for _, flood := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d, flood %v", corner, levels, flood), func(t *testing.T) {
					d := newDesk(t, file)
					d.do(fmt.Sprintf(`
						extract_band in.png rgb.v 0 --n 3
						linear rgb.v apart.v '1 1 1' ' -%d -%d -%d'
						abs apart.v far.v
						relational_const far.v near.v lesseq %d
						bandbool near.v match.v and`, c.R, c.G, c.B, levels))
					if flood {
						d.do("labelregions match.v regions.v")
						label := strings.TrimSpace(d.do(fmt.Sprintf("getpoint regions.v %d %d", at.X, at.Y)))
						d.do("relational_const regions.v match.v equal " + label)
					}
					d.do("invert match.v out.png")
					m := mustMake(t, file, PictureOptions{Knockout: &Knockout{Corner: corner, Flood: flood, Tolerance: float64(levels) / 255}, Mask: true})
					if mean, most := apart(t, m.mask(t), d.result("out.png")); most > 0 {
						t.Errorf("the mask differs by %.2f on average, %d at most", mean, most)
					}
				})
			}
		}
	}
}

// Masks are the alpha channel as vips takes it out, exactly, and clipping paths as Ghostscript fills them with smooth
// edges.
func TestMasksAsOthersDrawThem(t *testing.T) {
	t.Run("alpha", func(t *testing.T) {
		source := image.NewNRGBA(image.Rect(0, 0, 80, 60))
		for i := range source.Pix {
			source.Pix[i] = byte(i * 7)
		}
		file := mediatest.PNG(source)
		d := newDesk(t, file)
		d.do("extract_band in.png out.png 3")
		if mean, most := apart(t, mustMake(t, file, PictureOptions{Mask: true}).mask(t), d.result("out.png")); most > 0 {
			t.Errorf("the mask differs by %.2f on average, %d at most", mean, most)
		}
	})
	t.Run("clipping path", func(t *testing.T) {
		needTools(t, "gs")
		lines := [][][2]float64{
			{{0.1, 0.2}, {0.8, 0.05}, {0.95, 0.7}, {0.5, 0.95}, {0.15, 0.8}}, {{0.3, 0.3}, {0.6, 0.35}, {0.55, 0.7}, {0.35, 0.6}}, {{0.7, 0.6}, {0.9, 0.9}, {0.6, 0.9}},
		}
		var records []byte
		program := "<< /PageSize [300 200] >> setpagedevice 1 setgray 0 0 300 200 rectfill 0 setgray newpath\n"
		for _, line := range lines {
			records = append(records, mediatest.PathRecords(true, line...)...)
			for i, knot := range line {
				program += fmt.Sprintf("%g %g %s\n", 300*knot[0], 200*(1-knot[1]), map[bool]string{true: "moveto", false: "lineto"}[i == 0])
			}
			program += "closepath\n"
		}
		blocks := append(mediatest.Resource(2000, "outline", records), mediatest.Resource(2999, "", []byte("\x07outline"))...)
		m := mustMake(t, mediatest.WithResources(mediatest.JPEG(mediatest.Picture(300, 200)), blocks, 9000), PictureOptions{Mask: true})
		cmd := exec.Command("gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pnggray", "-r72", "-dGraphicsAlphaBits=4", "-sOutputFile=%stdout", "-")
		cmd.Stdin = strings.NewReader(program + "eofill showpage")
		drawn, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(drawn))
		if err != nil {
			t.Fatal(err)
		}
		inverted := image.NewGray(want.Bounds())
		for y := range 200 {
			for x := range 300 {
				inverted.SetGray(x, y, color.Gray{Y: 255 - color.GrayModel.Convert(want.At(x, y)).(color.Gray).Y})
			}
		}
		mean, most := apart(t, m.mask(t), inverted)
		bad := beyond(m.mask(t), inverted, 64)
		t.Logf("difference %.3f on average, %d at most, %.4f of the pixels by more than 64", mean, most, bad)
		if mean > 1 || bad > 0.005 {
			t.Errorf("it differs by %.2f on average (1 allowed), %.4f of the pixels by more than a quarter (0.005)", mean, bad)
		}
	})
}

// A conversion between profiles agrees with Little CMS, which vips uses, in every pixel.
func TestConvertAsVipsConverts(t *testing.T) {
	const adobe = "/usr/share/color/icc/compatibleWithAdobeRGB1998.icc"
	profile, err := os.ReadFile(adobe)
	if err != nil {
		t.Skipf("%v: apt-get install icc-profiles-free", err)
	}
	source := labyrinth()
	for i := range 80 { // strong colours too
		source.SetNRGBA(i, 79, color.NRGBA{uint8(3 * i), uint8(255 - 3*i), uint8(i * 2), 255})
	}
	file := mediatest.PNG(source)
	for name, way := range map[string][2][]byte{"Adobe RGB to sRGB": {profile, icc.SRGB()}, "sRGB to Adobe RGB": {icc.SRGB(), profile}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, file)
			if err := errors.Join(os.WriteFile(d.at("from.icc"), way[0], 0o600), os.WriteFile(d.at("to.icc"), way[1], 0o600)); err != nil {
				t.Fatal(err)
			}
			d.do("extract_band in.png rgb.v 0 --n 3\nicc_transform rgb.v out.png to.icc --input-profile from.icc --intent relative --black-point-compensation")
			got, want := mustMake(t, file, PictureOptions{Color: ColorOptions{Mode: ColorConvert, Source: way[0], Output: way[1]}}).optimized(t, 0), d.result("out.png")
			sum, most := 0.0, 0.0
			for i := range 90 * 80 {
				e := deltaE(got.At(i%90, i/90), want.At(i%90, i/90))
				sum, most = sum+e, max(most, e)
			}
			t.Logf("ΔE %.3f on average, %.2f at most", sum/(90*80), most)
			if sum/(90*80) > 0.5 || most > 2.5 {
				t.Errorf("ΔE %.2f on average (0.5 allowed), %.2f at most (2.5)", sum/(90*80), most)
			}
		})
	}
}
