package photoshop_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

func TestFlatten(t *testing.T) {
	rect := image.Rect(0, 0, 2, 2)
	base := mediatest.Plain("base", image.Rect(0, 0, 2, 1), 255, 100, 0, 0)
	clipped := mediatest.Plain("clipped", rect, 255, 0, 0, 200)
	clipped.Clipped = true
	hidden := mediatest.Plain("hidden", rect, 255, 255, 255, 255)
	hidden.Hidden = true
	half := mediatest.Plain("half", image.Rect(-1, -1, 1, 5), 255, 200, 0, 0)
	half.Opacity = 128
	secret := mediatest.Group("secret", mediatest.Plain("in it", rect, 255, 255, 255, 255))
	secret[2].Hidden = true
	layers := append([]mediatest.PSDLayer{mediatest.Plain("ground", rect, 255, 0, 100, 0), base, clipped, hidden}, secret...)
	layers = append(layers, half)
	d, err := open(mediatest.Layered{Width: 2, Height: 2, Mode: 3, Depth: 8, Layers: layers, Blocks: mediatest.Resource(1057, "", make([]byte, 20))}.File())
	if err != nil || d.Merged {
		t.Fatalf("%v, a merged image: %v", err, d.Merged)
	}
	got, err := d.Flatten()
	if err != nil {
		t.Fatal(err)
	}
	want := &image.RGBA{Stride: 8, Rect: rect, Pix: []byte{100, 0, 100, 255, 0, 0, 200, 255, 100, 50, 0, 255, 0, 100, 0, 255}}
	compare(t, "flattened", want, got, 1<<8)
}

// What Photoshop itself merged is what flattening gives, as far as it goes.
func TestFlattenedSamplesAreAsMerged(t *testing.T) {
	for _, name := range samples(t) {
		base := filepath.Base(name)
		switch base {
		case "mask.psd", "psd_compat.psd", "group_layer.psd", "rgb8bit.psd", "rgb8bit_nobg_transparent.psd", "rgb16bit.psd":
		default:
			continue
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := open(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.Composite(1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Flatten()
		if err != nil {
			t.Fatal(err)
		}
		if bad := different(want, got, 5); bad > 0.005 {
			t.Errorf("%s: %.4f of the pixels differ", base, bad)
		}
	}
}

// vips, which reads Photoshop files through ImageMagick, sees the same pictures. It does not read CMYK with transparency
// and takes gray for transparency; ImageMagick overlooks the transparency of files of other programs, so these are
// compared in colour only, and it wraps a few colours of the lightest pixels around.
func TestMergedImagesAsImageMagickSeesThem(t *testing.T) {
	if _, err := exec.LookPath("vips"); err != nil {
		t.Skip("vips is not installed: apt-get install libvips-tools")
	}
	compared := 0
	for _, name := range samples(t) {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := open(file)
		if err != nil || d.Mode != "rgb" || !d.Merged {
			continue
		}
		got, err := d.Composite(1)
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "other.png")
		if said, err := exec.Command("vips", "copy", name, target).CombinedOutput(); err != nil {
			t.Logf("vips does not read %s: %s", filepath.Base(name), strings.TrimSpace(string(said)))
			continue
		}
		f, err := os.Open(target)
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if bad := different(want, got, 5); bad > 0.005 {
			t.Errorf("%s: %.4f of the pixels differ", filepath.Base(name), bad)
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d files were compared", compared)
	}
}

// different is the part of the pixels in which a sample differs by more than tolerance, of 255. Where want is opaque,
// the transparency of got does not count.
func different(want, got image.Image, tolerance int) float64 {
	bad := 0
	bounds := want.Bounds()
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			a, b := color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
			if a.A == 255 {
				b.A = 255
			}
			for _, pair := range [][2]byte{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}} {
				if d := (int(pair[0]) - int(pair[1])) * int(a.A) / 255; d > tolerance || d < -tolerance {
					bad++
					break
				}
			}
			if d := int(a.A) - int(b.A); d > tolerance || d < -tolerance {
				bad++
			}
		}
	}
	return float64(bad) / float64(bounds.Dx()*bounds.Dy())
}
