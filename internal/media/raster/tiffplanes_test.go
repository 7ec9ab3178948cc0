package raster_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sluice/internal/media/mediatest"
	"sluice/internal/media/raster"
)

// plane is one of a picture of 50 by 30 pixels; each has its own gradient.
func plane(number, bytesEach int) (samples []byte) {
	for i := range 50 * 30 {
		samples = append(samples, byte((number+1)*(i%50)+(5-number)*(i/50)))
		if bytesEach == 2 {
			samples = append(samples, byte(i))
		}
	}
	return samples
}

// Pictures whose samples stand in planes come out as those whose samples stand together, in one strip and in many, of
// 8 and of 16 bits, and vips sees the same.
func TestTIFFInPlanes(t *testing.T) {
	for name, tt := range map[string]struct{ photometric, planes, extra int }{
		"gray and alpha": {1, 2, 2}, "white is zero": {0, 2, 0}, "RGB": {2, 3, 0}, "RGB and alpha": {2, 4, 2}, "RGB and a spot colour": {2, 4, 0}, "inks": {5, 4, 0}, "inks and alpha": {5, 5, 2},
	} {
		for _, bytesEach := range []int{1, 2} {
			for _, rows := range []int{7, 30} {
				var planes [][]byte
				for n := range tt.planes {
					planes = append(planes, plane(n, bytesEach))
				}
				file := mediatest.PlanarTIFF(50, 30, rows, tt.photometric, tt.extra, planes...)
				src := io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
				_, m, err := raster.Decode(src, raster.Limits{})
				if err != nil {
					t.Errorf("%s, %d bytes, strips of %d: %v", name, bytesEach, rows, err)
					continue
				}
				for i := 0; i < 50*30; i += 101 {
					sample := func(n int) uint8 { return planes[n][i*bytesEach] }
					var want color.Color
					switch {
					case tt.photometric == 5:
						want = color.CMYK{C: sample(0), M: sample(1), Y: sample(2), K: sample(3)}
					case tt.photometric == 0:
						want = color.NRGBA{255 - sample(0), 255 - sample(0), 255 - sample(0), 255}
					case tt.photometric == 1:
						want = color.NRGBA{sample(0), sample(0), sample(0), sample(1)}
					case tt.extra == 2:
						want = color.NRGBA{sample(0), sample(1), sample(2), sample(3)}
					default:
						want = color.NRGBA{sample(0), sample(1), sample(2), 255}
					}
					if got := m.At(i%50, i/50); got != want {
						t.Fatalf("%s, %d bytes, strips of %d: pixel %d is %v, want %v", name, bytesEach, rows, i, got, want)
					}
				}
				if _, thumbnail, err := raster.Inspect(src, raster.Limits{}, 100); err != nil || thumbnail == nil {
					t.Errorf("%s has no thumbnail: %v", name, err)
				}
				if bytesEach == 1 && tt.photometric == 2 && tt.planes == tt.extra+2 {
					asVipsSees(t, name, file, m)
				}
			}
		}
	}
}

// asVipsSees compares with what vips reads.
func asVipsSees(t *testing.T, name string, file []byte, m image.Image) {
	t.Helper()
	if _, err := exec.LookPath("vips"); err != nil {
		return
	}
	in, out := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.png")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("vips", "copy", in, out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	body, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	a, b := image.NewNRGBA(m.Bounds()), image.NewNRGBA(m.Bounds())
	draw.Draw(a, a.Rect, m, image.Point{}, draw.Src)
	draw.Draw(b, b.Rect, seen, image.Point{}, draw.Src)
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Errorf("vips sees %s otherwise", name)
	}
}

// Planes that are not all there, or of other kinds, are refused without reading beyond the file.
func TestTIFFInPlanesThatAreNotRead(t *testing.T) {
	whole := mediatest.PlanarTIFF(50, 30, 7, 2, 0, plane(0, 1), plane(1, 1), plane(2, 1))
	for name, file := range map[string][]byte{
		"strips that cannot be shared": mediatest.PlanarTIFF(50, 30, 30, 5, 0, plane(0, 1), plane(1, 1)),
		"cut off":                      append(append([]byte{}, whole[:9]...), make([]byte, len(whole)-9)...),
		"YCbCr":                        mediatest.PlanarTIFF(50, 30, 30, 6, 0, plane(0, 1), plane(1, 1), plane(2, 1)),
	} {
		src := io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
		if _, m, err := raster.Decode(src, raster.Limits{}); err == nil {
			t.Errorf("%s gives %v", name, m.Bounds())
		}
	}
}
