package lossless_test

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sluice/internal/media/lossless"
)

func pixels(h lossless.Header, colour bool) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, h.Bytes())
	for i := range raw {
		raw[i] = byte(r.IntN(256))
	}
	if !colour {
		for i := 0; i+2 < len(raw); i += 3 {
			raw[i+1], raw[i+2] = raw[i], raw[i]
		}
	}
	return raw
}

// What is read back is what was written, pixel by pixel.
func TestPNG(t *testing.T) {
	for name, tt := range map[string]struct {
		h      lossless.Header
		colour bool
		gray   bool
	}{
		"gray":             {lossless.Header{Width: 7, Height: 5, Components: 1}, true, true},
		"colour":           {lossless.Header{Width: 301, Height: 433, Components: 3, Resolution: 150}, true, false},
		"colour in name":   {lossless.Header{Width: 33, Height: 9, Components: 3}, false, true},
		"with alpha":       {lossless.Header{Width: 12, Height: 11, Components: 4}, true, false},
		"one pixel":        {lossless.Header{Width: 1, Height: 1, Components: 3}, true, false},
		"longer than IDAT": {lossless.Header{Width: 700, Height: 700, Components: 3}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			raw := pixels(tt.h, tt.colour)
			var file bytes.Buffer
			kind, err := lossless.Encode(&file, bytes.NewReader(raw), tt.h)
			if err != nil || kind != "image/png" {
				t.Fatalf("%s, %v", kind, err)
			}
			if has := bytes.Contains(file.Bytes(), []byte("pHYs")); has != (tt.h.Resolution > 0) {
				t.Errorf("resolution in the file: %t", has)
			}
			img, err := png.Decode(&file)
			if err != nil {
				t.Fatal(err)
			}
			if _, gray := img.(*image.Gray); gray != tt.gray {
				t.Errorf("it is a %T", img)
			}
			for y := range tt.h.Height {
				for x := range tt.h.Width {
					at := raw[(y*tt.h.Width+x)*tt.h.Components:]
					want := [3]byte{at[0], at[0], at[0]}
					if tt.h.Components > 1 {
						want = [3]byte(at[:3])
					}
					if got := pixel(img, x, y); got != want {
						t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
					}
				}
			}
		})
	}
}

// pixel returns the components that are not multiplied by alpha.
func pixel(img image.Image, x, y int) [3]byte {
	if n, ok := img.(*image.NRGBA); ok {
		c := n.NRGBAAt(x, y)
		return [3]byte{c.R, c.G, c.B}
	}
	r, g, b, _ := img.At(x, y).RGBA()
	return [3]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}
}

// Another program reads the inks of the TIFF file as they were written.
func TestTIFF(t *testing.T) {
	vips, err := exec.LookPath("vips")
	if err != nil {
		t.Skip("vips is not installed: apt-get install libvips-tools")
	}
	h := lossless.Header{Width: 53, Height: 31, Components: 4, Inks: true, Resolution: 300}
	raw := pixels(h, true)
	var file bytes.Buffer
	if kind, err := lossless.Encode(&file, bytes.NewReader(raw), h); err != nil || kind != "image/tiff" {
		t.Fatalf("%s, %v", kind, err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/in.tif", file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(vips, "rawsave", dir+"/in.tif", dir+"/out.raw").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	got, err := os.ReadFile(dir + "/out.raw")
	if err != nil || !bytes.Equal(got, raw) {
		t.Errorf("the inks are not those that were written: %v", err)
	}
	said, err := exec.Command("vipsheader", "-f", "xres", dir+"/in.tif").Output() // pixels per millimetre
	if err != nil || !strings.HasPrefix(string(said), "11.8") {
		t.Errorf("the resolution is %s, %v", said, err)
	}
}

func TestImpossiblePictures(t *testing.T) {
	for _, h := range []lossless.Header{{}, {Width: 1, Height: 1, Components: 2}, {Width: 1, Height: 1, Components: 3, Inks: true}, {Width: -1, Height: 1, Components: 1}} {
		if _, err := lossless.Encode(&bytes.Buffer{}, bytes.NewReader(nil), h); err == nil {
			t.Errorf("%+v was encoded", h)
		}
	}
	if _, err := lossless.Encode(&bytes.Buffer{}, bytes.NewReader([]byte("short")), lossless.Header{Width: 9, Height: 9, Components: 1}); err == nil {
		t.Error("a picture with too few pixels was encoded")
	}
}

func BenchmarkPage(b *testing.B) {
	h := lossless.Header{Width: 1240, Height: 1754, Components: 3}
	raw := bytes.Repeat([]byte{255}, int(h.Bytes()))
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 { // letters
		at := r.IntN(len(raw) - 30)
		copy(raw[at:], make([]byte, 12))
	}
	b.SetBytes(h.Bytes())
	for b.Loop() {
		if _, err := lossless.Encode(&bytes.Buffer{}, bytes.NewReader(raw), h); err != nil {
			b.Fatal(err)
		}
	}
}
