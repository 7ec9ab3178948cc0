package icc_test

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sluice/internal/media/icc"
	"sluice/internal/media/pixels"
	"sluice/internal/media/pyramid"
)

// grid is a picture of all mixtures of a few levels of each channel.
func grid(space pixels.Space, levels int) *pixels.Image {
	channels := space.Channels()
	total := int(math.Pow(float64(levels), float64(channels)))
	m := &pixels.Image{Width: 64, Height: (total + 63) / 64, Space: space}
	m.Pix = make([]byte, 4*m.Width*m.Height)
	for i := range m.Width * m.Height {
		rest := i % total
		for c := range channels {
			m.Pix[4*i+c] = byte(rest % levels * 255 / (levels - 1))
			rest /= levels
		}
		switch space {
		case pixels.Gray:
			m.Pix[4*i+1], m.Pix[4*i+2] = m.Pix[4*i], m.Pix[4*i]
			fallthrough
		case pixels.RGB:
			m.Pix[4*i+3] = 255
		}
	}
	return m
}

// vips converts a picture with Little CMS and gives back what it shows in sRGB, in three bytes for each pixel.
func vips(t *testing.T, m *pixels.Image, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("vips"); err != nil {
		t.Skip("vips is not installed: apt-get install libvips-tools")
	}
	in, out := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.png")
	flat := *m
	flat.Alpha = bytes.Repeat([]byte{255}, m.Width*m.Height) // a TIFF file without loss
	pieces, err := pyramid.Encode(&flat, pyramid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, bytes.Join(pieces, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("vips", append([]string{"icc_transform", in, out}, args...)...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("vips: %v\n%s", err, said)
	}
	return rgb(t, out)
}

func rgb(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			all = append(all, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return all
}

func load(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("%v: apt-get install libgs-common icc-profiles-free", err)
	}
	return body
}

const profiles = "/usr/share/color/icc/"

// The conversions agree with Little CMS, which vips uses. Differences are CIE 1976 colour differences in the colours of
// the target, of which 1 is about the least that can be seen side by side.
func TestAgainstLittleCMS(t *testing.T) {
	srgb := filepath.Join(t.TempDir(), "srgb.icc")
	if err := os.WriteFile(srgb, icc.SRGB(), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		from, to   string
		space      pixels.Space
		mean, most float64
	}{
		"CMYK to sRGB":      {profiles + "ghostscript/default_cmyk.icc", srgb, pixels.CMYK, 0.5, 2.5},
		"CMYK to Adobe RGB": {profiles + "ghostscript/default_cmyk.icc", profiles + "compatibleWithAdobeRGB1998.icc", pixels.CMYK, 0.5, 2.5},
		"Adobe RGB to sRGB": {profiles + "compatibleWithAdobeRGB1998.icc", srgb, pixels.RGB, 0.5, 2.5},
		"sRGB to Adobe RGB": {srgb, profiles + "compatibleWithAdobeRGB1998.icc", pixels.RGB, 0.5, 2.5},
		"sRGB of others":    {profiles + "sRGB.icc", srgb, pixels.RGB, 0.5, 2.5},
		"sRGB to L* RGB":    {srgb, profiles + "LStar-RGB.icc", pixels.RGB, 0.5, 2.5},
		"gray to sRGB":      {profiles + "Gray-CIE_L.icc", srgb, pixels.Gray, 0.5, 1.5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			levels := map[pixels.Space]int{pixels.Gray: 256, pixels.RGB: 18, pixels.CMYK: 9}[tt.space]
			m := grid(tt.space, levels)
			want := vips(t, m, tt.to, "--input-profile", tt.from, "--intent", "relative", "--black-point-compensation")
			convert(t, m, load(t, tt.from), load(t, tt.to))
			mean, most, at := difference(t, m, want, load(t, tt.to))
			if mean > tt.mean || most > tt.most {
				t.Errorf("difference %.2f on average, %.2f at most (pixel %d: %v, want %v)", mean, most, at, m.Pix[4*at:][:3], want[3*at:][:3])
			}
			t.Logf("difference %.3f on average, %.2f at most", mean, most)
		})
	}
}

func convert(t *testing.T, m *pixels.Image, source, output []byte) {
	t.Helper()
	from, err := icc.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	to, err := icc.Parse(output)
	if err != nil {
		t.Fatal(err)
	}
	transform, err := icc.New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	if !transform.Apply(m) {
		t.Fatal("the profile does not fit the picture")
	}
}

// difference compares in Lab, by the profile of the colours.
func difference(t *testing.T, m *pixels.Image, want []byte, profile []byte) (mean, most float64, at int) {
	t.Helper()
	p, err := icc.Parse(profile)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != 3*m.Width*m.Height {
		t.Fatalf("%d bytes, want %d", len(want), 3*m.Width*m.Height)
	}
	for i := range m.Width * m.Height {
		d, err := p.DeltaE([3]byte(m.Pix[4*i:]), [3]byte(want[3*i:]))
		if err != nil {
			t.Fatal(err)
		}
		mean += d
		if d > most {
			most, at = d, i
		}
	}
	return mean / float64(m.Width*m.Height), most, at
}
