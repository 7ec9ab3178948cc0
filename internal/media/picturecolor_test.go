package media

import (
	"bytes"
	"errors"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/media/icc"
	"sluice/internal/media/mediatest"
)

// deltaE is the CIE 1976 colour difference of two sRGB colours.
func deltaE(a, b color.Color) float64 {
	lab := func(c color.Color) (l [3]float64) {
		r, g, bl, _ := c.RGBA()
		linear := func(v uint32) float64 {
			x := float64(v) / 0xffff
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		R, G, B := linear(r), linear(g), linear(bl)
		f := func(t float64) float64 {
			if t > 216.0/24389 {
				return math.Cbrt(t)
			}
			return (24389.0/27*t + 16) / 116
		}
		x, y, z := f((0.4124*R+0.3576*G+0.1805*B)/0.9505), f(0.2126*R+0.7152*G+0.0722*B), f((0.0193*R+0.1192*G+0.9505*B)/1.089)
		return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
	}
	p, q := lab(a), lab(b)
	return math.Sqrt(math.Pow(p[0]-q[0], 2) + math.Pow(p[1]-q[1], 2) + math.Pow(p[2]-q[2], 2))
}

// A CMYK file without a profile becomes sRGB, as Little CMS makes it with the profile that is installed; with
// MaintainOriginal its inks stay.
func TestCMYKWithoutProfile(t *testing.T) {
	if cmykProfile() == nil {
		t.Skip("no CMYK profile is installed: apt-get install libgs-common")
	}
	needTools(t, "vips")
	for name, inks := range map[string][4]byte{"orange": {0, 128, 230, 10}, "paper": {}, "black": {0, 0, 0, 255}, "blue": {240, 180, 0, 0}} {
		file := mediatest.CMYK(64, 48, inks, false)
		m := mustMake(t, file, PictureOptions{})
		in, out, srgb := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.png"), filepath.Join(t.TempDir(), "srgb.icc")
		kept := mustMake(t, file, PictureOptions{Color: ColorOptions{Mode: ColorMaintain}})
		if err := errors.Join(os.WriteFile(in, kept.files[PartOptimized], 0o600), os.WriteFile(srgb, icc.SRGB(), 0o600)); err != nil {
			t.Fatal(err)
		}
		if got := kept.header(t, "interpretation"); !strings.HasSuffix(got, "CMYK)") && got != "cmyk" {
			t.Errorf("%s: MaintainOriginal makes %s", name, got)
		}
		if said, err := exec.Command("vips", "icc_transform", in, out, srgb, "--input-profile", cmykProfiles()[0], "--black-point-compensation").CombinedOutput(); err != nil {
			t.Fatalf("vips: %v\n%s", err, said)
		}
		body, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		shown := m.optimized(t, 0)
		if d := deltaE(shown.At(20, 20), want.At(20, 20)); d > 2.5 {
			t.Errorf("%s: %v, Little CMS makes %v: a difference of %.1f", name, shown.At(20, 20), want.At(20, 20), d)
		}
		if len(m.Warnings) > 0 || m.header(t, "icc-profile-data") == "" {
			t.Errorf("%s: warnings %q", name, m.Warnings)
		}
	}
}

// Convert goes from the source profile to the output profile, whatever the file carries, and the output profile is in
// the optimised image. Profiles that do not fit leave the colours alone, with a warning.
func TestConvert(t *testing.T) {
	const adobe = "/usr/share/color/icc/compatibleWithAdobeRGB1998.icc"
	profile, err := os.ReadFile(adobe)
	if err != nil {
		t.Skipf("%v: apt-get install icc-profiles-free", err)
	}
	source := framed(color.NRGBA{})
	file := mediatest.PNG(source)
	m := mustMake(t, file, PictureOptions{Color: ColorOptions{Mode: ColorConvert, Source: profile, Output: icc.SRGB()}})
	// Adobe RGB 30, 60, 200 is about this in sRGB, by Little CMS.
	if got, want := m.optimized(t, 0).At(100, 100), (color.NRGBA{0, 59, 206, 255}); deltaE(got, want) > 2.5 {
		t.Errorf("blue became %v, want about %v", got, want)
	}
	if _, _, _, a := m.optimized(t, 0).At(0, 0).RGBA(); a != 0 {
		t.Error("the transparent border is gone")
	}
	for name, o := range map[string]ColorOptions{
		"no profile":      {Source: []byte("x"), Output: profile},
		"no output":       {Source: profile},
		"the wrong space": {Source: cmykProfile(), Output: profile},
	} {
		if name == "the wrong space" && o.Source == nil {
			continue
		}
		o.Mode = ColorConvert
		m := mustMake(t, file, PictureOptions{Color: o})
		if len(m.Warnings) != 1 || !strings.HasPrefix(m.Warnings[0], "the colours were not converted: ") {
			t.Errorf("%s: warnings %q", name, m.Warnings)
		}
		if _, most := apart(t, m.optimized(t, 0), source); most != 0 {
			t.Errorf("%s: the colours changed", name)
		}
	}
}
